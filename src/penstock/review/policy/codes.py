"""The manual pages of what is said about approval policies."""

from __future__ import annotations

from penstock.diagnostics.codes import Code

POLICY_TEST = "policy-test"

CODES = (
    Code(
        POLICY_TEST,
        """A unit test of the approval policy fails, or the policies cannot be read as one.

        What it does: makes each change that a test of an ApprovalPolicy gives, in memory: the value `before` and the
        value `after` at an `address` of this repository; `null` means none, and a missing key the present value. The
        review then evaluates it, with its indirect effects, and the state and the matching rules are compared with the
        expected ones. `author`, `approvedBy`, `labels` and `evidence` (of a Release) say who did what; `stage` and
        `riskTier` replace what the change reaches. If no `evidence` is given, that of a Release is missing, because a
        test promotes nothing. Tests that fail for the same cause are reported together.

        Why: a policy may not do what its authors meant. A test states the intention a second time.

        Example:

            tests:
              - name: a-lower-bound-needs-risk
                given: {address: "Gate/release.rules[quality].atLeast", before: 0.7, after: 0.6}
                expect: {state: pending, rules: [gate]}

        Use instead: correct the rule or the expectation, whichever is wrong; give each rule its own id.
        """,
    ),
)
