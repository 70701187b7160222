"""Values of command-line flags: parts of specs as JSON, ``name=PATH`` pairs, directories, moments."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from penstock.runtime.faults import InputError

T = TypeVar("T")


def spec(form: Any) -> Callable[[str], Any]:
    """A flag's type: JSON of a part of a spec, read by the class (or annotated type) that the language declares."""

    def read(text: str) -> Any:
        try:
            return TypeAdapter(form).validate_json(text)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(str(part) for part in problem['loc']) or 'value'}: {problem['msg']}"
                for problem in error.errors(include_url=False, include_context=False, include_input=False)
            )
            raise ArgumentTypeError(problems) from None

    return read


def named_directory(text: str) -> tuple[str, Path]:
    """A flag's type: ``name=PATH`` of a directory that exists."""
    name, separator, path = text.partition("=")
    if not separator or not name:
        raise ArgumentTypeError(f"expected NAME=DIRECTORY, not `{text}`")
    return name, directory(path)


def named_text(text: str) -> tuple[str, str]:
    """A flag's type: ``name=value``."""
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise ArgumentTypeError(f"expected NAME=VALUE, not `{text}`")
    return name, value


def directory(text: str) -> Path:
    """A flag's type: a directory that exists, such as the output of an earlier step."""
    path = Path(text)
    if not path.is_dir():
        raise ArgumentTypeError(f"there is no directory `{text}`")
    return path


def output_directory(text: str) -> Path:
    """A flag's type: a directory to write into, made where it is missing."""
    path = Path(text)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArgumentTypeError(f"cannot make the directory `{text}`: {error.strerror}") from None
    return path


def moment(text: str) -> datetime:
    """A flag's type: an ISO 8601 moment as UTC; now where it is empty, UTC where it names no zone."""
    if not text:
        return datetime.now(UTC)
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"expected a time such as 2026-01-31T06:00:00Z, not `{text}`") from None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def by_name(pairs: Iterable[tuple[str, T]] | None, flag: str) -> dict[str, T]:
    """The pairs of a repeated flag as a mapping, in the order given; a name given twice is an error."""
    found: dict[str, T] = {}
    for name, value in pairs or ():
        if name in found:
            raise InputError(f"{flag} names `{name}` twice")
        found[name] = value
    return found
