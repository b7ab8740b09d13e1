"""Whole recordings: arrays, files, and many of them."""

from __future__ import annotations

import collections
import concurrent.futures
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, SupportsFloat, SupportsIndex, overload

from . import _native
from ._audio import Audio, rate_of, samples_of, warn
from ._model import Model, default, thresholds_of
from ._timeline import Timeline

Path = str | os.PathLike[str]
#: What is heard of a recording: the mean of all channels, one of two, half their sum or half their difference.
Channels = Literal["mono", "left", "right", "mid", "side"]
Threshold = float | Mapping[str, float] | None


def analyze(
    audio: Audio,
    sample_rate: SupportsFloat | SupportsIndex,
    *,
    model: Model | None = None,
    threshold: Threshold = None,
    memory: float = 3.0,
    update: float = 0.16,
    attack: float = 0.0,
    release: float = 0.3,
    min_duration: float = 0.3,
    merge_gap: float = 0.5,
    features: bool = False,
    events: bool = False,
    file: Path = "",
) -> Timeline:
    """Analyses a whole recording.

    audio: (frames,) or (frames, channels); floating point in -1..1, or integers of 16 or 32 bits, scaled to that; or a tensor of
        PyTorch, (frames,) or (channels, frames).
    sample_rate: frames a second, 8000 to 384000.
    threshold: activity from which an instrument counts as playing: one for all, or some by class; default: the model's own.
    memory: seconds that the attention weighs together, 1 to 30.
    update: seconds between steps, a multiple of 0.16 up to 0.96.
    attack, release: time constants of rising and falling activities in seconds, 0 to 10.
    min_duration, merge_gap: shorter ranges are dropped, closer ones joined, in seconds.
    features: whether embeddings, attention and log-mel are kept (`Timeline.features`).
    events: whether AudioSet's instruments, some 70, are listed by how likely each is in the whole (`Timeline.others.events`), by a model
        that can tell.
    file: the name that the timeline bears.

    Other Python threads run meanwhile. Raises RollcallError for what the engine refuses, ValueError and TypeError for arrays
    that are no audio. Warns (RollcallWarning) where samples were no numbers; `Timeline.replaced_samples` counts them.
    """
    model = model or default()
    samples, channels = samples_of(audio)
    ranges = (thresholds_of(model.classes, model.thresholds, threshold), min_duration, merge_gap)
    settings = (memory, update, attack, release)
    form = (rate_of(sample_rate), channels)
    native = _native.analyze(model._native, samples, form, settings, ranges, os.fspath(file), features, events)
    warn(native.notes, os.fspath(file))
    return Timeline(native)


@overload
def analyze_file(
    path: Path,
    *,
    start: float = 0.0,
    duration: float | None = None,
    channels: Channels = "mono",
    jobs: int | None = None,
    keep_partial: bool = False,
    model: Model | None = None,
    threshold: Threshold = None,
    memory: float = 3.0,
    update: float = 0.16,
    attack: float = 0.0,
    release: float = 0.3,
    min_duration: float = 0.3,
    merge_gap: float = 0.5,
    features: bool = False,
    events: bool = False,
) -> Timeline: ...


@overload
def analyze_file(
    path: Path,
    *,
    start: float = 0.0,
    duration: float | None = None,
    channels: Literal["each"],
    jobs: int | None = None,
    keep_partial: bool = False,
    model: Model | None = None,
    threshold: Threshold = None,
    memory: float = 3.0,
    update: float = 0.16,
    attack: float = 0.0,
    release: float = 0.3,
    min_duration: float = 0.3,
    merge_gap: float = 0.5,
    features: bool = False,
    events: bool = False,
) -> list[Timeline]: ...


def analyze_file(
    path: Path,
    *,
    start: float = 0.0,
    duration: float | None = None,
    channels: Channels | Literal["each"] = "mono",
    jobs: int | None = None,
    keep_partial: bool = False,
    model: Model | None = None,
    threshold: Threshold = None,
    memory: float = 3.0,
    update: float = 0.16,
    attack: float = 0.0,
    release: float = 0.3,
    min_duration: float = 0.3,
    merge_gap: float = 0.5,
    features: bool = False,
    events: bool = False,
) -> Timeline | list[Timeline]:
    """Analyses an audio file of any kind that the program `rollcall` reads, with its decoders.

    start, duration: seconds; the part to be analysed, to the end if there is no duration.
    channels: what is heard, as `--channels` has it: `mono` (the mean of all channels), `left`, `right`, `mid`, `side`, or `each`,
        which gives a list with a timeline for each channel.
    jobs: threads that share the work, as many as there are cores if it is not said; results do not depend on it.
    keep_partial: whether what could be read of a broken file is kept; `Timeline.incomplete` then says why it ends early.
    The rest is as in `analyze`. Raises RollcallError for what cannot be read, and says where and what to do; warns
    (RollcallWarning) of what is in `Timeline.notes`: channels that cancel each other, silence, a tail that is missing.
    """
    stop = _native.Stop()
    call = _Call(start, duration, channels, keep_partial, model, threshold, (memory, update, attack, release))
    timelines = call.run(path, (min_duration, merge_gap), jobs, (features, events), stop)
    for timeline in timelines[:1]:
        warn(timeline.notes, os.fspath(path), timeline.incomplete)
    return timelines if channels == "each" else timelines[0]


