"""What was found in one recording."""

from __future__ import annotations

import dataclasses
import functools
import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy

from . import _native
from ._audio import Floats
from ._model import thresholds_of

if TYPE_CHECKING:
    import numpy.typing
    import pandas  # type: ignore[import-untyped, unused-ignore]

#: Length of an embedding, and bands of the log-mel.
_EMBEDDING, _BANDS = 128, 64
#: Seconds of a hop of the log-mel.
_HOP = 0.01


@dataclasses.dataclass(frozen=True)
class Range:
    """An instrument plays for a while: seconds, and mean and greatest activity within."""

    instrument: str
    start: float
    end: float
    mean: float
    peak: float


@dataclasses.dataclass(frozen=True)
class Others:
    """What was heard beside the classes, by a model that can tell.

    instrument: over the whole, the likeliest instrument outside of the classes.
    probability: that somebody played who is none of the classes, 0..1. Up to a half nothing changes, above it the classes give way.
    ranges: when such an instrument was likelier than not; mean and peak are probabilities.
    events: AudioSet's instruments by their probability over the whole, the likeliest first; only with `events=True`.
    """

    instrument: str
    probability: float
    ranges: list[Range]
    events: dict[str, float]


@dataclasses.dataclass(frozen=True, eq=False)
class Features:
    """What the network saw and made of it. All arrays are float32; times are those of the timeline.

    embedding: (steps, 128), what the head was given; 0 where it was too quiet to ask the network. Those of two models, or of two
        versions of one, can't be compared: `Model.sha256` says which it is.
    attention: (steps, classes), the weight of each step within the memory as it was then.
    posterior: (steps, classes), the activities before gate and smoothing.
    instant: (steps, classes), what each step says alone.
    level_dbfs: (steps,), RMS of the window; -inf for digital black.
    log_mel: (hops, 64), hop `h` centred on `h` x 10 ms + 5 ms from the first sample: the window of the step at `k` x 160 ms is
        `log_mel[16 * k - 48 : 16 * k + 48]`, with silence beyond the ends.
    another: (steps,), the probability that somebody plays who is none of the classes; NaN where the model can't tell or hears nothing.
    """

    embedding: Floats
    attention: Floats
    posterior: Floats
    instant: Floats
    level_dbfs: Floats
    log_mel: Floats
    another: Floats

    @property
    def log_mel_times(self) -> numpy.typing.NDArray[numpy.float64]:
        """Centre of each hop in seconds from the first sample that was analysed: (hops,), float64."""
        return numpy.asarray(_HOP * numpy.arange(len(self.log_mel)) + _HOP / 2, numpy.float64)


