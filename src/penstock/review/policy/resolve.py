"""The policy that decides: every ApprovalPolicy of the base, as one; the safe defaults where there is none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from penstock.catalog.model import Catalog
from penstock.diagnostics.model import Severity
from penstock.review.changes.references.changed_files import shown_path
from penstock.review.model import Plan
from penstock.review.policy.defaults import default_rules
from penstock.review.policy.organisation import Organisation, read_owners, read_teams
from penstock.source.canonical import digest
from penstock.specs.approval_policy import (
    ApprovalPolicy,
    ApprovalRule,
    BreakGlass,
    Freeze,
    Key,
    People,
    Require,
    Waiver,
)

POLICY_KINDS = ("ApprovalPolicy", "Team")
"""The kinds that decide who may approve; the digest of the policy is taken over them."""
_ESCAPE = re.compile(rb"\\[xuU\r\n]")
"""Escapes by which a kind in double quotes need not stand in the text."""


@dataclass(frozen=True, slots=True)
class ResolvedPolicy:
    """Everything that the policies of one tree say, in the order of their names."""

    rules: tuple[ApprovalRule, ...]
    freezes: tuple[Freeze, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    break_glass: BreakGlass | None = None
    overrule: People | None = None
    keys: tuple[Key, ...] = ()
    digest: str = ""
    """Of the policies and the teams, as a plan's digest `policy`."""
    problems: tuple[str, ...] = ()
    """Why the policy cannot be trusted to be whole; a verdict under it is an error."""

    @property
    def logins(self) -> frozenset[str]:
        """The people whom it names by their logins."""
        required = (rule.require for rule in self.rules if isinstance(rule.require, Require))
        people = [one for require in required for one in _people_in(require)]
        people += [self.break_glass.from_] if self.break_glass is not None else []
        people += [self.overrule] if self.overrule is not None else []
        return frozenset(login for one in people for login in one.logins)


def _people_in(require: Require) -> Iterator[People]:
    if require.from_ is not None:
        yield require.from_
    for part in (*(require.all or ()), *(require.any or ())):
        yield from _people_in(part)


def resolve_policy(base: Catalog) -> ResolvedPolicy:
    """The policy of a tree; never raises for what people wrote, which becomes `problems`."""
    found: list[ApprovalPolicy] = []
    problems = [*_unreadable(base), *read_teams(base)[2]]
    ids = base.ids("ApprovalPolicy")
    for spec_id in ids:
        policy = base.find(ApprovalPolicy, spec_id.name)
        if policy is None:
            problems.append(
                f"{spec_id} is not valid on the base, so nothing can be approved by it: fix it there first."
            )
        else:
            found.append(policy)
    rules = [rule for policy in found for rule in policy.spec.rules]
    for name, count in sorted(Counter(rule.id for rule in rules).items()):
        if count > 1:
            problems.append(f"{count} rules of the base's policy are called {name}: give each its own id.")
    glasses = [policy.spec.break_glass for policy in found if policy.spec.break_glass is not None]
    if len(glasses) > 1:
        problems.append("more than one ApprovalPolicy of the base has a breakGlass: keep one.")
    overrules = [policy.spec.overrule for policy in found if policy.spec.overrule is not None]
    if len(overrules) > 1:
        problems.append("more than one ApprovalPolicy of the base has an overrule: keep one.")
    return ResolvedPolicy(
        rules=tuple(rules) if ids else default_rules(),
        freezes=tuple(freeze for policy in found for freeze in policy.spec.freezes),
        waivers=tuple(waiver for policy in found for waiver in policy.spec.waivers),
        break_glass=glasses[0] if len(glasses) == 1 else None,
        overrule=overrules[0] if len(overrules) == 1 else None,
        keys=tuple(key for policy in found for key in policy.spec.keys.evidence),
        digest=policy_digest(base),
        problems=tuple(problems),
    )


def resolve_organisation(base: Catalog, plan: Plan) -> Organisation:
    """The teams of the base, and the owners on it of what the plan speaks of."""
    teams, spelling, _ = read_teams(base)
    return Organisation(teams, spelling, read_owners(base, plan))


def policy_digest(base: Catalog) -> str:
    """Digest over the policies and teams of a tree, as plain data."""
    values = {}
    for kind in POLICY_KINDS:
        for spec_id in base.ids(kind):
            document = base.document(spec_id)
            values[str(spec_id)] = document.value if document is not None else None
    return digest(values)


def _unreadable(base: Catalog) -> list[str]:
    """A sentence for each file of the base that cannot be read and may hold a policy or a team."""
    paths = {found.path for found in base.reading if found.severity is Severity.ERROR}
    repeated = [str(spec_id) for spec_id, _ in base.repeated if spec_id.kind in POLICY_KINDS]
    problems = [f"{name} is declared more than once on the base: keep one." for name in sorted(set(repeated))]
    for path in sorted(path or "" for path in paths):
        text = base.repository.read(path) if path else None
        if text is None or _may_name(text, POLICY_KINDS):
            place = shown_path(path) or "a file"
            problems.append(f"{place} of the base cannot be read and may hold its policy: fix it there first.")
    return problems


def _may_name(text: bytes, kinds: Iterable[str]) -> bool:
    """Whether one of the kinds may be written in a file that cannot be read; UTF-16 puts zeros between its letters."""
    plain = text.replace(b"\0", b"")
    return _ESCAPE.search(plain) is not None or any(kind.encode() in plain for kind in kinds)
