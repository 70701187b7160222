"""What every kind is made of: nodes, declared fields, references, metadata and the outer shape of a spec.

A module of the language evaluates its annotations at once (no ``from __future__ import annotations``): pydantic would
evaluate each of 430 texts by itself, which is a sixth of what loading the language takes.
"""

import re
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError, core_schema

from penstock.specs.choices import KeyChoice, exactly_one
from penstock.specs.kubernetes import FreeLabelKey, LabelValue
from penstock.specs.metrics import METRICS
from penstock.specs.review import Absent, Area, Loosens, Review
from penstock.specs.units import Cpu, Memory

API_VERSION = "penstock/v1"
NAME_PATTERN = r"[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?"
FUNCTION_PATTERN = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*"
DIGEST_PATTERN = r"sha256:[0-9a-f]{64}"
IMAGE_PATTERN = rf"[a-z0-9][a-z0-9._:/-]*@{DIGEST_PATTERN}"


class Node(BaseModel):
    """A mapping of the language. Unknown keys are errors, values are not coerced, instances do not change."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        alias_generator=to_camel,
        defer_build=True,
        hide_input_in_errors=True,
    )

    as_whole: ClassVar[Area | None] = None
    """The area of the mapping where it comes or goes as a whole; None for that of the field which holds it."""


class Choosing(Node):
    """A mapping of whose keys some exclude or need each other: what `chosen` says, to validation and to editors."""

    chosen: ClassVar[KeyChoice]

    @model_validator(mode="after")
    def _is_chosen(self) -> Self:
        return self.chosen.checked(self)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        described = handler(schema)
        handler.resolve_ref_schema(described).update(cls.chosen.as_schema(cls))
        return described


class Refers(NamedTuple):
    """Marks a field that holds the bare name of another spec, of exactly one kind."""

    kind: str


class Holds(NamedTuple):
    """Marks text that is not plain: `sql`, `promql`, a Python `function`, a `column` name, a cron `schedule`.

    A `path` is that of files, a glob or an address; a `command` is one word of a command.
    """

    what: Literal[
        "sql", "promql", "function", "column", "feature", "vector", "schedule", "metric", "class", "path", "command"
    ]


Name = Annotated[str, StringConstraints(pattern=f"^{NAME_PATTERN}$")]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")]
"""The `id` of an item in a list: it keys the item in addresses."""
Reason = Annotated[str, StringConstraints(min_length=10)]
"""Why something is meant, in words for whoever approves it."""
LONGEST_LOGIN = 39
LOGIN_PATTERN = r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*(_[A-Za-z0-9]+|\[bot\])?"


def _short_enough(login: str) -> str:
    if len(login.removesuffix("[bot]")) > LONGEST_LOGIN:
        raise PydanticCustomError("login_length", f"expected a login of at most {LONGEST_LOGIN} characters")
    return login


Login = Annotated[str, StringConstraints(pattern=f"^{LOGIN_PATTERN}$"), AfterValidator(_short_enough)]
"""A login on the forge; ASCII only, so that two logins that look alike are alike.

