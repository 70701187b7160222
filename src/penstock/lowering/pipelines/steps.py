"""The steps that a workflow is made of: what each is called, needs, writes, and whether it may run again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from penstock.ir.workflow import Argument, ArtifactType, Compute, InputPath, Output, OutputPath, Retry, Step, Value
from penstock.lowering.conventions import STEP_COMMAND, suffixed
from penstock.specs.base import Resources

LIGHT = Compute(cpu="500m", memory="1Gi")
"""Steps that read figures and write text."""
MEDIUM = Compute(cpu="1", memory="2Gi")
"""Steps that stream tables from file to file, through an engine which spills to disk."""

_RETRY_OUTSIDE = Retry(count=3, backoff_seconds=30, factor=2.0)
_HOUR = 3600


class StepKind(NamedTuple):
    """What all steps of one kind have in common; the kind is the name of the step on `penstock-step`'s command line."""

    title: str
    """A few words; the step's subject follows where it has one."""
    output: str | None = None
    type: ArtifactType = "artifact"
    flag: str | None = None
    """Flag of the output; ``--OUTPUT`` where absent."""
    compute: Compute = LIGHT
    retry: Retry | None = None
    cache: bool = True
    hours: int = 6
    """Time after which the step is given up."""


KINDS: dict[str, StepKind] = {
    "snapshot": StepKind("Snapshot", "snapshot", "dataset", compute=MEDIUM, retry=_RETRY_OUTSIDE, cache=False),
    "validate": StepKind("Validate", "table", "dataset", compute=MEDIUM),
    "features": StepKind("Features", "features", "dataset"),
    "split": StepKind("Split rows", "splits", "dataset"),
    "select": StepKind("Select features", "selection"),
    "search": StepKind("Search parameters", "trials", hours=24),
    "gather": StepKind("Choose the best trial", "trials"),
    "train": StepKind("Train", "model", "model", flag="--model-dir", hours=24),
    "import": StepKind("Import", "model", "model", flag="--model-dir", retry=_RETRY_OUTSIDE),
    "evaluate": StepKind("Evaluate", "evaluation", "metrics"),
    "gate": StepKind("Gate", "verdict", "metrics"),
    "baseline": StepKind("Drift baseline", "baseline"),
    "card": StepKind("Model card", "card", flag="--card-dir"),
    "evidence": StepKind("Evidence", "evidence"),
    "register": StepKind("Register", "registration", retry=_RETRY_OUTSIDE, cache=False),
    "observe": StepKind("Observe", "observation", "dataset", retry=_RETRY_OUTSIDE, cache=False),
    "drift": StepKind("Measure drift", "drift", "metrics"),
    "quality": StepKind("Measure quality", "quality", "metrics"),
    "publish": StepKind("Publish metrics", "metrics", "metrics", retry=_RETRY_OUTSIDE, cache=False),
    "retrain": StepKind("Retrain", retry=_RETRY_OUTSIDE, cache=False),
}
"""Every step of the contract between compiler and runtime. A step that judges is never retried: no stays no."""

CUSTOM_HOURS = 6


def make_step(
    kind: str,
    image: str,
    arguments: Iterable[Argument],
    *,
    subject: str | None = None,
    compute: Compute | None = None,
    cache: bool | None = None,
) -> Step:
    """A step of `kind`, one of `KINDS`; `subject` names it apart from others of its kind."""
    traits = KINDS[kind]
    outputs: tuple[Output, ...] = ()
    given = tuple(arguments)
    if traits.output is not None:
        outputs = (Output(traits.output, traits.type),)
        given = (*given, Argument(traits.flag or f"--{traits.output}", OutputPath(traits.output)))
    return Step(
        name=kind if subject is None else suffixed(kind, subject),
        title=traits.title if subject is None else f"{traits.title} {subject}",
        image=image,
        command=(STEP_COMMAND, kind),
        arguments=given,
        outputs=outputs,
        compute=compute or traits.compute,
        retry=traits.retry,
        cache=traits.cache if cache is None else cache,
        timeout_seconds=traits.hours * _HOUR,
    )


def output_of(step: Step) -> InputPath:
    """The one directory that `step` writes, as an input of another."""
    (output,) = step.outputs
    return InputPath(step.name, output.name)


def flag(name: str, value: Value) -> Argument:
    """``--name value``."""
    return Argument(f"--{name}", value)


def keyed(name: str, key: str, value: Value) -> Argument:
    """``--name key=value``."""
    return Argument(f"--{name}", value, key)


def compute_of(resources: Resources, *, gpu: bool = False) -> Compute:
    """What a step needs that holds the model's rows in memory; GPUs go to those alone that train."""
    return Compute(cpu=resources.cpu.shortest, memory=resources.memory.shortest, gpu=resources.gpu if gpu else 0)
