"""What a catalog has to know of every spec, so that the specs themselves may stay unread: plain data, to be kept."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from penstock.catalog.marked_texts import declared_id
from penstock.catalog.model import RELATIONS, Catalog, SpecId
from penstock.source.model import Document
from penstock.specs.base import is_name


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the specs of a repository in which nothing is wrong with their names."""

    names: dict[str, list[str]] = field(default_factory=dict)
    """Kind -> the names of its specs, sorted."""
    overriding: dict[str, list[str]] = field(default_factory=dict)
    """Spec -> the environments that it carries overrides for, sorted; specs without are left out."""
    holders: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """Relation -> the name that is looked up -> who names it, in overrides too; sorted."""

    @classmethod
    def of(cls, catalog: Catalog) -> Facts:
        """The facts about a whole catalog."""
        facts = cls()
        for spec_id in catalog.ids():
            document = catalog.document(spec_id)
            if document is not None:
                facts._add(spec_id, document)
        return facts

    def amend(self, gone: Iterable[SpecId], came: Iterable[Document]) -> bool:
        """Take some specs away and add others; False where one of those is no spec, or its name is not its own.

        The facts are to be thrown away then.
        """
        for spec_id in gone:
            self._remove(spec_id)
        for document in came:
            came_as = id_in(document)
            if came_as is None or came_as in self:
                return False
            self._add(came_as, document)
        return True

    def lookups(self, specs: Iterable[SpecId]) -> set[tuple[str, str]]:
        """The reverse lookups, as relation and name, that may have one of the specs as an answer."""
        return {
            (relation, target)
            for spec_id in specs
            for relation, (kind, _) in RELATIONS.items()
            if kind == spec_id.kind
            for target, names in self.holders.get(relation, {}).items()
            if spec_id.name in names
        }

    def copy(self) -> Facts:
        """The same, to be amended without changing these."""
        return Facts(
            {kind: list(names) for kind, names in self.names.items()},
            dict(self.overriding),
            {
                relation: {of: list(names) for of, names in holders.items()}
                for relation, holders in self.holders.items()
            },
        )

    def plain(self) -> dict[str, Any]:
        """What makes the same facts when it is given to the class."""
        return {"names": self.names, "overriding": self.overriding, "holders": self.holders}

    def __contains__(self, spec_id: SpecId) -> bool:
        names = self.names.get(spec_id.kind, [])
        at = bisect_left(names, spec_id.name)
        return names[at : at + 1] == [spec_id.name]

    def _add(self, spec_id: SpecId, document: Document) -> None:
        insort(self.names.setdefault(spec_id.kind, []), spec_id.name)
        overrides = document.value.get("overrides")
        if isinstance(overrides, dict) and overrides:
            self.overriding[str(spec_id)] = sorted(overrides)
        for relation, (kind, key) in RELATIONS.items():
            if kind == spec_id.kind:
                for target in _texts(document, key):
                    insort(self.holders.setdefault(relation, {}).setdefault(target, []), spec_id.name)

    def _remove(self, spec_id: SpecId) -> None:
        if spec_id in self:
            for relation, target in self.lookups([spec_id]):
                self.holders[relation][target].remove(spec_id.name)
            self.overriding.pop(str(spec_id), None)
            self.names[spec_id.kind].remove(spec_id.name)


def id_in(document: Document) -> SpecId | None:
    """The id that a document declares; None where it is not the id of a spec."""
    declared = declared_id(document)
    return declared if declared is not None and is_name(declared.name) else None


def _texts(document: Document, key: str) -> set[str]:
    """What a document writes under a key of its spec, in its overrides too."""
    overrides = document.value.get("overrides")
    specs: list[Any] = [document.value.get("spec"), *(overrides.values() if isinstance(overrides, dict) else ())]
    found = (spec.get(key) for spec in specs if isinstance(spec, dict))
    return {text for text in found if isinstance(text, str)}
