"""Values of the language compared by what they mean, and written down as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from math import isfinite, isnan
from typing import Any

from penstock.review.model import Grown
from penstock.specs.base import Node
from penstock.specs.units import Duration, Fraction, Quantity


def plain(value: Any) -> Any:
    """The value as JSON can say it, in canonical form: aliases as keys, units as text, defaults left out."""
    if isinstance(value, Node):
        return {
            info.alias or name: plain(held)
            for name, info in type(value).model_fields.items()
            if not _is_default(value, name, held := getattr(value, name))
        }
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Duration | Fraction | Quantity):
        return str(value)
    if isinstance(value, datetime):
        # In the time zone in which its writer thinks of it.
        return value.isoformat()
    if isinstance(value, Decimal) or (isinstance(value, int) and value.bit_length() > 63):
        return str(value)
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def same(before: Any, after: Any) -> bool:
    """Whether two values mean the same: `60m` and `1h`, `1000m` and `1`, a default written out and left out.

    Values of free form are the same only as the same type: to a learner, 1 and 1.0 may be different things.
    """
    if before is after:
        return True
    if type(before) is not type(after):
        # `nullable: true` is a share of 100%.
        return isinstance(before, bool | Fraction) and isinstance(after, bool | Fraction) and before == after
    if isinstance(before, Quantity):
        return bool(before.amount == after.amount)
    if isinstance(before, Node):
        return all(same(getattr(before, name), getattr(after, name)) for name in type(before).model_fields)
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(same(held, after[key]) for key, held in before.items())
    if isinstance(before, list):
        return len(before) == len(after) and all(map(same, before, after))
    if isinstance(before, float):
        # To Python 0.0 and -0.0 are equal, and no text that is made of them is.
        return repr(before) == repr(after)
    return bool(before == after)


def exact(value: Any) -> str:
    """A text that no two values have which differ in what they mean, or in type; not all that are the `same` have one.

    What `plain` gives is no such text: canonical JSON takes 1 and 1.0 for one number.
    """
    if isinstance(value, Node):
        fields = ((name, getattr(value, name)) for name in type(value).model_fields)
        return f"{type(value).__name__}({', '.join(f'{name}={exact(held)}' for name, held in fields)})"
    if isinstance(value, Mapping):
        entries = sorted((repr(key), exact(held)) for key, held in value.items())
        return f"{{{', '.join(f'{key}: {held}' for key, held in entries)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(exact, value))}]"
    return f"Quantity({value.amount.normalize()})" if isinstance(value, Quantity) else repr(value)


def magnitude(value: Any) -> Decimal | datetime | None:
    """What orders the value among its like, in its base unit; None where nothing does."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, Quantity):
        return value.amount
    if isinstance(value, bool | int):
        return Decimal(int(value))
    if isinstance(value, Decimal):
        return Decimal(value)
    if isinstance(value, float) and not isnan(value):
        return Decimal(repr(value))
    return None


def distance(before: Any, after: Any) -> Grown | None:
    """How far two shares, durations or plain numbers lie apart; None for other values."""
    first, second = magnitude(before), magnitude(after)
    if not isinstance(first, Decimal) or not isinstance(second, Decimal) or isinstance(before, Quantity):
        return None
    apart = abs(second - first)
    if not apart.is_finite():
        return None
    if isinstance(before, Duration) and isinstance(after, Duration):
        return Grown(float(apart / 1000), "seconds")
    if isinstance(before, Fraction) or isinstance(after, Fraction):
        return Grown(float(apart * 100), "points")
    return Grown(float(apart), "plain")


def _is_default(node: Node, name: str, value: Any) -> bool:
    if type(node).model_fields[name].is_required():
        return False
    return same(value, _default(type(node), name))


@cache
def _default(cls: type[Node], name: str) -> Any:
    info = cls.model_fields[name]
    default = info.get_default(call_default_factory=True)
    annotation = info.annotation
    if isinstance(default, dict) and isinstance(annotation, type) and issubclass(annotation, Node):
        return annotation.model_validate(default)
    return default
