"""Join the feature sets of a model with its label, and part the rows into training, validation and test.

``splits.json`` tells what is in the three tables: features with their types, the label, counts, label rates, times, and
how many rows were left out for which reason. Of a column that says which rows belong together, the tables hold a number
for each value, which tells them apart and nothing else.

What tells rows apart, their times and their labels are in memory; the features stay in their files until the rows of
the parts are known, and are read one after the other then.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from penstock.runtime import arguments
from penstock.runtime.artifacts import (
    CLUSTER_PREFIX,
    DATA_FILE,
    ENTITY_PREFIX,
    EVENT_TIME,
    LABEL,
    PARTS,
    SLICE_PREFIX,
    FeatureColumn,
    read_json,
    write_json,
    write_table,
)
from penstock.runtime.data.engine import connect, identifier, query
from penstock.runtime.data.labels import labelled
from penstock.runtime.data.part_faults import (
    classes_missing_from_training,
    features_missing_from_a_part,
    known_at_once,
    refuse_unusable,
    without_label,
)
from penstock.runtime.data.parts import AnySplit, assign, carried
from penstock.runtime.data.stored import held, stored
from penstock.runtime.data.timed import POSITION, TimedTable, refuse_other_kinds, with_position
from penstock.runtime.faults import InputError
from penstock.specs.metrics import Task
from penstock.specs.model import Except, FeatureChoice, GroupSplit, Label, TimeSplit

if TYPE_CHECKING:
    import pyarrow as pa

    from penstock.runtime.data.stored import Table

_PLACE = "@place."
"""With a feature set's name, the column with the place of each row in that set; null where it has none there."""
_log = logging.getLogger(__name__)

_SPLIT = Annotated[AnySplit, Field(discriminator="by")]


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """The output of the step ``features`` with the features that the model takes of it."""

    name: str
    table: Table
    chosen: tuple[FeatureColumn, ...]
    sees: Mapping[str, str]
    """By feature the dataset of which it sees rows as they become known; features of other forms are left out."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the step."""
    parser.add_argument("--model", required=True, help="name of the model")
    parser.add_argument("--task", required=True, choices=["binary", "multiclass", "regression"])
    parser.add_argument(
        "--features",
        action="append",
        required=True,
        type=arguments.named_directory,
        help="SET=DIRECTORY of each",
    )
    parser.add_argument(
        "--choice", required=True, type=arguments.spec(dict[str, FeatureChoice]), help="its `features` as JSON"
    )
    parser.add_argument("--label", required=True, type=arguments.spec(Label), help="its `label` as JSON")
    parser.add_argument("--label-table", required=True, type=arguments.directory, help="validated dataset of the label")
    parser.add_argument("--slices", default=[], type=arguments.spec(list[str]), help="its `slices` as JSON")
    parser.add_argument(
        "--clusters", default=[], type=arguments.spec(list[str]), help="columns by which gates cluster rows, as JSON"
    )
    parser.add_argument("--split", required=True, type=arguments.spec(_SPLIT), help="its `split` as JSON")
    parser.add_argument("--seed", default=0, type=int, help="its `seed`, recorded with the splits")
    parser.add_argument("--splits", required=True, type=arguments.output_directory, help="output directory")


def run(args: argparse.Namespace) -> None:
    """Write ``train.parquet``, ``validation.parquet``, ``test.parquet`` and ``splits.json``."""
    directories = arguments.by_name(args.features, "--features")
    sets = [read_features(name, path, args.choice) for name, path in directories.items()]
    label_table = TimedTable.read(args.label.dataset, args.label_table)
    joined = join(sets)
    found = labelled(joined, args.label, label_table, args.task)
    table = found.table
    part = assign(table, args.split)
    features = tuple(feature for each in sets for feature in each.chosen)
    clusters = list(dict.fromkeys([*_groups(args.split), *args.clusters]))
    tables = part_tables(with_clusters(table, clusters), part, sets, args.slices)
    facts = {
        "model": args.model,
        "task": args.task,
        "seed": args.seed,
        "features": [feature.as_json() for feature in features],
        "slices": args.slices,
        "clusters": clusters,
        "entity": [name.removeprefix(ENTITY_PREFIX) for name in table.column_names if name.startswith(ENTITY_PREFIX)],
        "label": {
            **args.label.model_dump(mode="json", by_alias=True, exclude_defaults=True),
            "classes": list(found.classes),
        },
        "split": args.split.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "rows": joined.num_rows,
        "left_out": {
            "without_label": found.without_label,
            "not_due": found.not_due,
            "without_time": (timeless := _without_time(table, args.split)),
            "gap": part.null_count - timeless,
        },
        "parts": {name: describe(each, args.task) for name, each in tables.items()},
    }
    refuse_unusable(args, facts["parts"], table)
    few = without_label(args, facts["left_out"], joined.num_rows)
    seeing = [f"{one.name}.{feature}" for one in sets for feature, of in one.sees.items() if of == args.label.dataset]
    seen = known_at_once(args, found.known_at_once, found.table.num_rows, seeing)
    for warning in (
        *(warning for warning in (few, seen) if warning),
        *classes_missing_from_training(args, facts["parts"]),
        *features_missing_from_a_part(tables, features),
    ):
        _log.warning("warning: %s", warning)
    for name, each in tables.items():
        write_table(args.splits / f"{name}.parquet", each)
    write_json(args.splits / "splits.json", facts)
    _log.info("%s: %s", args.model, ", ".join(f"{facts['parts'][name]['rows']:,} {name}" for name in PARTS))


