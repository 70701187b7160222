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
            "instant", 'expected a quoted time with its zone, such as "2026-12-24T18:00:00+01:00"'
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
    """How far a number moved, in the direction that loosens."""

    by_more_than: Annotated[float, Ge(0)] | PositiveDuration = field(
        "Difference: a number speaks of shares, in percentage points, and of plain numbers; a duration such as `10m` "
        "of durations. Neither speaks of what the other does.",
        loosens=Loosens.HIGHER,
        area=GOVERNANCE,
    )


class Radius(Choosing):
    """How much a change reaches, directly and indirectly, or adds to what is requested; any of the bounds."""

    chosen = at_least_one("models", "rollouts", "callers", "environments", "slos", "schedules", "cpu", "memory", "gpu")

    models: int | None = field("More models than this.", loosens=Loosens.HIGHER, area=GOVERNANCE, default=None, ge=0)
    rollouts: int | None = field(
        "More rollouts than this.", loosens=Loosens.HIGHER, area=GOVERNANCE, default=None, ge=0
    )
    callers: int | None = field("More callers than this.", loosens=Loosens.HIGHER, area=GOVERNANCE, default=None, ge=0)
    environments: int | None = field(
        "More environments than this.", loosens=Loosens.HIGHER, area=GOVERNANCE, default=None, ge=0
    )
    slos: int | None = field(
        "More service level objectives than this.", loosens=Loosens.HIGHER, area=GOVERNANCE, default=None, ge=0
    )
    schedules: int | None = field(
        "More schedules than this, of training and of monitoring.",
        loosens=Loosens.HIGHER,
        area=GOVERNANCE,
        default=None,
        ge=0,
    )
    cpu: Cpu | None = field(
        "More processors than this, which the changes of a rollout add to its requests: at the most copies, in all "
        "environments together.",
        loosens=Loosens.HIGHER,
        area=GOVERNANCE,
        default=None,
    )
    memory: Memory | None = field(
        "More memory than this, likewise.", loosens=Loosens.HIGHER, area=GOVERNANCE, default=None
    )
    gpu: int | None = field(
        "More GPUs than this, likewise.", loosens=Loosens.HIGHER, area=GOVERNANCE, default=None, ge=0
    )


class People(Node):
    """A set of people: the union of the fields."""

    teams: list[TeamRef] = field("Members of these teams.", loosens=Loosens.ADDED, area=GOVERNANCE, default=[])
    roles: list[Role] = field(
        "`owner`: the owning team of the changed spec on the base; of a new spec, and where ownership moves, the team "
        "that takes it over. `former-owner`: the team that gives it away. `on-call`: the owning team of the rollout "
        "whose monitoring is touched. `independent`: whoever is in other teams than the owning one, or in that one "
        "where there is no other.",
        loosens=Loosens.ADDED,
        area=GOVERNANCE,
        default=[],
    )
    logins: list[Login] = field("These people.", loosens=Loosens.ADDED, area=GOVERNANCE, default=[])


