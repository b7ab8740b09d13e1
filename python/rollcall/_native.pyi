"""The compiled part. Use `rollcall`, which speaks NumPy."""

import numpy
from typing_extensions import Buffer

__version__: str

class RollcallError(Exception): ...

class Model:
    def __new__(cls, folder: str | None) -> Model: ...
    name: str
    version: str
    sha256: str
    classes: list[str]
    thresholds: list[float]

class Timeline:
    times: bytes
    activity: bytes
    classes: list[str]
    clip: dict[str, float]
    ranges: list[tuple[str, float, float, float, float]]
    duration: float
    def to_json(self) -> str: ...

class Listener:
    def __new__(
        cls, model: Model, sample_rate: int, channels: int, settings: tuple[float, float, float, float]
    ) -> Listener: ...
    def push(self, samples: Buffer | numpy.ndarray) -> list[tuple[float, bytes, float]]: ...
    def finish(self) -> list[tuple[float, bytes, float]]: ...
    def clip(self) -> list[float]: ...

def analyze(
    model: Model,
    samples: Buffer | numpy.ndarray,
    format: tuple[int, int],
    settings: tuple[float, float, float, float],
    ranges: tuple[list[float], float, float],
    file: str,
) -> Timeline: ...
def analyze_file(
    model: Model,
    path: str | bytes,
    settings: tuple[float, float, float, float],
    ranges: tuple[list[float], float, float],
    part: tuple[float, float | None],
) -> Timeline: ...
