"""Compute a feature set: for each row of its source, what could be known at that row's own time.

A row sees only rows of other datasets whose time of knowledge (event time where they have none) is not after its own
event time. The output holds the entity, the event time and the columns kept for slices under the prefix ``@``, and the
features in their declared types; rows stand in the order of the source.
"""

from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from penstock.runtime import arguments
from penstock.runtime.artifacts import DATA_FILE, ENTITY_PREFIX, EVENT_TIME, SLICE_PREFIX, write_json, write_table
from penstock.runtime.data.aggregate import aggregated_values
from penstock.runtime.data.conversion import conversion, kind_of
from penstock.runtime.data.engine import batches, connect, identifier, in_order, query
from penstock.runtime.data.expressions import scalar
from penstock.runtime.data.fingerprint import fingerprint
from penstock.runtime.data.functions import as_column, call, load
from penstock.runtime.data.later_rows import tell_later_rows
from penstock.runtime.data.latest import latest_values
from penstock.runtime.data.lookup import looked_up_values
from penstock.runtime.data.timed import POSITION, TimedTable, matched
from penstock.runtime.data.vectors import as_vectors
from penstock.runtime.faults import InputError
from penstock.specs.feature_set import Feature, FeatureSetSpec

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_log = logging.getLogger(__name__)

_TYPED_VALUES = 1 << 25
"""Values that are in memory in the type in which they were computed and in the declared one."""

_JOINED: dict[str, Callable[..., Any]] = {
    "latest": latest_values,
    "lookup": looked_up_values,
    "aggregate": aggregated_values,
}
"""What computes the features that read other datasets, by the field that declares them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the step."""
    parser.add_argument("--feature-set", required=True, help="name of the feature set")
    parser.add_argument("--definition", required=True, type=arguments.spec(FeatureSetSpec), help="its spec as JSON")
    parser.add_argument("--keep", action="append", default=[], help="column of the source kept beside the features")
    parser.add_argument(
        "--table",
        action="append",
        required=True,
        type=arguments.named_directory,
        help="NAME=DIRECTORY of each validated dataset that it reads",
    )
    parser.add_argument("--features", required=True, type=arguments.output_directory, help="output directory")


def run(args: argparse.Namespace) -> None:
    """Write ``data.parquet`` and ``features.json``."""
    definition: FeatureSetSpec = args.definition
    directories = arguments.by_name(args.table, "--table")
    tables = {name: TimedTable.read(name, path) for name, path in directories.items()}
    keep = tuple(dict.fromkeys(args.keep))
    result = compute(args.feature_set, definition, tables, keep)
    write_table(args.features / DATA_FILE, result)
    facts = {
        "feature_set": args.feature_set,
        "source": definition.source,
        "entity": definition.entity,
        "keep": list(keep),
        "rows": result.num_rows,
        "fingerprint": fingerprint(result),
        "features": [fact for name, feature in definition.features.items() for fact in _facts(name, feature, result)],
    }
    write_json(args.features / "features.json", facts)
    for name, feature in definition.features.items():
        if result.num_rows and all(result[column].null_count == result.num_rows for column in feature.columns(name)):
            _log.warning(
                "warning: feature `%s.%s`: none of %s rows has a value; check that its input has values, and that "
                "its rows match these by `match` and time",
                args.feature_set, name, f"{result.num_rows:,}",
            )  # fmt: skip
    _log.info("%s: %s features of %s rows", args.feature_set, len(definition.features), f"{result.num_rows:,}")


def _facts(name: str, feature: Feature, result: pa.Table) -> Iterator[dict[str, Any]]:
    """What is told of each column of a feature; each of a vector's says whose it is."""
    type_, of = (feature.type, {}) if feature.length is None else ("float", {"vector": name})
    for column in feature.columns(name):
        yield {"name": column, "type": type_, "missing": result[column].null_count, **of, **_sees(feature)}


def _sees(feature: Feature) -> dict[str, str]:
    """The dataset of which a feature sees rows as they become known, for what splits them and knows the label's."""
    timed = feature.latest or feature.aggregate
    return {"sees": timed.of} if timed is not None else {}


