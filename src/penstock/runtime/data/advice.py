"""What to write where a source breaks its contract: the field that allows it, by its address, or other rows.

Each kind of advice is lines for the end of a refusal; none where nothing of its kind has stopped the step.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.diagnostics.grammar import counted, joined
from penstock.diagnostics.suggest import did_you_mean
from penstock.runtime.data.findings import Finding
from penstock.runtime.data.sources import named
from penstock.specs.addresses import Address
from penstock.specs.dataset import DatasetSpec, Dialect, Source

_MOST_NAMED = 3
_DECIMAL_COMMA = re.compile(r'"[+-]?[0-9.]*,[0-9]+"')
_WHOLE_WITH_POINT = re.compile(r'"[+-]?[0-9]+\.0+"')
_OTHER_DATE = re.compile(r'"[0-9]{4}(/[0-9]{1,2}/[0-9]{1,2}|-[0-9]-[0-9]{1,2}|-[0-9]{2}-[0-9])"')
MISSING_SIGNS = ("na", "n/a", "#n/a", "<na>", "nan", "nat", "null", "none", "nil", "missing", "-", "--", "?", ".")
"""What other tools write for a missing value, in lower case."""
_VALUE_RULES = ("oneOf", "min", "max", "matches")
_FORMS = {
    "timestamp": "a timestamp is written as `2026-01-31 06:00:00`, followed by `+02:00` if it is not UTC",
    "date": "a date is written as `2026-01-31`",
    "float": "a float is written with a decimal point and no thousands separators, as `1234.5`",
    "int": "an int is written with digits only, as `1234`",
    "bool": "a bool is written as `true` or `false`, or as `1` or `0`",
}
"""How a value of a type is written, for the types that text may fail to be."""


def advice(dataset: str, contract: DatasetSpec, findings: Sequence[Finding]) -> tuple[str, ...]:
    """All that there is to say on the findings that stop the step."""
    stopping = [each for each in findings if each.result == "fail"]
    return (
        *_on_columns(dataset, stopping),
        *_on_signs(dataset, contract, stopping),
        *_on_types(dataset, contract, stopping),
        *_on_values(dataset, contract, stopping),
        *on_missing_values(dataset, contract, stopping),
        *_on_keys(dataset, stopping),
    )


def on_no_row(dataset: str, source: Source, snapshot: Mapping[str, Any]) -> tuple[str, ...]:
    """Why a dataset that breaks no rule has no row, and what to look at."""
    address = Address("Dataset", dataset)
    rows = snapshot["source_rows"]
    if rows:
        which = "the 1 row" if rows == 1 else f"all {rows:,} rows"
        return (
            f"{dataset}: there are no rows: {which} of {named(source)} became known only after the time that the run "
            f"reads as of",
            f"help: run as of a later time (`--as-of`), or check that `eventTime` and `knownAt` at {address} name "
            f"the right columns",
        )
    return (
        f"{dataset}: there are no rows in {named(source)}, only columns",
        f"help: fix what produces the rows, or correct their location at {address.key('source')}",
    )


def _on_columns(dataset: str, stopping: Sequence[Finding]) -> list[str]:
    """On columns that the contract names and the source lacks, or holds in another type."""
    lines = []
    change = f"`onSchemaChange` at {Address('Dataset', dataset)}"
    if lacking := _of(stopping, "removed"):
        lines.append(
            f"help: add it to the source, or rename or remove it in the contract ({_columns(dataset, lacking)})"
        )
    if retyped := _of(stopping, "retyped"):
        lines.append(
            f"help: declare the source's type at {_columns(dataset, retyped)}, or accept the converted values "
            f"with `retyped: warn` in {change}"
        )
    return lines


def _on_types(dataset: str, contract: DatasetSpec, stopping: Sequence[Finding]) -> list[str]:
    """On values that are not what their column declares: how such a value is written."""
    found = [each for each in stopping if each.rule == "type" and each.column and not _is_signs_alone(each)]
    lines = []
    for type_, form in _FORMS.items():
        of_type = [each for each in found if contract.columns[str(each.column)].type == type_]
        if not of_type:
            continue
        has_comma = any(_DECIMAL_COMMA.fullmatch(sample) for each in of_type for sample in each.samples)
        as_well = ""
        if type_ == "float" and has_comma:
            as_well = ", and these use a comma"
            if contract.source.csv is not None:
                place = Address("Dataset", dataset).key("source")
                as_well += f', which `dialect: {{decimal: ","}}` beside `csv` at {place} reads'
        if type_ == "date" and all(_OTHER_DATE.fullmatch(one) for each in of_type for one in each.samples or ("",)):
            as_well = ", and the type `timestamp` reads these"
        if type_ == "int" and all(
            _WHOLE_WITH_POINT.fullmatch(one) for each in of_type for one in each.samples or ("",)
        ):
            as_well = (
                ', and pandas writes these with a point where others are missing, unless they are `astype("Int64")`'
            )
        if contract.source.csv is not None and any('""' in each.samples for each in of_type):
            as_well += ", and a missing value as an empty field without quotes"
        names = [str(each.column) for each in of_type]
        lines.append(
            f"help: {form}{as_well}: write them so in the source, or change the type at {_columns(dataset, names)}"
        )
    return lines


def _on_signs(dataset: str, contract: DatasetSpec, stopping: Sequence[Finding]) -> list[str]:
    """On texts that stand for missing values in most tools, and are values here unless the dialect says so."""
    found = {str(each.column): _signs(each) for each in stopping if each.column and _signs(each)}
    if not found:
        return []
    signs = list(dict.fromkeys(sign for each in found.values() for sign in each))
    seem = "seems to stand for a missing value" if len(signs) == 1 else "seem to stand for missing values"
    places = _columns(dataset, list(found))
    if contract.source.csv is None:
        it = "it one" if len(signs) == 1 else "them such"
        return [f"help: {joined(signs)} {seem}: make {it} in the source ({places})"]
    kept = [json.dumps(each, ensure_ascii=False) for each in (contract.source.dialect or Dialect()).missing]
    written = ", ".join([*kept, *signs])
    place = Address("Dataset", dataset).key("source")
    they = "it is" if len(signs) == 1 else "they are"
    return [
        f"help: {joined(signs)} {seem}, which `dialect: {{missing: [{written}]}}` beside `csv` at {place} reads so "
        f"where {they} not in quotes ({places})"
    ]


def _signs(finding: Finding) -> list[str]:
    """The samples, in quotes as they are shown, that mean that there is no value."""
    if finding.rule not in ("type", "oneOf", "matches"):
        return []
    return [each for each in finding.samples if each.strip('"').strip().lower() in MISSING_SIGNS]


def _is_signs_alone(finding: Finding) -> bool:
    return bool(finding.samples) and _signs(finding) == list(finding.samples)


def _on_values(dataset: str, contract: DatasetSpec, stopping: Sequence[Finding]) -> list[str]:
    """On values that are of their type and break a rule."""
    found = [each for each in stopping if each.rule in _VALUE_RULES and each.column and not _is_signs_alone(each)]
    if not found:
        return []
    address = Address("Dataset", dataset)
    places = [str(address.key("columns").key(str(each.column)).key(each.rule)) for each in found]
    more = len(places) - _MOST_NAMED
    named = f"{', '.join(places[:_MOST_NAMED])} and {more:,} more" if more > 0 else joined(places)
    meant = next((guess for each in found if (guess := _meant(each, contract))), "")
    return [
        f"help: correct such values in the source{meant}, or the {'rule' if len(places) == 1 else 'rules'} at {named}; "
        f"`onViolation: quarantine` at {address} quarantines such rows"
    ]


def _meant(finding: Finding, contract: DatasetSpec) -> str:
    """The allowed value that the first sample is a slip of, where there is one."""
    allowed = contract.columns[str(finding.column)].one_of or []
    if finding.rule != "oneOf" or not finding.samples:
        return ""
    guess = did_you_mean(finding.samples[0].strip('"').strip(), map(str, allowed), most=1)
    return f" (is `{guess[0]}` meant?)" if guess else ""


def _on_keys(dataset: str, stopping: Sequence[Finding]) -> list[str]:
    """On keys that several rows have."""
    if not any(each.rule == "primaryKey" and "repeat a primary key" in each.sentence for each in stopping):
        return []
    address = Address("Dataset", dataset)
    return [
        f"help: keep one row for each key in the source, or list in `primaryKey` at {address} all columns that tell "
        f"rows apart; `onViolation: quarantine` there quarantines all rows of such a key"
    ]


def _of(findings: Sequence[Finding], rule: str) -> list[str]:
    """The columns of the findings of a rule."""
    return [each.column for each in findings if each.rule == rule and each.column]


def on_missing_values(dataset: str, contract: DatasetSpec, findings: Sequence[Finding]) -> tuple[str, ...]:
    """Lines for the end of a refusal, by the address of each column; none where no value is missing that must be there.

    A key can never be missing. Of a share that is exceeded no single row is to blame, so none can be set aside for it.
    """
    lacking = [each.column for each in findings if each.rule == "nullable" and each.result == "fail" and each.column]
    shares = [name for name in lacking if contract.columns[name].nullable is not False]
    keys = [name for name in lacking if name in contract.primary_key and name not in shares]
    others = [name for name in lacking if name not in shares and name not in keys]
    aside = f"`onViolation: quarantine` at {Address('Dataset', dataset)} quarantines such rows"
    lines = []
    if others:
        allowed = f"`nullable: true` at {_columns(dataset, others)}"
        lines.append(f"help: if a value may be missing, write {allowed}; otherwise {aside}")
    if keys:
        lines.append(f"help: a key may never be missing ({_columns(dataset, keys)}): {aside}")
    if shares:
        lines.append(f"help: if more of the values may be missing, raise `nullable` at {_columns(dataset, shares)}")
    return tuple(lines)


def _columns(dataset: str, names: Sequence[str]) -> str:
    """The addresses of columns, those beyond the first few counted."""
    columns = Address("Dataset", dataset).key("columns")
    shown = [str(columns.key(name)) for name in names[:_MOST_NAMED]]
    if len(names) > _MOST_NAMED:
        more = len(names) - _MOST_NAMED
        return f"{', '.join(shown)} and {counted(more, 'more column')}"
    return joined(shown)