class Timeline:
    """Who played when in one recording. Pickles as a whole."""

    def __init__(self, native: _native.Timeline) -> None:
        self._native = native

    @classmethod
    def from_json(cls, text: str | bytes) -> Timeline:
        """Of what `to_json` or `rollcall analyze --format json` wrote (one document; of a .jsonl, one line).

        Raises RollcallError if it is none.
        """
        text = text.decode() if isinstance(text, bytes) else text
        return cls(_native.timeline_from_json(text, 0, None, None))

    @functools.cached_property
    def times(self) -> numpy.typing.NDArray[numpy.float64]:
        """Centre of each step in seconds: (steps,), float64."""
        return numpy.frombuffer(self._native.times)

    @functools.cached_property
    def activity(self) -> Floats:
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
    def others(self) -> Others | None:
        """What was heard beside the classes; None if the model can't tell (1.0.0 can't) or nothing was heard."""
        native = self._native.others
        if native is None:
            return None
        instrument, probability, ranges, events = native
        return Others(instrument, probability, [Range(*fields) for fields in ranges], dict(events))

    @property
    def duration(self) -> float:
        """Seconds of audio."""
        return self._native.duration

    @property
    def file(self) -> str:
        """The name of what was analysed."""
        return self._native.file

    @property
    def channel(self) -> str | None:
        """What was heard, if it is not the mean of all channels: left, right, mid, side, or a channel's number from 1."""
        return self._native.channel

    @property
    def replaced_samples(self) -> int:
        """Samples that counted as silence: NaN, infinite, subnormal, or beyond +60 dBFS."""
        return self._native.replaced_samples

    @property
    def notes(self) -> list[str]:
        """What is to be said of the recording, though it was analysed."""
        return self._native.notes

    @property
    def incomplete(self) -> str | None:
        """Why it ends early, if only a part of a broken file was read."""
        return self._native.incomplete

    @functools.cached_property
    def features(self) -> Features | None:
        """What the network saw and made of it, if that was asked for (`features=True`)."""
        native = self._native.features
        if native is None:
            return None
        classes = len(self.classes)
        widths = _EMBEDDING, classes, classes, classes, 1, _BANDS, 1
        arrays = [
            numpy.frombuffer(rows, numpy.float32).reshape(-1, width) for rows, width in zip(native.rows(), widths)
        ]
        embedding, attention, posterior, instant, level_dbfs, log_mel, another = arrays
        return Features(embedding, attention, posterior, instant, level_dbfs.reshape(-1), log_mel, another.reshape(-1))

    def with_ranges(
        self,
        threshold: float | Mapping[str, float] | None = None,
        *,
        min_duration: float | None = None,
        merge_gap: float | None = None,
    ) -> Timeline:
        """The same with its ranges cut anew: as `analyze` with these would have cut them, without analysing again.

        Those of `others` stay as they are.
        """
        thresholds, own_duration, own_gap = self._native.range_settings
        chosen = thresholds_of(self.classes, thresholds, threshold)
        duration = own_duration if min_duration is None else min_duration
        gap = own_gap if merge_gap is None else merge_gap
        return Timeline(self._native.with_ranges((chosen, duration, gap)))

    def to_json(self) -> str:
        """The document that `rollcall analyze --format json` writes (`rollcall.timeline/1`)."""
        return self._native.to_json()

    def to_dict(self) -> dict[str, object]:
        """The same as Python's own types."""
        document: dict[str, object] = json.loads(self.to_json())
        return document

    def to_dataframe(self, what: Literal["activity", "ranges", "clip"] = "activity") -> pandas.DataFrame:
        """As a table of pandas, which must be installed.

        activity: a row for each step, a column for each class; the index is the time in seconds.
        ranges: a row for each range: instrument, start, end, mean, peak.
        clip: a row for each class: its posterior over the whole recording, its threshold, and whether it is above.
        """
        import pandas

        if what == "activity":
            index = pandas.Index(self.times, name="time")
            return pandas.DataFrame(self.activity, index=index, columns=pandas.Index(self.classes, name="instrument"))
        if what == "ranges":
            names = [field.name for field in dataclasses.fields(Range)]
            return pandas.DataFrame([dataclasses.astuple(one) for one in self.ranges], columns=names)
        if what == "clip":
            thresholds = self._native.range_settings[0]
            rows = [(self.clip[name], at, self.clip[name] >= at) for name, at in zip(self.classes, thresholds)]
            index = pandas.Index(self.classes, name="instrument")
            return pandas.DataFrame(rows, index=index, columns=["posterior", "threshold", "plays"])
        raise ValueError(f"what is {what!r}, but must be 'activity', 'ranges' or 'clip'")

    def to_jams(self) -> Any:
        """As a `jams.JAMS` of the library jams, which must be installed; `to_jams_json` does without it."""
        import jams  # type: ignore[import-untyped, unused-ignore]

        return jams.load(io.StringIO(self.to_jams_json()), fmt="jams")

    def to_jams_json(self) -> str:
        """What `rollcall analyze --format jams` writes."""
        return self._native.to_jams()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Timeline):
            return NotImplemented
        # How long all of the file is, a document does not say.
        ours, theirs = self._parts(), other._parts()
        return ours[:2] == theirs[:2] and ours[3] == theirs[3]

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, self._parts()

    def _parts(self) -> tuple[str, int, float, list[bytes] | None]:
        features, native = self._native.features, self._native
        rows = None if features is None else features.rows()
        return self.to_json(), native.replaced_samples, native.whole_duration, rows

    def __repr__(self) -> str:
        heard = ", ".join(dict.fromkeys(r.instrument for r in self.ranges)) or "nobody"
        return f"<rollcall.Timeline {self.duration:.1f} s: {heard}>"


def _restore(text: str, replaced_samples: int, whole_duration: float, rows: list[bytes] | None) -> Timeline:
    features = None if rows is None else _native.Features(rows)
    return Timeline(_native.timeline_from_json(text, replaced_samples, whole_duration, features))
