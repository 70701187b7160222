"""Unit tests of a policy: changes that nobody made, and the rules and the state that are to come of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from penstock.catalog.model import Catalog, SpecId
from penstock.diagnostics.model import Diagnostic, Severity
from penstock.diagnostics.suggest import did_you_mean
from penstock.forges.protocol import Person, Review
from penstock.forges.recorded import RecordedPullRequest, imagined
from penstock.review.codes import POLICY_TEST
from penstock.review.model import Impact, Plan, VerdictState
from penstock.review.policy.complaints import TESTS, Complaint, one_for_each_cause
from penstock.review.policy.evaluate import evaluate
from penstock.review.policy.governing_files import with_governing_files
from penstock.review.policy.resolve import ResolvedPolicy, resolve_organisation, resolve_policy
from penstock.review.policy.what_if import AS_IT_STANDS, BASE, HEAD, WhatIf, WhatIfError, what_if_plan
from penstock.source.model import Pointer
from penstock.specs.addresses import FILE, Address, AddressError
from penstock.specs.approval_policy import ApprovalPolicy, PolicyTest

_GIVEN = ("address", "before", "after", "author", "approvedBy", "labels", "evidence", "stage", "riskTier")
_STAGES, _TIERS = ("development", "staging", "production"), ("low", "medium", "high")
_EVIDENCE = ("valid", "missing", "expired", "mismatched", "unsigned", "revoked")
_START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_NOBODY_IN_PARTICULAR = "somebody-else"


class TestRun(NamedTuple):
    """What became of one test."""

    policy: str
    name: str
    state: str
    rules: tuple[str, ...]
    problems: tuple[Complaint, ...]
    """Empty where everything is as expected."""


def run_tests(catalog: Catalog) -> tuple[TestRun, ...]:
    """Every test of every valid policy of a tree, judged by all its policies together.

    Freezes and waivers are left aside: what a test says is to hold at any time.
    """
    policy = replace(resolve_policy(catalog), freezes=(), waivers=())
    runs = []
    for spec_id in catalog.ids("ApprovalPolicy"):
        declared = catalog.find(ApprovalPolicy, spec_id.name)
        tests = declared.spec.tests if declared is not None else []
        runs += [_Case(catalog, policy, spec_id, position, test).run() for position, test in enumerate(tests)]
    return tuple(runs)


def policy_diagnostics(catalog: Catalog) -> Iterator[Diagnostic]:
    """Everything that is wrong with the policies of a tree: what keeps them from being one, and tests that fail."""
    if not catalog.ids("ApprovalPolicy"):
        return
    first = catalog.ids("ApprovalPolicy")[0]
    valid = all(
        catalog.loaded(spec_id) is not None for kind in ("ApprovalPolicy", "Team") for spec_id in catalog.ids(kind)
    )
    if not valid or any(found.severity is Severity.ERROR for found in catalog.reading):
        # What is wrong with a spec by itself is reported where it stands; no test of it means anything before.
        return
    problems = resolve_policy(catalog).problems
    for problem in problems:
        yield Diagnostic.error(POLICY_TEST, problem.rstrip("."), catalog.span(first))
    if not problems:
        # Under a policy that is none, every test would fail for the same reason.
        yield from one_for_each_cause(complaint for run in run_tests(catalog) for complaint in run.problems)


class _Case:
    def __init__(
        self, catalog: Catalog, policy: ResolvedPolicy, spec_id: SpecId, position: int, test: PolicyTest
    ) -> None:
        self.catalog, self.policy, self.spec_id, self.position, self.test = catalog, policy, spec_id, position, test
        self.problems: list[Complaint] = []

    def run(self) -> TestRun:
        """Judge the change, and compare."""
        self._check_words()
        state = ""
        rules: tuple[str, ...] = ()
        if not self.problems:
            try:
                state, rules, deciding = self._judge()
            except (AddressError, WhatIfError) as error:
                self._complain(str(error), "given", "address", shared=str(error))
            else:
                self._compare(state, rules, deciding)
        return TestRun(self.spec_id.name, self.test.name, state, tuple(rules), tuple(self.problems))

    def _judge(self) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """The state, the rules that match, and those of them that are in this state themselves."""
        given = self.test.given
        address = Address.parse(str(given["address"]))
        change = WhatIf(address, given.get("before", AS_IT_STANDS), given.get("after", AS_IT_STANDS))
        made = with_governing_files(what_if_plan(self.catalog, change, self.policy.digest), self.policy.rules)
        if not made.changes:
            raise WhatIfError(f"no rule speaks of `kind: [{FILE}]`, so that the policy does not ask about files")
        plan = _seen_from(made, given)
        evidence = {str(address.spec): given["evidence"]} if "evidence" in given else {}
        verdict = evaluate(
            plan,
            self.policy,
            resolve_organisation(self.catalog, plan),
            _pull_request(given),
            evidence=evidence,
        )
        known = {rule.id for rule in self.policy.rules}
        heard = [one for one in verdict.tree.children if one.name in known and one.state is not VerdictState.SKIPPED]
        deciding = tuple(one.name for one in heard if one.state is verdict.state)
        return verdict.state.value, tuple(one.name for one in heard), deciding

    def _compare(self, state: str, rules: tuple[str, ...], deciding: tuple[str, ...]) -> None:
        """Which rules match decides the state: where others do than expected, nothing is said of the state."""
        name, expected = self.test.name, self.test.expect
        if "rules" in expected:
            missing = [rule for rule in expected["rules"] if rule not in rules]
            surplus = [rule for rule in rules if rule not in expected["rules"]]
            if missing:
                self._complain(
                    f"the test `{name}` expects `{missing[0]}` to match, and it does not",
                    "expect",
                    "rules",
                    shared=f"{TESTS} expect `{missing[0]}` to match, and it does not",
                )
            if surplus:
                self._complain(
                    f"in the test `{name}` the rule `{surplus[0]}` also matches, which is not expected",
                    "expect",
                    "rules",
                    shared=f"in {TESTS} the rule `{surplus[0]}` also matches, which is not expected",
                )
        if not self.problems and expected.get("state", state) != state:
            # Of one rule alone that keeps several tests from what they expect, it is plain what to look at.
            because = f" because of the rule `{deciding[0]}`" if len(deciding) == 1 else ""
            self._complain(
                f"the test `{name}` expects `{expected['state']}`, and it gives `{state}`{because}",
                "expect",
                "state",
                shared=f"{TESTS} expect `{expected['state']}`, and give `{state}`{because}" if because else "",
            )

    def _check_words(self) -> None:
        """What a test gives and expects is free in the language, and held to its words here."""
        given, expect = self.test.given, self.test.expect
        for key in given:
            if key not in _GIVEN:
                near = did_you_mean(key, _GIVEN)
                advice = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(_GIVEN)}"
                self._complain(f"a test has no key `{key}`; {advice}", "given", key)
        if not isinstance(given.get("address"), str):
            self._complain(f"the test `{self.test.name}` gives no `address`", "given")
        if "before" not in given and "after" not in given:
            self._complain(f"the test `{self.test.name}` gives neither `before` nor `after`", "given")
        for key, words in (("stage", _STAGES), ("riskTier", _TIERS), ("evidence", _EVIDENCE)):
            if key in given and given[key] not in words:
                self._complain(f"`{key}` is one of {', '.join(words)}", "given", key)
        for key in ("approvedBy", "labels"):
            if not _is_words(given.get(key, [])):
                self._complain(f"`{key}` is a list of words", "given", key)
        states = [state.value for state in VerdictState if state is not VerdictState.SKIPPED]
        if "state" in expect and expect["state"] not in states:
            self._complain(f"`state` is one of {', '.join(states)}", "expect", "state")
        if not _is_words(expect.get("rules", [])):
            self._complain("`rules` is a list of the ids of rules", "expect", "rules")
            return
        known = {rule.id for rule in self.policy.rules}
        for name in expect.get("rules", []):
            if name not in known:
                near = did_you_mean(name, known)
                headline = f"there is no rule `{name}`{f'; did you mean `{near[0]}`?' if near else ''}"
                self._complain(headline, "expect", "rules", shared=headline)

    def _complain(self, headline: str, *place: str, shared: str = "") -> None:
        """`shared` is what to say where several tests fail for this very cause, with `TESTS` for their number."""
        pointer: Pointer = ("spec", "tests", self.position, *place)
        found = Diagnostic.error(POLICY_TEST, headline, self.catalog.span(self.spec_id, pointer))
        self.problems.append(Complaint(found, self.test.name, shared))


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _seen_from(plan: Plan, given: dict[str, Any]) -> Plan:
    """The plan as if everything that it reaches were of the stage and the risk tier that the test gives."""
    stages = (given["stage"],) if "stage" in given else None
    tiers = (given["riskTier"],) if "riskTier" in given else None

    def moved(impact: Impact) -> Impact:
        return replace(impact, stages=stages or impact.stages, risk_tiers=tiers or impact.risk_tiers)

    return replace(plan, impacts={key: moved(impact) for key, impact in plan.impacts.items()})


def _pull_request(given: dict[str, Any]) -> RecordedPullRequest:
    """A pull request of one commit by the author, approved by whom the test names."""
    author = Person(str(given.get("author", _NOBODY_IN_PARTICULAR)))
    approvers = given.get("approvedBy", [])
    later = _START + timedelta(minutes=1)
    return RecordedPullRequest(
        replace(
            imagined(author, BASE, HEAD, _START),
            labels=tuple(given.get("labels", [])),
            reviews=tuple(
                Review(f"r{index}", Person(login), "approved", later, HEAD, "") for index, login in enumerate(approvers)
            ),
            writers=tuple(sorted(approvers)),
            now=later,
        )
    )
