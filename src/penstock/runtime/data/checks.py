"""Rules over a whole dataset: its age, the columns of its source, and the checks that its spec declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from penstock.diagnostics.suggest import did_you_mean
from penstock.runtime.data.contract import WITHHELD
from penstock.runtime.data.conversion import kind_of
from penstock.runtime.data.engine import connect, query
from penstock.runtime.data.findings import Finding, Result
from penstock.runtime.data.functions import as_table, call
from penstock.runtime.data.stored import held
from penstock.specs.dataset import Check, DatasetSpec
from penstock.specs.units import Duration

if TYPE_CHECKING:
    from penstock.runtime.data.stored import Table

_MOST_NAMED = 8
"""Of columns that a source has and its contract does not."""


def judge_schema(dataset: str, contract: DatasetSpec, snapshot: Mapping[str, Any]) -> list[Finding]:
    """The differences between the source's columns and the contract's, as the schema policy sees them.

    A missing column that is part of the primary key or a time always fails: no row can be told from another.
    """
    policy = contract.on_schema_change
    found = _undeclared(dataset, snapshot["added"], policy.added) if policy.added != "ignore" else []
    needed = {*contract.primary_key, contract.event_time, contract.known_at}
    for name in snapshot["removed"]:
        guess = did_you_mean(name, snapshot["added"], most=1)
        meant = f"; did you mean its `{guess[0]}`?" if guess else ""
        sentence = f"{dataset}.{name}: the contract has this column, but the source does not{meant}"
        found.append(Finding("removed", sentence, "fail" if name in needed else policy.removed, name))
    for name, column in snapshot["columns"].items():
        # A column with values that do not convert breaks its own contract, which says so with samples.
        if column["retyped"] and not column["unconverted"]:
            sentence = (
                f"{dataset}.{name}: the source holds {column['source_type']}, "
                f"the contract {contract.columns[name].type}; all values convert without loss"
            )
            found.append(Finding("retyped", sentence, policy.retyped, name))
    return found


def _undeclared(dataset: str, added: Sequence[str], result: Result) -> list[Finding]:
    """The columns that only the source has. Of a wide table of which few are declared, this is told once."""
    named = [name for name in added if name]
    if "" in added:
        sentence = (
            f"{dataset}: the source has a column without a name, as pandas writes its index unless it is "
            "given `index=False`, but the contract does not"
        )
        unnamed = [Finding("added", sentence, result, "")]
    else:
        unnamed = []
    if result == "warn" and len(named) > 1:
        more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
        sentence = (
            f"{dataset}: the source has {len(named)} columns that the contract does not: "
            f"{', '.join(named[:_MOST_NAMED])}{more}; `onSchemaChange: {{added: ignore}}` accepts them"
        )
        return [Finding("added", sentence, result), *unnamed]
    sentence = "the source has this column, but the contract does not"
    return [*(Finding("added", f"{dataset}.{name}: {sentence}", result, name) for name in named), *unnamed]


def judge_age(table: Table, dataset: str, contract: DatasetSpec, as_of: datetime) -> list[Finding]:
    """Whether the newest event is older than the contract's freshness allows.

    An event of the future, which a row may announce that was known before, makes nothing fresh.
    """
    import pyarrow.compute as pc

    if contract.freshness is None:
        return []
    event_time = contract.event_time
    if event_time is None or kind_of(table.schema.field(event_time).type) not in ("timestamp", "date"):
        sentence = f"{dataset}: its freshness is unknown, because it has no event time"
        return [Finding("freshness", sentence, "fail")]
    events = pc.cast(table[event_time], "timestamp[us]")
    newest = pc.max(events.filter(pc.less_equal(events, as_of.astimezone(UTC).replace(tzinfo=None)))).as_py()
    if newest is None:
        return [
            Finding("freshness", f"{dataset}: there is no row up to that time, so its freshness is unknown", "fail")
        ]
    age = as_of - newest.replace(tzinfo=UTC)
    if age <= timedelta(milliseconds=contract.freshness):
        return []
    sentence = (
        f"{dataset}: the newest row is of {newest:%Y-%m-%d %H:%M} UTC, {_whole_minutes(age)!s} old; "
        f"at most {contract.freshness!s} is allowed"
    )
    return [Finding("freshness", sentence, "fail")]


def _whole_minutes(age: timedelta) -> Duration:
    return Duration(int(age.total_seconds() // 60) * 60_000)


def judge_checks(table: Table, dataset: str, contract: DatasetSpec) -> list[Finding]:
    """The checks that the rows break."""
    shows_values = not any(column.sensitivity in WITHHELD for column in contract.columns.values())
    return [
        finding for check in contract.checks if (finding := _judge(check, table, dataset, shows_values)) is not None
    ]


def _judge(check: Check, table: Table, dataset: str, shows_values: bool) -> Finding | None:
    place, result = f"{dataset} ({check.id})", _result(check)
    if check.rows is not None:
        return _judge_count(check, table.num_rows, place)
    if check.sql is not None:
        sql = check.sql.strip().rstrip(";")
        counting = f"SELECT count(*) FROM ({sql}\n)"
        counted = query(connect({"this": table}), counting, f"check `{check.id}`", shows_values=shows_values)
        rows = int(counted.column(0)[0].as_py())
    else:
        name = check.python or ""
        rows = as_table(call(name, held(table), shows_values=shows_values), name).num_rows
    if not rows:
        return None
    rows_found = "1 row violates" if rows == 1 else f"{rows:,} rows violate"
    return Finding(check.id, f"{place}: {rows_found} the check", result, rows=rows)


def _judge_count(check: Check, rows: int, place: str) -> Finding | None:
    bounds = check.rows
    if bounds is not None and bounds.at_least is not None and rows < bounds.at_least:
        return Finding(check.id, f"{place}: {rows:,} rows, at least {bounds.at_least:,} are needed", _result(check))
    if bounds is not None and bounds.at_most is not None and rows > bounds.at_most:
        return Finding(check.id, f"{place}: {rows:,} rows, at most {bounds.at_most:,} are allowed", _result(check))
    return None


def _result(check: Check) -> Result:
    return check.severity
