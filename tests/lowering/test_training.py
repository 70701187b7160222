"""A model's training workflow does what the specs say, in an order in which no gate can be passed by."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lowering.flights import Documents, steps, values, view
from penstock.catalog.model import View
from penstock.ir.workflow import InputPath, OutputPath, ParameterValue, Workflow
from penstock.lowering.pipelines.custom_steps import CustomStepProblem, custom_step_problems
from penstock.lowering.pipelines.training import training_steps, training_workflow
from penstock.specs.dataset import DatasetSpec
from penstock.specs.feature_set import FeatureSetSpec
from targets.kubeflow.workflows import rendered


def workflow(change: Callable[[Documents], None] | None = None) -> Workflow:
    return training_workflow(view(change), "flight-delay")


def problems_of(found: View) -> tuple[CustomStepProblem, ...]:
    """What is wrong with the model's own steps."""
    return custom_step_problems(training_steps(found, "flight-delay"), found.model("flight-delay").spec.steps)


def upstream(found: Workflow, name: str) -> set[str]:
    """Every step that must have finished before `name` starts."""
    all_steps, seen, waiting = steps(found), set(), [name]
    while waiting:
        for before in all_steps[waiting.pop()].upstream:
            if before not in seen:
                seen.add(before)
                waiting.append(before)
    return seen


def in_model(**changes: Any) -> Callable[[Documents], None]:
    def change(documents: Documents) -> None:
        documents["Model", "flight-delay"]["spec"].update(changes)

    return change


def test_the_steps_stand_in_the_order_in_which_they_can_run() -> None:
    assert [step.name for step in workflow().steps] == [
        "snapshot-flights",
        "validate-flights",
        "snapshot-weather",
        "validate-weather",
        "snapshot-landings",
        "validate-landings",
        "snapshot-arrivals",
        "validate-arrivals",
        "features-departure-conditions",
        "split",
        "select",
        "search",
        "train",
        "evaluate",
        "gate-flight-delay-release",
        "gate-flight-delay-speed",
        "baseline",
        "card",
        "evidence",
        "register",
        "publish",
    ]


def test_each_step_stands_after_all_that_it_waits_for() -> None:
    seen: set[str] = set()
    for step in workflow().steps:
        assert seen.issuperset(step.upstream)
        seen.add(step.name)


def test_a_dataset_that_only_an_unchosen_feature_reads_is_not_read() -> None:
    assert "snapshot-airports" not in steps(workflow())
    chosen = workflow(in_model(features={"departure-conditions": "all"}))
    assert "snapshot-airports" in steps(chosen)


def test_the_features_step_computes_what_the_model_chose() -> None:
    chosen = steps(workflow(in_model(features={"departure-conditions": ["hour"]})))
    (definition,) = values(chosen["features-departure-conditions"], "--definition")
    assert list(FeatureSetSpec.model_validate_json(definition).features) == ["hour"]
    assert "snapshot-weather" not in chosen


def test_sql_reads_the_validated_tables_of_its_datasets() -> None:
    snapshot = steps(workflow())["snapshot-arrivals"]
    tables = {argument.key: argument.value for argument in snapshot.arguments if argument.flag == "--table"}
    assert tables == {
        "flights": InputPath("validate-flights", "table"),
        "landings": InputPath("validate-landings", "table"),
    }


def test_what_the_clock_trains_tells_of_its_registration_after_it() -> None:
    found = workflow()
    publish = steps(found)["publish"]
    assert publish.upstream == ("register",)
    assert values(publish, "--registration") == [InputPath("register", "registration")]
    assert values(publish, "--environment") == ["production"]


def no_cluster(documents: Documents) -> None:
    documents["Environment", "production"]["spec"]["cluster"] = False


@pytest.mark.parametrize("change", [no_cluster, in_model(retrain={"onDrift": True, "cooldown": "1d"})])
def test_what_nobody_waits_for_asks_for_no_pushgateway(change: Callable[[Documents], None]) -> None:
    found = workflow(change)
    assert found.steps[-1].name == "register"
    assert "pushgateway" not in {parameter.name for parameter in found.parameters}


@pytest.mark.parametrize("step", ["card", "evidence", "register"])
def test_nothing_that_a_gate_protects_starts_before_every_gate(step: str) -> None:
    assert {"gate-flight-delay-release", "gate-flight-delay-speed"} <= upstream(workflow(), step)


