"""What a validation finds: one value each, with the sentence that a person reads."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Result = Literal["fail", "quarantine", "warn"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule of a contract that the rows break."""

    rule: str
    """The field of the contract: ``min``, ``nullable``, ``primaryKey``, the id of a check ..."""
    sentence: str
    """Dataset and column, how many rows, what is wrong; no values of sensitive columns."""
    result: Result
    """What follows: the step fails, the rows are set aside, or it is only said."""
    column: str | None = None
    rows: int = 0
    """Rows that break it; 0 where the rule is not about rows."""
    samples: tuple[str, ...] = ()
    """Up to five of the values, none of a sensitive column."""

    def as_json(self) -> dict[str, Any]:
        """The form in which it stands in ``table.json``."""
        return {**asdict(self), "samples": list(self.samples)}


def share_of_rows(rows: int, total: int, wrong_one: str, wrong_many: str) -> str:
    """``3 of 336,776 rows are ...``: the part of a sentence that counts."""
    return f"{rows:,} of {total:,} rows {wrong_one if rows == 1 else wrong_many}"


def such_as(samples: tuple[str, ...]) -> str:
    """`` (such as "a", "b")``; nothing where no value may be shown."""
    return f" (such as {', '.join(samples[:3])})" if samples else ""
