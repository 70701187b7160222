"""Releases whose evidence a change of the policy's keys voids: what they serve goes on without proof."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.catalog.model import Catalog, SpecId
from penstock.diagnostics.model import Diagnostic
from penstock.review.evidence.keys import KeySet
from penstock.review.evidence.verify import Doubt, signatures
from penstock.review.policy.resolve import resolve_policy
from penstock.specs.release import Release


def voided_evidence(base: Catalog, head: Catalog, touched: Iterable[SpecId]) -> Iterator[Diagnostic]:
    """A warning for each Release of head with a statement whose signature holds by the keys of base alone."""
    if not any(spec_id.kind == "ApprovalPolicy" for spec_id in touched):
        return
    before, after = (KeySet.of(resolve_policy(catalog).keys) for catalog in (base, head))
    if before == after:
        return
    for spec_id in head.ids("Release"):
        loaded = head.loaded(spec_id)
        if loaded is None or not isinstance(loaded.resource, Release):
            continue
        release = loaded.resource
        held, holding = signatures(head, release, before), signatures(head, release, after)
        reasons = [_reason(doubt) for link, doubts in held.items() if not doubts for doubt in holding[link]]
        if reasons:
            yield Diagnostic.warning(
                "voided-evidence",
                f"the evidence of `{release.name}`, served in {release.spec.environment}, is void after this change",
                head.span(spec_id, ("spec", "evidence")),
                reasons[0],
                help=(
                    f"`{release.spec.rollout}` goes on serving this version in {release.spec.environment}, and a "
                    "rollback to it will not be approved: release a version with valid evidence",
                ),
            )


def _reason(doubt: Doubt) -> str:
    state, why = doubt
    return "the policy no longer lists the key that signed it" if state == "unsigned" else why
