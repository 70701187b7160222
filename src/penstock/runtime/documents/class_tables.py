"""Tables of a multiclass model in a card: the figures of each class, what is taken for what, and the rows by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from penstock.runtime.artifacts import PARTS
from penstock.runtime.documents.markdown import Markdown, escaped, interval_text, table, value_text

Class = Mapping[str, Any]

MOST_COLUMNS = 12
"""Classes up to which a matrix of them is read with ease; of more, the commonest mistakes are listed."""
_MOST_MISTAKES = 15


def class_table(classes: Sequence[Class]) -> Markdown:
    """Precision, recall and F1 of each class, and how many test rows are of it."""
    rows = [
        (
            each["class"],
            value_text(each["precision"]["estimate"]),
            interval_text(each["precision"]),
            value_text(each["recall"]["estimate"]),
            interval_text(each["recall"]),
            value_text(each["f1"]),
            f"{each['rows']:,}",
        )
        for each in classes
    ]
    header = ("Class", "Precision", "Interval", "Recall", "Interval", "F1", "Rows")
    return table(header, rows, right=(1, 3, 5, 6))


def confusion_table(classes: Sequence[Class]) -> Markdown:
    """How often each class is said of the rows of each, with a sentence that says how to read it."""
    if len(classes) > MOST_COLUMNS:
        return _mistakes(classes)
    header = ("True class", *(f"predicted {each['class']}" for each in classes))
    rows = [
        (each["class"], *(_cell(count, right=number == row) for number, count in enumerate(each["said"])))
        for row, each in enumerate(classes)
    ]
    reading = "Test rows by true class (lines) and predicted class (columns); correct predictions are bold."
    return _below(reading, table(header, rows, right=range(1, len(classes) + 1)))


def class_row_table(parts: Mapping[str, Mapping[str, Any]]) -> Markdown:
    """How many rows of each part are of each class; empty where the label is no class."""
    counted = {name: parts[name]["classes"] for name in sorted(parts, key=PARTS.index) if "classes" in parts[name]}
    names = sorted({name for classes in counted.values() for name in classes})
    if not names:
        return Markdown()
    rows = [(name, *(f"{classes.get(name, 0):,}" for classes in counted.values())) for name in names]
    header = ("Class", *(f"Rows of {part}" for part in counted))
    return table(header, rows, right=range(1, len(counted) + 1))


def _mistakes(classes: Sequence[Class]) -> Markdown:
    found = [
        (count, row, number)
        for row, each in enumerate(classes)
        for number, count in enumerate(each["said"])
        if count and number != row
    ]
    if not found:
        return Markdown("The model predicts every test row correctly.")
    found.sort(key=lambda mistake: (-mistake[0], *mistake[1:]))
    rows = [
        (classes[row]["class"], classes[number]["class"], f"{count:,}", f"{count / classes[row]['rows']:.1%}")
        for count, row, number in found[:_MOST_MISTAKES]
    ]
    wrong = sum(count for count, _, _ in found)
    shown = (
        f"the {len(rows)} most frequent of {len(found):,} confusions are"
        if len(found) > len(rows)
        else "all confusions are"
    )
    reading = f"The model predicts a wrong class for {wrong:,} test rows; {shown} listed."
    header = ("True class", "Predicted class", "Rows", "Share of the true class")
    return _below(reading, table(header, rows, right=(2, 3)))


def _cell(count: int, *, right: bool) -> Markdown:
    return Markdown(f"**{count:,}**" if right else f"{count:,}")


def _below(sentence: str, below: Markdown) -> Markdown:
    return Markdown(f"{escaped(sentence)}\n\n{below}")
