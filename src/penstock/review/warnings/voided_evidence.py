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
    for release, environment in _served(head):
        held, holding = signatures(head, release, before), signatures(head, release, after)
        reasons = [_reason(doubt) for link, doubts in held.items() if not doubts for doubt in holding[link]]
        if reasons:
            yield Diagnostic.warning(
                "voided-evidence",
                f"the evidence of `{release.name}`, served in {environment}, is void after this change",
                head.span(SpecId("Release", release.name), ("spec", "evidence"), environment=environment),
                reasons[0],
                help=(
                    f"`{release.spec.rollout}` goes on serving this version in {environment}, and a "
                    "rollback to it will not be approved: sign it with a valid key (`penstock evidence sign`), or "
                    "release another version",
                ),
            )


def _served(head: Catalog) -> Iterator[tuple[Release, str]]:
    """Each Release with the environment that it is for, as that sees it: an override may name other statements."""
    for spec_id in head.ids("Release"):
        for environment in head.environments():
            seen = head.overridden(spec_id, environment)
            release = seen.resource if seen is not None else None
            if isinstance(release, Release) and release.spec.environment == environment:
                yield release, environment


def _reason(doubt: Doubt) -> str:
    state, why = doubt
    return "the policy no longer lists the key that signed it" if state == "unsigned" else why
