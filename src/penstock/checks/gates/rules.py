"""The rules that look at gates, in the order in which one is described."""

from __future__ import annotations

from penstock.checks.datasets.unknown_column import unknown_column
from penstock.checks.datasets.unknown_function import unknown_function
from penstock.checks.features.undeclared_read import undeclared_read
from penstock.checks.gates.bound_direction import bound_direction
from penstock.checks.gates.forbidden_feature import forbidden_feature
from penstock.checks.gates.gate_test import gate_test
from penstock.checks.gates.metric_task import metric_task
from penstock.checks.gates.too_few_clusters import too_few_clusters
from penstock.checks.gates.trivial_bound import trivial_bound
from penstock.checks.gates.undecidable_gate import undecidable_gate
from penstock.checks.gates.unknown_group import unknown_group
from penstock.checks.models.high_cardinality_slice import high_cardinality_slice
from penstock.checks.rule import Rule

RULES: tuple[Rule, ...] = (
    unknown_column,
    unknown_function,
    undeclared_read,
    metric_task,
    trivial_bound,
    bound_direction,
    unknown_group,
    high_cardinality_slice,
    forbidden_feature,
    undecidable_gate,
    too_few_clusters,
    gate_test,
)
