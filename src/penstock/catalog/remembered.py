"""A catalog of thousands of specs that an earlier run has read; a spec is recalled when somebody asks for it.

The specs must be as that run found them: without errors of reading, each with a name of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from penstock.catalog.dependencies import SPEC
from penstock.catalog.facts import Facts
from penstock.catalog.model import RELATIONS, Catalog, SpecId
from penstock.catalog.repository import RepositoryFiles
from penstock.source.model import Document


class RememberedCatalog(Catalog):
    """A catalog that decodes a document when its spec is asked for."""

    def __init__(
        self,
        documents: Iterable[Document],
        repository: RepositoryFiles,
        facts: Facts,
        recall: Callable[[SpecId], Document],
    ) -> None:
        """`documents` have been read anew, any other of those that `facts` name is what `recall` gives."""
        super().__init__(documents, repository)
        self._facts = facts
        self._documents = _RecalledDocuments(self._documents, facts, recall)
        self._found_relations: dict[tuple[str, str | None, str], tuple[str, ...]] = {}

    def ids(self, kind: str | None = None) -> tuple[SpecId, ...]:
        """The ids of all specs, or of one kind, sorted; invalid specs are among them."""
        kinds = sorted(self._facts.names) if kind is None else [kind]
        return tuple(SpecId(known, name) for known in kinds for name in self._facts.names.get(known, ()))

    def overriding(self, spec_id: SpecId) -> tuple[str, ...]:
        """The environments that the spec carries overrides for, sorted."""
        return tuple(self._facts.overriding.get(str(spec_id), ()))

    @cached_property
    def _keys_overridden(self) -> dict[str | None, frozenset[str]]:
        found: dict[str | None, set[str]] = {}
        for spec, environments in self._facts.overriding.items():
            for environment in environments:
                found.setdefault(environment, set()).add(SPEC + spec)
        return {environment: frozenset(keys) for environment, keys in found.items()}

    def related(self, relation: str, environment: str | None, name: str) -> tuple[str, ...]:
        """The names behind a reverse lookup, as `Catalog.related` gives them."""
        key = relation, environment, name
        if key not in self._found_relations:
            kind, field = RELATIONS[relation]
            self._found_relations[key] = tuple(
                holder
                for holder in self._facts.holders.get(relation, {}).get(name, ())
                if self._related_to(SpecId(kind, holder), field, environment) == name
            )
        return self._found_relations[key]


class _RecalledDocuments(dict[SpecId, Document]):
    """Documents by their id; one that is not there yet is recalled."""

    def __init__(self, documents: dict[SpecId, Document], facts: Facts, recall: Callable[[SpecId], Document]) -> None:
        super().__init__(documents)
        self._facts = facts
        self._recall = recall

    def __missing__(self, key: SpecId) -> Document:
        if key not in self._facts:
            raise KeyError(key)
        document = self[key] = self._recall(key)
        return document

    def get(self, key: SpecId, default: Any = None) -> Any:
        """As of any mapping."""
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (isinstance(key, SpecId) and key in self._facts)
