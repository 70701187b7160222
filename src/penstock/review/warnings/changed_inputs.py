"""Releases of versions that read what the version before them does not: their callers have to send it first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from penstock.catalog.model import Catalog, SpecId
from penstock.diagnostics.model import Diagnostic
from penstock.review.evidence.verify import gates_statement
from penstock.specs.release import Release


def changed_inputs(base: Catalog, head: Catalog, touched: Iterable[SpecId]) -> Iterator[Diagnostic]:
    """A warning for each Release of head that needs inputs which the version of base does not read, or reads as others.

    Where the evidence of either version does not say what it reads, nothing is said: older evidence does not.
    """
    for spec_id in touched:
        if spec_id.kind != Release.kind_name:
            continue
        before, after = (catalog.find(Release, spec_id.name) for catalog in (base, head))
        if before is None or after is None or before.spec.version.digest == after.spec.version.digest:
            continue
        was, reads = _inputs(base, before), _inputs(head, after)
        if was is None or reads is None:
            continue
        new = [f"`{name}` ({kind})" for name, kind in sorted(reads.items()) if was.get(name) != kind]
        if new:
            yield Diagnostic.warning(
                "changed-inputs",
                f"`{after.spec.rollout}` in {after.spec.environment} needs other inputs: {', '.join(new)}",
                head.view(after.spec.environment).span(after, ("version", "digest")),
                f"{before.spec.version.digest[:19]}… does not read {'it' if len(new) == 1 else 'them'} so",
                help=(_way_on(sorted(was.keys() - reads.keys())),),
            )


def _inputs(catalog: Catalog, release: Release) -> Mapping[str, str] | None:
    """What a request has to bring, by its name: a number, a text or a boolean."""
    statement = gates_statement(catalog, release)
    if statement is None or statement.predicate.inputs is None:
        return None
    return {name: _KINDS.get(type_, type_) for name, type_ in statement.predicate.inputs.items()}


_KINDS = {"int": "number", "float": "number", "string": "text", "bool": "boolean"}


def _way_on(former: list[str]) -> str:
    beside = f", beside {', '.join(f'`{name}`' for name in former)}" if former else ""
    return (
        f"let the callers send this first{beside}: a request without what a version reads fails, and what a version "
        "does not read it ignores"
    )
