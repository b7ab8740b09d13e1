"""Which of 20 instruments play, and when.

    timeline = rollcall.analyze(audio, sample_rate)

`audio` is a NumPy array of shape (frames,) or (frames, channels), floating point in -1..1 or integers, at any rate from 8 to
384 kHz. The numbers are those of the program `rollcall`, bit for bit.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections.abc import Iterator, Mapping

import numpy

from . import _native

__all__ = ["Listener", "Model", "Range", "RollcallError", "Step", "Timeline", "analyze", "analyze_file"]
__version__: str = _native.__version__

#: Whatever the engine refuses: a rate or a setting out of its range, a package that does not work.
RollcallError = _native.RollcallError

#: More channels than this are a transposed array.
_MOST_CHANNELS = 64


class Model:
    """A model package: the one in the wheel, or a folder's.

    Raises RollcallError if the folder holds no package that works, and says what was found and what was expected.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self._native = _native.Model(None if folder is None else os.fspath(folder))

    @property
    def name(self) -> str:
        """Name of the package."""
        return self._native.name

    @property
    def version(self) -> str:
        """Version of the package."""
        return self._native.version

    @property
    def sha256(self) -> str:
        """Identity of the package."""
        return self._native.sha256

    @property
    def classes(self) -> list[str]:
        """Class names, in the order of every activity."""
        return self._native.classes

    @property
    def thresholds(self) -> list[float]:
        """The package's own threshold for each class, 0 to 1."""
        return self._native.thresholds

    def __repr__(self) -> str:
        return f"<rollcall.Model {self.name} {self.version}, {len(self.classes)} classes>"


@functools.cache
def _default() -> Model:
    return Model()


@dataclasses.dataclass(frozen=True)
class Range:
    """An instrument plays for a while: seconds, and mean and greatest activity within."""

    instrument: str
    start: float
    end: float
    mean: float
    peak: float


@dataclasses.dataclass(frozen=True)
class Step:
    """What was heard in the 0.96 s round `time` (seconds): an activity for each class, as float32."""

    time: float
    activity: numpy.ndarray
    level_dbfs: float


class Timeline:
    """Who played when in one recording."""

    def __init__(self, native: _native.Timeline) -> None:
        self._native = native

    @functools.cached_property
    def times(self) -> numpy.ndarray:
        """Centre of each step in seconds: (steps,), float64."""
        return numpy.frombuffer(self._native.times)

    @functools.cached_property
    def activity(self) -> numpy.ndarray:
        """Activities in 0..1: (steps, classes), float32."""
        return numpy.frombuffer(self._native.activity, numpy.float32).reshape(-1, len(self.classes))

    @property
    def classes(self) -> list[str]:
        """Class names, in the order of `activity`."""
        return self._native.classes

    @property
    def clip(self) -> dict[str, float]:
        """Who plays at all: the attention-pooled posterior over the whole recording, 0..1."""
        return self._native.clip

    @property
    def ranges(self) -> list[Range]:
        """Who was above threshold when, by start."""
        return [Range(*fields) for fields in self._native.ranges]

    @property
    def duration(self) -> float:
        """Seconds of audio."""
        return self._native.duration

    def to_json(self) -> str:
        """The document that `rollcall analyze --format json` writes (`rollcall.timeline/1`)."""
        return self._native.to_json()

    def to_dict(self) -> dict[str, object]:
        """The same as Python's own types."""
        document: dict[str, object] = json.loads(self.to_json())
        return document

    def __repr__(self) -> str:
        heard = ", ".join(dict.fromkeys(r.instrument for r in self.ranges)) or "nobody"
        return f"<rollcall.Timeline {self.duration:.1f} s: {heard}>"


class Listener:
    """Takes audio as it comes, in blocks of any size; the cut does not matter, to the last bit."""

    def __init__(
        self,
        sample_rate: int,
        channels: int = 1,
        *,
        model: Model | None = None,
        memory: float = 3.0,
        update: float = 0.16,
        attack: float = 0.0,
        release: float = 0.3,
    ) -> None:
        self.model = model or _default()
        self.channels = channels
        self._native = _native.Listener(self.model._native, sample_rate, channels, (memory, update, attack, release))

    def push(self, block: numpy.ndarray) -> list[Step]:
        """Takes (frames,) or (frames, channels); returns the steps that are finished by it, as a rule 0.5 s later."""
        samples, channels = _samples(block)
        if channels != self.channels:
            raise ValueError(f"the block has {channels} channels, but the listener was made for {self.channels}")
        return list(self._steps(self._native.push(samples)))

    def finish(self) -> list[Step]:
        """Ends the audio; returns the steps whose windows reach past its end."""
        return list(self._steps(self._native.finish()))

    def clip(self) -> dict[str, float]:
        """Who played at all so far, 0..1."""
        return dict(zip(self.model.classes, self._native.clip()))

    @staticmethod
    def _steps(native: list[tuple[float, bytes, float]]) -> Iterator[Step]:
        return (Step(time, numpy.frombuffer(activity, numpy.float32), level) for time, activity, level in native)


