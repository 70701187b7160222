"""The blast radius of a change: what it reaches, and what it costs where resources say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.catalog.model import SpecId
from penstock.review.changes.specs import SpecEdit
from penstock.review.impact.cost import UNKNOWN, Cost, cost_of
from penstock.review.impact.dependency_graph import DependencyGraph
from penstock.review.model import Change, Impact, Operation
from penstock.specs.environment import STAGES, Environment
from penstock.specs.model import Model
from penstock.specs.review import Loosens
from penstock.specs.rollout import Rollout


@dataclass(slots=True)
class ImpactAnalysis:
    """Answers for the two sides of one pull request; what a side has no more counts as it was on the other."""

    base: DependencyGraph
    head: DependencyGraph
    renamed: Mapping[SpecId, SpecId] = field(default_factory=dict)
    """The new name of each spec that has another one: under both names it is one."""
    _known: dict[tuple[Any, ...], Impact] = field(default_factory=dict)

    @classmethod
    def of(cls, base: DependencyGraph, head: DependencyGraph, edits: Iterable[SpecEdit]) -> ImpactAnalysis:
        """The analysis of a pull request that makes these edits."""
        former = ((edit.change.renamed_from, edit.spec) for edit in edits)
        return cls(base, head, {SpecId(one.kind, one.name): spec for one, spec in former if one is not None})

    def of_edit(self, edit: SpecEdit) -> Impact:
        """The impact of a direct change, or of a function whose code differs."""
        is_prose = edit.difference is not None and edit.difference.review.loosens is Loosens.NEVER
        if edit.change.operation is Operation.MOVED or is_prose:
            return Impact()
        models, rollouts = self._reached(edit)
        return self._impact(models, rollouts, edit.change.environments, cost_of(self.base, self.head, edit))

    def of_indirect(self, change: Change) -> Impact:
        """The impact of what an edit elsewhere does to a whole spec; its cost is the edit's."""
        return self._of_spec(change, Cost())

    def of_unattributed(self, change: Change) -> Impact:
        """The impact of a generated file that differs by no edit: what a rollout requests may differ too."""
        return self._of_spec(change, UNKNOWN if change.address.kind == "Rollout" else Cost())

    def _of_spec(self, change: Change, cost: Cost) -> Impact:
        spec_id = SpecId(change.address.kind, change.address.name)
        models, rollouts = self._names(spec_id)
        return self._impact(models, rollouts, change.environments, cost)

    def _reached(self, edit: SpecEdit) -> tuple[set[str], set[str]]:
        kind = edit.spec.kind
        if kind in ("Dataset", "FeatureSet"):
            models = {*self.base.models(edit.spec, edit.pointer), *self.head.models(edit.spec, edit.pointer)}
            listed = sorted(models)
            return models, {*self.base.rollouts(listed), *self.head.rollouts(listed)}
        models, rollouts = self._names(edit.spec)
        former = edit.change.renamed_from
        if former is not None:
            more = self._names(SpecId(former.kind, former.name))
            models, rollouts = models | more[0], rollouts | more[1]
        return models, rollouts

    def _names(self, spec_id: SpecId) -> tuple[set[str], set[str]]:
        found = {spec_id, *self.base.specs(spec_id), *self.head.specs(spec_id)}
        models = {one.name for one in found if one.kind == "Model"}
        rollouts = {one.name for one in found if one.kind == "Rollout"}
        if spec_id.kind == "Environment" and self._may_train(spec_id.name):
            # Every model is trained there, whether or not something serves it in the same place.
            models |= {one.name for reach in (self.base, self.head) for one in reach.catalog.ids("Model")}
        for name in rollouts:
            models |= self.base.models_of(name) | self.head.models_of(name)
        return models, rollouts

    def _impact(
        self,
        models: Iterable[str],
        rollouts: Iterable[str],
        environments: Iterable[str],
        cost: Cost,
    ) -> Impact:
        key = self._named("Model", models), self._named("Rollout", rollouts), tuple(environments), cost
        if key not in self._known:
            self._known[key] = self._gathered(*key)
        return self._known[key]

    def _named(self, kind: str, names: Iterable[str]) -> tuple[str, ...]:
        """Each once, by its new name: what has another one says the same as before."""
        if not self.renamed:
            return tuple(sorted(names))
        known = ((name, self.renamed.get(SpecId(kind, name))) for name in names)
        return tuple(sorted({new.name if new is not None else name for name, new in known}))

    def _gathered(
        self,
        models: tuple[str, ...],
        rollouts: tuple[str, ...],
        in_view: tuple[str, ...],
        cost: Cost,
    ) -> Impact:
        served = [rollout for name in rollouts for rollout in self._rollouts(name)]
        trained = [model for name in models for model in self._models(name)]
        serving = {name for rollout in served for name in rollout.spec.environments}
        # A model that is trained everywhere but served nowhere is in the environments that see the change.
        where = tuple(name for name in in_view if not served or name in serving or self._trains(name, models))
        return Impact(
            models=models,
            rollouts=rollouts,
            environments=where,
            stages=tuple(stage for stage in STAGES if any(stage in self._stages(name) for name in where)),
            schedules=_unique(_schedules(trained, served)),
            slos=_unique(_slos(served)),
            callers=_unique(_callers(served)),
            risk_tiers=tuple(
                tier for tier in ("low", "medium", "high") if tier in {model.spec.card.risk_tier for model in trained}
            ),
            cpu_cores=float(cost.cpu),
            memory_bytes=float(cost.memory),
            gpus=cost.gpu,
            is_cost_unknown=cost.is_unknown,
        )

    def _rollouts(self, name: str) -> Iterator[Rollout]:
        """The rollout on both sides, where they have it, as every environment that serves it sees it."""
        yield from (found for reach in (self.head, self.base) for found in reach.seen(Rollout, name))

    def _models(self, name: str) -> Iterator[Model]:
        yield from (found for reach in (self.head, self.base) for found in reach.seen(Model, name))

    def _environments(self, name: str) -> list[Environment]:
        """The environment on both sides: what the pull request makes of it takes nothing from what it was."""
        found = (reach.catalog.view(name).environment for reach in (self.head, self.base))
        return [environment for environment in found if environment is not None]

    def _trains(self, name: str, models: tuple[str, ...]) -> bool:
        return bool(models) and self._may_train(name)

    def _may_train(self, name: str) -> bool:
        return any(environment.spec.training for environment in self._environments(name))

    def _stages(self, name: str) -> set[str]:
        # An environment that cannot be read may be production.
        return {environment.spec.stage for environment in self._environments(name)} or {"production"}


def _schedules(models: list[Model], rollouts: list[Rollout]) -> Iterator[str]:
    for model in models:
        if model.spec.retraining is not None:
            yield f"training of {model.name} ({model.spec.retraining})"
    for rollout in rollouts:
        if rollout.spec.monitor is not None:
            yield f"monitoring of {rollout.name} ({rollout.spec.monitor.schedule})"


def _slos(rollouts: list[Rollout]) -> Iterator[str]:
    for rollout in rollouts:
        if rollout.spec.slos.availability is not None:
            yield f"{rollout.name} availability {rollout.spec.slos.availability.objective!s}"
        if rollout.spec.slos.latency is not None:
            latency = rollout.spec.slos.latency
            yield f"{rollout.name} latency {latency.objective!s} below {latency.below!s}"


def _callers(rollouts: list[Rollout]) -> Iterator[str]:
    for rollout in rollouts:
        for caller in rollout.spec.access.callers if rollout.spec.access is not None else ():
            labels = ",".join(f"{key}={value}" for key, value in sorted(caller.pods.items()))
            yield f"{caller.namespace}/{labels}" if labels else caller.namespace


def _unique(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(found)))
