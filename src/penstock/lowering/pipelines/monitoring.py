"""A model's monitoring workflow: what the released version meets now, against what it was trained on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from penstock.catalog.model import View
from penstock.ir.workflow import Argument, Parameter, ParameterValue, Step, Workflow
from penstock.lowering.conventions import (
    AS_OF,
    DIGEST,
    PUSHGATEWAY,
    TRAINING_VERSION,
    identifier,
    workflow_name,
)
from penstock.lowering.environments import environment_of
from penstock.lowering.pipelines.data_steps import DataSteps, cluster_columns, data_steps, group_columns
from penstock.lowering.pipelines.json_text import json_text, plain
from penstock.lowering.pipelines.steps import compute_of, flag, keyed, make_step, output_of
from penstock.lowering.pipelines.training import AS_OF_PARAMETER, choice_text, pushgateway, store_flags, stores
from penstock.specs.model import Model
from penstock.specs.monitor import DriftMonitor, Monitor, QualityMonitor
from penstock.specs.rollout import Rollout
from penstock.specs.units import Duration

_TRAINING_VERSION = Parameter(
    TRAINING_VERSION, "Version of the training pipeline that is started; the newest if empty.", ""
)


class _Watched(NamedTuple):
    """A rollout whose model is watched, and what distinguishes its steps and parameter from others'."""

    rollout: Rollout
    monitor: Monitor
    subject: str | None
    digest: Parameter


def monitoring_workflow(view: View, name: str) -> Workflow | None:
    """The workflow that watches the model `name` in the view's environment.

    None where no rollout of this environment monitors drift or quality. A model that several rollouts monitor has
    the steps of each that is released, named apart by the rollout. Before the first release it watches the champion for
    all of them, for whoever tries it by hand.
    """
    watched = _watched(view, name)
    if not watched:
        return None
    model = view.model(name)
    environment = environment_of(view)
    spec = environment.spec
    return Workflow(
        name=workflow_name(name, "monitoring"),
        description=f"Monitors {name} in {environment.name}.",
        model=name,
        purpose="monitoring",
        environment=environment.name,
        namespace=spec.namespace,
        service_account=spec.kubeflow.service_account,
        parameters=(
            AS_OF_PARAMETER,
            *(each.digest for each in watched),
            *stores(spec),
            pushgateway(spec),
            *([_TRAINING_VERSION] if any(_causes(view, model, each.monitor) for each in watched) else []),
        ),
        steps=tuple(_steps(view, model, watched)),
        owner=model.metadata.owner,
        version=spec.kubeflow.version,
        storage_secret=spec.storage_secret,
        labels=tuple(model.metadata.labels.items()),
    )


def monitored(view: View, name: str) -> tuple[tuple[Rollout, Monitor], ...]:
    """The rollouts of a model in the view's environment whose monitors need a pipeline, and these monitors."""
    return tuple(
        (rollout, monitor)
        for rollout in view.rollouts_of(name)
        if (monitor := rollout.spec.monitor) is not None and (monitor.drift or monitor.quality)
    )


def starts_training(view: View, name: str) -> bool:
    """Whether the monitoring workflow of a model starts its training workflow, of the version in its parameter."""
    return any(_causes(view, view.model(name), each.monitor) for each in _watched(view, name))


def _causes(view: View, model: Model, monitor: Monitor) -> tuple[Literal["drift", "quality"], ...]:
    """The steps of a rollout whose findings start training."""
    retrain = model.spec.retrain
    if retrain is None or not environment_of(view).spec.training:
        return ()
    by_drift: tuple[Literal["drift"], ...] = ("drift",) if retrain.on_drift and monitor.drift else ()
    return (*by_drift, "quality") if retrain.on_quality and monitor.quality else by_drift


def _watched(view: View, name: str) -> tuple[_Watched, ...]:
    found = monitored(view, name)
    several = len(found) > 1
    released = [each for each in found if view.release_of(each[0].name) is not None]
    return tuple(
        _Watched(rollout, monitor, rollout.name if several else None, _digest(view, rollout, several))
        for rollout, monitor in released or found
    )


def _digest(view: View, rollout: Rollout, several: bool) -> Parameter:
    release = view.release_of(rollout.name)
    return Parameter(
        f"{DIGEST}_{identifier(rollout.name)}" if several else DIGEST,
        "Digest of the monitored version; the registry's champion if empty.",
        release.spec.version.digest if release is not None else "",
    )


