"""Each mistake in a workflow's structure that would fail in the cluster is found before."""

from __future__ import annotations

import pytest

from penstock.ir.workflow import Argument, InputPath, Output, OutputPath, Parameter, ParameterValue, Workflow
from penstock.targets.kubeflow.structure import problems
from penstock.targets.kubeflow.target import TARGET, render_workflow
from targets.kubeflow.workflows import flight_monitoring, flight_training, small, snapshot, train

AS_OF = Parameter("as_of", "", "")
LONG = "a" * 122

WRONG: dict[str, tuple[Workflow, str]] = {
    "a step that does not exist is read": (
        small((train(),)),
        "the step `train` waits for `snapshot-trips`, which does not exist",
    ),
    "a step that does not exist is waited for": (
        small((snapshot(after=("nowhere",)),)),
        "the step `snapshot-trips` waits for `nowhere`, which does not exist",
    ),
    "an output that is not written is read": (
        small((snapshot(), train(arguments=(Argument("--table", InputPath("snapshot-trips", "other")),), outputs=()))),
        "the step `train` reads `other`, which `snapshot-trips` does not write",
    ),
    "steps wait for each other": (
        small((snapshot(after=("train",)), train())),
        "the step `snapshot-trips` is before `train`, which it waits for",
    ),
    "a step waits for itself": (
        small((snapshot(after=("snapshot-trips",)),)),
        "the step `snapshot-trips` is before `snapshot-trips`, which it waits for",
    ),
    "two steps share a name": (small((snapshot(), snapshot())), "there are two steps `snapshot-trips`"),
    "two parameters share a name": (small(parameters=(AS_OF, AS_OF)), "there are two parameters `as_of`"),
    "a parameter does not exist": (
        small(parameters=()),
        "the step `snapshot-trips` reads the parameter `as_of`, which does not exist",
    ),
    "two inputs come to one name": (
        small(
            (
                snapshot(),
                snapshot(name="more", title="More"),
                train(
                    arguments=(
                        Argument("--table", InputPath("snapshot-trips", "snapshot"), "trips"),
                        Argument("--table-trips", InputPath("more", "snapshot")),
                    ),
                    outputs=(),
                ),
            )
        ),
        "two inputs of the step `train` are named `table_trips`",
    ),
    "an output has no argument": (
        small((snapshot(arguments=()),)),
        "the step `snapshot-trips` gets no output path for `snapshot`",
    ),
    "an output is not declared": (
        small((snapshot(outputs=()),)),
        "the step `snapshot-trips` writes `snapshot`, which it does not declare",
    ),
    "an output is declared twice": (
        small((snapshot(outputs=(Output("snapshot", "dataset"), Output("snapshot", "dataset"))),)),
        "the step `snapshot-trips` declares a duplicate output",
    ),
    "an output's name is no identifier": (
        small(
            (
                snapshot(
                    arguments=(Argument("--snapshot", OutputPath("snap-shot")),),
                    outputs=(Output("snap-shot", "dataset"),),
                ),
            )
        ),
        "`snap-shot` of the step `snapshot-trips` is not a valid output name",
    ),
    "a step's name is too long for Argo": (small((snapshot(name=LONG),)), f"`{LONG}` is not a valid step name"),
    "a step's name is none": (small((snapshot(name="Snapshot_1"),)), "`Snapshot_1` is not a valid step name"),
    "a step has the name of another's driver": (
        small((snapshot(), snapshot(name="snapshot-trips-driver"))),
        "`snapshot-trips-driver` is not a valid step name: Kubeflow has a task of this name for `snapshot-trips`",
    ),
    "a pipeline's name is no label's value": (small(name="a" * 64), f"`{'a' * 64}` is not a valid pipeline name"),
    "an argument looks like a placeholder": (
        small((snapshot(arguments=(*snapshot().arguments, Argument("--note", "{{workflow.name}}"))),)),
        "`--note` of the step `snapshot-trips` contains `{{`, which the cluster replaces as a placeholder",
    ),
    "a command looks like a placeholder": (
        small((snapshot(command=("echo", "{{$}}")),)),
        "the command of the step `snapshot-trips` contains `{{`, which the cluster replaces as a placeholder",
    ),
}


@pytest.mark.parametrize(("workflow", "problem"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_found_and_never_rendered(workflow: Workflow, problem: str) -> None:
    assert problem in problems(workflow)
    with pytest.raises(ValueError, match=workflow.name):
        list(render_workflow(workflow))


@pytest.mark.parametrize("make", [small, flight_training, flight_monitoring])
def test_a_sound_workflow_has_no_problem(make) -> None:
    assert problems(make()) == ()
    assert [each.problem(make()) for each in TARGET.capabilities] == [None, None]


def test_one_input_may_fill_two_arguments() -> None:
    both = (*snapshot().arguments, Argument("--until", ParameterValue("as_of")))
    assert problems(small((snapshot(arguments=both), train()))) == ()


def test_a_name_of_the_longest_length_is_taken() -> None:
    assert problems(small((snapshot(name="a" * 121),))) == ()
