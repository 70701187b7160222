"""One byte string for each JSON value (RFC 8785, the JSON Canonicalization Scheme), and its digest.

Numbers are written as ECMAScript writes them, so that 1 and 1.0 are one value. Beyond the RFC,
integers of up to 64 bits keep all their digits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from math import isfinite
from typing import Any

import orjson


def digest(value: Any) -> str:
    """`sha256:` and the hexadecimal SHA-256 of the canonical JSON of `value`.

    Errors as `canonical_json`.
    """
    return "sha256:" + hashlib.sha256(canonical_json(value)).hexdigest()


def bytes_digest(data: bytes) -> str:
    """`sha256:` and the hexadecimal SHA-256 of `data`."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def canonical_json(value: Any) -> bytes:
    """The canonical JSON of plain data; tuples count as lists, and an `orjson.Fragment` is canonical JSON already.

    ValueError for a float that is not finite; TypeError for other types, for keys that are not
    text, and for integers of more than 64 bits.
    """
    try:
        return orjson.dumps(_numbered(value), option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS)
    except _NotAsciiError:
        return orjson.dumps(_ordered(value), option=orjson.OPT_PASSTHROUGH_SUBCLASS)


def pointed(value: Any) -> Any:
    """Plain data in which whole floats keep their point: for comparisons in which 1 and 1.0 differ."""
    if isinstance(value, dict):
        return {key: pointed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [pointed(item) for item in value]
    return orjson.Fragment(repr(value)) if type(value) is float and value.is_integer() else value


class _NotAsciiError(Exception):
    """A key is not ASCII, so that its place is not where orjson would sort it."""


def _numbered(value: Any) -> Any:
    """The value with its floats as they are to be written; its mappings are still to be sorted."""
    kind = type(value)
    if kind is dict:
        if not _is_ascii(value):
            raise _NotAsciiError
        return {key: item if type(item) is str else _numbered(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [item if type(item) is str else _numbered(item) for item in value]
    return _scalar(value, kind)


def _ordered(value: Any) -> Any:
    """The same with sorted mappings, whatever their keys: in the order of their UTF-16 code units."""
    kind = type(value)
    if kind is dict:
        keys = sorted(value) if _is_ascii(value) else sorted(value, key=_utf16)
        return {key: _ordered(value[key]) for key in keys}
    if kind is list or kind is tuple:
        return [_ordered(item) for item in value]
    return _scalar(value, kind)


def _scalar(value: Any, kind: type) -> Any:
    if kind is str or kind is int or kind is bool or value is None or kind is orjson.Fragment:
        return value
    if kind is float:
        if not isfinite(value):
            raise ValueError("a float that is not finite has no canonical JSON")
        return orjson.Fragment(_ecmascript(value))
    raise TypeError(f"not plain data: {kind.__name__}")


def _is_ascii(keys: Iterable[Any]) -> bool:
    try:
        return "".join(keys).isascii()
    except TypeError:
        other = next(key for key in keys if type(key) is not str)
        raise TypeError(f"JSON keys must be text, not {type(other).__name__}") from None


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _ecmascript(value: float) -> str:
    """Number::toString of ECMA-262, section 6.1.6.1.20, on the shortest digits that round-trip."""
    if value == 0:
        return "0"
    text = repr(value)
    if 1e-4 <= abs(value) < 1e16:
        # Here Python writes what ECMAScript does, but for whole numbers.
        return text.removesuffix(".0")
    sign, digits, exponent = Decimal(text).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)
    prefix = "-" if sign else ""
    if len(text) <= point <= 21:
        return prefix + text + "0" * (point - len(text))
    if 0 < point <= 21:
        return f"{prefix}{text[:point]}.{text[point:]}"
    if -6 < point <= 0:
        return f"{prefix}0.{'0' * -point}{text}"
    fraction = f".{text[1:]}" if len(text) > 1 else ""
    return f"{prefix}{text[0]}{fraction}e{point - 1:+d}"