class When(Node):
    """A predicate over one change; the fields given must all hold."""

    kind: list[str] | None = field("Kind of the changed spec.", loosens=Loosens.REMOVED, area=GOVERNANCE, default=None)
    area: list[AreaName] | None = field("Area of the field.", loosens=Loosens.REMOVED, area=GOVERNANCE, default=None)
    direction: list[Direction] | None = field(
        "Direction of the risk.", loosens=Loosens.REMOVED, area=GOVERNANCE, default=None
    )
    cause: Literal["direct", "indirect"] | None = field(
        "Whether somebody edited the field, or an edit elsewhere reaches it.",
        loosens=ANY,
        area=GOVERNANCE,
        default=None,
    )
    operation: list[Literal["added", "removed", "changed", "renamed"]] | None = field(
        "What happened.", loosens=Loosens.REMOVED, area=GOVERNANCE, default=None
    )
    address: str | None = field(
        "Pattern over the address; `*` stands for any text.", loosens=ANY, area=GOVERNANCE, default=None
    )
    stage: list[Stage] | None = field(
        "Stage of an environment that the change reaches.",
        loosens=Loosens.REMOVED,
        area=GOVERNANCE,
        default=None,
    )
    risk_tier: list[Literal["low", "medium", "high"]] | None = field(
        "Risk tier of a model that the change reaches.",
        loosens=Loosens.REMOVED,
        area=GOVERNANCE,
        default=None,
    )
    sensitive: list[Literal["internal", "sensitive", "pii"]] | None = field(
        "A column of this sensitivity newly reaches a model, or loses its label.",
        loosens=Loosens.REMOVED,
        area=GOVERNANCE,
        default=None,
    )
    grew: Growth | None = field("A number moved far.", loosens=ANY, area=GOVERNANCE, default=None)
    reaches: Radius | None = field("The change reaches much.", loosens=ANY, area=GOVERNANCE, default=None)
    author: People | None = field(
        "Author of the pull request. Where others had a hand in it who are none of these people, the rule asks its own "
        "people all the same, and one that requires `nobody` frees nobody.",
        loosens=ANY,
        area=GOVERNANCE,
        default=None,
    )
    labels: list[str] | None = field(
        "A label that the pull request carries.", loosens=ANY, area=GOVERNANCE, default=None
    )
    evidence: list[Literal["valid", "missing", "expired", "mismatched", "unsigned", "revoked"]] | None = field(
        "State of the evidence of a changed Release: the worse one of its gates' statement and of its promotion.",
        loosens=Loosens.REMOVED,
        area=GOVERNANCE,
        default=None,
    )
    all: "list[When] | None" = field("All of these hold.", loosens=ANY, area=GOVERNANCE, default=None)
    any: "list[When] | None" = field("One of these holds.", loosens=ANY, area=GOVERNANCE, default=None)
    not_: "When | None" = field("This does not hold.", loosens=ANY, area=GOVERNANCE, default=None, alias="not")
    at_least: "AtLeast | None" = field("So many of several hold.", loosens=ANY, area=GOVERNANCE, default=None)


class AtLeast(Node):
    """So many of several predicates."""

    count: int = field("How many of them must hold.", loosens=ANY, area=GOVERNANCE, ge=1)
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
    """Who must approve: some people of a set, or a combination of such requirements."""

    chosen = at_least_one("from_", "all", "any", "evidence")

    count: int = field("How many of the people.", loosens=Loosens.LOWER, area=GOVERNANCE, default=1, ge=1, le=20)
    from_: People | None = field("The people.", loosens=ANY, area=GOVERNANCE, default=None, alias="from")
    all: "list[Require] | None" = field(
        "All of these, by distinct people.", loosens=Loosens.REMOVED, area=GOVERNANCE, default=None
    )
    any: "list[Require] | None" = field("One of these.", loosens=Loosens.ADDED, area=GOVERNANCE, default=None)
    evidence: Literal["valid"] | None = field(
        "Evidence of the Release verifies: its gates' statement, its promotion, and the chain between them.",
        loosens=Loosens.REMOVED,
        area=GOVERNANCE,
        default=None,
    )


class ApprovalRule(Node):
    """Changes that a predicate matches, and who must approve them."""

    id: Slug = field("Name of the rule.", loosens=ANY, area=GOVERNANCE)
    why: str = note("Why these people; shown to the author.", min_length=10)
    when: When = field("Which changes.", loosens=ANY, area=GOVERNANCE)
    require: Require | Literal["nobody"] = field(
        "Who must approve; `nobody` covers a change without asking anyone.", loosens=ANY, area=GOVERNANCE
    )
    distinct: bool = field(
        "Whether whoever counts for this rule counts for no other rule that says so too, of the same change.",
        loosens=Loosens.LOWER,
        area=GOVERNANCE,
        default=False,
    )


def _in_order(start: datetime, end: datetime) -> None:
    """Refuse a time of no length, in which nothing would ever hold."""
    if not start < end:
        raise PydanticCustomError("period_order", "expected `until` after `from`")


