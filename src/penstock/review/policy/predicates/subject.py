"""What predicates look at."""

from __future__ import annotations

from typing import NamedTuple

from penstock.review.model import Change, Impact
from penstock.review.policy.organisation import Roles, Standing


class Added(NamedTuple):
    """What the changes of a spec add together to what it requests, so that a share of a change says nothing alone."""

    cpu: float = 0.0
    memory: float = 0.0
    gpu: float = 0.0


class PolicySubject(NamedTuple):
    """One change in its pull request."""

    change: Change
    impact: Impact | None
    """None where nobody knows what the change reaches."""
    added: Added
    standing: Standing
    roles: Roles
    author: str | None
    """Key of the author's login; None where it cannot be told."""
    contributors: frozenset[str]
    """Keys of everybody who contributed, the author among them."""
    labels: frozenset[str]
    evidence: str | None
    """State of the evidence; None where the change is of no Release."""
