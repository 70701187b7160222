"""Plans made by hand, with texts of one's choosing wherever somebody else could have written them."""

from __future__ import annotations

from typing import Any

from penstock.diagnostics.model import Diagnostic, Span
from penstock.review.model import ArtifactChange, Change, Direction, Impact, Operation, Plan
from penstock.review.rendering.rows import Note
from penstock.specs.addresses import Address
from penstock.specs.review import Area


def change(text: str = "delay", **given: Any) -> Change:
    """A loosened gate whose every text is `text`."""
    values: dict[str, Any] = {
        "address": Address("Gate", "g").key(text).item(text),
        "operation": Operation.CHANGED,
        "before": text,
        "after": {text: text},
        "direction": Direction.LOOSENED,
        "area": Area.QUALITY,
        "cause": "direct",
        "why": text,
        "environments": (text,),
        "span": Span.point(f"specs/{text}.yaml", 3, 7),
    }
    return Change(**{**values, **given})


def plan(text: str = "delay", count: int = 1, **given: Any) -> Plan:
    """A plan of `count` changes, an indirect effect of the first, an error and a generated file."""
    changes = tuple(change(text, before=f"{text}{number}") for number in range(count))
    first = changes[0]
    effect = change(
        text,
        address=Address("Rollout", "r"),
        cause="indirect",
        before=first.before,
        after=first.after,
        through=(str(first.address),),
    )
    impact = Impact(models=(text,), rollouts=(text,), environments=(text,), slos=(text,), callers=(text,))
    values: dict[str, Any] = {
        "base": "a" * 40,
        "head": "b" * 40,
        "changes": (*changes, effect),
        "impacts": {one.fingerprint: impact for one in (*changes, effect)},
        "artifacts": (ArtifactChange(f"{text}.yaml", "changed", (text,), b"a: 1\n", f"a: {text}\n".encode()),),
        "errors": (Diagnostic.error("unknown-key", text, Span.point(text), text, help=(text,)),),
    }
    return Plan(**{**values, **given})


def notes(of: Plan, text: str = "ada") -> dict[str, Note]:
    """What a verdict says of each change."""
    return {one.fingerprint: Note(f"1 of {text}", text) for one in of.changes}
