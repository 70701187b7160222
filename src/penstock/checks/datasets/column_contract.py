"""A column's contract contradicts itself.

What it does: reports bounds that allow no value, bounds on text, values of another type, regular expressions that do
not compile or are not valid RE2, nullable key columns, and columns whose names differ only in case.

Why: such a contract either rejects every row or checks nothing. To SQL, names that differ only in case are the same.

Example:

    distance: {type: int, min: 5000, max: 80}

Use instead:

    distance: {type: int, min: 80, max: 5000}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.datasets.regular_expressions import fault
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Pointer
from penstock.specs.dataset import Column, Dataset
from penstock.specs.numbers import number

_NUMBERS = ("int", "float")


@rule("column-contract")
def column_contract(view: View, dataset: Dataset) -> Iterator[Diagnostic]:
    """Yields each contradiction."""
    yield from _alike(view, dataset)
    for name, column in dataset.spec.columns.items():
        pointer: Pointer = ("columns", name)
        yield from _bounds(view, dataset, name, column, pointer)
        yield from _values(view, dataset, name, column, pointer)
        yield from _pattern(view, dataset, column, pointer)
        if name in dataset.spec.primary_key and column.nullable is not False:
            yield _error(
                view, dataset, (*pointer, "nullable"), f"`{name}` is part of the primary key and nullable",
                "a key must identify every row: delete `nullable`",
            )  # fmt: skip
    for position, check in enumerate(dataset.spec.checks):
        rows = check.rows
        if rows is not None and rows.at_least is not None and rows.at_most is not None and rows.at_least > rows.at_most:
            yield _error(
                view, dataset, ("checks", position, "rows", "atMost"),
                f"no row count is at least {rows.at_least:,} and at most {rows.at_most:,}",
                "write the larger number as `atMost`",
            )  # fmt: skip


def _alike(view: View, dataset: Dataset) -> Iterator[Diagnostic]:
    """Names that are one to the database, to which letters of ASCII alone have two cases."""
    first: dict[bytes, str] = {}
    for name in dataset.spec.columns:
        other = first.setdefault(name.encode("utf-8", "surrogatepass").lower(), name)
        if other != name:
            yield Diagnostic.error(
                "column-contract",
                f"the columns `{other}` and `{name}` differ only in case, and SQL treats them as one",
                view.span(dataset, ("columns", name), "key"),
                secondary=(Label(view.span(dataset, ("columns", other), "key"), "the other one"),),
                help=("leave one out of the contract, or rename it in the source",),
            )


def _bounds(view: View, dataset: Dataset, name: str, column: Column, pointer: Pointer) -> Iterator[Diagnostic]:
    for key, value in (("min", column.min), ("max", column.max)):
        if value is not None and column.type not in _NUMBERS:
            yield _error(
                view, dataset, (*pointer, key), f"`{key}` is set on a column of type `{column.type}`",
                f"`min` and `max` are for numbers; use {'`oneOf`, `matches`, or ' if column.type == 'string' else ''}"
                "a check in SQL",
            )  # fmt: skip
            return
    if column.min is not None and column.max is not None and column.min > column.max:
        yield _error(
            view, dataset, (*pointer, "max"),
            f"no value of `{name}` is at least {number(column.min)} and at most {number(column.max)}",
            "write the smaller bound as `min`",
        )  # fmt: skip


def _values(view: View, dataset: Dataset, name: str, column: Column, pointer: Pointer) -> Iterator[Diagnostic]:
    if column.one_of is None:
        return
    if column.type not in ("string", "int"):
        yield _error(
            view, dataset, (*pointer, "oneOf"), f"`oneOf` is set on a column of type `{column.type}`",
            "`oneOf` is for `string` and `int`",
        )  # fmt: skip
        return
    for position, value in enumerate(column.one_of):
        is_text = isinstance(value, str)
        if is_text != (column.type == "string"):
            right = f'"{value}"' if not is_text else str(value)
            yield _error(
                view, dataset, (*pointer, "oneOf", position),
                f"`{value}` is {'text' if is_text else 'a number'}, but `{name}` is declared as `{column.type}`",
                f"write `{right}`" if not is_text or str(value).lstrip("-").isdigit() else "declare it as `string`",
            )  # fmt: skip
        elif isinstance(value, int):
            yield from _beyond(view, dataset, column, value, (*pointer, "oneOf", position))


def _beyond(view: View, dataset: Dataset, column: Column, value: int, at: Pointer) -> Iterator[Diagnostic]:
    """A value that is allowed by its name and not by the bounds."""
    for key, bound, word in (("min", column.min, "below"), ("max", column.max, "above")):
        if bound is not None and (value < bound if key == "min" else value > bound):
            yield _error(
                view, dataset, at, f"`{value}` is one of the allowed values, but {word} `{key}`",
                f"remove the value, or `{key}`: of a list of values the smallest and the largest are known",
            )  # fmt: skip


def _pattern(view: View, dataset: Dataset, column: Column, pointer: Pointer) -> Iterator[Diagnostic]:
    if column.matches is None:
        return
    at = (*pointer, "matches")
    if column.type != "string":
        yield _error(
            view, dataset, at, f"`matches` needs text, but the column is declared as `{column.type}`",
            "declare the column as `string`, or use `min` and `max`",
        )  # fmt: skip
        return
    found = fault(column.matches)
    if found is not None:
        yield Diagnostic.error(
            "column-contract",
            found.headline,
            view.span(dataset, at, within=found.at),
            found.message,
            help=(found.advice,) if found.advice else (),
        )


def _error(view: View, dataset: Dataset, pointer: Pointer, headline: str, advice: str) -> Diagnostic:
    return Diagnostic.error("column-contract", headline, view.span(dataset, pointer), help=(advice,))
