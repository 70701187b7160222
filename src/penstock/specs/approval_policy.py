"""ApprovalPolicy: who must approve which change, in terms of what the change does to risk."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from annotated_types import Ge
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from penstock.specs.base import Choosing, Distinct, EnvironmentRef, Login, Node, Resource, Slug, TeamRef, field, note
from penstock.specs.choices import at_least_one
from penstock.specs.review import Area, Loosens
from penstock.specs.units import Cpu, Memory, PositiveDuration

OWNERSHIP = "ownership"
"""Name of the rule that every policy has: what changes hands needs both hands."""

ANY, GOVERNANCE = Loosens.ANY, Area.GOVERNANCE

Direction = Literal["loosened", "tightened", "neutral", "unknown"]
Stage = Literal["development", "staging", "production"]
Role = Literal["owner", "former-owner", "on-call", "independent"]
AreaName = Literal[
    "data",
    "privacy",
    "quality",
    "fairness",
    "rollout",
    "monitoring",
    "capacity",
    "governance",
    "documentation",
]


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        if instant is not None and instant.tzinfo is not None:
            # What lies beyond the calendar in UTC could be compared, and not be shown.
            instant.astimezone(UTC)
    except (ValueError, OverflowError):
        instant = None
    if instant is None or instant.tzinfo is None:
        raise PydanticCustomError(
            "instant", 'expected a quoted timestamp with a time zone, such as "2026-12-24T18:00:00+01:00"'
        )
    return instant


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    PlainSerializer(datetime.isoformat),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment with its offset from UTC, as quoted ISO 8601."""


class Growth(Node):
    """Size of a loosening change of a number."""

    by_more_than: Annotated[float, Ge(0)] | PositiveDuration = field(
        "Minimum difference. A number compares percentages (in percentage points) and plain numbers; a duration "
        "such as `10m` compares durations.",
        loosens=Loosens.HIGHER,
        area=GOVERNANCE,
    )


class Radius(Choosing):
    """Impact of a change, direct and indirect, or its added resource requests; any exceeded bound matches."""

    chosen = at_least_one("models", "rollouts", "callers", "environments", "slos", "schedules", "cpu", "memory", "gpu")

    models: int | None = field(
        "Matches if more models than this are affected.", loosens=Loosens.HIGHER, area=GOVERNANCE, default=None, ge=0
    )
    rollouts: int | None = field(
        "Matches if more rollouts than this are affected.", loosens=Loosens.HIGHER, area=GOVERNANCE, default=None, ge=0
    )
    callers: int | None = field(
        "Matches if more callers than this are affected.", loosens=Loosens.HIGHER, area=GOVERNANCE, default=None, ge=0
    )
    environments: int | None = field(
        "Matches if more environments than this are affected.",
        loosens=Loosens.HIGHER,
        area=GOVERNANCE,
        default=None,
        ge=0,
    )
    slos: int | None = field(
        "Matches if more service level objectives than this are affected.",
        loosens=Loosens.HIGHER,
        area=GOVERNANCE,
        default=None,
        ge=0,
    )
    schedules: int | None = field(
        "Matches if more training and monitoring schedules than this are affected.",
        loosens=Loosens.HIGHER,
        area=GOVERNANCE,
        default=None,
        ge=0,
    )
    cpu: Cpu | None = field(
        "Matches if the changes of a rollout add more than this to its CPU requests, at maximum replicas, summed "
        "over all environments.",
        loosens=Loosens.HIGHER,
        area=GOVERNANCE,
        default=None,
    )
    memory: Memory | None = field(
        "Matches if the changes of a rollout add more than this to its memory requests, counted like `cpu`.",
        loosens=Loosens.HIGHER,
        area=GOVERNANCE,
        default=None,
    )
    gpu: int | None = field(
        "Matches if the changes of a rollout add more GPUs than this, counted like `cpu`.",
        loosens=Loosens.HIGHER,
        area=GOVERNANCE,
        default=None,
        ge=0,
    )


