"""What to write where rows lack values that a contract asks for: the field that allows it, or what sets them aside."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.runtime.data.findings import Finding
from penstock.specs.addresses import Address
from penstock.specs.dataset import DatasetSpec

_MOST_NAMED = 3


def on_missing_values(dataset: str, contract: DatasetSpec, findings: Sequence[Finding]) -> tuple[str, ...]:
    """Lines for the end of a refusal, by the address of each column; none where no value is missing that must be there.

    A key can never be missing. Of a share that is exceeded no single row is to blame, so none can be set aside for it.
    """
    lacking = [each.column for each in findings if each.rule == "nullable" and each.result == "fail" and each.column]
    shares = [name for name in lacking if contract.columns[name].nullable is not False]
    keys = [name for name in lacking if name in contract.primary_key and name not in shares]
    others = [name for name in lacking if name not in shares and name not in keys]
    aside = f"`onViolation: quarantine` at {Address('Dataset', dataset)} sets such rows aside"
    lines = []
    if others:
        allowed = f"`nullable: true` at {_columns(dataset, others)}"
        lines.append(f"help: where a value may be missing, write {allowed}; otherwise {aside}")
    if keys:
        lines.append(f"help: a key is never missing ({_columns(dataset, keys)}): {aside}")
    if shares:
        lines.append(f"help: where more of the values may be missing, raise `nullable` at {_columns(dataset, shares)}")
    return tuple(lines)


def _columns(dataset: str, names: Sequence[str]) -> str:
    """The addresses of columns, those beyond the first few counted."""
    columns = Address("Dataset", dataset).key("columns")
    shown = [str(columns.key(name)) for name in names[:_MOST_NAMED]]
    if len(names) > _MOST_NAMED:
        more = len(names) - _MOST_NAMED
        return f"{', '.join(shown)} and of {more} more column{'s' * (more > 1)}"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
