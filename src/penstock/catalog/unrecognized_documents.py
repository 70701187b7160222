"""Documents that are no specs: without a kind, of an unknown kind, without a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.diagnostics.model import Diagnostic, Edit, Fix, Safety
from penstock.diagnostics.suggest import did_you_mean, is_certain
from penstock.source.model import Document
from penstock.specs.kinds import KINDS
from penstock.specs.shapes import Mapping, mapping_of


def unrecognized(document: Document) -> Iterator[Diagnostic]:
    """Why a document is no spec."""
    data = document.value
    version = data.get("apiVersion")
    if isinstance(version, str) and not version.startswith("penstock") and "kind" in data:
        yield Diagnostic.error(
            "foreign-document",
            f"a manifest of `{version}` is in the folder of specs",
            document.span(("apiVersion",)),
            help=("move it out of this folder: every document here must be a Penstock spec",),
        )
    elif "kind" not in data:
        yield from _missing_kind(document)
    elif not isinstance(data["kind"], str) or data["kind"] not in KINDS:
        if not document.is_damaged(("kind",)):
            yield _unknown_kind(document, data["kind"])
    else:
        yield from _nameless(document)


def _missing_kind(document: Document) -> Iterator[Diagnostic]:
    guess = _kind_by_keys(document.value.get("spec"))
    misspelt = did_you_mean("kind", [key for key in document.value if key not in ("spec", "metadata")])
    if misspelt:
        yield Diagnostic.error(
            "unknown-key",
            f"a spec has no key `{misspelt[0]}`",
            document.span((misspelt[0],), "key"),
            help=("did you mean `kind`?",),
        )
        return
    yield Diagnostic.error(
        "missing-kind",
        "a document has no `kind`",
        document.span((), "key"),
        help=(f"add `kind: {guess}`" if guess else f"add `kind`: one of {_kinds()}",),
    )


def _unknown_kind(document: Document, kind: Any) -> Diagnostic:
    span = document.span(("kind",))
    guesses = did_you_mean(str(kind), KINDS)
    if not guesses:
        return Diagnostic.error("unknown-kind", f"there is no kind `{kind}`", span, help=(f"the kinds are {_kinds()}",))
    safety = Safety.SAFE if is_certain(str(kind), guesses) else Safety.UNSAFE
    fix = Fix(safety, f"write `{guesses[0]}`", (Edit(span, guesses[0]),))
    return Diagnostic.error(
        "unknown-kind", f"there is no kind `{kind}`", span, help=(f"did you mean `{guesses[0]}`?",), fix=fix
    )


def _nameless(document: Document) -> Iterator[Diagnostic]:
    """What validation says of `metadata`; the rest of the spec waits until it can be called by a name."""
    from penstock.catalog.validation import validate

    _, problems = validate(document)
    yield from problems


def _kind_by_keys(spec: Any) -> str | None:
    """The one kind whose spec has all of these keys."""
    if not isinstance(spec, dict) or not spec:
        return None
    fitting = []
    for name, kind in KINDS.items():
        shape = mapping_of(kind).fields["spec"].shape
        if isinstance(shape, Mapping) and spec.keys() <= shape.fields.keys():
            fitting.append(name)
    return fitting[0] if len(fitting) == 1 else None


def _kinds() -> str:
    return ", ".join(f"`{kind}`" for kind in KINDS)