class People(Node):
    """A set of people: the union of the fields."""

    teams: list[TeamRef] = field("Members of these teams.", loosens=Loosens.ADDED, area=GOVERNANCE, default=[])
    roles: list[Role] = field(
        "People by role. `owner`: the team that owns the changed spec on the base; for a new spec or a change of "
        "owner, the new team. `former-owner`: the previous team, that of the rollout which a Release of another team "
        "serves, or that of the policy beside which another team adds one. `on-call`: the team that owns the rollout "
        "whose monitoring changes. `independent`: members of any team but the owner, or of the owner if there is no "
        "other team.",
        loosens=Loosens.ADDED,
        area=GOVERNANCE,
        default=[],
    )
    logins: list[Login] = field("Logins of these people.", loosens=Loosens.ADDED, area=GOVERNANCE, default=[])


class When(Node):
    """A predicate over one change; all given fields must match."""

    kind: list[str] | None = field(
        "Kind of the changed spec; `File` for files of none.", loosens=Loosens.REMOVED, area=GOVERNANCE, default=None
    )
    area: list[AreaName] | None = field("Area of the field.", loosens=Loosens.REMOVED, area=GOVERNANCE, default=None)
    direction: list[Direction] | None = field(
        "Direction of the change.", loosens=Loosens.REMOVED, area=GOVERNANCE, default=None
    )
    cause: Literal["direct", "indirect"] | None = field(
        "Whether the field was edited (`direct`), or is affected by an edit elsewhere (`indirect`).",
        loosens=ANY,
        area=GOVERNANCE,
        default=None,
    )
    operation: list[Literal["added", "removed", "changed", "renamed"]] | None = field(
        "Operation of the change.", loosens=Loosens.REMOVED, area=GOVERNANCE, default=None
    )
    address: str | None = field(
        "Pattern for the address of the field; `*` matches any text. Where it matches a part of what is added or "
        "removed as a whole, the rule still requires its approvals, and `nobody` does not cover it.",
        loosens=ANY,
        area=GOVERNANCE,
        default=None,
    )
    stage: list[Stage] | None = field(
        "Stage of an affected environment.",
        loosens=Loosens.REMOVED,
        area=GOVERNANCE,
        default=None,
    )
    risk_tier: list[Literal["low", "medium", "high"]] | None = field(
        "Risk tier of an affected model.",
        loosens=Loosens.REMOVED,
        area=GOVERNANCE,
        default=None,
    )
    sensitive: list[Literal["internal", "sensitive", "pii"]] | None = field(
        "Sensitivity of a column that newly reaches a model, reaches it otherwise than before, or is declared less "
        "sensitive.",
        loosens=Loosens.REMOVED,
        area=GOVERNANCE,
        default=None,
    )
    grew: Growth | None = field(
        "Minimum size of a change of a number. A bound that is removed exceeds any size.",
        loosens=ANY,
        area=GOVERNANCE,
        default=None,
    )
    reaches: Radius | None = field("Minimum impact of the change.", loosens=ANY, area=GOVERNANCE, default=None)
    author: People | None = field(
        "Author of the pull request. If other people contributed to it, the rule still requires its approvals, "
        "and `nobody` does not apply.",
        loosens=ANY,
        area=GOVERNANCE,
        default=None,
    )
    labels: list[str] | None = field("Label of the pull request.", loosens=ANY, area=GOVERNANCE, default=None)
    evidence: list[Literal["valid", "missing", "expired", "mismatched", "unsigned", "revoked"]] | None = field(
        "State of the evidence of a changed Release: the worse of its gate and promotion attestations.",
        loosens=Loosens.REMOVED,
        area=GOVERNANCE,
        default=None,
    )
    all: "list[When] | None" = field("All of these match.", loosens=ANY, area=GOVERNANCE, default=None, min_length=1)
    any: "list[When] | None" = field(
        "At least one of these matches.", loosens=ANY, area=GOVERNANCE, default=None, min_length=1
    )
    not_: "When | None" = field("This does not match.", loosens=ANY, area=GOVERNANCE, default=None, alias="not")
    at_least: "AtLeast | None" = field(
        "A minimum number of several predicates match.", loosens=ANY, area=GOVERNANCE, default=None
    )


