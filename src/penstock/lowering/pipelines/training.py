"""A model's training workflow: from datasets to a version that is registered only if every gate lets it pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.catalog.digests import spec_digest
from penstock.catalog.model import View
from penstock.ir.workflow import Argument, Parameter, ParameterValue, Step, Workflow
from penstock.lowering.conventions import AS_OF, MODEL_STORE, PUSHGATEWAY, TRACKING, workflow_name
from penstock.lowering.environments import environment_of, retraining_schedule
from penstock.lowering.pipelines.custom_steps import with_custom_steps
from penstock.lowering.pipelines.data_steps import DataSteps, cluster_columns, data_steps
from penstock.lowering.pipelines.json_text import json_text, plain, plain_list
from penstock.lowering.pipelines.steps import compute_of, flag, keyed, make_step, output_of
from penstock.specs.environment import EnvironmentSpec
from penstock.specs.gate import CompareRule, Gate
from penstock.specs.model import Model
from penstock.specs.search import Search

AS_OF_PARAMETER = Parameter(AS_OF, "Time as of which data is read, as ISO 8601; now if empty.", "")


def training_workflow(view: View, name: str) -> Workflow:
    """The workflow that trains the model `name` in the view's environment.

    ValueError where custom steps wait for each other or for steps that do not exist, which a check reports before
    (`penstock.lowering.pipelines.custom_steps.custom_step_problems`).
    """
    model = view.model(name)
    environment = environment_of(view)
    spec = environment.spec
    return Workflow(
        name=workflow_name(name, "training"),
        description=model.metadata.description,
        model=name,
        purpose="training",
        environment=environment.name,
        namespace=spec.namespace,
        service_account=spec.kubeflow.service_account,
        parameters=(AS_OF_PARAMETER, *stores(spec), *([pushgateway(spec)] if _reports(view, name) else [])),
        steps=with_custom_steps(training_steps(view, name), model.spec.steps, spec.runtime_image),
        owner=model.metadata.owner,
        version=spec.kubeflow.version,
        storage_secret=spec.storage_secret,
        labels=tuple(model.metadata.labels.items()),
    )


def stores(environment: EnvironmentSpec) -> tuple[Parameter, Parameter]:
    """The parameters that name MLflow and the store of models."""
    return (
        Parameter(TRACKING, "Address of MLflow's tracking store and registry.", environment.tracking),
        Parameter(MODEL_STORE, "Address of the content-addressed model store.", environment.model_store),
    )


def pushgateway(environment: EnvironmentSpec) -> Parameter:
    """The parameter that names the Pushgateway."""
    address = environment.prometheus.pushgateway
    return Parameter(PUSHGATEWAY, "Address of the Pushgateway; metrics are only written to a file if empty.", address)


def _reports(view: View, name: str) -> bool:
    """Whether an alert waits for the pipeline to register versions, so that it has to push when it does."""
    return retraining_schedule(view, name) is not None


def training_steps(view: View, name: str) -> tuple[Step, ...]:
    """The steps of the training workflow without custom ones."""
    environment = environment_of(view)
    image = environment.spec.runtime_image
    # All steps before are the same wherever the specs and the image are.
    steps = view.memo(("training-steps", name, image), lambda view: tuple(_until_registration(view, name, image)))
    register = _register(name, steps, environment.name, image)
    publish = [_publish(name, register, environment.name, image)] if _reports(view, name) else []
    return (*steps, register, *publish)


def _until_registration(view: View, name: str, image: str) -> Iterator[Step]:
    model = view.model(name)
    data = data_steps(view, model, image, labelled=True)
    split = _split(view, model, data, image)
    fitting = _fitting(model, split, image)
    yield from (*data.steps, split, *fitting)
    yield from _judging(view, model, data, split, fitting[-1], image)


def _split(view: View, model: Model, data: DataSteps, image: str) -> Step:
    spec = model.spec
    clusters = cluster_columns(view, model)
    arguments = [
        flag("model", model.name),
        flag("task", spec.task),
        *(keyed("features", name, table) for name, table in data.features.items()),
        flag("choice", choice_text(model)),
        flag("label", json_text(plain(spec.label))),
        flag("label-table", data.tables[spec.label.dataset]),
        flag("slices", json_text(spec.slices)),
        *([flag("clusters", json_text(clusters))] if clusters else []),
        flag("split", json_text(plain(spec.split))),
        flag("seed", str(spec.seed)),
    ]
    return make_step("split", image, arguments, compute=compute_of(spec.resources))


def choice_text(model: Model) -> str:
    """The model's choice of features, as JSON."""
    data = model.spec.model_dump(mode="json", by_alias=True, include={"features"})
    return json_text(data["features"])