def test_the_card_and_the_evidence_are_told_of_the_same_datasets() -> None:
    found = steps(workflow())
    told = {name: values(found[name], "--dataset") for name in ("card", "evidence")}
    assert told["card"] == told["evidence"] != []


def test_a_model_without_gates_is_registered_without_verdicts() -> None:
    def change(documents: Documents) -> None:
        del documents["Gate", "flight-delay-release"], documents["Gate", "flight-delay-speed"]
        del documents["Rollout", "flight-delay-online"]["spec"]["gate"]

    found = steps(workflow(change))
    assert not [name for name in found if name.startswith("gate")]
    assert values(found["card"], "--verdict") == values(found["evidence"], "--verdict") == []
    assert values(found["evaluate"], "--gates") == ["{}"]


def test_a_search_of_several_pods_is_put_together_before_training() -> None:
    search = {"sampler": "random", "trials": 30, "maximize": "roc_auc", "space": {"max_leaf_nodes": {"int": [2, 9]}}}
    one = steps(workflow(in_model(search=search)))
    found = steps(workflow(in_model(search=search | {"pods": 3})))
    shares = [f"search-{pod}" for pod in (1, 2, 3)]
    assert [name for name in found if name not in one] == [*shares, "gather"]
    assert [values(found[name], "--share") for name in shares] == [["1-of-3"], ["2-of-3"], ["3-of-3"]]
    assert {found[name].compute for name in shares} == {one["search"].compute}
    # One pod more changes nothing of what each trial is.
    assert [values(found[name], "--search") for name in (*shares, "gather")] == [values(one["search"], "--search")] * 4
    assert [value.step for value in values(found["gather"], "--share")] == shares
    assert [value.step for value in values(found["train"], "--trials")] == ["gather"]
    # Kubeflow knows inputs by their names alone.
    pipeline = rendered(workflow(in_model(search=search | {"pods": 3})))["training.yaml"].documents[0]
    inputs = pipeline["root"]["dag"]["tasks"]["gather"]["inputs"]["artifacts"]
    assert list(inputs) == ["share_1_of_3", "share_2_of_3", "share_3_of_3"]


def test_selection_and_search_are_there_only_where_they_are_declared() -> None:
    found = steps(workflow(in_model(select=None, search=None)))
    assert "select" not in found
    assert "search" not in found
    assert values(found["train"], "--selection") == values(found["train"], "--trials") == []


def test_only_steps_that_touch_the_outside_are_tried_again() -> None:
    retried = {step.name for step in workflow().steps if step.retry is not None}
    snapshots = {"snapshot-flights", "snapshot-weather", "snapshot-landings", "snapshot-arrivals"}
    assert retried == {*snapshots, "register", "publish"}


def test_what_depends_on_the_world_is_not_taken_from_a_cache() -> None:
    uncached = {step.name for step in workflow().steps if not step.cache}
    assert {"snapshot-flights", "snapshot-arrivals", "register"} <= uncached
    assert "validate-flights" in uncached, "its freshness depends on the clock"
    assert "validate-weather" not in uncached
    assert "evaluate" in uncached, "the champion may be another tomorrow"


def test_an_evaluation_without_a_champion_is_cached() -> None:
    def change(documents: Documents) -> None:
        rules = documents["Gate", "flight-delay-release"]["spec"]["rules"]
        rules[:] = [rule for rule in rules if "compare" not in rule]

    assert steps(workflow(change))["evaluate"].cache


def test_resources_go_to_the_steps_that_hold_the_rows_and_gpus_to_those_that_learn() -> None:
    found = steps(workflow(in_model(resources={"cpu": "8", "memory": "32Gi", "gpu": 1})))
    assert {step.name for step in found.values() if step.compute.gpu} == {"search", "train", "evaluate"}
    large = {step.name for step in found.values() if step.compute.memory == "32Gi"}
    assert large == {
        *("features-departure-conditions", "split", "select", "search", "train", "evaluate", "baseline"),
    }


def test_a_slice_is_kept_where_the_rows_come_from_unless_a_feature_is_called_so() -> None:
    assert values(steps(workflow())["features-departure-conditions"], "--keep") == ["origin", "carrier"]

    def change(documents: Documents) -> None:
        features = documents["FeatureSet", "departure-conditions"]["spec"]["features"]
        features["origin"] = {"type": "string", "sql": "lower(origin)"}

    assert values(steps(workflow(change))["features-departure-conditions"], "--keep") == ["carrier"]