def read_features(name: str, directory: Path, choice: Mapping[str, FeatureChoice]) -> FeatureTable:
    """A feature set's output; an `InputError` where the model chooses features that it does not have."""
    facts = read_json(directory / "features.json")
    available = [FeatureColumn(each["name"], each["type"], name, each.get("vector", "")) for each in facts["features"]]
    known = dict.fromkeys(column.feature for column in available)
    if name not in choice:
        raise InputError(f"`--choice` does not say which features of `{name}` the model uses")
    chosen = choice[name]
    if isinstance(chosen, list) and (unknown := [each for each in chosen if each not in known]):
        raise InputError(f"feature set `{name}` has no feature `{unknown[0]}`; it has {', '.join(known)}")
    # What a model leaves out need not have been computed for it.
    left_out = chosen.except_ if isinstance(chosen, Except) else ()
    wanted = known if chosen == "all" or isinstance(chosen, Except) else chosen
    taken = tuple(column for column in available if column.feature in wanted and column.feature not in left_out)
    names = {column.name for column in taken}
    sees = {each["name"]: each["sees"] for each in facts["features"] if each["name"] in names and "sees" in each}
    return FeatureTable(name, stored(directory / DATA_FILE), taken, sees)


def join(sets: Sequence[FeatureTable]) -> pa.Table:
    """The rows of the first feature set, with the places of their features in each set, for `features_of`.

    Another set's row for the same entity counts only where its event time is not after the first's: it would know more
    than the row may.
    """
    _refuse_clashes(sets)
    first = sets[0]
    table = held(first.table.select([name for name in first.table.column_names if name.startswith("@")]))
    table = table.append_column(_PLACE + first.name, with_position(table)[POSITION])
    for other in sets[1:]:
        table = _joined(table, other)
    return table


def features_of(
    sets: Sequence[FeatureTable], rows: Mapping[str, pa.Table]
) -> Iterator[tuple[str, dict[str, pa.ChunkedArray]]]:
    """Each feature by name, with its values for several tables of rows that `join` has made."""
    for each in sets:
        for feature in each.chosen:
            values = each.table[feature.name].combine_chunks()
            yield feature.name, {name: values.take(some[_PLACE + each.name]) for name, some in rows.items()}


def with_features(sets: Sequence[FeatureTable], rows: pa.Table) -> pa.Table:
    """Rows that `join` has made with their features."""
    table = rows.select([name for name in rows.column_names if not name.startswith(_PLACE)])
    for name, values in features_of(sets, {"rows": rows}):
        table = table.append_column(name, values["rows"])
    return table


def _joined(table: pa.Table, other: FeatureTable) -> pa.Table:
    place = f"feature set `{other.name}`"
    entity = [name for name in table.column_names if name.startswith(ENTITY_PREFIX)]
    aside = held(other.table.select([name for name in other.table.column_names if name.startswith("@")]))
    theirs = [name for name in aside.column_names if name.startswith(ENTITY_PREFIX)]
    if sorted(entity) != sorted(theirs):
        listed = ", ".join(f"`{name.removeprefix(ENTITY_PREFIX)}`" for name in entity)
        raise InputError(f"{place} is not of the entity {listed}, on which the model's other features are joined")
    refuse_other_kinds(aside, table, [(name, name) for name in entity], place)
    timed = [EVENT_TIME] if EVENT_TIME in table.column_names and EVENT_TIME in aside.column_names else []
    ours, theirs = (with_position(each.select([*entity, *timed])) for each in (table, aside))
    connection = connect({"ours": ours, "theirs": theirs})
    keys = ", ".join(map(identifier, entity))
    present = " AND ".join(f"{identifier(name)} IS NOT NULL" for name in entity)
    counted = f"count(*), count(*) FILTER (WHERE {present}), count(DISTINCT ROW({keys})) FILTER (WHERE {present})"
    counts = query(connection, f"SELECT {counted} FROM theirs", place)
    rows, known, distinct = (counts.column(number)[0].as_py() for number in range(3))
    if known != rows:
        listed = ", ".join(f"`{name.removeprefix(ENTITY_PREFIX)}`" for name in entity)
        have = "row lacks its" if rows - known == 1 else "rows lack their"
        raise InputError(
            f"{place}: {rows - known:,} {have} entity {listed}, so it is unknown what to join them with: declare the "
            f"entity's columns without `nullable`, and leave such rows out"
        )
    if distinct != known:
        raise InputError(f"{place} has several rows for one entity, so it cannot be joined")
    meets = [f"ours.{identifier(name)} = theirs.{identifier(name)}" for name in entity]
    meets += [f"theirs.{identifier(name)} <= ours.{identifier(name)}" for name in timed]
    sql = f"""
        SELECT theirs.{identifier(POSITION)} FROM ours LEFT JOIN theirs ON {" AND ".join(meets)}
        ORDER BY ours.{identifier(POSITION)}
    """
    met = query(connection, sql, place).column(0)
    table = table.append_column(_PLACE + other.name, met)
    for name in aside.column_names:
        if name.startswith(SLICE_PREFIX) and name not in table.column_names:
            table = table.append_column(name, aside[name].take(met))
    return table


