"""The texts of a spec that are no plain text: SQL, PromQL, the functions and schedules that it names."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.specs.base import Resource
from penstock.specs.marked_fields import Found, scalars


def embedded_code(view: View, resource: Resource, what: str) -> Iterator[Found]:
    """The texts of a spec that are `what`: ``sql``, ``promql``, ``function``, ``schedule`` (see `Holds`)."""
    found = view.memo(
        ("texts", resource.kind_name, resource.name),
        lambda inner: scalars(type(resource), "holds", inner.data(resource.kind_name, resource.name)),
    )
    return (one for one in found if one.scalar.holds == what)
