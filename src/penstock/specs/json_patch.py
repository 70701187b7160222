"""One operation of RFC 6902 on plain data; one that does not fit says which part of it is at fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from penstock.diagnostics.suggest import did_you_mean

Part = Literal["op", "path", "from", "value"]


class DoesNotFitError(ValueError):
    """An operation cannot be applied: which part of it is at fault, and why."""

    def __init__(self, part: Part, reason: str, guess: str | None = None) -> None:
        """`guess` is the text that the part was probably meant to be."""
        super().__init__(reason)
        self.part: Part = part
        self.guess = guess


def patched(document: Any, operation: Mapping[str, Any]) -> Any:
    """The document after one operation; the document itself stays as it is. DoesNotFitError where it does not fit."""
    import jsonpatch

    _must_fit(document, operation)
    try:
        return jsonpatch.apply_patch(document, [dict(operation)])
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise DoesNotFitError("op", str(error)) from error


def _must_fit(document: Any, operation: Mapping[str, Any]) -> None:
    """DoesNotFitError where the operation asks for what the document has not, in words that say what it has."""
    verb = operation["op"]
    if verb in ("add", "replace", "test") and "value" not in operation:
        raise DoesNotFitError("op", f"`{verb}` needs a `value`")
    if verb in ("move", "copy"):
        if "from" not in operation:
            raise DoesNotFitError("op", f"`{verb}` needs `from`")
        _find(document, "from", operation["from"])
    path = operation["path"]
    if verb == "move" and path.startswith(f"{operation['from']}/"):
        raise DoesNotFitError("path", f"`{operation['from']}` cannot be moved into itself")
    if verb == "remove" and path == "":
        raise DoesNotFitError("path", "the whole manifest cannot be removed")
    found = _find(document, "path", path, is_new=verb in ("add", "move", "copy"))
    if verb == "test" and not _are_equal(found, operation["value"]):
        reason = f"`{path}` is {_shown(found)}, not {_shown(operation['value'])}"
        raise DoesNotFitError("value", reason)


def _are_equal(one: Any, other: Any) -> bool:
    """Equality as in section 4.6 of RFC 6902: a boolean is no number, as it is to Python."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_are_equal(item, other[key]) for key, item in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_are_equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _find(document: Any, part: Part, pointer: str, *, is_new: bool = False) -> Any:
    """What stands at the pointer; with `is_new`, only what holds its last step must be there."""
    if pointer and not pointer.startswith("/"):
        raise DoesNotFitError(part, f"`{pointer}` does not start with `/`", f"/{pointer.replace('.', '/')}")
    steps = pointer.split("/")[1:]
    value, at = document, ""
    for index, raw in enumerate(steps):
        step = raw.replace("~1", "/").replace("~0", "~")
        may_be_new = is_new and index == len(steps) - 1
        where = f"`{at}`" if at else "the manifest"
        if isinstance(value, dict):
            if step not in value:
                if may_be_new:
                    return None
                near = did_you_mean(step, value)
                rest = "".join(f"/{one}" for one in steps[index + 1 :])
                guess = f"{at}/{_escaped(near[0])}{rest}" if near else None
                raise DoesNotFitError(part, f"{where} has no `{step}`", guess)
            value = value[step]
        elif isinstance(value, list):
            if may_be_new and (step == "-" or step == str(len(value))):
                return None
            if not _is_index(step) or int(step) >= len(value):
                raise DoesNotFitError(part, f"{where} is a list of {len(value)}, without index `{step}`")
            value = value[int(step)]
        else:
            raise DoesNotFitError(part, f"{where} is {_shown(value)}, which has no fields")
        at = f"{at}/{raw}"
    return value


def _is_index(step: str) -> bool:
    return step.isdecimal() and step.isascii() and (step == "0" or not step.startswith("0"))


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def _shown(value: Any) -> str:
    """A value for a sentence."""
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "a mapping"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f'the text "{value}"' if isinstance(value, str) else f"the number {value}"
