"""What is said against pull requests that are approved, and a record that knows nothing of it."""

from __future__ import annotations

import yaml

from penstock.review.policy.prior_decisions import PriorDecisions
from review.pull_requests import APPROVED, DISAPPROVED, POLICY, PullRequest

OVERRULED_BY_PLATFORM = yaml.safe_dump_all(
    [
        document
        if document["kind"] != "ApprovalPolicy"
        else {**document, "spec": {**document["spec"], "overrule": {"teams": ["platform"]}}}
        for document in yaml.safe_load_all(POLICY)
    ],
    sort_keys=False,
)


def approved_by_all(pull: PullRequest) -> PullRequest:
    """By ada and rita, whom the policy asks."""
    pull.approve("ada", "rita")
    assert pull.state is APPROVED
    return pull


def hold(pull: PullRequest, who: str = "dora") -> str:
    comment = pull.forge.comment(who, "/penstock hold the table is being rebuilt")
    assert pull.state is DISAPPROVED
    return comment


def forgets(pull: PullRequest) -> PullRequest:
    """There is no record, or it saw nothing."""
    pull.memory = PriorDecisions()
    return pull
