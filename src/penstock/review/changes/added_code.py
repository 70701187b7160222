"""Parts of a spec that would only reduce risk if they did not name code: a check or a rule of a gate that runs it."""

from __future__ import annotations

from typing import Any

from penstock.catalog.marked_texts import CODE
from penstock.review.changes.diff import Difference
from penstock.review.changes.directions import TIGHTENED, UNKNOWN, DirectionJudgement
from penstock.review.model import Operation
from penstock.specs.base import Node
from penstock.specs.shapes import Scalar, mapping_of


def naming_code(difference: Difference) -> Difference:
    """The difference, unknown where something comes that names code.

    The code may be there already, unnoticed because nothing named it.
    """
    is_added = difference.operation is Operation.ADDED and difference.judgement.direction is TIGHTENED
    if not is_added or not _names_code(difference.after):
        return difference
    why = "it names code, which runs wherever the spec is used"
    return difference._replace(judgement=DirectionJudgement(UNKNOWN, why))


def _names_code(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_names_code, value))
    if not isinstance(value, Node):
        return False
    for field in mapping_of(type(value)).fields.values():
        held = getattr(value, field.name)
        is_code = isinstance(field.shape, Scalar) and field.shape.holds in CODE
        if held is not None and (is_code or _names_code(held)):
            return True
    return False
