"""Predictions against what is so, with the program's numbers."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from . import _native
from ._timeline import Range, Timeline

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped, unused-ignore]

Path = str | os.PathLike[str]
#: Ranges as (start, end, instrument) in seconds, or as a timeline has them.
Ranges = Sequence[tuple[float, float, str] | Range]
#: Of one file: its ranges, or whether an instrument plays in it at all.
Truth = Ranges | Mapping[str, bool]


class Evaluation:
    """Scores of each class, their mean and all together, with intervals over files."""

    def __init__(self, document: str, table: str) -> None:
        self._document, self._table = document, table

    def to_dict(self) -> dict[str, Any]:
        """What `rollcall evaluate --output scores.json` writes (`rollcall.evaluation/1`)."""
        document: dict[str, Any] = json.loads(self._document)
        return document

    def to_json(self) -> str:
        """The same as text."""
        return self._document

    def to_csv(self) -> str:
        """What `rollcall evaluate --output scores.csv` writes: a row for each class and score."""
        return self._table

    def to_dataframe(self) -> pandas.DataFrame:
        """The same as a table of pandas, which must be installed: class, score, value, low, high, known, positives."""
        import pandas

        return pandas.read_csv(io.StringIO(self._table))

    def score(self, name: str, instrument: str | None = None) -> float | None:
        """One score: of an instrument, or the mean over classes; None where it is not defined.

        Raises KeyError for names that are not there; `to_dict()["definitions"]` says what each score is.
        """
        document = self.to_dict()
        row = document["macro"] if instrument is None else document["classes"][instrument]
        value: float | None = row["scores"][name]["value"]
        return value

    def __repr__(self) -> str:
        document = self.to_dict()
        return f"<rollcall.Evaluation of {document['files']} files, {len(document['classes'])} classes>"


def evaluate(
    predictions: Path | Timeline | Iterable[Timeline],
    references: Path | Mapping[str, Truth],
    *,
    threshold: float | Mapping[str, float] | None = None,
    map: Mapping[str, str | None] | None = None,
    unlisted: Literal["absent", "unknown"] = "absent",
    annotated: Iterable[str] | None = None,
    partial: bool = False,
    segment: float = 1.0,
    collar: float = 0.2,
    length_share: float = 0.5,
    onset_only: bool = False,
    undefined_when_empty: bool = False,
    rounds: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Evaluation:
    """Scores predictions as `rollcall evaluate` does: the same numbers, by the same code.

    predictions: a file or folder that the program wrote (JSON, CSV, Parquet), a Spark catalogue of it, or timelines.
    references: a file or folder of annotations (.jams, .lab, .txt, .csv, .tsv); or for each file's name its ranges
        [(start, end, instrument), ...] or its labels {instrument: plays}.
    threshold: one for all classes, or some by class; default: those that the predictions were made with.
    map: labels of the references by the classes that they are; None leaves a label out.
    unlisted: whether a class that a file's ranges do not mention is absent, or not known.
    annotated: the classes that the annotations are about; all others are not known.
    partial: whether references without a prediction are left out.
    segment: seconds of a segment. collar, length_share: how far off an event's ends may be, in seconds, and as a share of its length.
    onset_only: whether only onsets of events are looked at.
    undefined_when_empty: whether classes that were never found are left out of means, as sed_eval does.
    rounds, level, seed: the bootstrap over files.

    Raises RollcallError for what cannot be read, paired or scored, and says what to do.
    """
    said: str | list[_native.Timeline]
    if isinstance(predictions, (str, os.PathLike)):
        said = os.fspath(predictions)
    else:
        timelines = [predictions] if isinstance(predictions, Timeline) else predictions
        said = [timeline._native for timeline in timelines]
    truth: str | list[tuple[str, Mapping[str, bool] | list[tuple[float, float, str]]]]
    if isinstance(references, (str, os.PathLike)):
        truth = os.fspath(references)
    else:
        truth = [(os.fspath(file), _known(known)) for file, known in references.items()]
    of_all, of_class = (None, dict(threshold)) if isinstance(threshold, Mapping) else (threshold, {})
    options: dict[str, object] = {
        "threshold": of_all,
        "thresholds": of_class,
        "map": dict(map or {}),
        "unlisted": unlisted,
        "annotated": None if annotated is None else list(annotated),
        "partial": partial,
        "segment": segment,
        "collar": collar,
        "length_share": length_share,
        "onset_only": onset_only,
        "undefined_when_empty": undefined_when_empty,
        "rounds": rounds,
        "level": level,
        "seed": seed,
    }
    return Evaluation(*_native.evaluate(said, truth, options))


def _known(known: Truth) -> Mapping[str, bool] | list[tuple[float, float, str]]:
    if isinstance(known, Mapping):
        return {name: bool(plays) for name, plays in known.items()}
    return [(one.start, one.end, one.instrument) if isinstance(one, Range) else one for one in known]