class AtLeast(Node):
    """At least `count` of several predicates."""

    count: int = field("Number of predicates that must match.", loosens=ANY, area=GOVERNANCE, ge=1)
    of: list[When] = field("The predicates.", loosens=ANY, area=GOVERNANCE, min_length=1)

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.count > len(self.of):
            raise PydanticCustomError(
                "at_least_of",
                "expected a `count` of {most} at most",
                {"count": self.count, "most": len(self.of)},
            )
        return self


class Require(Choosing):
    """Required approvals: a number of people from a set, or a combination of such requirements."""

    chosen = at_least_one("from_", "all", "any", "evidence")

    count: int = field("Number of people.", loosens=Loosens.LOWER, area=GOVERNANCE, default=1, ge=1, le=20)
    from_: People | None = field("People who may approve.", loosens=ANY, area=GOVERNANCE, default=None, alias="from")
    all: "list[Require] | None" = field(
        "All of these requirements, by distinct people.",
        loosens=Loosens.REMOVED,
        area=GOVERNANCE,
        default=None,
        min_length=1,
    )
    any: "list[Require] | None" = field(
        "One of these requirements.", loosens=Loosens.ADDED, area=GOVERNANCE, default=None, min_length=1
    )
    evidence: Literal["valid"] | None = field(
        "Whether the Release's evidence must verify: its gate and promotion attestations, and the chain between them.",
        loosens=Loosens.REMOVED,
        area=GOVERNANCE,
        default=None,
    )


class ApprovalRule(Node):
    """A rule: which changes it matches, and who must approve them."""

    id: Slug = field("Name of the rule.", loosens=ANY, area=GOVERNANCE)
    why: str = note("Reason for the rule; shown to the author.", min_length=10)
    when: When = field("Changes that the rule matches.", loosens=ANY, area=GOVERNANCE)
    require: Require | Literal["nobody"] = field(
        "Required approvals; `nobody` matches a change without requiring any.", loosens=ANY, area=GOVERNANCE
    )
    distinct: bool = field(
        "Whether a person who counts for this rule counts for no other `distinct` rule of the same change.",
        loosens=Loosens.LOWER,
        area=GOVERNANCE,
        default=False,
    )


def _in_order(start: datetime, end: datetime) -> None:
    """Refuse a time of no length, in which nothing would ever hold."""
    if not start < end:
        raise PydanticCustomError("period_order", "expected `until` after `from`")


