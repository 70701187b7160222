"""Fields in which order does not affect risk although generated files follow it: their items are independent.

Kept out are all that something may count by its place. The columns of a dataset, since SQL reads them by it (`union`,
`order by 1`); features, since callers send them in that order where a server takes plain tensors, and since another
order makes another model; the steps of a canary and the operations of a patch; keys, after which rows are split; and
what a spec holds where a JSON patch of it picks parts of manifests by their number, or where custom code runs in
between and may leave something behind.
"""

from __future__ import annotations

from penstock.review.changes.diff import Difference
from penstock.review.changes.directions import NEUTRAL, DirectionJudgement
from penstock.review.changes.reorderings import FOLLOWED
from penstock.specs.base import Metadata, Node
from penstock.specs.canary import Canary
from penstock.specs.dataset import DatasetSpec
from penstock.specs.estimator import Estimator, External
from penstock.specs.gate import ExplainRule, GateSpec, LatencyRule, PythonRule
from penstock.specs.model import Card, Except, ModelSpec
from penstock.specs.monitor import AnomalyMonitor, DriftMonitor, Monitor, QualityMonitor, QueryMonitor
from penstock.specs.rollout import Access, RolloutSpec

_WATCHES = "each of them works independently"
_TOLD = "each of them is notified independently"
_AS_A_WHOLE = "they apply together"
_ORDER_INSENSITIVE: dict[tuple[type[Node], str], str] = {
    (Metadata, "labels"): "labels are read by name",
    (DatasetSpec, "checks"): "each of them checks the rows independently",
    (Estimator, "params"): "the learner reads them by name",
    (External, "trust"): _AS_A_WHOLE,
    (Card, "limitations"): "the model card says the same",
    (Card, "out_of_scope"): "the model card says the same",
    (Except, "except_"): _AS_A_WHOLE,
    (GateSpec, "rules"): "each of them is evaluated independently",
    (GateSpec, "tests"): "each of them is tested independently",
    (ExplainRule, "forbid"): _AS_A_WHOLE,
    (Canary, "abort_on"): "each of them aborts independently",
    (Monitor, "drift"): _WATCHES,
    (Monitor, "quality"): _WATCHES,
    (Monitor, "anomalies"): _WATCHES,
    (Monitor, "business"): _WATCHES,
    (DriftMonitor, "except_"): _AS_A_WHOLE,
    (DriftMonitor, "then"): _TOLD,
    (QualityMonitor, "then"): _TOLD,
    (AnomalyMonitor, "then"): _TOLD,
    (QueryMonitor, "then"): _TOLD,
    (Access, "callers"): "each of them is allowed independently",
}
"""Fields by the class that holds them, and why their order is free."""


def neutral_if_order_insensitive(difference: Difference, before: Node, after: Node) -> Difference:
    """The difference, neutral where it is one of an order in which nothing counts.

    `before` and `after` are the two versions of the spec, or of the metadata, that it lies in.
    """
    why = _ORDER_INSENSITIVE.get((difference.holder, difference.field)) if difference.is_order else None
    if why is None or any(_is_order_significant(difference, version) for version in (before, after)):
        return difference
    moved = difference.judgement.why.removesuffix(FOLLOWED)
    return difference._replace(
        judgement=DirectionJudgement(NEUTRAL, f"{moved}; {why}, so the order does not affect risk")
    )


def _is_order_significant(difference: Difference, spec: Node) -> bool:
    """Whether something of this version of the spec may count after all."""
    if isinstance(spec, RolloutSpec):
        return any(patch.json_ is not None for patch in spec.patches)
    if isinstance(spec, GateSpec) and difference.field == "rules":
        # A function may change what the next rule sees, and what was asked before answers sooner.
        return any(isinstance(rule, PythonRule | LatencyRule) for rule in spec.rules)
    if isinstance(spec, DatasetSpec):
        return any(check.python is not None for check in spec.checks)
    if isinstance(spec, ModelSpec) and difference.field == "params":
        # Values may hold mappings of their own, in which the order is the learner's to read.
        is_whole = difference.pointer[-1] == "params"
        return not is_whole or not (spec.estimator.class_ or "").startswith("sklearn.")
    return False