def test_a_slice_that_is_part_of_the_entity_is_kept_as_a_slice() -> None:
    """Rows of a store and a day, judged by store."""

    def change(documents: Documents) -> None:
        documents["FeatureSet", "departure-conditions"]["spec"]["entity"] = ["flight_id", "origin"]

    assert values(steps(workflow(change))["features-departure-conditions"], "--keep") == ["origin", "carrier"]


def test_a_group_to_split_by_is_kept() -> None:
    split = {"by": "group", "column": "tail_number", "validation": "20%", "test": "20%"}
    found = steps(workflow(in_model(split=split, slices=[])))
    assert values(found["features-departure-conditions"], "--keep") == ["tail_number"]


def test_a_group_to_split_by_is_kept_whatever_a_feature_makes_of_it() -> None:
    def change(documents: Documents) -> None:
        documents["FeatureSet", "departure-conditions"]["spec"]["features"]["origin"] = {
            "type": "string",
            "sql": "lower(origin)",
        }
        split = {"by": "group", "column": "origin", "validation": "20%", "test": "20%"}
        in_model(split=split, slices=[])(documents)

    assert values(steps(workflow(change))["features-departure-conditions"], "--keep") == ["origin"]


def test_what_clusters_the_rows_is_kept_and_given_to_split_and_evaluation() -> None:
    def change(documents: Documents) -> None:
        documents["Gate", "flight-delay-release"]["spec"]["clusters"] = {"column": "tail_number"}
        documents["Gate", "flight-delay-speed"]["spec"]["clusters"] = {"every": "24h"}

    found = steps(workflow(change))
    assert values(found["features-departure-conditions"], "--keep") == ["origin", "carrier", "tail_number"]
    assert values(found["split"], "--clusters") == ['["tail_number"]']
    (clusters,) = values(found["evaluate"], "--clusters")
    assert json.loads(clusters) == {
        "flight-delay-release": {"column": "tail_number"},
        "flight-delay-speed": {"every": "1d"},
    }
    plain = steps(workflow())
    assert not values(plain["split"], "--clusters") + values(plain["evaluate"], "--clusters")


def test_a_contract_is_the_spec_itself_without_prose() -> None:
    snapshot = steps(workflow())["snapshot-flights"]
    (contract,) = values(snapshot, "--contract")
    read = DatasetSpec.model_validate_json(contract)
    spec = view().dataset("flights").spec
    bare = {name: column.model_copy(update={"description": ""}) for name, column in spec.columns.items()}
    assert read == spec.model_copy(update={"columns": bare})


def test_prose_changes_nothing() -> None:
    def change(documents: Documents) -> None:
        documents["Dataset", "flights"]["spec"]["columns"]["carrier"]["description"] = "Two letters."
        documents["FeatureSet", "departure-conditions"]["spec"]["features"]["hour"]["description"] = "Local."

    assert workflow(change) == workflow()


def test_a_parameter_of_the_learner_shows_where_it_is_used_and_in_the_digest_alone() -> None:
    def change(documents: Documents) -> None:
        documents["Model", "flight-delay"]["spec"]["estimator"]["params"]["learning_rate"] = 0.2

    before, after = steps(workflow()), steps(workflow(change))
    changed = {
        (name, old.flag)
        for name, step in before.items()
        for old, new in zip(step.arguments, after[name].arguments, strict=True)
        if old != new
    }
    assert changed == {
        *(("search", "--estimator"), ("train", "--estimator")),
        *(("card", "--spec-digest"), ("evidence", "--spec-digest")),
    }


def test_parameters_default_to_the_environment() -> None:
    defaults = {parameter.name: parameter.default for parameter in workflow().parameters}
    assert defaults == {
        "as_of": "",
        "tracking": "http://mlflow.mlflow.svc:5000",
        "model_store": "s3://models/production",
        "pushgateway": "http://pushgateway.monitoring:9091",
    }


def test_every_parameter_is_read_and_every_output_is_written() -> None:
    found = workflow()
    given = {a.value.name for step in found.steps for a in step.arguments if isinstance(a.value, ParameterValue)}
    assert given == {parameter.name for parameter in found.parameters}
    for step in found.steps:
        written = [a.value.output for a in step.arguments if isinstance(a.value, OutputPath)]
        assert written == [output.name for output in step.outputs]


