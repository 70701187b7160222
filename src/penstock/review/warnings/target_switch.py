"""Rollouts that are served by another target than before while they serve.

What the old target served goes when the change is applied, whether or not the new one has pods; the host name is
another too. In KServe's Standard mode the route of both has the name of the rollout, and belongs to the
InferenceService: it is deleted with that, or written again and again by two controllers where nothing prunes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.catalog.model import Catalog, SpecId
from penstock.diagnostics.model import Diagnostic
from penstock.review.warnings.served import rollouts_before_and_after, served


def target_switches(base: Catalog, head: Catalog, touched: Iterable[SpecId]) -> Iterator[Diagnostic]:
    """A warning for each environment in which a Rollout that serves moves to another target."""
    for spec_id, before, after in rollouts_before_and_after(base, head, touched):
        old, new = (served(view, spec_id.name) for view in (before, after))
        if old is None or new is None or old.spec.serve.target == new.spec.serve.target:
            continue
        wanted = new.spec.serve.target
        yield Diagnostic.warning(
            "target-switch",
            f"`{spec_id.name}` in {after.environment_name} stops answering before {wanted} has started it",
            after.span(spec_id, ("serve", "target")),
            f"what {old.spec.serve.target} serves is deleted",
            help=(
                f"add a Rollout of another name with `target: {wanted}`, let its callers move to its host name, "
                "and remove this one then",
            ),
        )