def _steps(view: View, model: Model, watched: tuple[_Watched, ...]) -> Iterator[Step]:
    image = environment_of(view).spec.runtime_image
    data = data_steps(view, model, image, labelled=any(each.monitor.quality for each in watched))
    yield from data.steps
    findings: list[Argument] = []
    for each in watched:
        observe = _observe(view, model, data, each, image)
        yield observe
        observation = flag("observation", output_of(observe))
        measured: dict[str, Step] = {}
        if each.monitor.drift:
            measured["drift"] = _drift(each, observation, image)
        if each.monitor.quality:
            measured["quality"] = _quality(view, model, each, observation, image)
        yield from measured.values()
        figures = [flag(name, output_of(step)) for name, step in measured.items()]
        yield _publish(view, model, each, figures, image)
        causes = _causes(view, model, each.monitor)
        findings += [keyed(cause, each.rollout.name, output_of(measured[cause])) for cause in causes]
    if findings:
        yield _retrain(view, model, findings, image)


def _observe(view: View, model: Model, data: DataSteps, each: _Watched, image: str) -> Step:
    spec = model.spec
    # A monitor that counts breaches looks at several windows, back to back.
    drifts = (Duration(drift.window * (drift.persist.of if drift.persist else 1)) for drift in each.monitor.drift)
    windows = (*drifts, *(rule.window for rule in each.monitor.quality))
    label: tuple[Argument, ...] = ()
    if each.monitor.quality:
        label = (
            flag("label", json_text(plain(spec.label))),
            flag("label-table", data.tables[spec.label.dataset]),
        )
        columns = list(dict.fromkeys([*group_columns(model), *cluster_columns(view, model)]))
        label = (*label, *([flag("clusters", json_text(columns))] if columns else []))
    arguments = [
        flag("model", model.name),
        flag("task", spec.task),
        flag("threshold", str(spec.threshold)),
        *(keyed("features", name, table) for name, table in data.features.items()),
        flag("choice", choice_text(model)),
        flag("slices", json_text(spec.slices)),
        *label,
        flag("window", str(max(windows))),
        flag("as-of", ParameterValue(AS_OF)),
        flag("digest", ParameterValue(each.digest.name)),
        *reversed(store_flags()),
    ]
    return make_step("observe", image, arguments, subject=each.subject, compute=compute_of(spec.resources))


def _monitors(monitors: Iterable[DriftMonitor | QualityMonitor]) -> str:
    """Monitors as JSON without whom they tell, which is the alerts' part."""
    return json_text([plain(monitor, without={"then"}) for monitor in monitors])


def _drift(each: _Watched, observation: Argument, image: str) -> Step:
    arguments = [observation, flag("monitors", _monitors(each.monitor.drift))]
    return make_step("drift", image, arguments, subject=each.subject)


def _quality(view: View, model: Model, each: _Watched, observation: Argument, image: str) -> Step:
    gates = view.gates_of(model.name)
    clusters = {gate.name: plain(gate.spec.clusters) for gate in gates if gate.spec.clusters is not None}
    groups = group_columns(model)
    arguments = [
        observation,
        flag("monitors", _monitors(each.monitor.quality)),
        flag("task", model.spec.task),
        flag("threshold", str(model.spec.threshold)),
        *([flag("groups", json_text(list(groups)))] if groups else []),
        *([flag("clusters", json_text(clusters))] if clusters else []),
    ]
    return make_step("quality", image, arguments, subject=each.subject)


def _publish(view: View, model: Model, each: _Watched, figures: list[Argument], image: str) -> Step:
    arguments = [
        flag("model", model.name),
        flag("environment", environment_of(view).name),
        flag("rollout", each.rollout.name),
        *figures,
        flag("pushgateway", ParameterValue(PUSHGATEWAY)),
    ]
    return make_step("publish", image, arguments, subject=each.subject)


def _retrain(view: View, model: Model, findings: list[Argument], image: str) -> Step:
    environment = environment_of(view).spec
    retrain = model.spec.retrain
    cooldown = () if retrain is None or retrain.cooldown is None else (flag("cooldown", str(retrain.cooldown)),)
    arguments = [
        flag("model", model.name),
        *findings,
        flag("api", environment.kubeflow.api),
        flag("namespace", environment.namespace),
        flag("service-account", environment.kubeflow.service_account),
        flag("pipeline", workflow_name(model.name, "training")),
        flag("version", ParameterValue(TRAINING_VERSION)),
        *cooldown,
    ]
    return make_step("retrain", image, arguments)
