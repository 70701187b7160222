"""Datasets over the same rows: what one of them calls personal is so in the others too, whatever they say of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import translate
from functools import cached_property
from posixpath import normpath

from penstock.catalog.lazy import LazyCatalog, SpecFile
from penstock.catalog.model import SpecId, View
from penstock.catalog.upstream import SENSITIVE, Column
from penstock.specs.dataset import SENSITIVITIES, Dataset, Source

_WILD = re.compile(r"\[[^]]*\]?|[*?]")


class SameRows:
    """How columns are labelled by the other datasets that read the same files or call the same function.

    Those of both sides count: a label that is taken away beside a second dataset would hide what that one holds.
    """

    def __init__(self, *catalogs: LazyCatalog) -> None:
        self._catalogs = catalogs
        self._labelled: dict[str, tuple[tuple[LazyCatalog, SpecId], ...]] = {}

    def label(self, view: View, column: Column) -> tuple[int, str]:
        """The most sensitive label that another dataset gives the column, and its name; `sensitive` at the least.

        The place among `SENSITIVITIES`, 0 where there is no such dataset.
        """
        dataset = view.find(Dataset, column[0])
        if dataset is None or not self._private:
            return 0, ""
        found = (0, "")
        for catalog, spec_id in self._labelling(column[1]):
            other = catalog.view(view.environment_name).find(Dataset, spec_id.name)
            if other is None or other.name == dataset.name or column[1] not in other.spec.columns:
                continue
            label = SENSITIVITIES.index(other.spec.columns[column[1]].sensitivity)
            if label > found[0] and SENSITIVITIES[label] in SENSITIVE and _meet(dataset.spec.source, other.spec.source):
                found = label, other.name
        return found

    def is_labelled(self, view: View, dataset: Dataset) -> bool:
        """Whether another dataset labels any column of this one."""
        return any(self.label(view, (dataset.name, name))[0] for name in dataset.spec.columns)

    @cached_property
    def _private(self) -> tuple[tuple[LazyCatalog, SpecFile], ...]:
        """The files in which a sensitive label may stand."""
        return tuple(
            (catalog, file)
            for catalog in self._catalogs
            for file in dict.fromkeys(file for label in SENSITIVE for file in catalog.mentioning(label))
        )

    def _labelling(self, column: str) -> tuple[tuple[LazyCatalog, SpecId], ...]:
        """The datasets that stand in such a file and may have a column of this name."""
        known = self._labelled.get(column)
        if known is None:
            known = self._labelled[column] = tuple(self._datasets_with(column.lower()))
        return known

    def _datasets_with(self, column: str) -> Iterator[tuple[LazyCatalog, SpecId]]:
        for catalog, file in self._private:
            if column in file.text or file.hides_names:
                yield from ((catalog, one) for one, _, _ in file.targets if one.kind == "Dataset")


def _meet(one: Source, other: Source) -> bool:
    """Whether two sources may give the same rows, as far as their words tell."""
    if one.python is not None and one.python == other.python:
        return True
    return any(_overlap(first, second) for first in _files(one) for second in _files(other))


def _files(source: Source) -> Iterable[str]:
    for paths in (source.parquet, source.csv):
        yield from () if paths is None else (paths,) if isinstance(paths, str) else paths


def _overlap(one: str, other: str) -> bool:
    """Whether two paths or patterns may lead to one file; a star is taken to pass over slashes."""
    one, other = normpath(one), normpath(other)
    if not _WILD.search(one):
        return one == other or re.match(translate(other.replace("**/", "*")), one) is not None
    if not _WILD.search(other):
        return _overlap(other, one)
    (start, *_, end), (start_there, *_, end_there) = _WILD.split(one), _WILD.split(other)
    return (
        (start.startswith(start_there) or start_there.startswith(start))
        and (end.endswith(end_there) or end_there.endswith(end))
    )  # fmt: skip
