"""Teams and owners as the base knows them, and who stands where towards one change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.catalog.model import Catalog, SpecId
from penstock.forges.logins import login_key
from penstock.review.model import Change, Impact, Operation, Plan
from penstock.specs.addresses import FILE
from penstock.specs.approval_policy import People
from penstock.specs.team import Team

_OWNER_PARTS = (".metadata", ".owner")
_POLICY = "ApprovalPolicy"


@dataclass(frozen=True, slots=True)
class Organisation:
    """Teams with their members, and the owning team of each spec that a plan speaks of."""

    teams: Mapping[str, frozenset[str]]
    """Members by team, as keys of logins."""
    spelling: Mapping[str, str] = field(default_factory=dict)
    """The login as it is written, by its key."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """The owning team on the base by spec (`Kind/name`)."""

    def members(self, teams: Iterable[str]) -> frozenset[str]:
        """Everyone in any of the teams; nobody is in a team that the base does not know."""
        return frozenset().union(*(self.teams.get(team, frozenset()) for team in teams))

    @property
    def owning(self) -> frozenset[str]:
        """Everyone in a team that owns something that the plan speaks of."""
        return self.members(self.owners.values())

    def shown(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Logins as they are written, sorted by their keys."""
        return tuple(self.spelling.get(key, key) for key in sorted(keys))


def read_teams(base: Catalog) -> tuple[dict[str, frozenset[str]], dict[str, str], list[str]]:
    """Members by team, logins as they are written, and a sentence for each team that cannot be understood."""
    teams: dict[str, frozenset[str]] = {}
    spelling: dict[str, str] = {}
    problems = []
    for spec_id in base.ids("Team"):
        team = base.find(Team, spec_id.name)
        if team is None:
            problems.append(f"{spec_id} is not valid on the base, so its members are unknown: fix it there first.")
            continue
        members = team.spec.members
        teams[spec_id.name] = frozenset(map(login_key, members))
        spelling |= {login_key(member): member for member in members}
    return teams, spelling, problems


def read_owners(base: Catalog, plan: Plan) -> dict[str, str]:
    """The owning team on the base of every spec that the plan changes, renames or reaches as a rollout.

    Of a policy that comes, those of the policies that are there, too. A file that no spec leads to belongs to whoever
    owns the policy; where there is none, to the owner of the first environment, or team.
    """
    wanted = {(change.address.kind, change.address.name) for change in plan.changes}
    if any(_is_new_policy(change) for change in plan.changes):
        wanted |= {(_POLICY, spec_id.name) for spec_id in base.ids(_POLICY)}
    wanted |= {(one.renamed_from.kind, one.renamed_from.name) for one in plan.changes if one.renamed_from is not None}
    wanted |= {("Rollout", name) for impact in plan.impacts.values() for name in impact.rollouts}
    owners = {}
    for kind, name in wanted:
        document = base.document(SpecId(kind, name))
        owner = _owner_in(document.value) if document is not None else None
        if owner is not None:
            owners[f"{kind}/{name}"] = owner
    files = [name for kind, name in wanted if kind == FILE]
    governing = next(iter(_governing(base)), None) if files else None
    return owners | {f"{FILE}/{name}": governing for name in files if governing is not None}


def _governing(base: Catalog) -> Iterator[str]:
    """The owners of what decides who decides, and where things run, the policies' first."""
    for kind in (_POLICY, "Environment", "Team"):
        for spec_id in base.ids(kind):
            document = base.document(spec_id)
            owner = _owner_in(document.value) if document is not None else None
            if owner is not None:
                yield owner


@dataclass(frozen=True, slots=True)
class Standing:
    """The teams that stand in a role towards one change."""

    owner: str | None = None
    former_owner: str | None = None
    on_call: tuple[str, ...] = ()


