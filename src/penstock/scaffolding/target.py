"""What a model of a column would be: its task, and which value is the positive one."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.runtime.profiling.model import ColumnProfile, Profile
from penstock.scaffolding.refusal import RefusalError
from penstock.specs.metrics import Task

_MOST_CODES = 10
"""Different whole numbers up to which they are taken for classes."""
_ROWS_OF_A_CLASS = 5
"""Rows that each class has at least, on average, where texts are classes and no names."""
_POSITIVE = ("yes", "y", "true", "t", "1", "positive", "pos")


@dataclass(frozen=True, slots=True)
class Target:
    """The column to predict."""

    column: ColumnProfile
    task: Task
    positive: str | int | None
    """Where the language needs to be told which of two values is the positive one."""

    @property
    def words(self) -> str:
        """The task as a sentence has it."""
        if self.task == "binary" and self.positive is not None:
            return f"binary, `{self.positive}` is positive"
        return f"{self.column.distinct} classes" if self.task == "multiclass" else self.task


def target_of(column: ColumnProfile, rows: int, task: Task | None = None) -> Target:
    """What predicting a column is; `task` where somebody has said it.

    Raises:
        RefusalError: there is no such task.
    """
    place = f"the target `{column.name}`"
    if column.type is None:
        raise RefusalError(f"{place} holds {column.stored}; expected numbers, texts or booleans")
    if column.type in ("date", "timestamp"):
        raise RefusalError(f"{place} is a time, which no task predicts: name a number, such as the days until then")
    if column.distinct < 2:
        raise RefusalError(
            f"{place} has {'one value' if column.distinct else 'no value'}, so there is nothing to learn"
        )
    found = task or _task(column, rows)
    if found == "binary" and column.distinct != 2:
        raise RefusalError(f"{place} has {column.distinct:,} different values; `binary` needs two")
    if found == "regression" and column.type not in ("int", "float"):
        raise RefusalError(f"{place} holds {column.stored}; `regression` needs numbers")
    if found != "regression" and column.type == "float":
        raise RefusalError(f"{place} holds fractions such as 0.0; write classes as whole numbers or texts")
    if found != "regression" and column.distinct * _ROWS_OF_A_CLASS > rows:
        raise RefusalError(
            f"{place} has {column.distinct:,} different values in {rows:,} rows, too few of each to learn from"
        )
    return Target(column, found, _positive(column) if found == "binary" else None)


def possible_targets(profile: Profile) -> list[Target]:
    """Every column that could be predicted, in the order of the file."""
    found = []
    for column in profile.columns:
        try:
            found.append(target_of(column, profile.rows))
        except RefusalError:
            continue
    return found


def _task(column: ColumnProfile, rows: int) -> Task:
    if column.type == "float":
        return "regression"
    if column.distinct == 2:
        return "binary"
    if column.type == "int" and (column.distinct > _MOST_CODES or column.distinct * _ROWS_OF_A_CLASS > rows):
        return "regression"
    return "multiclass"


def _positive(column: ColumnProfile) -> str | int | None:
    """The value that says yes; else the rarer one, which is what most people look for. None where it goes unsaid."""
    values = [value for value, _ in column.counts]
    if column.type == "bool" or (column.type == "int" and sorted(values) == [0, 1]):
        return None
    said = [value for value in values if str(value).strip().lower() in _POSITIVE]
    return said[0] if len(said) == 1 else max(values) if column.type == "int" else values[-1]
