"""A pipeline as plain steps: containers, their readable arguments, and the artifacts that pass between them."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

ArtifactType = Literal["dataset", "model", "metrics", "artifact"]


class Parameter(NamedTuple):
    """A value that whoever starts the workflow may set."""

    name: str
    description: str
    default: str
    """Parameters are text; an empty default means that the step decides."""


class ParameterValue(NamedTuple):
    """The value of the workflow's parameter `name`."""

    name: str


class InputPath(NamedTuple):
    """The local path of a directory that another step has written."""

    step: str
    output: str


class OutputPath(NamedTuple):
    """The local path of a directory that this step writes."""

    output: str


Value = str | ParameterValue | InputPath | OutputPath


class Argument(NamedTuple):
    """One argument of a command: ``--flag value``, or ``--flag name=value`` where `key` names one of several."""

    flag: str
    value: Value
    key: str | None = None


class Output(NamedTuple):
    """A directory that a step writes."""

    name: str
    type: ArtifactType


class Compute(NamedTuple):
    """Requests of a container: cores, bytes as Kubernetes writes them, GPUs. Memory is request and limit alike."""

    cpu: str
    memory: str
    gpu: int = 0


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed container starts again; a gate that says no is never retried."""

    count: int
    backoff_seconds: int
    """The pause before the first of them."""
    factor: float
    """By which each pause is longer than the one before."""


@dataclass(frozen=True, slots=True)
class Step:
    """A container: what it runs, reads and writes, and what it waits for."""

    name: str
    title: str
    """A few words for a person who watches the run."""
    image: str
    command: tuple[str, ...]
    arguments: tuple[Argument, ...]
    outputs: tuple[Output, ...]
    compute: Compute
    after: tuple[str, ...] = ()
    """Steps that must have finished although nothing of theirs is read."""
    retry: Retry | None = None
    cache: bool = True
    """Whether a finished run with the same inputs stands for this one; not where the world outside is touched."""
    timeout_seconds: int | None = None

    _hash: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        # Whoever renders or judges a step looks it up, and its arguments are long.
        object.__setattr__(self, "_hash", hash((self.name, self.image, self.arguments)))

    def __hash__(self) -> int:
        return self._hash

    @property
    def upstream(self) -> tuple[str, ...]:
        """Every step that this one waits for, once each, in order of first mention."""
        reads = (a.value.step for a in self.arguments if isinstance(a.value, InputPath))
        return tuple(dict.fromkeys((*reads, *self.after)))


class Workflow(NamedTuple):
    """A pipeline of steps, in an order in which each comes after what it waits for."""

    name: str
    description: str
    model: str
    purpose: Literal["training", "monitoring"]
    environment: str
    namespace: str
    service_account: str
    parameters: tuple[Parameter, ...]
    steps: tuple[Step, ...]
    owner: str = ""
    """Team that answers for the model."""
    version: str = ""
    """Version of the pipelines platform that runs it."""
    storage_secret: str | None = None
    """Secret with the keys of the object store; None where the service account has the rights."""
    labels: tuple[tuple[str, str], ...] = ()


class Schedule(NamedTuple):
    """A workflow that starts by the clock."""

    name: str
    workflow: str
    model: str
    cron: str
    """Five fields, in UTC."""
    namespace: str
    service_account: str
    image: str
    api: str
    """Address of the pipelines API."""
    versions: tuple[tuple[str, str], ...] = ()
    """Parameter of the workflow -> the other workflow whose version it names."""
    environment: str = ""
    owner: str = ""
    """Team that answers for the model."""
    labels: tuple[tuple[str, str], ...] = ()
