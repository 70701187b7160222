"""What a change adds to what a rollout's copies request, where resources say so."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from penstock.catalog.model import Catalog, SpecId
from penstock.review.changes.specs import SpecEdit
from penstock.review.impact.dependency_graph import DependencyGraph
from penstock.review.model import Operation
from penstock.specs.rollout import Rollout


class Cost(NamedTuple):
    """Cores, bytes of memory and GPUs, over all environments, at the largest number of copies."""

    cpu: Decimal = Decimal(0)
    memory: Decimal = Decimal(0)
    gpu: int = 0
    is_unknown: bool = False
    """Whether nobody can tell; the numbers say nothing then."""

    def plus(self, other: Cost) -> Cost:
        """Both together."""
        return Cost(
            self.cpu + other.cpu,
            self.memory + other.memory,
            self.gpu + other.gpu,
            self.is_unknown or other.is_unknown,
        )


UNKNOWN = Cost(is_unknown=True)


class _Requests(NamedTuple):
    """Of one copy, and how many there may be; nothing where the rollout is not served."""

    cpu: Decimal = Decimal(0)
    memory: Decimal = Decimal(0)
    gpu: int = 0
    copies: int = 0

    def all(self) -> Cost:
        return Cost(self.cpu * self.copies, self.memory * self.copies, self.gpu * self.copies)


_NOTHING = _Requests()
_SERVED_IN = ("spec", "environments")
_COPIES = ("spec", "serve", "replicas", "max")
_OF_A_COPY = ("spec", "serve", "resources")


def cost_of(base: DependencyGraph, head: DependencyGraph, edit: SpecEdit) -> Cost:
    """What the edit adds; less than nothing where it takes away.

    Where several fields change at once, each has its share as if they changed one after the other.
    """
    if edit.spec.kind != "Rollout":
        return Cost()
    if edit.change.is_raw:
        return UNKNOWN
    is_whole = edit.difference is None and not edit.pointer
    if is_whole and edit.change.operation is Operation.CHANGED:
        # One of the two could not be compared.
        return UNKNOWN
    if not is_whole and edit.pointer[:2] != _SERVED_IN and not _is_costly(edit):
        return Cost()
    former = edit.change.renamed_from
    known = SpecId("Rollout", former.name) if former is not None else edit.spec
    total = Cost()
    for environment in edit.change.environments:
        old, new = _requests(base.catalog, known, environment), _requests(head.catalog, edit.spec, environment)
        if old is None or new is None:
            return UNKNOWN
        total = total.plus(_share(edit, is_whole, environment, old, new))
    return total


def _is_costly(edit: SpecEdit) -> bool:
    return edit.pointer == _COPIES or edit.pointer[:3] == _OF_A_COPY


def _share(edit: SpecEdit, is_whole: bool, environment: str, old: _Requests, new: _Requests) -> Cost:
    """What the edit adds in one environment."""
    if is_whole:
        return _difference(old.all(), new.all())
    is_served = old.copies > 0, new.copies > 0
    if edit.pointer[:2] == _SERVED_IN:
        # What comes to an environment or leaves it does so with all its fields.
        comes_or_goes = environment in (edit.change.before, edit.change.after) and is_served[0] is not is_served[1]
        return _difference(old.all(), new.all()) if comes_or_goes else Cost()
    if not all(is_served):
        return Cost()
    if edit.pointer == _COPIES:
        return _difference(old.all(), old._replace(copies=new.copies).all())
    key = str(edit.pointer[-1])
    changed = {key: getattr(new, key)}
    return _difference(old._replace(copies=new.copies).all(), old._replace(copies=new.copies, **changed).all())


def _difference(old: Cost, new: Cost) -> Cost:
    return Cost(new.cpu - old.cpu, new.memory - old.memory, new.gpu - old.gpu)


def _requests(catalog: Catalog, rollout: SpecId, environment: str) -> _Requests | None:
    """None where the rollout is there, and cannot be read."""
    found = catalog.view(environment).find(Rollout, rollout.name)
    if found is None:
        return _NOTHING if catalog.document(rollout) is None else None
    if environment not in found.spec.environments:
        return _NOTHING
    serve = found.spec.serve
    return _Requests(serve.resources.cpu.amount, serve.resources.memory.amount, serve.resources.gpu, serve.replicas.max)
