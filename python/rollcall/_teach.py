"""Packages with a user's own classes, with the program's numbers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from . import _native
from ._model import Model

Path = str | os.PathLike[str]


class Taught:
    """A package that was taught, and what it is worth."""

    def __init__(self, folder: str, report: str) -> None:
        self._folder, self._report = folder, report

    @property
    def folder(self) -> str:
        """Folder of the package."""
        return self._folder

    @property
    def model(self) -> Model:
        """The package, ready to listen."""
        return Model(self._folder)

    @property
    def report(self) -> dict[str, Any]:
        """What it is worth: `classes` (each with its recordings, seconds, threshold and its average precision `alone` and `in_music`, with
        the ends of a 95 % interval), `folds`, `mixes`, `calibration_error`, `confusions` and `notes` in words."""
        report: dict[str, Any] = json.loads(self._report)
        return report

    def __repr__(self) -> str:
        names = ", ".join(row["class"] for row in self.report["classes"])
        return f"<rollcall.Taught {self._folder!r}: {names}>"


def teach(
    folder: Path,
    output: Path,
    *,
    labels: Path | None = None,
    base: Path | None = None,
    only: bool = False,
    group: str | None = None,
    negatives: Sequence[Path] = (),
    cache: Path | None = None,
    jobs: int | None = None,
    most: int | None = None,
    seed: int = 0,
    progress: Callable[[str, float, float], object] | None = None,
) -> Taught:
    """Teaches classes from recordings and writes a package, as `rollcall teach` does, to the same bytes.

    `folder` holds a folder of recordings for each class (those of `_none` show none of them, those of `not CLASS` not that one), or, with
    `labels` (Audacity's label tracks, CSV, JAMS), recordings in which they say who plays when. `output` must not exist or be empty.
    `base` is the package to stand on, the one in the wheel without it; its classes stay as they are, to the last bit, unless
    `only`. `group` is `"folder"` for CLASS/PLAYER/..., or a CSV with the columns `file` and `group`: what belongs together is
    held out together. What was heard is kept in `cache`, so that the next call listens to what is new alone. `progress(stage, done,
    of)` is called now and then, from threads of its own.

    Raises RollcallError for what cannot be learned, with what to do about it.
    """
    wanted = {
        "folder": os.fspath(folder),
        "output": os.fspath(output),
        "labels": None if labels is None else os.fspath(labels),
        "base": None if base is None else os.fspath(base),
        "only": only,
        "group": group,
        "negatives": [os.fspath(path) for path in negatives],
        "cache": None if cache is None else os.fspath(cache),
        "jobs": jobs,
        "most": most,
        "seed": seed,
    }
    return Taught(os.fspath(output), _native.teach(wanted, progress))