class Freeze(Node):
    """A time in which nothing is released; a rollback passes."""

    id: Slug = field("Name of the freeze.", loosens=ANY, area=GOVERNANCE)
    why: str = note("Why.", min_length=5)
    from_: Instant = field("Start.", loosens=Loosens.HIGHER, area=GOVERNANCE, alias="from")
    until: Instant = field("End.", loosens=Loosens.LOWER, area=GOVERNANCE)
    environments: Distinct[EnvironmentRef] = field(
        "Environments that it holds for.", loosens=Loosens.REMOVED, area=GOVERNANCE, min_length=1
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _in_order(self.from_, self.until)
        return self


class Waiver(Node):
    """One rule set aside for one address, for a reason, until a moment."""

    id: Slug = field("Name of the waiver.", loosens=ANY, area=GOVERNANCE)
    rule: Slug = field("Rule that is waived.", loosens=ANY, area=GOVERNANCE)
    address: str = field("Address that it is waived for.", loosens=ANY, area=GOVERNANCE)
    reason: str = field("Why.", loosens=ANY, area=GOVERNANCE, min_length=10)
    expires: Instant = field("When it ends.", loosens=Loosens.HIGHER, area=GOVERNANCE)
    follow_up: str = field("What will be done instead.", loosens=ANY, area=GOVERNANCE, min_length=10)


class BreakGlass(Node):
    """How two people pass everything in an emergency; it is recorded, and void after the next push."""

    from_: People = field("Who may.", loosens=ANY, area=GOVERNANCE, alias="from")
    count: int = field("How many.", loosens=Loosens.LOWER, area=GOVERNANCE, default=2, ge=2)
    expires_after: PositiveDuration = field("How long it holds.", loosens=Loosens.HIGHER, area=GOVERNANCE)


class Key(Node):
    """A public key that signs evidence."""

    id: Slug = field("Name of the key.", loosens=ANY, area=GOVERNANCE)
    ed25519: str = field(
        "Public key: 32 bytes in base64.", loosens=ANY, area=GOVERNANCE, pattern=r"^[A-Za-z0-9+/]{43}=$"
    )
    from_: Instant = field("Valid from.", loosens=Loosens.LOWER, area=GOVERNANCE, alias="from")
    until: Instant = field("Valid until.", loosens=Loosens.HIGHER, area=GOVERNANCE)
    revoked: bool = field(
        "Whether everything it signed is void.", loosens=Loosens.LOWER, area=GOVERNANCE, default=False
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _in_order(self.from_, self.until)
        return self


class Keys(Node):
    """Public keys that evidence may be signed with."""

    evidence: list[Key] = field("The keys.", loosens=Loosens.ADDED, area=GOVERNANCE, default=[])


class PolicyTest(Node):
    """A unit test of the policy: one change, and the rules that must match it."""

    name: Slug = field("Name of the test.", loosens=ANY, area=GOVERNANCE)
    given: dict[str, Any] = field(
        "The change: `address`, `before`, `after`, and optionally `author`, `approvedBy`, `stage`, `riskTier`.",
        loosens=ANY,
        area=GOVERNANCE,
        min_length=1,
    )
    expect: dict[Literal["state", "rules"], Any] = field(
        "`state` of the verdict, and the `rules` that match.", loosens=ANY, area=GOVERNANCE, min_length=1
    )


class ApprovalPolicySpec(Node):
    """Rules, freezes, waivers, ways through, keys and tests."""

    rules: list[ApprovalRule] = field("The rules.", loosens=Loosens.REMOVED, area=GOVERNANCE, min_length=1)
    freezes: list[Freeze] = field("Times of no release.", loosens=Loosens.REMOVED, area=GOVERNANCE, default=[])
    waivers: list[Waiver] = field("Rules set aside.", loosens=Loosens.ADDED, area=GOVERNANCE, default=[])
    break_glass: BreakGlass | None = field(
        "Way through in an emergency; none where absent.",
        loosens=Loosens.ADDED,
        area=GOVERNANCE,
        default=None,
    )
    overrule: People | None = field(
        "Who may release the hold of somebody else, and dismiss somebody else's objection, to what they had no hand "
        "in; nobody where absent.",
        loosens=Loosens.ADDED,
        area=GOVERNANCE,
        default=None,
    )
    keys: Keys = field("Keys of evidence.", loosens=ANY, area=GOVERNANCE, default={}, validate_default=True)
    tests: list[PolicyTest] = field("Unit tests of the rules.", loosens=Loosens.REMOVED, area=GOVERNANCE, default=[])


class ApprovalPolicy(Resource):
    """Who must approve which change, in terms of what the change does to risk."""

    kind_name = "ApprovalPolicy"
    summary = "who must approve which change, in terms of what the change does to risk"

    kind: Literal["ApprovalPolicy"] = note("Kind.", area=GOVERNANCE)
    spec: ApprovalPolicySpec = field("The policy.", loosens=ANY, area=GOVERNANCE)