def analyze(
    audio: numpy.ndarray,
    sample_rate: int,
    *,
    model: Model | None = None,
    threshold: float | Mapping[str, float] | None = None,
    memory: float = 3.0,
    update: float = 0.16,
    attack: float = 0.0,
    release: float = 0.3,
    min_duration: float = 0.3,
    merge_gap: float = 0.5,
    file: str = "",
) -> Timeline:
    """Analyses a whole recording.

    audio: (frames,) or (frames, channels); floating point in -1..1, or integers of 16 or 32 bits, scaled to that.
    sample_rate: frames a second, 8000 to 384000.
    threshold: activity from which an instrument counts as playing: one for all, or some by class; default: the model's own.
    memory: seconds that the attention weighs together, 1 to 30.
    update: seconds between steps, a multiple of 0.16 up to 0.96.
    attack, release: time constants of rising and falling activities in seconds, 0 to 10.
    min_duration, merge_gap: shorter ranges are dropped, closer ones joined, in seconds.
    file: the name that the timeline bears.

    Other Python threads run meanwhile. Raises RollcallError for what the engine refuses, ValueError and TypeError for arrays
    that are no audio.
    """
    model = model or _default()
    samples, channels = _samples(audio)
    ranges = (_thresholds(model, threshold), min_duration, merge_gap)
    native = _native.analyze(model._native, samples, (sample_rate, channels), (memory, update, attack, release), ranges, file)
    return Timeline(native)


def analyze_file(
    path: str | os.PathLike[str],
    *,
    start: float = 0.0,
    duration: float | None = None,
    model: Model | None = None,
    threshold: float | Mapping[str, float] | None = None,
    memory: float = 3.0,
    update: float = 0.16,
    attack: float = 0.0,
    release: float = 0.3,
    min_duration: float = 0.3,
    merge_gap: float = 0.5,
) -> Timeline:
    """Analyses an audio file of any kind that the program `rollcall` reads, on all cores.

    start, duration: seconds; the part to be analysed, to the end if there is no duration.
    The rest is as in `analyze`. Raises RollcallError for what cannot be read, and says where and what to do.
    """
    if not start >= 0 or (duration is not None and not duration > 0):
        raise ValueError(f"start is {start} and duration {duration}, but start must be 0 or more and duration more than 0")
    model = model or _default()
    ranges = (_thresholds(model, threshold), min_duration, merge_gap)
    native = _native.analyze_file(model._native, os.fspath(path), (memory, update, attack, release), ranges, (start, duration))
    return Timeline(native)


def _thresholds(model: Model, threshold: float | Mapping[str, float] | None) -> list[float]:
    thresholds = list(model.thresholds)
    if isinstance(threshold, Mapping):
        for name, value in threshold.items():
            if name not in model.classes:
                raise ValueError(f"the model knows no class '{name}'; its classes are: {' '.join(model.classes)}")
            thresholds[model.classes.index(name)] = float(value)
    elif threshold is not None:
        thresholds = [float(threshold)] * len(thresholds)
    return thresholds


def _samples(audio: numpy.ndarray) -> tuple[numpy.ndarray, int]:
    """Interleaved samples as float32, without a copy where they are so already; and channels."""
    audio = numpy.asarray(audio)
    if audio.ndim not in (1, 2):
        raise ValueError(f"audio has the shape {audio.shape}, but must have (frames,) or (frames, channels)")
    channels = 1 if audio.ndim == 1 else audio.shape[1]
    if not 1 <= channels <= _MOST_CHANNELS:
        raise ValueError(f"audio has the shape {audio.shape}: {channels} channels; if it is (channels, frames), give audio.T")
    if audio.dtype in (numpy.int16, numpy.int32):
        audio = audio * numpy.float32(1 / -float(numpy.iinfo(audio.dtype).min))
    elif not numpy.issubdtype(audio.dtype, numpy.floating):
        raise TypeError(f"audio is of {audio.dtype}, but must be floating point, int16 or int32")
    return numpy.ascontiguousarray(audio, numpy.float32).reshape(-1), channels
