"""Every warning about a change, in one place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.catalog.model import Catalog, SpecId
from penstock.diagnostics.model import Diagnostic
from penstock.review.model import ArtifactChange
from penstock.review.warnings.autoscaler_switch import autoscaler_switches
from penstock.review.warnings.canary_rollback import canary_rollbacks
from penstock.review.warnings.changed_inputs import changed_inputs
from penstock.review.warnings.frozen_route import frozen_routes
from penstock.review.warnings.predictor_change import predictor_changes
from penstock.review.warnings.repeated_canary import repeated_canaries
from penstock.review.warnings.target_switch import target_switches
from penstock.review.warnings.voided_evidence import voided_evidence

_OF_SPECS = (
    autoscaler_switches,
    canary_rollbacks,
    changed_inputs,
    frozen_routes,
    predictor_changes,
    target_switches,
    voided_evidence,
)


def warnings_of(
    base: Catalog, head: Catalog, touched: Iterable[SpecId], artifacts: Iterable[ArtifactChange]
) -> Iterator[Diagnostic]:
    """The warnings about the touched specs, and about the files that are generated of them."""
    for warnings in _OF_SPECS:
        yield from warnings(base, head, touched)
    yield from repeated_canaries(base, head, touched, artifacts)
