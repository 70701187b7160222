"""A surrogate key: the same for the same values wherever the row stands, and another one for each row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from penstock.runtime.data.snapshot import take
from penstock.runtime.faults import InputError
from runtime.data.tables import at, contract, moment, run, snapshot, table

KEY = {"row": {"type": "string"}}
COLUMNS = {"name": {"type": "string", "nullable": True}, "size": {"type": "float"}}
ROWS = {"name": ["a", None, "b"], "size": [1.0, 2.0, 3.0]}


def keyed(rows: pa.Table, columns: Mapping[str, Any] | None = None) -> dict[tuple[object, ...], str]:
    """The key of each row by its values."""
    spec = contract(columns={**KEY, **(columns or COLUMNS)}, surrogateKey="row")
    taken, _ = take(rows, spec, moment(at(0)))
    return {(one["name"], one["size"]): one["row"] for one in taken.to_pylist()}


def test_a_key_stays_while_rows_move_come_and_go() -> None:
    before = keyed(table(ROWS))
    assert len(set(before.values())) == 3
    assert keyed(table(ROWS).take([2, 0])).items() <= before.items()
    assert keyed(table({"name": ["z", *ROWS["name"]], "size": [0.0, *ROWS["size"]]})).items() >= before.items()


def test_the_order_of_the_columns_is_none_of_its_values() -> None:
    assert keyed(table(ROWS), dict(reversed(COLUMNS.items()))) == keyed(table(ROWS))


def test_values_do_not_run_together() -> None:
    columns = {name: {"type": "string", "nullable": True} for name in ("name", "size")}
    rows = table({"name": ["a, b", "a", None, "", "NULL"], "size": ["c", "b, c", "", None, ""]})
    assert len(set(keyed(rows, columns).values())) == 5


def test_equal_rows_are_numbered() -> None:
    spec = contract(columns={**KEY, **COLUMNS}, surrogateKey="row")
    taken, _ = take(table({"name": ["a"] * 3 + ["b"], "size": [1.0] * 4}), spec, moment(at(0)))
    keys = sorted(taken["row"].to_pylist(), key=len)
    assert [key.partition("-")[2] for key in keys] == ["", "", "2", "3"]
    assert len({key.partition("-")[0] for key in keys}) == 2


def test_it_passes_its_contract_and_is_looked_for_in_no_file(tmp_path: Path) -> None:
    columns = {"row": {"type": "string", "unique": True}, **COLUMNS}
    directory, text = snapshot(tmp_path, table(ROWS), columns=columns, surrogateKey="row", primaryKey=["row"])
    out = tmp_path / "table"
    assert run("validate", dataset="rows", contract=text, snapshot=directory, table=out) == 0
    assert (out / "data.parquet").is_file()


def test_a_column_of_that_name_is_not_replaced() -> None:
    spec = contract(columns={**KEY, **COLUMNS}, surrogateKey="row")
    with pytest.raises(InputError, match="has a column `row` already: name another one in `surrogateKey`"):
        take(table({**ROWS, "row": ["x", "y", "z"]}), spec, moment(at(0)))