Letters, digits and single hyphens inside; then the short code of an enterprise that manages its accounts, or `[bot]`
(https://docs.github.com/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference).
"""
Digest = Annotated[str, StringConstraints(pattern=f"^{DIGEST_PATTERN}$")]
Image = Annotated[str, StringConstraints(pattern=f"^{IMAGE_PATTERN}$")]
"""A container image pinned by digest: ``registry/repository@sha256:...``."""
Function = Annotated[str, StringConstraints(pattern=f"^{FUNCTION_PATTERN}$"), Holds("function")]
"""Python logic as ``module:function``; the compiler reads its syntax tree and never imports it."""
Sql = Annotated[str, StringConstraints(min_length=1), Holds("sql")]
Promql = Annotated[str, StringConstraints(min_length=1), Holds("promql")]
Column = Annotated[str, StringConstraints(min_length=1), Holds("column")]
MetricName = Annotated[str, Holds("metric"), WithJsonSchema({"type": "string", "enum": list(METRICS)})]
"""A name of the table in `penstock.specs.metrics`, which editors offer; that it is one is told by a check."""
Schedule = Annotated[str, StringConstraints(min_length=1), Holds("schedule")]
"""Five cron fields, read in UTC."""

T = TypeVar("T")


class _NoRepetition:
    """Marks a list in which nothing stands twice, to validation and to editors."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self._once, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "uniqueItems": True}

    @staticmethod
    def _once(items: list[Any]) -> list[Any]:
        for position, item in enumerate(items):
            if item in items[:position]:
                raise PydanticCustomError("duplicate_item", "expected each item once", {"position": position})
        return items


Distinct = Annotated[list[T], _NoRepetition()]
"""A list in which nothing stands twice."""

DatasetRef = Annotated[str, Refers("Dataset")]
FeatureSetRef = Annotated[str, Refers("FeatureSet")]
ModelRef = Annotated[str, Refers("Model")]
GateRef = Annotated[str, Refers("Gate")]
RolloutRef = Annotated[str, Refers("Rollout")]
EnvironmentRef = Annotated[str, Refers("Environment")]
TeamRef = Annotated[str, Refers("Team")]


def field(
    description: str,
    *,
    loosens: Loosens,
    area: Area,
    default: Any = ...,
    order: tuple[str, ...] = (),
    absent: Absent = "loosest",
    **constraints: Any,
) -> Any:
    """Declare a field of the language: what it is, which way it loosens, whose area it is.

    A field without `default` is required. `order` lists the values strictest first for `Loosens.LATER`;
    `absent` says whether a bound that is not there is the loosest; further keywords are pydantic's constraints
    (``ge``, ``min_length`` ...). A mutable default is copied for each instance.
    """
    if (loosens is Loosens.LATER) != bool(order):
        raise ValueError("`order` belongs to Loosens.LATER, and to it alone")
    extra: dict[str, Any] = {"x-penstock": Review(loosens, area, order, absent).as_json()}
    if isinstance(default, list | dict):
        # A function, because pydantic asks for the signature, which takes ten times as long to find of a built-in one.
        return Field(
            default_factory=lambda: default.copy(), description=description, json_schema_extra=extra, **constraints
        )
    return Field(default, description=description, json_schema_extra=extra, **constraints)


def note(description: str, *, area: Area = Area.DOCUMENTATION, default: Any = ..., **constraints: Any) -> Any:
    """Declare a field of prose: no change of it loosens anything."""
    return field(description, loosens=Loosens.NEVER, area=area, default=default, **constraints)


class Metadata(Node):
    """Name, owner, description and labels of a spec."""

    name: Name = field(
        "Name, unique per kind; other specs refer to it by this name.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
    )
    owner: TeamRef = field(
        "Team that is responsible for this spec and must approve its changes.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
    )
    description: str = note("Description in one or two sentences.", default="")
    labels: dict[FreeLabelKey, LabelValue] = field(
        "Custom labels, added to every generated manifest and its pods.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default={},
    )
    accepted_warnings: dict[Slug, Reason] = field(
        "Warnings about this spec that are meant, each by its code with the reason; they are no longer reported.",
        loosens=Loosens.ADDED,
        area=Area.GOVERNANCE,
        default={},
    )


class JsonPatch(Node):
    """One operation of RFC 6902."""

    op: Literal["add", "remove", "replace", "move", "copy", "test"] = field(
        "Operation.", loosens=Loosens.ANY, area=Area.GOVERNANCE
    )
    path: str = field("JSON pointer to the target location.", loosens=Loosens.ANY, area=Area.GOVERNANCE)
    value: Any = field("Value for add, replace and test.", loosens=Loosens.ANY, area=Area.GOVERNANCE, default=None)
    from_: str | None = field(
        "JSON pointer to the source of move and copy.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
        alias="from",
    )


class ManifestPatch(Choosing):
    """A raw patch of one generated manifest, for what the language does not cover. Reviews show it."""

    chosen = exactly_one("merge", "json_")

    kind: str = field("Kind of the generated manifest.", loosens=Loosens.ANY, area=Area.GOVERNANCE)
    name: str = field("Name of the generated manifest.", loosens=Loosens.ANY, area=Area.GOVERNANCE)
    merge: dict[str, Any] | None = field(
        "JSON merge patch (RFC 7396).", loosens=Loosens.ANY, area=Area.GOVERNANCE, default=None
    )
    json_: list[JsonPatch] | None = field(
        "JSON patch (RFC 6902).", loosens=Loosens.ANY, area=Area.GOVERNANCE, default=None, alias="json"
    )


class Resources(Node):
    """CPU, memory and GPUs of a container; the memory request equals the limit, so that a pod is not evicted."""

    cpu: Cpu = field("CPU request.", loosens=Loosens.ANY, area=Area.CAPACITY, default=Cpu("1"))
    memory: Memory = field("Memory request and limit.", loosens=Loosens.ANY, area=Area.CAPACITY, default=Memory("2Gi"))
    gpu: int = field("Number of GPUs.", loosens=Loosens.ANY, area=Area.CAPACITY, default=0, ge=0)


class Resource(Node):
    """The outer shape that every kind shares: ``apiVersion``, ``kind``, ``metadata``, ``spec``, ``overrides``."""

    kind_name: ClassVar[str]
    summary: ClassVar[str]

    api_version: Literal["penstock/v1"] = note("Version of the language.", area=Area.GOVERNANCE)
    metadata: Metadata = field("Name, owner, description and labels.", loosens=Loosens.ANY, area=Area.GOVERNANCE)
    overrides: dict[str, dict[str, Any]] = field(
        "Overrides by environment: a JSON merge patch (RFC 7396) of `spec`, validated after the merge.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default={},
    )

    @property
    def name(self) -> str:
        """The name under which other specs refer to this one."""
        return self.metadata.name


def is_name(text: str) -> bool:
    """Whether `text` may name a spec: lower-case letters, digits and dashes, at most 50, as Kubernetes takes them."""
    return re.fullmatch(NAME_PATTERN, text) is not None
