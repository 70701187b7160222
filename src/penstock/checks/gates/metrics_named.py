"""Every place where specs name a metric, with the task of the model that it is computed for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from penstock.catalog.model import View
from penstock.source.model import Pointer
from penstock.specs.base import Resource
from penstock.specs.gate import CompareRule, FairnessRule, Gate, MetricRule, PerturbRule, SliceRule
from penstock.specs.metrics import FAIRNESS_METRICS, METRICS, Metric, Task
from penstock.specs.model import Model
from penstock.specs.rollout import Rollout


class NamedMetric(NamedTuple):
    """A metric that a spec names."""

    name: str
    pointer: Pointer
    task: Task | None
    """None where the model is not known."""
    limits: tuple[tuple[str, float], ...] = ()
    """Bounds on its value: the key that holds each, and the bound."""
    sought: Literal["maximize", "minimize"] | None = None
    where: Pointer = ()
    """The mapping that holds the bounds."""
    has_gap: bool = False
    """Whether a bound on the gap between groups judges it, too."""

    @property
    def metric(self) -> Metric | None:
        """The metric itself; None where there is none of that name."""
        return METRICS.get(self.name) or FAIRNESS_METRICS.get(self.name)


def metrics_named(view: View, resource: Resource) -> Iterator[NamedMetric]:
    """The metrics that a Gate, a Model or a Rollout names."""
    model = model_of(view, resource)
    task = model.spec.task if model is not None else None
    if isinstance(resource, Gate):
        yield from _of_gate(resource, task)
    elif isinstance(resource, Model) and resource.spec.search is not None:
        search = resource.spec.search
        if search.maximize is not None:
            yield NamedMetric(search.maximize, ("search", "maximize"), task, sought="maximize")
        if search.minimize is not None:
            yield NamedMetric(search.minimize, ("search", "minimize"), task, sought="minimize")
    elif isinstance(resource, Rollout) and resource.spec.monitor is not None:
        for position, monitor in enumerate(resource.spec.monitor.quality):
            where: Pointer = ("monitor", "quality", position)
            given = tuple((k, v) for k, v in (("below", monitor.below), ("above", monitor.above)) if v is not None)
            yield NamedMetric(monitor.metric, (*where, "metric"), task, given, where=where)


def model_of(view: View, resource: Resource) -> Model | None:
    """The model whose metrics a Gate, a Model or a Rollout names; None where there is none of that name."""
    if isinstance(resource, Gate | Rollout):
        return view.find(Model, resource.spec.model)
    return resource if isinstance(resource, Model) else None


def _of_gate(gate: Gate, task: Task | None) -> Iterator[NamedMetric]:
    for position, rule in enumerate(gate.spec.rules):
        where: Pointer = ("rules", position)
        if isinstance(rule, MetricRule | SliceRule | FairnessRule):
            bounds = (("atLeast", rule.at_least), ("atMost", rule.at_most))
            given = tuple((key, value) for key, value in bounds if value is not None)
            if isinstance(rule, FairnessRule):
                yield NamedMetric(rule.fairness, (*where, "fairness"), task, given, where=where)
            else:
                gap = isinstance(rule, SliceRule) and rule.max_gap is not None
                yield NamedMetric(rule.metric, (*where, "metric"), task, given, where=where, has_gap=gap)
        elif isinstance(rule, CompareRule):
            yield NamedMetric(rule.compare.metric, (*where, "compare", "metric"), task)
        elif isinstance(rule, PerturbRule):
            yield NamedMetric(rule.metric, (*where, "metric"), task)
