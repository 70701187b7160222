"""Column contracts as SQL: every rule of every column, many in one pass over the rows, then samples of what broke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from penstock.runtime.data.conversion import NEVER, SQL_TYPES, Conversion, stored_conversion
from penstock.runtime.data.engine import Keep, connect, figures, identifier, literal, query
from penstock.runtime.data.findings import Finding, Result, share_of_rows, such_as
from penstock.specs.dataset import Column, DatasetSpec
from penstock.specs.numbers import number
from penstock.specs.units import Fraction

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from penstock.runtime.data.stored import Table

WITHHELD = ("sensitive", "pii")
"""Columns of these sensitivities are counted, their values never shown."""
_CALENDAR = {
    "timestamp": ("TIMESTAMP '0001-01-01'", "TIMESTAMP '9999-12-31 23:59:59.999999'"),
    "date": ("DATE '0001-01-01'", "DATE '9999-12-31'"),
}
"""The first and the last value that Python knows, too; the database knows others, and infinity."""
_SAMPLES = 5
_NUMBER = identifier("@number")
_REASONS = identifier("@reasons")
"""The column of why a row is set aside, named as no table names its own."""


@dataclass(frozen=True, slots=True)
class RowRule:
    """A rule that single rows break."""

    field: str
    columns: tuple[str, ...]
    broken: str
    """SQL that is true for the rows that break it."""
    phrase: tuple[str, str]
    """What one row is, and what several are."""
    extreme: Literal["min", "max"] | None = None
    """For a bound: which value is the worst."""
    quick: str | None = None
    """An aggregate that is true where a row breaks the rule, where one costs less than counting such rows."""
    distinct: str | None = None
    """For uniqueness: the SQL value that must not repeat."""

    @property
    def text(self) -> str:
        """The rule as a reason for which a row is set aside."""
        return f"{', '.join(self.columns)}: {self.phrase[0]}"


@dataclass(frozen=True, slots=True)
class RowJudgement:
    """The rows that remain, those set aside with their reasons, and what was found."""

    table: Table
    quarantine: Table | None
    findings: tuple[Finding, ...]


def judge_columns(
    table: Table, dataset: str, contract: DatasetSpec, keep: Keep = query, set_aside_by: Keep = query
) -> RowJudgement:
    """Hold the rows of a snapshot to every column's contract and to the primary key.

    Columns that the rows lack are left to the caller; they come out as missing values. The table that remains has
    every column of the contract in its declared type. Where a violation is only warned of, a value that does not
    convert comes out as missing. The rows that remain are where `keep` puts them, the others where `set_aside_by` does.
    """
    present = {name: column for name, column in contract.columns.items() if name in table.column_names}
    conversions = {
        name: stored_conversion(identifier(name), table.schema.field(name).type, column.type)
        for name, column in present.items()
    }
    connection = connect({"source": table})
    types = {name: table.schema.field(name).type for name in present}
    rules = _row_rules(contract, present, conversions, types)
    findings = [
        *_share_findings(connection, dataset, contract, present, conversions, table.num_rows),
        *_row_findings(connection, dataset, contract, rules, conversions, table.num_rows),
    ]
    set_aside = [rule for rule, finding in findings if rule is not None and finding.result == "quarantine"]
    selected = ", ".join(
        f"{conversions[name].value if name in present else f'CAST(NULL AS {SQL_TYPES[column.type]})'} "
        f"AS {identifier(name)}"
        for name, column in contract.columns.items()
    )
    quarantine = None
    if set_aside:
        reasons = ", ".join(f"CASE WHEN {_broken(rule)} THEN {literal(rule.text)} END" for rule in set_aside)
        # Numbered, since the search for values that repeat is a join, after which rows may stand in another order.
        numbered = f"SELECT *, row_number() OVER () AS {_NUMBER} FROM source"
        marked = (
            f"SELECT *, list_filter([{reasons}], lambda reason: reason IS NOT NULL) AS {_REASONS} FROM ({numbered})"
        )
        aside = f"SELECT * EXCLUDE ({_NUMBER}) FROM ({marked}) WHERE len({_REASONS}) > 0 ORDER BY {_NUMBER}"
        quarantine = set_aside_by(connection, aside, "the quarantined rows")
        selection = f"SELECT {selected} FROM ({marked}) WHERE len({_REASONS}) = 0 ORDER BY {_NUMBER}"
    else:
        selection = f"SELECT {selected} FROM source"
    kept = keep(connection, selection, "the rows that remain")
    return RowJudgement(kept, quarantine, tuple(finding for _, finding in findings))


def _row_rules(
    contract: DatasetSpec,
    present: Mapping[str, Column],
    conversions: Mapping[str, Conversion],
    types: Mapping[str, pa.DataType],
) -> list[RowRule]:
    rules = []
    for name, column in present.items():
        rules += _column_rules(name, column, conversions[name], types[name])
    key = tuple(name for name in contract.primary_key if name in present)
    if key:
        # As it is stored: `01` and `1` are one key.
        values = [conversions[name].value for name in key]
        value = values[0]
        if len(key) > 1:
            # A row of missing values is a value to the database; that a key is missing is another rule's to say.
            some_missing = " OR ".join(f"{one} IS NULL" for one in values)
            value = f"CASE WHEN {some_missing} THEN NULL ELSE ROW({', '.join(values)}) END"
        rules.append(RowRule("primaryKey", key, "", ("repeats a primary key", "repeat a primary key"), distinct=value))
    return rules


def _column_rules(name: str, column: Column, converted: Conversion, type_: pa.DataType) -> list[RowRule]:
    raw, value = identifier(name), converted.value
    rules = []
    if converted.possible != "TRUE":
        phrase = _is_no(column.type)
        if converted.possible == NEVER:
            # What is shown of such values may look like one of the type.
            phrase = (f"{phrase[0]} but {type_}", f"{phrase[1]} but {type_}")
        rules.append(RowRule("type", (name,), f"{raw} IS NOT NULL AND NOT ({converted.possible})", phrase))
    if column.type in _CALENDAR:
        first, last = _CALENDAR[column.type]
        phrase = ("is not of the years 1 to 9999", "are not of the years 1 to 9999")
        ends = f"min({value}) < {first} OR max({value}) > {last}"
        rules.append(RowRule("calendar", (name,), f"{value} < {first} OR {value} > {last}", phrase, quick=ends))
    if column.nullable is False:
        quick = f"count(*) - count({raw})" if value == raw else None
        missing = _missing(name, converted)
        rules.append(RowRule("nullable", (name,), missing, ("has no value", "have no value"), quick=quick))
    if column.one_of is not None:
        allowed = ", ".join(literal(str(each)) for each in column.one_of)
        shown = ", ".join(str(each) for each in column.one_of[:8]) + (", ..." if len(column.one_of) > 8 else "")
        broken = f"{value} IS NOT NULL AND CAST({value} AS VARCHAR) NOT IN ({allowed})"
        rules.append(RowRule("oneOf", (name,), broken, (f"is not one of {shown}", f"are not among {shown}")))
    if column.min is not None:
        phrase = (f"is below min {number(column.min)}", f"are below min {number(column.min)}")
        bound = literal(column.min)
        quick = f"min({value}) < {bound}"
        rules.append(RowRule("min", (name,), f"{value} < {bound}", phrase, extreme="min", quick=quick))
    if column.max is not None:
        phrase = (f"is above max {number(column.max)}", f"are above max {number(column.max)}")
        bound = literal(column.max)
        quick = f"max({value}) > {bound}"
        rules.append(RowRule("max", (name,), f"{value} > {bound}", phrase, extreme="max", quick=quick))
    if column.matches is not None:
        broken = f"NOT regexp_full_match({value}, {literal(column.matches)})"
        phrase = (f"does not match {column.matches}", f"do not match {column.matches}")
        rules.append(RowRule("matches", (name,), broken, phrase))
    if column.unique:
        phrase = ("repeats a value that must be unique", "repeat values that must be unique")
        rules.append(RowRule("unique", (name,), "", phrase, distinct=value))
    return rules


def _missing(name: str, converted: Conversion) -> str:
    """Rows without a value, as SQL; one that does not convert is another mistake."""
    raw = identifier(name)
    if converted.value == raw:
        return f"{raw} IS NULL"
    return f"{converted.value} IS NULL AND ({raw} IS NULL OR ({converted.possible}))"


def _is_no(type_: str) -> tuple[str, str]:
    article = "an" if type_ == "int" else "a"
    return f"is not {article} {type_}", f"are not {type_}s"


def _broken(rule: RowRule) -> str:
    """The rows that break a rule, as SQL; for uniqueness, every row whose value occurs more than once."""
    if rule.distinct is None:
        return rule.broken
    repeated = f"SELECT {rule.distinct} FROM source WHERE {rule.distinct} IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
    return f"{rule.distinct} IN ({repeated})"


def _counted(rule: RowRule) -> str:
    """An aggregate that is 0 or false where no row breaks the rule."""
    if rule.quick is not None:
        return rule.quick
    if rule.distinct is None:
        return f"count(*) FILTER (WHERE {rule.broken})"
    return f"count({rule.distinct}) - count(DISTINCT {rule.distinct})"


def _row_findings(
    connection: duckdb.DuckDBPyConnection,
    dataset: str,
    contract: DatasetSpec,
    rules: Sequence[RowRule],
    conversions: Mapping[str, Conversion],
    total: int,
) -> list[tuple[RowRule | None, Finding]]:
    if not rules:
        return []
    counts = figures(connection, [_counted(rule) for rule in rules], f"the contract of `{dataset}`")
    found: list[tuple[RowRule | None, Finding]] = []
    for rule, is_broken in zip(rules, counts, strict=True):
        if not is_broken:
            continue
        column = rule.columns[0]
        withheld = any(contract.columns[name].sensitivity in WITHHELD for name in rule.columns)
        value = rule.distinct or (identifier(column) if rule.field == "type" else conversions[column].value)
        rows, samples = _details(connection, rule, value)
        shown = () if withheld or rule.field == "nullable" else samples
        place = f"{dataset}.{column}" if len(rule.columns) == 1 else f"{dataset} ({', '.join(rule.columns)})"
        worst = {"min": "smallest", "max": "largest", None: ""}[rule.extreme]
        told = f" ({worst} {shown[0]})" if shown and worst else such_as(shown)
        sentence = f"{place}: {share_of_rows(rows, total, *rule.phrase)}{told}"
        finding = Finding(rule.field, sentence, contract.on_violation, column, rows, shown)
        found.append((rule, finding))
    return found


def _details(connection: duckdb.DuckDBPyConnection, rule: RowRule, value: str) -> tuple[int, tuple[str, ...]]:
    """How many rows break the rule, and up to five of their values, the worst first."""
    broken = _broken(rule)
    rows = query(connection, f"SELECT count(*) FROM source WHERE {broken}", "the count of violations")
    direction = "DESC" if rule.extreme == "max" else "ASC"
    samples = query(
        connection,
        f"SELECT CAST(v AS VARCHAR) FROM (SELECT DISTINCT {value} AS v FROM source WHERE {broken}) "
        f"WHERE v IS NOT NULL ORDER BY v {direction} LIMIT {_SAMPLES}",
        "the samples of violations",
    )
    texts = (str(text) for text in samples.column(0).to_pylist())
    quote = "" if rule.extreme or rule.distinct else '"'
    return int(rows.column(0)[0].as_py()), tuple(f"{quote}{text}{quote}" for text in texts)


def _share_findings(
    connection: duckdb.DuckDBPyConnection,
    dataset: str,
    contract: DatasetSpec,
    present: Mapping[str, Column],
    conversions: Mapping[str, Conversion],
    total: int,
) -> list[tuple[RowRule | None, Finding]]:
    """Columns of which more is missing than the contract's share; no single row is to blame, so none is set aside."""
    bounded = {name: column.nullable for name, column in present.items() if isinstance(column.nullable, Fraction)}
    if not bounded or not total:
        return []
    result: Result = "warn" if contract.on_violation == "warn" else "fail"
    # Where a value that does not convert is only warned of, it is stored as missing.
    lacks = {name: f"{conversions[name].value} IS NULL" for name in bounded}
    if contract.on_violation != "warn":
        lacks = {name: _missing(name, conversions[name]) for name in bounded}
    counts = [f"count(*) FILTER (WHERE {one})" for one in lacks.values()]
    missing = figures(connection, counts, f"the contract of `{dataset}`")
    found: list[tuple[RowRule | None, Finding]] = []
    for (name, bound), rows in zip(bounded.items(), missing, strict=True):
        if rows > bound * total:
            sentence = (
                f"{dataset}.{name}: {rows / total:.2%} of the values are missing ({rows:,} of {total:,}); "
                f"at most {bound!s} may be"
            )
            found.append((None, Finding("nullable", sentence, result, name, rows)))
    return found
