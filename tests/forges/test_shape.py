"""A value of an answer has the type that is asked for, or there is an error that names its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from penstock.forges.github.shape import Shape, is_repository
from penstock.forges.protocol import ForgeError

READS: dict[str, tuple[Callable[[Shape], object], list[object]]] = {
    "a mapping": (lambda shape: shape["login"], [None, "text", ["login"]]),
    "a string": (Shape.text, [None, 1, True, ["text"]]),
    "true or false": (Shape.truth, [None, 0, "true"]),
    "an integer": (Shape.number, [None, "1", 1.0, True]),
    "the full id of a commit": (Shape.object_id, ["", "abc", "A" * 40, "a" * 41, "a" * 63, f"{'a' * 40}\n"]),
    "the full name of a repository": (Shape.repository, ["", "acme", "acme/..", "acme/.", "acme/a/b", "acme/a b"]),
    "a timestamp": (Shape.instant, ["", "yesterday", "2026-13-01T00:00:00Z"]),
    "a timestamp with a time zone": (Shape.instant, ["2026-03-02T12:00:00", "2026-03-02"]),
    "a list": (Shape.items, [None, {}, "text"]),
}


@pytest.mark.parametrize(
    ("wanted", "value"), [(wanted, value) for wanted, (_, wrong) in READS.items() for value in wrong]
)
def test_what_has_another_type_is_an_error_at_its_place(wanted: str, value: object) -> None:
    read, _ = READS[wanted]
    with pytest.raises(ForgeError, match=rf"^`actor` of the review is not {wanted}, unlike what GitHub documents"):
        read(Shape({"actor": value}, "the review")["actor"])


@pytest.mark.parametrize("value", [True, "1.0", "-1", "٣", None])
def test_a_count_is_an_integer_or_its_digits(value: object) -> None:
    with pytest.raises(ForgeError, match="is not an integer"):
        Shape(value, "the id").count()
    assert Shape("12", "the id").count() == Shape(12, "the id").count() == 12


def test_what_is_not_there_is_null_and_an_item_knows_its_number() -> None:
    shape = Shape({"users": [{"login": "ada"}, {}], "text": ""}, "the answer")
    first, second = shape["users"].items()
    assert (first["login"].text(), first.is_null, second.is_null) == ("ada", False, True)
    assert second.place == "item 2 of `users` of the answer"
    assert (shape["team"].is_null, shape["text"].is_null, shape["users"].is_null) == (True, False, False)
    assert (shape["team"].text_or_empty(), shape["text"].text_or_empty()) == ("", "")
    with pytest.raises(ForgeError, match="is not a string"):
        shape["users"].text_or_empty()


def test_a_moment_keeps_its_offset() -> None:
    assert Shape("2026-03-02T13:00:00+01:00", "the time").instant() == datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize("digits", [40, 64])
def test_ids_of_both_kinds_of_git_objects_are_full(digits: int) -> None:
    assert Shape("0f" * (digits // 2), "the commit").object_id() == "0f" * (digits // 2)


def test_a_name_with_dots_is_a_repository() -> None:
    assert is_repository("acme/.github")
    assert is_repository("acme/models.v2")