def _refuse_clashes(sets: Sequence[FeatureTable]) -> None:
    seen: dict[str, str] = {}
    for each in sets:
        for feature in each.chosen:
            if feature.name in seen:
                raise InputError(f"feature `{feature.name}` comes from both `{seen[feature.name]}` and `{each.name}`")
            seen[feature.name] = each.name


def _groups(split: AnySplit) -> tuple[str, ...]:
    """The column whose groups a split keeps together."""
    return (split.column,) if isinstance(split, GroupSplit) else ()


def with_clusters(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """The rows with a number for each value of some columns, in the order in which the values are met."""
    import pyarrow.compute as pc

    for column in columns:
        values = table[carried(table, column, "`clusters`")]
        numbered = pc.dictionary_encode(values).combine_chunks()
        table = table.append_column(CLUSTER_PREFIX + column, numbered.indices)
    return table


def part_tables(
    table: pa.Table, part: pa.ChunkedArray, sets: Sequence[FeatureTable], slices: Sequence[str]
) -> dict[str, pa.Table]:
    """The rows of each part by time and entity, with the columns that a split holds.

    A slice that the learner sees too is the feature of that name; any other was carried beside the features.
    """
    seen = {feature.name for each in sets for feature in each.chosen}
    kept = [name for name in slices if name not in seen]
    missing = [name for name in kept if SLICE_PREFIX + name not in table.column_names]
    if missing:
        raise InputError(f"`slices`: the features do not carry the column `{missing[0]}` of their source")
    entity = [name for name in table.column_names if name.startswith(ENTITY_PREFIX)]
    timed = [EVENT_TIME] if EVENT_TIME in table.column_names else []
    clusters = [name for name in table.column_names if name.startswith(CLUSTER_PREFIX)]
    kept_aside = [*entity, *timed, LABEL, *clusters, *(SLICE_PREFIX + name for name in kept)]
    keys = [*timed, *entity]
    connection = connect({"source": with_position(table.select(keys)).append_column("@part", part)})
    order = ", ".join(map(identifier, [*keys, POSITION]))
    sql = f"SELECT {identifier(POSITION)} FROM source WHERE \"@part\" = '{{}}' ORDER BY {order}"
    chosen = {name: table.take(query(connection, sql.format(name), "`split`").column(0)) for name in PARTS}
    tables = {name: each.select(kept_aside) for name, each in chosen.items()}
    for feature, values in features_of(sets, chosen):
        tables = {name: each.append_column(feature, values[name]) for name, each in tables.items()}
    for name in slices:
        if name in seen:
            tables = {part: each.append_column(SLICE_PREFIX + name, each[name]) for part, each in tables.items()}
    return tables


def _without_time(table: pa.Table, split: AnySplit) -> int:
    """Rows that a split by time can put into no part, since they have none."""
    return int(table[EVENT_TIME].null_count) if isinstance(split, TimeSplit) else 0


def describe(table: pa.Table, task: Task) -> dict[str, Any]:
    """What ``splits.json`` says of a part: rows, label, first and last event."""
    import pyarrow.compute as pc

    facts: dict[str, Any] = {"rows": table.num_rows}
    if EVENT_TIME in table.column_names and table.num_rows:
        for key, moment in (("from", pc.min(table[EVENT_TIME])), ("until", pc.max(table[EVENT_TIME]))):
            facts[key] = moment.as_py().isoformat()
    if task == "multiclass":
        counted = pc.value_counts(table[LABEL]).to_pylist()
        facts["classes"] = {each["values"]: each["counts"] for each in counted}
    elif table.num_rows:
        facts["label_mean"] = pc.mean(table[LABEL]).as_py()
        if task == "binary":
            facts["positives"] = pc.sum(table[LABEL]).as_py()
    return facts