@dataclass(slots=True)
class Roles:
    """Answers for one plan which team stands where; what a head says of owners counts for what it newly names alone."""

    organisation: Organisation
    plan: Plan
    _former_names: dict[str, str] = field(default_factory=dict)
    _claimed: dict[str, str] = field(default_factory=dict)
    _people: dict[tuple[int, Standing], frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for change in self.plan.changes:
            spec = str(change.address.spec)
            if change.renamed_from is not None:
                self._former_names[spec] = str(change.renamed_from.spec)
            owner = _claims(change)
            if owner is not None:
                self._claimed[spec] = owner

    def standing(self, change: Change, impact: Impact | None) -> Standing:
        """The teams in a role towards the change."""
        spec = str(change.address.spec)
        before = self._owner(spec)
        after = self._claimed.get(spec, before)
        moves = self.moves_ownership(change)
        owner = after if moves or before is None else before
        shared = self._of_served_rollout(change) or self._of_policy_beside(change)
        if shared is not None:
            before = shared
        if change.address.kind == "Rollout":
            on_call = [owner]
        else:
            rollouts = impact.rollouts if impact is not None else ()
            on_call = [self._owner(f"Rollout/{name}") for name in rollouts]
        return Standing(owner, before if moves else None, tuple(sorted({team for team in on_call if team is not None})))

    def moves_ownership(self, change: Change) -> bool:
        """Whether the change hands a spec that exists to another name or another team.

        Who serves another team's rollout has taken it in hand, too, and so has who adds to another team's policy.
        """
        if change.cause != "direct":
            return False
        shared = self._of_served_rollout(change) or self._of_policy_beside(change)
        if change.operation is Operation.RENAMED or shared is not None:
            return True
        before = self._owner(str(change.address.spec))
        return before is not None and _claims(change) not in (None, before)

    def _of_served_rollout(self, change: Change) -> str | None:
        """The owner of the rollout that a Release turns to, where that is another than its own."""
        if change.cause != "direct" or change.address.kind != "Release" or change.after is None:
            return None
        if not change.address.parts:
            spec = change.after.get("spec") if isinstance(change.after, dict) else None
            rollout = spec.get("rollout") if isinstance(spec, dict) else None
        else:
            rollout = change.after if change.address.parts == (".rollout",) else None
        found = self._owner(f"Rollout/{rollout}")
        own = _claims(change) or self._owner(str(change.address.spec))
        return found if found != own else None

    def _of_policy_beside(self, change: Change) -> str | None:
        """The owner of the base's policy that a new one is added to, where the new one's is another.

        All policies decide as one, so that its owner could otherwise waive rules, or add keys, for everybody's specs.
        """
        if not _is_new_policy(change):
            return None
        known = self.organisation.owners
        owners = [known[spec] for spec in sorted(known) if spec.startswith(f"{_POLICY}/")]
        return next(iter(owners), None) if _claims(change) not in owners else None

    def people(self, people: People, standing: Standing) -> frozenset[str]:
        """Everyone whom the policy's `people` means, for a change of that standing."""
        key = (id(people), standing)
        known = self._people.get(key)
        if known is None:
            known = self._people[key] = self._resolve(people, standing)
        return known

    def _resolve(self, people: People, standing: Standing) -> frozenset[str]:
        found = set(self.organisation.members(people.teams)) | set(map(login_key, people.logins))
        for role in people.roles:
            if role == "independent":
                found |= self._independent(standing)
            else:
                found |= self.organisation.members(teams_in(role, standing))
        return frozenset(found)

    def _independent(self, standing: Standing) -> frozenset[str]:
        teams = self.organisation.teams
        others = [team for team in teams if team not in (standing.owner, standing.former_owner)]
        return self.organisation.members(others or teams)

    def _owner(self, spec: str) -> str | None:
        return self.organisation.owners.get(self._former_names.get(spec, spec))


def teams_in(role: str, standing: Standing) -> tuple[str, ...]:
    """The teams that stand in a role of one team each, or in `on-call`."""
    if role == "on-call":
        return standing.on_call
    team = standing.owner if role == "owner" else standing.former_owner
    return (team,) if team is not None else ()


def _is_new_policy(change: Change) -> bool:
    return change.operation is Operation.ADDED and change.address.kind == _POLICY and not change.address.parts


def _claims(change: Change) -> str | None:
    """The team that head names as the owner of the changed spec, where the change speaks of it."""
    if change.cause != "direct":
        return None
    if change.address.parts == _OWNER_PARTS:
        return change.after if isinstance(change.after, str) else None
    return _owner_in(change.after) if not change.address.parts else None


def _owner_in(value: Any) -> str | None:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    owner = metadata.get("owner") if isinstance(metadata, dict) else None
    return owner if isinstance(owner, str) else None
