"""Audio as it comes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import NoReturn, SupportsFloat, SupportsIndex

import numpy

from . import _native
from ._audio import Audio, Floats, count_of, rate_of, samples_of, warn
from ._model import Model, default


@dataclasses.dataclass(frozen=True)
class Another:
    """An instrument outside of the classes, and the probability that somebody plays who is none of them, 0..1."""

    instrument: str
    probability: float


@dataclasses.dataclass(frozen=True, eq=False)
class Step:
    """What was heard in the 0.96 s round `time` (seconds): an activity for each class, as float32.

    another: whether somebody else plays, over the memory; None where the model can't tell or hears nothing.
    """

    time: float
    activity: Floats
    level_dbfs: float
    another: Another | None = None

    def _parts(self) -> tuple[float, bytes, float, Another | None]:
        return self.time, self.activity.tobytes(), self.level_dbfs, self.another

    def __eq__(self, other: object) -> bool:
        return self._parts() == other._parts() if isinstance(other, Step) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._parts())


class Listener:
    """Takes audio as it comes, in blocks of any size; the cut does not matter, to the last bit.

    Any thread may call; one at a time is heard. It cannot be pickled: it is in the middle of a stream.
    """

    def __init__(
        self,
        sample_rate: SupportsFloat | SupportsIndex,
        channels: SupportsIndex = 1,
        *,
        model: Model | None = None,
        memory: float = 3.0,
        update: float = 0.16,
        attack: float = 0.0,
        release: float = 0.3,
    ) -> None:
        self.model = model or default()
        self.channels = count_of(channels)
        self._warned = False
        settings = (memory, update, attack, release)
        self._native = _native.Listener(self.model._native, rate_of(sample_rate), self.channels, settings)

    def push(self, block: Audio) -> list[Step]:
        """Takes (frames,) or (frames, channels); returns the steps that are finished by it, as a rule 0.5 s later.

        Raises RollcallError after `finish`; `reset` begins anew.
        """
        samples, channels = samples_of(block)
        if channels != self.channels:
            raise ValueError(f"the block has {channels} channels, but the listener was made for {self.channels}")
        steps = list(self._steps(self._native.push(samples)))
        if not self._warned and self.replaced_samples:
            self._warned = True
            warn(["samples that are NaN, infinite, subnormal or beyond +60 dBFS count as silence"], "")
        return steps

    def finish(self) -> list[Step]:
        """Ends the audio; returns the steps whose windows reach past its end."""
        return list(self._steps(self._native.finish()))

    def reset(self) -> None:
        """Forgets all that was heard: ready for other audio, as if it were new."""
        self._native.reset()
        self._warned = False

    def clip(self) -> dict[str, float]:
        """Who played at all so far, 0..1."""
        return dict(zip(self.model.classes, self._native.clip()))

    def another(self) -> Another | None:
        """Whether somebody played so far who is none of the classes; None where the model can't tell or heard nothing."""
        return _another(self._native.another())

    def events(self) -> dict[str, float]:
        """AudioSet's instruments by their probability over all so far, the likeliest first; none where the model can't tell."""
        return dict(self._native.events())

    @property
    def replaced_samples(self) -> int:
        """Samples so far that counted as silence: NaN, infinite, subnormal, or beyond +60 dBFS."""
        return self._native.replaced_samples()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Listener is in the middle of a stream and cannot be pickled or copied: make one in each process, "
            "with a model that can (rollcall.Model)"
        )

    @staticmethod
    def _steps(native: list[tuple[float, bytes, float, tuple[str, float] | None]]) -> Iterator[Step]:
        return (
            Step(time, numpy.frombuffer(activity, numpy.float32), level, _another(another))
            for time, activity, level, another in native
        )


def _another(native: tuple[str, float] | None) -> Another | None:
    return None if native is None else Another(*native)
