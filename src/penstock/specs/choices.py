"""Validation that several kinds share: of some fields exactly one, or at least one, is given."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel
from pydantic_core import PydanticCustomError

M = TypeVar("M", bound=BaseModel)


def exactly_one(node: M, *names: str) -> M:
    """`node` itself where exactly one of the fields is given; else the error ``choose-one``."""
    given = [name for name in names if getattr(node, name) is not None]
    if len(given) == 1:
        return node
    raise PydanticCustomError(
        "choose_one",
        "expected exactly one of {choices}",
        {"choices": _listed(node, names), "given": len(given)},
    )


def at_least_one(node: M, *names: str) -> M:
    """`node` itself where one or more of the fields are given; else the error ``choose-some``."""
    if any(getattr(node, name) is not None for name in names):
        return node
    raise PydanticCustomError("choose_some", "expected at least one of {choices}", {"choices": _listed(node, names)})


def _listed(node: BaseModel, names: tuple[str, ...]) -> str:
    aliases = [type(node).model_fields[name].alias or name for name in names]
    return ", ".join(f"`{alias}`" for alias in aliases)