def analyze_files(
    paths: Iterable[Path],
    *,
    jobs: int | None = None,
    errors: Literal["raise", "return"] = "raise",
    start: float = 0.0,
    duration: float | None = None,
    channels: Channels = "mono",
    keep_partial: bool = False,
    model: Model | None = None,
    threshold: Threshold = None,
    memory: float = 3.0,
    update: float = 0.16,
    attack: float = 0.0,
    release: float = 0.3,
    min_duration: float = 0.3,
    merge_gap: float = 0.5,
    features: bool = False,
    events: bool = False,
) -> Iterator[Timeline | _native.RollcallError]:
    """Analyses many files, `jobs` at a time (as many as there are cores if it is not said), one core each.

    Gives the timelines in the order of the files, each as soon as those before it are given; only a few are in memory. A file
    that cannot be read raises RollcallError when its turn comes, and ends it; with `errors="return"` the error stands in its
    place, and it goes on. The rest is as in `analyze_file`.
    """
    if errors not in ("raise", "return"):
        raise ValueError(f"errors is {errors!r}, but must be 'raise' or 'return'")
    if channels not in ("mono", "left", "right", "mid", "side"):
        raise ValueError(f"channels is {channels!r}, which is not for many files: one timeline a file; take analyze_file for 'each'")
    jobs = jobs or os.cpu_count() or 1
    call = _Call(start, duration, channels, keep_partial, model or default(), threshold, (memory, update, attack, release))
    return _each(paths, jobs, errors == "raise", call, (min_duration, merge_gap), (features, events))


def _each(
    paths: Iterable[Path], jobs: int, is_raised: bool, call: _Call, ranges: tuple[float, float], wanted: tuple[bool, bool]
) -> Iterator[Timeline | _native.RollcallError]:
    stop, waiting = _native.Stop(), iter(paths)
    under_way: collections.deque[tuple[Path, concurrent.futures.Future[list[Timeline]]]] = collections.deque()
    pool = concurrent.futures.ThreadPoolExecutor(jobs, "rollcall")
    try:
        while True:
            while len(under_way) < 2 * jobs and (path := next(waiting, None)) is not None:
                under_way.append((path, pool.submit(call.run, path, ranges, 1, wanted, stop)))
            if not under_way:
                return
            path, future = under_way.popleft()
            try:
                (timeline,) = future.result()
            except _native.RollcallError as error:
                if is_raised:
                    raise
                yield error
                continue
            warn(timeline.notes, os.fspath(path), timeline.incomplete)
            yield timeline
    finally:
        # Whoever stops asking, by Ctrl-C too, waits for no file.
        stop.stop()
        pool.shutdown(cancel_futures=True)


class _Call:
    """What is the same for all files of a call."""

    def __init__(
        self,
        start: float,
        duration: float | None,
        channels: str,
        keep_partial: bool,
        model: Model | None,
        threshold: Threshold,
        engine: tuple[float, float, float, float],
    ) -> None:
        if not start >= 0 or (duration is not None and not duration > 0):
            raise ValueError(f"start is {start} and duration {duration}, but start must be 0 or more and duration more than 0")
        self.part, self.channels, self.keep_partial = (start, duration), channels, keep_partial
        self.model, self.engine = model or default(), engine
        self.thresholds = thresholds_of(self.model.classes, self.model.thresholds, threshold)

    def run(
        self, path: Path, ranges: tuple[float, float], jobs: int | None, wanted: tuple[bool, bool], stop: _native.Stop
    ) -> list[Timeline]:
        """`wanted`: features, and the list of events."""
        if jobs is not None and jobs < 1:
            raise ValueError(f"jobs is {jobs}, but must be 1 or more")
        native = _native.analyze_file(
            self.model._native,
            os.fspath(path),
            self.engine,
            (self.thresholds, *ranges),
            self.part,
            self.channels,
            jobs,
            self.keep_partial,
            *wanted,
            stop,
        )
        return [Timeline(one) for one in native]
