"""The manual pages of what is said about approval policies."""

from __future__ import annotations

from penstock.diagnostics.codes import Code

POLICY_TEST = "policy-test"

CODES = (
    Code(
        POLICY_TEST,
        """A unit test of the approval policy fails, or the policies cannot be read as one.

        What it does: makes each change that a test of an ApprovalPolicy gives, in memory: the value `before` and the
        value `after` at an `address` of this repository, `null` for nothing, left out for what stands there. The real
        review then judges it, with its indirect effects, and the state and the rules that match are compared with
        those expected. `author`, `approvedBy`, `labels` and `evidence` (of a Release) say who did what; `stage` and
        `riskTier` replace what the change reaches. Where no `evidence` is given, that of a Release is missing: nothing
        was promoted that a test makes up. Tests that fail for one cause are told together.

        Why: a policy is read by people who hope that it says what they mean. A test says it twice.

        Example:

            tests:
              - name: a-lower-bound-needs-risk
                given: {address: "Gate/release.rules[quality].atLeast", before: 0.7, after: 0.6}
                expect: {state: pending, rules: [gate]}

        Use instead: put the rule or the expectation right, whichever is wrong; give each rule its own id.
        """,
    ),
)