def _fitting(model: Model, split: Step, image: str) -> tuple[Step, ...]:
    """Selection and search where the model declares them, then training; or the model that is there already."""
    spec = model.spec
    steps: list[Step] = []
    known: list[Argument] = [flag("splits", output_of(split))]
    if spec.estimator.external is not None:
        external = flag("external", json_text(plain(spec.estimator.external)))
        arguments = [*known, external, flag("task", spec.task), flag("model", model.name)]
        return (make_step("import", image, arguments, compute=compute_of(spec.resources)),)
    if spec.select is not None:
        arguments = [
            *known,
            flag("select", json_text(plain(spec.select))),
            flag("task", spec.task),
            flag("seed", str(spec.seed)),
        ]
        select = make_step("select", image, arguments, compute=compute_of(spec.resources))
        steps.append(select)
        known.append(flag("selection", output_of(select)))
    learner = [
        flag("estimator", json_text(plain(spec.estimator))),
        flag("preprocess", json_text(plain(spec.preprocess))),
        flag("task", spec.task),
    ]
    heavy = compute_of(spec.resources, gpu=True)
    if spec.search is not None:
        steps += _searching(model, spec.search, [*known, *learner], image)
        known.append(flag("trials", output_of(steps[-1])))
    arguments = [*known, *learner, flag("seed", str(spec.seed)), flag("model", model.name)]
    return (*steps, make_step("train", image, arguments, compute=heavy))


def _searching(model: Model, search: Search, learner: list[Argument], image: str) -> Iterator[Step]:
    """The search as one step, or as one for each pod and one that puts their trials together."""
    sought = flag("search", json_text(plain(search, without={"pods"})))
    compute = compute_of(model.spec.resources, gpu=True)
    arguments = [*learner, sought, flag("threshold", str(model.spec.threshold)), flag("seed", str(model.spec.seed))]
    if search.pods == 1:
        yield make_step("search", image, arguments, compute=compute)
        return
    shares: list[Argument] = []
    for pod in range(1, search.pods + 1):
        share = f"{pod}-of-{search.pods}"
        step = make_step("search", image, [*arguments, flag("share", share)], subject=str(pod), compute=compute)
        yield step
        shares.append(keyed("share", share, output_of(step)))
    yield make_step("gather", image, [*shares, sought])


def _judging(view: View, model: Model, data: DataSteps, split: Step, train: Step, image: str) -> Iterator[Step]:
    """Evaluation, a step for each gate, and what only a version that passed them all is given."""
    spec = model.spec
    gates = view.gates_of(model.name)
    identity = flag("model", model.name)
    digest = flag("spec-digest", spec_digest(view, model.name))
    splits, trained = flag("splits", output_of(split)), flag("model-dir", output_of(train))
    task = flag("task", spec.task)

    evaluate = _evaluate(model, gates, splits, trained, image)
    yield evaluate
    evaluation = flag("evaluation", output_of(evaluate))
    verdicts: list[Argument] = []
    for gate in gates:
        arguments = [flag("gate", gate.name), flag("rules", json_text(plain_list(gate.spec.rules))), evaluation]
        step = make_step("gate", image, arguments, subject=gate.name)
        yield step
        verdicts.append(keyed("verdict", gate.name, output_of(step)))

    yield make_step("baseline", image, [splits, trained, task], compute=compute_of(spec.resources))
    prose = flag("card", json_text(plain(spec.card)))
    datasets = [keyed("dataset", name, table) for name, table in data.tables.items()]
    sensitive = [flag("sensitive-use", json_text(plain(use))) for use in spec.sensitive_uses]
    made = [*datasets, splits, trained, evaluation, *verdicts]
    yield make_step("card", image, [identity, prose, *sensitive, *made, digest])
    yield make_step("evidence", image, [identity, digest, *datasets, evaluation, *verdicts, trained])


def _evaluate(model: Model, gates: tuple[Gate, ...], splits: Argument, trained: Argument, image: str) -> Step:
    rules = {gate.name: plain_list(gate.spec.rules) for gate in gates}
    clusters = {gate.name: plain(gate.spec.clusters) for gate in gates if gate.spec.clusters is not None}
    arguments = [
        splits,
        trained,
        flag("task", model.spec.task),
        flag("threshold", str(model.spec.threshold)),
        flag("gates", json_text(rules)),
        *([flag("clusters", json_text(clusters))] if clusters else []),
        flag("model", model.name),
        *store_flags(),
    ]
    # The champion may be another one tomorrow; without it, the same model on the same rows is judged the same.
    against_champion = any(
        isinstance(rule, CompareRule) and rule.compare.to == "champion" for gate in gates for rule in gate.spec.rules
    )
    compute = compute_of(model.spec.resources, gpu=True)
    return make_step("evaluate", image, arguments, compute=compute, cache=not against_champion)


def store_flags() -> tuple[Argument, Argument]:
    """The flags that hand a step the addresses of MLflow and of the store of models."""
    return flag("tracking", ParameterValue(TRACKING)), flag("model-store", ParameterValue(MODEL_STORE))


def _register(model: str, before: Iterable[Step], environment: str, image: str) -> Step:
    made = {step.name: output_of(step) for step in before if step.outputs}
    learned = "import" if "import" in made else "train"
    arguments = [
        flag("model", model),
        flag("model-dir", made[learned]),
        flag("baseline", made["baseline"]),
        flag("card", made["card"]),
        flag("evidence", made["evidence"]),
        *store_flags(),
        flag("environment", environment),
    ]
    return make_step("register", image, arguments)


def _publish(model: str, register: Step, environment: str, image: str) -> Step:
    # A step of its own: where the Pushgateway is away, it is retried and fails, and the version stays registered.
    arguments = [
        flag("model", model),
        flag("environment", environment),
        flag("registration", output_of(register)),
        flag("pushgateway", ParameterValue(PUSHGATEWAY)),
    ]
    return make_step("publish", image, arguments)
