"""Model packages."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping

from . import _native


class Model:
    """A model package: the one in the wheel, or a folder's.

    Raises RollcallError if the folder holds no package that works, and says what was found and what was expected. Pickles by
    the folder's path and the package's hash: who unpickles it must find the same package there.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self._folder = None if folder is None else os.path.abspath(os.fspath(folder))
        self._native = _native.Model(self._folder)

    @property
    def folder(self) -> str | None:
        """Where it lies; None for the one in the wheel."""
        return self._folder

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

    def __eq__(self, other: object) -> bool:
        return self.sha256 == other.sha256 if isinstance(other, Model) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (self._folder, self.sha256)

    def __repr__(self) -> str:
        return f"<rollcall.Model {self.name} {self.version}, {len(self.classes)} classes>"


def _restore(folder: str | None, sha256: str) -> Model:
    model = default() if folder is None else Model(folder)
    if model.sha256 != sha256:
        place = "this wheel" if folder is None else folder
        raise _native.RollcallError(
            f"{place} holds the model {model.sha256}, but the one that was pickled is {sha256}; give both processes the same package"
        )
    return model


@functools.cache
def default() -> Model:
    """The model in the wheel."""
    return Model()


def thresholds_of(
    classes: list[str], own: list[float], threshold: float | Mapping[str, float] | None
) -> list[float]:
    """One for each class: `own`, but for those that were chosen."""
    if threshold is None:
        return list(own)
    if not isinstance(threshold, Mapping):
        return [float(threshold)] * len(classes)
    for name in threshold:
        if name not in classes:
            raise ValueError(f"the model knows no class '{name}'; its classes are: {' '.join(classes)}")
    return [float(threshold.get(name, value)) for name, value in zip(classes, own)]
