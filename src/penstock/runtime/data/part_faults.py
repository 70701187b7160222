"""Parts of a split from which nothing can be learned, or on which nothing can be judged, and what to change."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from penstock.diagnostics.grammar import joined
from penstock.runtime.artifacts import EVENT_TIME, LABEL, FeatureColumn
from penstock.runtime.faults import InputError
from penstock.specs.addresses import Address
from penstock.specs.model import Label, TimeSplit
from penstock.specs.numbers import number

if TYPE_CHECKING:
    import pyarrow as pa

_FEW = 100
"""One row in so many may have a label that is known at once by coincidence, or because it is so."""


def refuse_unusable(args: argparse.Namespace, parts: Mapping[str, Mapping[str, Any]], labelled: pa.Table) -> None:
    """An `InputError` where a part is empty or holds one class only.

    `args` are those of the step ``split``, `parts` what ``splits.json`` tells of them, `labelled` all rows that have a
    label.
    """
    place = Address("Model", args.model).key("split")
    for name, facts in parts.items():
        if not facts["rows"]:
            fall = _where_rows_fall(args.split, parts, labelled)
            raise InputError(f"{place}: no row falls into the {name} split; {fall}")
        if args.task == "regression":
            _refuse_one_number(args, labelled)
        elif _is_of_one_class(facts):
            raise InputError(_one_class(args, name, facts, labelled))


def without_label(args: argparse.Namespace, left_out: Mapping[str, int], rows: int) -> str:
    """The warning that most rows are left out since they have no label; empty where most have one."""
    missing, due = left_out["without_label"], rows - left_out["not_due"]
    if missing * 2 <= due:
        return ""
    horizon = "" if args.label.horizon is None else f" within the horizon of {args.label.horizon!s}"
    return (
        f"{Address('Model', args.model).key('label')}: {missing:,} of {due:,} rows have no label{horizon} and are left "
        f"out: check that both datasets name an entity and its times alike"
    )


def known_at_once(args: argparse.Namespace, rows: int, labelled: int, seeing: Sequence[str]) -> str:
    """The warning that rows see their own label; empty where no feature sees labels, or almost none is known so soon.

    `rows` of those that are `labelled` have a label that counts as known at their own time; the features `seeing` read
    the label's dataset as of a row's time.
    """
    if not seeing or rows * _FEW <= labelled:
        return ""
    dataset = args.label.dataset
    return (
        f"{Address('Model', args.model).key('label')}: {rows:,} of {labelled:,} rows have a label that counts as known "
        f"at their own time, so that features see it that read `{dataset}` by `latest` or `aggregate`, such as "
        f"`{seeing[0]}`: declare `knownAt` of `{dataset}` with the time at which a label becomes known"
    )


def classes_missing_from_training(args: argparse.Namespace, parts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The classes of which the training rows show none, so that the model never says them: a sentence each."""
    column = Address("Dataset", args.label.dataset).key("columns").key(args.label.column)
    learned = parts["train"].get("classes", {})
    elsewhere = {name: part["classes"] for name, part in parts.items() if name != "train" and "classes" in part}
    found = []
    for one in sorted({one for classes in elsewhere.values() for one in classes} - set(learned)):
        counts = [f"{classes[one]:,} in {name}" for name, classes in elsewhere.items() if one in classes]
        found.append(
            f"{column}: the train split has no row of the class `{one}`, so the model never predicts it (rows of it: "
            f"{', '.join(counts)})"
        )
    return found


def features_missing_from_a_part(tables: Mapping[str, pa.Table], features: Sequence[FeatureColumn]) -> list[str]:
    """The features that some parts have and others lack in all of their rows: a sentence for each."""
    found = []
    for feature in features:
        lacking = [name for name, part in tables.items() if part[feature.name].null_count == part.num_rows]
        having = [name for name in tables if name not in lacking]
        if lacking and having:
            rows = "no row of the " + " and the ".join(f"{name} split" for name in lacking)
            found.append(
                f"feature `{feature.set}.{feature.name}`: {rows} has a value, but rows of {joined(having)} have: check "
                f"whether what it is computed from has ended or not yet begun"
            )
    return found


def _refuse_one_number(args: argparse.Namespace, labelled: pa.Table) -> None:
    """An `InputError` where all rows have the same number for a label."""
    import pyarrow.compute as pc

    least, most = (each(labelled[LABEL]).as_py() for each in (pc.min, pc.max))
    if least == most:
        raise InputError(_nothing_to_learn(args, f"all {labelled.num_rows:,} rows have the label {number(least)}"))


def _is_of_one_class(facts: Mapping[str, Any]) -> bool:
    return len(facts["classes"]) < 2 if "classes" in facts else facts["positives"] in (0, facts["rows"])


def _one_class(args: argparse.Namespace, name: str, facts: Mapping[str, Any], labelled: pa.Table) -> str:
    """The sentence on a part whose rows have one label, which may be that of all rows."""
    import pyarrow.compute as pc

    column = Address("Dataset", args.label.dataset).key("columns").key(args.label.column)
    one = next(iter(facts["classes"])) if "classes" in facts else int(facts["positives"] > 0)
    others = labelled.num_rows - int(pc.sum(pc.equal(labelled[LABEL], one)).as_py() or 0)
    if not others:
        return _nothing_to_learn(args, _have(labelled.num_rows, "", one, args.label))
    these = _have(facts["rows"], f" of the {name} split", one, args.label)
    have = "1 row has" if others == 1 else f"{others:,} rows have"
    return (
        f"{Address('Model', args.model).key('split')}: {these}; elsewhere {have} another ({column}): give the split "
        f"more rows, or split so that each split has some of them"
    )


def _nothing_to_learn(args: argparse.Namespace, all_rows: str) -> str:
    column = Address("Dataset", args.label.dataset).key("columns").key(args.label.column)
    return (
        f"{column}: {all_rows}, so there is nothing to learn: check whether the source has rows of any other label, "
        f"and whether the model's `label` names the right column"
    )


def _have(rows: int, where: str, one: str | int, label: Label) -> str:
    """That all rows have one label, in the words of the spec."""
    if isinstance(one, str):
        return f"all {rows:,} rows{where} have the label `{one}`"
    positive = "" if label.positive is None else f" `{str(label.positive).lower()}`"
    if one:
        return f"all {rows:,} rows{where} have the positive label{positive}"
    return f"none of {rows:,} rows{where} has the positive label{positive}"


def _where_rows_fall(split: Any, parts: Mapping[str, Mapping[str, Any]], labelled: pa.Table) -> str:
    """Into which parts the rows fall, and what would bring some into each."""
    import pyarrow.compute as pc

    counts = " and ".join(f"{facts['rows']:,} into {name}" for name, facts in parts.items() if facts["rows"])
    rows = f"of {labelled.num_rows:,} rows that have a label, {counts or 'none into another'}"
    if not isinstance(split, TimeSplit):
        return f"{rows}: provide more rows, or change the shares"
    first, last = (str(each(labelled[EVENT_TIME])) for each in (pc.min, pc.max))
    return (
        f"{rows}: they range from {first} to {last}, and `test`, `gap` and `validation` are cut from the end: shorten "
        f"these, or read a longer period"
    )