class Freeze(Node):
    """A period without releases; rollbacks are allowed."""

    id: Slug = field("Name of the freeze.", loosens=ANY, area=GOVERNANCE)
    why: str = note("Why.", min_length=5)
    from_: Instant = field("Start.", loosens=Loosens.HIGHER, area=GOVERNANCE, alias="from")
    until: Instant = field("End.", loosens=Loosens.LOWER, area=GOVERNANCE)
    environments: Distinct[EnvironmentRef] = field(
        "Environments that the freeze applies to.", loosens=Loosens.REMOVED, area=GOVERNANCE, min_length=1
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _in_order(self.from_, self.until)
        return self


class Waiver(Node):
    """A temporary waiver of one rule for one address."""

    id: Slug = field("Name of the waiver.", loosens=ANY, area=GOVERNANCE)
    rule: Slug = field("Id of the waived rule.", loosens=ANY, area=GOVERNANCE)
    address: str = field("Address of the spec or field that it is waived for.", loosens=ANY, area=GOVERNANCE)
    reason: str = field("Why the rule is waived.", loosens=ANY, area=GOVERNANCE, min_length=10)
    expires: Instant = field("End of the waiver.", loosens=Loosens.HIGHER, area=GOVERNANCE)
    follow_up: str = field("What will be done instead.", loosens=ANY, area=GOVERNANCE, min_length=10)


class BreakGlass(Node):
    """Emergency bypass of the policy by several people; it is recorded, and void after the next push."""

    from_: People = field("People who may invoke it.", loosens=ANY, area=GOVERNANCE, alias="from")
    count: int = field("Number of people required.", loosens=Loosens.LOWER, area=GOVERNANCE, default=2, ge=2)
    expires_after: PositiveDuration = field("How long it is valid.", loosens=Loosens.HIGHER, area=GOVERNANCE)


class Key(Node):
    """A public key that signs evidence."""

    id: Slug = field("Name of the key.", loosens=ANY, area=GOVERNANCE)
    ed25519: str = field(
        "Public key: 32 bytes in base64.", loosens=ANY, area=GOVERNANCE, pattern=r"^[A-Za-z0-9+/]{43}=$"
    )
    from_: Instant = field("Valid from.", loosens=Loosens.LOWER, area=GOVERNANCE, alias="from")
    until: Instant = field("Valid until.", loosens=Loosens.HIGHER, area=GOVERNANCE)
    revoked: bool = field(
        "Whether the key is revoked, which voids everything signed with it.",
        loosens=Loosens.LOWER,
        area=GOVERNANCE,
        default=False,
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _in_order(self.from_, self.until)
        return self


class Keys(Node):
    """Public keys for signed evidence."""

    evidence: list[Key] = field("The keys.", loosens=Loosens.ADDED, area=GOVERNANCE, default=[])


class PolicyTest(Node):
    """A unit test of the policy: one change, and the rules that must match it."""

    name: Slug = field("Name of the test.", loosens=ANY, area=GOVERNANCE)
    given: dict[str, Any] = field(
        "Change: `address`, `before`, `after`, and optionally `author`, `approvedBy`, `labels`, `stage`, `riskTier`, "
        "`evidence`.",
        loosens=ANY,
        area=GOVERNANCE,
        min_length=1,
    )
    expect: dict[Literal["state", "rules"], Any] = field(
        "Expected `state` of the verdict, and the `rules` that match.", loosens=ANY, area=GOVERNANCE, min_length=1
    )


class ApprovalPolicySpec(Node):
    """Rules, freezes, waivers, break-glass, keys and tests."""

    rules: list[ApprovalRule] = field("The rules.", loosens=Loosens.REMOVED, area=GOVERNANCE, min_length=1)
    freezes: list[Freeze] = field("Periods without releases.", loosens=Loosens.REMOVED, area=GOVERNANCE, default=[])
    waivers: list[Waiver] = field("Temporary waivers of rules.", loosens=Loosens.ADDED, area=GOVERNANCE, default=[])
    break_glass: BreakGlass | None = field(
        "Emergency bypass; if absent, there is none.",
        loosens=Loosens.ADDED,
        area=GOVERNANCE,
        default=None,
    )
    overrule: People | None = field(
        "People who may release other people's holds and dismiss their objections, on changes they did not "
        "contribute to; if absent, nobody.",
        loosens=Loosens.ADDED,
        area=GOVERNANCE,
        default=None,
    )
    keys: Keys = field(
        "Public keys for signed evidence.", loosens=ANY, area=GOVERNANCE, default={}, validate_default=True
    )
    tests: list[PolicyTest] = field("Unit tests of the rules.", loosens=Loosens.REMOVED, area=GOVERNANCE, default=[])


class ApprovalPolicy(Resource):
    """Who must approve which change, in terms of what the change does to risk."""

    kind_name = "ApprovalPolicy"
    summary = "who must approve which change, in terms of what the change does to risk"

    kind: Literal["ApprovalPolicy"] = note("Kind.", area=GOVERNANCE)
    spec: ApprovalPolicySpec = field("The policy.", loosens=ANY, area=GOVERNANCE)
