"""A vector for each row, such as an embedding: one column of numbers for each of its places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from penstock.runtime.faults import InputError

if TYPE_CHECKING:
    import pyarrow as pa

_EXPECTED = "an array of shape ({rows:,}, {length}), or a list of {length} numbers for each row"


def as_vectors(value: Any, name: str, rows: int, length: int) -> list[pa.ChunkedArray]:
    """The columns of a vector, float64, of what the function `name` returned: a two-dimensional array or lists.

    A row of None has no value in any of them.

    Raises:
        InputError: another form, other numbers of rows or of places, or values that are no numbers.
    """
    expected = _EXPECTED.format(rows=rows, length=length)
    shape: tuple[int, ...] = getattr(value, "shape", ())
    if len(shape) == 2:
        if shape != (rows, length):
            raise InputError(f"`{name}` returned an array of shape ({shape[0]:,}, {shape[1]:,}); expected {expected}")
        return _of_array(value, name, expected)
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InputError(f"`{name}` returned {type(value).__name__}; expected {expected}")
    return _of_lists(value, name, rows, length, expected)


def _of_array(value: Any, name: str, expected: str) -> list[pa.ChunkedArray]:
    import numpy as np
    import pyarrow as pa

    try:
        # A frame, and a matrix that is sparse, know themselves how to become an array.
        plain = value.toarray() if hasattr(value, "toarray") else value
        numbers = np.asarray(plain, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"`{name}` returned values that are no numbers; expected {expected}") from error
    return [pa.chunked_array([pa.array(np.ascontiguousarray(column))]) for column in numbers.T]


def _of_lists(value: Any, name: str, rows: int, length: int, expected: str) -> list[pa.ChunkedArray]:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        lists = value if isinstance(value, pa.ChunkedArray) else pa.chunked_array([pa.array(value)])
        lists = lists.cast(pa.list_(pa.float64()))
    except (TypeError, ValueError, OverflowError, pa.ArrowException) as error:
        raise InputError(f"`{name}` returned no lists of numbers; expected {expected}") from error
    if len(lists) != rows:
        raise InputError(f"`{name}` returned {len(lists):,} vectors for {rows:,} rows")
    lengths = pc.list_value_length(lists)
    other = pc.unique(pc.filter(lengths, pc.not_equal(lengths, length))).to_pylist()
    if other:
        raise InputError(f"`{name}` returned vectors of length {min(other)}; expected {expected}")
    return [pc.list_element(lists, place) for place in range(length)]