def test_long_json_has_an_entry_a_line_and_short_json_one_line() -> None:
    found = steps(workflow())
    (contract,) = values(found["snapshot-flights"], "--contract")
    assert '    "origin": {"type":"string","oneOf":["EWR","JFK","LGA"]},\n' in contract
    assert values(found["train"], "--preprocess") == ['{"numeric":{"impute":"median"}}']
    assert json.loads(contract)["columns"]["tail_number"] == {"type": "string", "nullable": "2%"}


def own_step(**fields: Any) -> dict[str, Any]:
    return {"name": "notify", "command": ["notify", "--all"], **fields}


def test_a_step_of_ones_own_runs_where_it_is_put() -> None:
    resources = {"cpu": "4", "memory": "8Gi", "gpu": 1}
    image = "images.example/notify@sha256:" + "f" * 64
    own = own_step(after=["validate-arrivals"], before=["split"], image=image, resources=resources)
    found = workflow(in_model(steps=[own]))
    names = [step.name for step in found.steps]
    assert names.index("validate-arrivals") < names.index("notify") < names.index("split")
    step = steps(found)["notify"]
    assert step.command == ("notify", "--all")
    assert step.image == image
    assert (step.compute.cpu, step.compute.memory, step.compute.gpu) == ("4", "8Gi", 1)
    assert not step.cache
    assert "notify" in steps(found)["split"].upstream


def test_a_step_of_ones_own_runs_in_the_runtime_image_unless_it_names_another() -> None:
    found = steps(workflow(in_model(steps=[own_step()])))
    assert found["notify"].image == found["train"].image


def test_steps_of_ones_own_may_wait_for_each_other() -> None:
    own = [own_step(after=["prepare"]), own_step(name="prepare")]
    names = [step.name for step in workflow(in_model(steps=own)).steps]
    assert names.index("prepare") < names.index("notify")


@pytest.mark.parametrize(
    ("own", "reason", "pointer", "step"),
    [
        ([own_step(after=["validate-arivals"])], "unknown", ("steps", 0, "after", 0), "validate-arivals"),
        ([own_step(before=["split", "nothing"])], "unknown", ("steps", 0, "before", 1), "nothing"),
        ([own_step(name="train")], "taken", ("steps", 0, "name"), "train"),
        ([own_step(), own_step()], "taken", ("steps", 1, "name"), "notify"),
        ([own_step(after=["register"], before=["split"])], "cycle", ("steps", 0), "notify"),
        ([own_step(after=["notify"])], "cycle", ("steps", 0), "notify"),
    ],
)
def test_a_step_of_ones_own_that_cannot_be_placed_is_a_problem(
    own: list[dict[str, Any]], reason: str, pointer: tuple[str | int, ...], step: str
) -> None:
    changed = view(in_model(steps=own))
    (problem,) = problems_of(changed)
    assert (problem.reason, problem.pointer, problem.step) == (reason, pointer, step)
    with pytest.raises(ValueError, match="step"):
        training_workflow(changed, "flight-delay")


def test_a_cycle_is_shown_in_the_order_in_which_steps_wait() -> None:
    changed = view(in_model(steps=[own_step(after=["card"], before=["evaluate"])]))
    (problem,) = problems_of(changed)
    assert isinstance(problem, CustomStepProblem)
    assert set(problem.known) >= {"notify", "evaluate", "card"}


def test_a_model_without_steps_of_its_own_has_no_problem() -> None:
    assert problems_of(view()) == ()


def test_a_model_that_something_else_has_trained_is_imported_and_judged_as_any_other() -> None:
    external = {"file": "models/late.skops", "digest": "sha256:" + "1" * 64}

    def change(documents: Documents) -> None:
        spec = documents["Model", "flight-delay"]["spec"]
        for name in ("preprocess", "select", "search", "retrain"):
            spec.pop(name, None)
        spec["estimator"] = {"external": external}

    found = workflow(change)
    names = [step.name for step in found.steps]
    assert not {"select", "search", "train"} & set(names)
    assert names.index("split") < names.index("import") < names.index("evaluate")
    assert json.loads(values(steps(found)["import"], "--external")[0]) == external
    assert values(steps(found)["register"], "--model-dir") == [InputPath("import", "model")]
    gates = {name for name in names if name.startswith("gate-")}
    assert gates
    assert gates | {"import"} <= upstream(found, "register")