def compute(
    name: str, definition: FeatureSetSpec, tables: Mapping[str, TimedTable], keep: tuple[str, ...] = ()
) -> pa.Table:
    """The table of a feature set; `tables` holds its source and every dataset that its features read."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = _table(tables, definition.source, name)
    rows.require([*definition.entity, *keep], f"feature set `{name}`")
    connection = connect({table.name: table.table for table in tables.values()})
    columns: dict[str, Any] = {ENTITY_PREFIX + column: rows.table[column] for column in definition.entity}
    if rows.event_time is not None:
        columns[EVENT_TIME] = pc.cast(rows.table[rows.event_time], pa.timestamp("us"))
    columns |= {SLICE_PREFIX + column: rows.table[column] for column in keep}
    values = _values(connection, name, definition, tables, rows)
    types = {
        column: feature.type if feature.length is None else "float"
        for each, feature in definition.features.items()
        for column in feature.columns(each)
    }
    is_withheld = any(table.is_withheld for table in tables.values())
    return pa.table({**columns, **_typed(values, types, name, is_withheld)})


def _values(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    definition: FeatureSetSpec,
    tables: Mapping[str, TimedTable],
    rows: TimedTable,
) -> dict[str, pa.ChunkedArray]:
    """Every column of the features in the type in which it was computed."""
    values: dict[str, pa.ChunkedArray] = {}
    scalars = {each: feature.sql for each, feature in definition.features.items() if feature.sql is not None}
    for some in batches(list(scalars)):
        values |= _scalars(connection, name, {each: scalars[each] for each in some}, rows)
    for (form, of, _), group in _groups(definition.features).items():
        place = f"`{form}` over `{of}` in feature set `{name}`"
        table = _JOINED[form](connection, rows, _table(tables, of, name), group, place)
        values |= {each: table[each] for each in group}
    for each, feature in definition.features.items():
        if feature.python is not None:
            columns = _called(rows, feature, f"feature `{name}.{each}`")
            values |= dict(zip(feature.columns(each), columns, strict=True))
    return values


def _scalars(
    connection: duckdb.DuckDBPyConnection, feature_set: str, scalars: Mapping[str, str], rows: TimedTable
) -> dict[str, pa.ChunkedArray]:
    """The features that are expressions over their own row; an `InputError` names the first that cannot be computed."""
    places = {each: f"feature `{feature_set}.{each}`" for each in scalars}
    checked = [f"({scalar(sql, places[each])}\n)" for each, sql in scalars.items()]

    def computed(expressions: Sequence[str], place: str) -> list[pa.ChunkedArray]:
        sql = f"SELECT {identifier(POSITION)}, {', '.join(expressions)} FROM {identifier(rows.name)}"
        found = query(connection, sql, place, shows_values=not rows.is_withheld)
        return list(in_order(found, POSITION).columns)[1:]

    try:
        return dict(zip(scalars, computed(checked, feature_set), strict=True))
    except InputError:
        # One at a time, so that the one that is to blame is named.
        return {each: computed([sql], places[each])[0] for each, sql in zip(scalars, checked, strict=True)}


def _groups(features: Mapping[str, Feature]) -> dict[tuple[str, str, tuple[tuple[str, str], ...]], dict[str, Any]]:
    """The features that read other datasets, together where they read the same one by the same match."""
    groups: dict[tuple[str, str, tuple[tuple[str, str], ...]], dict[str, Any]] = {}
    for name, feature in features.items():
        for form in _JOINED:
            reading = getattr(feature, form)
            if reading is not None:
                groups.setdefault((form, reading.of, matched(reading.match)), {})[name] = reading
    return groups


def _table(tables: Mapping[str, TimedTable], dataset: str, feature_set: str) -> TimedTable:
    if dataset not in tables:
        raise InputError(f"feature set `{feature_set}` reads `{dataset}`, which no --table gives")
    return tables[dataset]


def _called(rows: TimedTable, feature: Feature, place: str) -> list[pa.ChunkedArray]:
    """The columns that a function of the repository gives; it sees the columns that it says it reads."""
    function = feature.python or ""
    visible = [column for column in rows.table.column_names if column != POSITION]
    if feature.reads is not None:
        rows.require(feature.reads, place)
        visible = feature.reads
    try:
        made = call(function, rows.table.select(visible), shows_values=not rows.is_withheld)
        columns = _columns_of(feature, made, rows.table.num_rows)
    except InputError as fault:
        hidden = [name for name in rows.table.column_names if name not in visible]
        raise InputError(f"{place}: {fault}{_not_read(fault.__cause__, hidden)}") from fault.__cause__
    if rows.event_time is not None:

        def ask(some: pa.Table) -> list[pa.ChunkedArray]:
            return _columns_of(feature, load(function)(some), some.num_rows)

        tell_later_rows(place, function, rows.table.select(visible), rows.table[rows.event_time], columns, ask)
    return columns


def _columns_of(feature: Feature, made: Any, rows: int) -> list[pa.ChunkedArray]:
    """What a function has returned for so many rows, as the columns of the feature."""
    function = feature.python or ""
    if feature.length is not None:
        return as_vectors(made, function, rows, feature.length)
    return [as_column(made, function, rows)]


def _not_read(error: BaseException | None, hidden: Sequence[str]) -> str:
    """What hides a column that a function looks for, where the feature's `reads` does."""
    if not isinstance(error, KeyError):
        return ""
    missed = [name for name in hidden if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", str(error))]
    return f"; `reads` does not list `{missed[0]}`" if missed else ""


def _beyond_bounds(shown: Sequence[str]) -> str:
    """What keeps infinite values out, where all that are shown are infinite."""
    if not shown or not set(shown) <= {"inf", "-inf"}:
        return ""
    return (
        ": set `min` and `max` for the column that it is computed from, at its Dataset, so that such rows are found "
        "there, or make them missing in the feature's `sql` (`CASE WHEN isfinite(x) THEN x END`)"
    )


def _typed(
    values: dict[str, pa.ChunkedArray], types: Mapping[str, str], feature_set: str, is_withheld: bool
) -> dict[str, Any]:
    """The features in their declared types; an `InputError` for the first that does not convert without loss.

    They are taken out of `values`, a few at a time, so that large ones are not in memory in both types. Where its
    values are withheld, the error shows none but infinite ones.
    """
    rows = max((len(column) for column in values.values()), default=0)
    result: dict[str, Any] = {}
    for some in batches(list(types), _TYPED_VALUES // max(1, rows)):
        few = {name: values.pop(name) for name in some}
        result |= _some_typed(few, types, feature_set, is_withheld)
    return result


def _some_typed(
    values: Mapping[str, pa.ChunkedArray], types: Mapping[str, str], feature_set: str, is_withheld: bool
) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    # Under numbers, since names of features that differ in case alone are one name to the database.
    numbered = {name: f"f{place}" for place, name in enumerate(values)}
    connection = connect({"source": pa.table({numbered[name]: column for name, column in values.items()})})
    selected = []
    for name, short in numbered.items():
        converted = conversion(short, kind_of(values[name].type), types[name])
        usable = f" AND NOT isinf({converted.value})" if types[name] == "float" else ""
        kept = f"coalesce({short} IS NULL OR (({converted.possible}){usable}), TRUE) AS {short}_kept"
        selected.append(f"{converted.value} AS {short}, {kept}")
    result = query(connection, f"SELECT {', '.join(selected)} FROM source", f"feature set `{feature_set}`")
    for name, short in numbered.items():
        lost = pc.invert(result[f"{short}_kept"])
        count = pc.sum(lost).as_py() or 0
        if count:
            shown = list(dict.fromkeys(map(str, pc.filter(values[name], lost).to_pylist())))[:3]
            advice = _beyond_bounds(shown)
            such_as = f", such as {', '.join(shown)}" if advice or not is_withheld else ""
            raise InputError(
                f"feature `{feature_set}.{name}` is declared {types[name]}, but {count:,} of its values are not"
                f"{such_as}{advice}"
            )
    return {name: result[short] for name, short in numbered.items()}
