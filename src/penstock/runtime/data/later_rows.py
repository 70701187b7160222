"""Whether a Python feature makes values of rows that are later than the row itself.

Its function gets all rows at once, the newest among them. So it is asked once more of the earliest rows alone: what
it makes of these then is what it would have made at their time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import isclose
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_ROWS = 1_000
"""Rows that a function is asked of again."""

_log = logging.getLogger(__name__)


def tell_later_rows(
    place: str,
    function: str,
    rows: pa.Table,
    times: pa.ChunkedArray,
    columns: Sequence[pa.ChunkedArray],
    ask: Callable[[pa.Table], Sequence[pa.ChunkedArray]],
) -> None:
    """Log a warning where `ask` gives the earliest `rows` other values than `columns` once there are no later ones.

    `times` are the rows' event times. A function that fails on these few rows tells nothing.
    """
    import pyarrow.compute as pc

    earliest = _earliest(times)
    if earliest is None:
        return
    again: Sequence[pa.ChunkedArray] = ()
    with suppress(Exception, SystemExit):
        again = ask(rows.filter(earliest))
    before = zip(*(column.filter(earliest).to_pylist() for column in columns), strict=True)
    after = zip(*(column.to_pylist() for column in again), strict=True)
    differing = sum(not all(map(_is_same, *pair)) for pair in zip(before, after, strict=True)) if again else 0
    if differing:
        count = pc.sum(earliest).as_py()
        _log.warning(
            "warning: %s: %s of the %s earliest rows have other values if `%s` gets no later ones: a value must depend "
            "on no later row, nor on chance; what depends on earlier rows can be an `aggregate`",
            place, f"{differing:,}", f"{count:,}", function,
        )  # fmt: skip


def _earliest(times: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Which rows are the earliest, with all that have the same time; None where no others are left."""
    import pyarrow.compute as pc

    known = len(times) - times.null_count
    if known < 2:
        return None
    last = min(_MOST_ROWS, known // 2) - 1
    limit = times[pc.sort_indices(times)[last].as_py()]
    earliest = pc.fill_null(pc.less_equal(times, limit), False)
    return earliest if pc.sum(earliest).as_py() < known else None


def _is_same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return isclose(one, other, rel_tol=1e-6, abs_tol=1e-9) or (one != one and other != other)
    return one == other
