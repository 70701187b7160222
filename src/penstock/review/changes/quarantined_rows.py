"""Contracts that become narrower where rows which violate them are quarantined: other rows train and test the model."""

from __future__ import annotations

from typing import Any

from penstock.review.changes.diff import Difference
from penstock.review.changes.directions import TIGHTENED, UNKNOWN, DirectionJudgement
from penstock.source.model import Pointer
from penstock.specs.base import Node
from penstock.specs.dataset import Column, DatasetSpec

_CONTRACT: frozenset[tuple[type[Node], str]] = frozenset(
    {
        *((Column, field) for field in ("matches", "max", "min", "nullable", "one_of", "unique")),
        (DatasetSpec, "columns"),
        (DatasetSpec, "on_violation"),
    }
)
"""What decides which rows are quarantined, of what would reduce risk if it stopped the pipeline."""
_SAID_OF_VALUES = ("description", "sensitivity")
"""Keys of a column that keep no row out."""


def quarantining(difference: Difference, after: Any) -> Difference:
    """The difference, unknown where it reduces risk only as long as no row is quarantined for it.

    `after` is the spec of head that it lies in. Rows that leave the data leave the test of a gate, too, and may be
    those at which the model fails.
    """
    is_quarantined = isinstance(after, DatasetSpec) and after.on_violation == "quarantine"
    is_narrower = difference.judgement.direction is TIGHTENED and (difference.holder, difference.field) in _CONTRACT
    if not is_quarantined or not is_narrower:
        return difference
    why = "it quarantines more rows, and the model is trained and tested without them"
    return difference._replace(judgement=DirectionJudgement(UNKNOWN, why))


def sets_rows_aside(contract: DatasetSpec, pointer: Pointer) -> bool:
    """Whether a change at `pointer` of a dataset decides which of its rows are left, whoever reads that column."""
    is_of_column = pointer[:2] == ("spec", "columns") and pointer[3:4] not in [(said,) for said in _SAID_OF_VALUES]
    return is_of_column and contract.on_violation == "quarantine"
