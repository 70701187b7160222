"""Datasets over the same rows: what one of them calls personal is so in the others too, whatever they say of it.

A copy of a file, byte for byte, holds the same rows under another name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from penstock.catalog.lazy import LazyCatalog, SpecFile
from penstock.catalog.model import Catalog, SpecId, View
from penstock.catalog.same_rows import same_rows
from penstock.catalog.sources import files_of, is_pattern
from penstock.catalog.upstream import SENSITIVE, Column
from penstock.python.written_paths import in_repository
from penstock.review.trees import CommitFiles, DiskFiles
from penstock.specs.dataset import SENSITIVITIES, Dataset

_WORD = re.compile(r"[\w.-]+")


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
            is_higher = label > found[0] and SENSITIVITIES[label] in SENSITIVE
            if is_higher and (
                same_rows(dataset.spec.source, other.spec.source) is not None
                or not _bytes_of(view.catalog, dataset).isdisjoint(_bytes_of(catalog, other))
            ):
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
        # YAML writes a quote or a space of a name in several ways.
        is_as_written = _WORD.fullmatch(column) is not None
        for catalog, file in self._private:
            if column in file.text or file.hides_names or not is_as_written:
                yield from ((catalog, one) for one, _, _ in file.targets if one.kind == "Dataset")


def _bytes_of(catalog: Catalog, dataset: Dataset) -> frozenset[str]:
    """The blobs of the files that the dataset names without a pattern, as far as the tree has them."""
    files = catalog.repository
    paths = [in_repository(path) for path in files_of(dataset.spec.source) if not is_pattern(path)]
    return (
        frozenset(files.blobs(paths).values()) if paths and isinstance(files, CommitFiles | DiskFiles) else frozenset()
    )
