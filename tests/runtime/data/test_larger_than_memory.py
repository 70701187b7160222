"""Steps on data hold a part of their rows at a time, and leave nothing behind where they write what does not fit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.runtime.data import engine, stored
from penstock.runtime.data.engine import connect, query, written
from penstock.runtime.data.fingerprint import fingerprint
from runtime.data.tables import contract, run

ROWS = 150_000
COLUMNS = {"id": {"type": "int"}, "name": {"type": "string"}, "size": {"type": "float"}}


def rows() -> pa.Table:
    order = np.random.default_rng(0).permutation(ROWS)
    return pa.table({"id": order, "name": [f"{each:06} {'and so on ' * 20}" for each in order], "size": order / 7})


BOTH = """
import sys
import pyarrow as pa
from penstock.runtime.data import stored
from penstock.runtime.main import main

stored._GROUP_BYTES, stored._BATCH_ROWS = 1 << 19, 4_096
flags = ["--dataset", "rows", "--contract", sys.argv[1], "--snapshot", "snapshot"]
assert main(["snapshot", *flags]) == main(["validate", *flags, "--table", "table"]) == 0
print(pa.default_memory_pool().max_memory())
"""


def test_no_step_on_a_dataset_has_all_its_rows_in_memory(tmp_path: Path) -> None:
    table = rows()
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=20_000)
    text = contract(source={"parquet": "rows.parquet"}, columns=COLUMNS, primaryKey=["id"]).model_dump_json(
        by_alias=True, exclude_unset=True
    )
    argv = [sys.executable, "-c", BOTH, text]
    done = subprocess.run(argv, cwd=tmp_path, check=True, stdout=subprocess.PIPE, text=True)
    assert int(done.stdout) < table.nbytes / 2
    found = stored.stored(tmp_path / "table" / "data.parquet")
    assert fingerprint(found) == fingerprint(table.sort_by("id"))
    groups = pq.read_metadata(tmp_path / "table" / "data.parquet")
    assert groups.num_row_groups > 10
    assert max(groups.row_group(number).num_rows for number in range(groups.num_row_groups)) < ROWS / 10


def test_rows_of_several_files_are_read_a_part_at_a_time_in_one_type(tmp_path: Path) -> None:
    for name, type_ in (("a", pa.int16()), ("b", pa.int64())):
        columns = {"id": pa.array([1 if name == "a" else 2], type_), "kind": pa.array([name]).dictionary_encode()}
        pq.write_table(pa.table(columns | ({"left": ["x"]} if name == "b" else {})), tmp_path / f"{name}.parquet")
    declared = {"id": {"type": "int"}, "kind": {"type": "string"}, "left": {"type": "string", "nullable": True}}
    text = contract(source={"parquet": f"{tmp_path}/*.parquet"}, columns=declared, primaryKey=["id"]).model_dump_json(
        by_alias=True, exclude_unset=True
    )
    assert run("snapshot", dataset="rows", contract=text, snapshot=tmp_path / "snapshot") == 0
    found = pq.read_table(tmp_path / "snapshot" / "data.parquet")
    assert found.to_pydict() == {"id": [1, 2], "kind": ["a", "b"], "left": [None, "x"]}


def test_a_page_that_is_broken_is_told_with_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(rows(), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56
    path.write_bytes(content)
    text = contract(source={"parquet": str(path)}, columns=COLUMNS).model_dump_json(by_alias=True, exclude_unset=True)
    assert run("snapshot", dataset="rows", contract=text, snapshot=tmp_path / "snapshot") == 2
    told = capsys.readouterr().err
    assert f"snapshot: Dataset/rows.source: `{path}`: it begins as a Parquet file but is" in told
    assert "Traceback" not in told


def test_what_does_not_fit_goes_to_the_scratch_directory_and_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch, work = tmp_path / "scratch", tmp_path / "work"
    scratch.mkdir()
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("PENSTOCK_WORK", str(scratch))
    # The database takes the memory that Slurm grants for that of the machine: MB.
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "120")
    seen: list[list[str]] = []
    connection = connect({"source": rows()})
    assert query(connection, "SELECT current_setting('memory_limit') AS l", "x")["l"].to_pylist() == ["57.2 MiB"]
    sql = "SELECT * FROM source, range(3) ORDER BY name, id"
    for count, _ in enumerate(engine.streamed(connection, sql, "sorted")):
        if not count:
            seen.append([each.name for each in scratch.iterdir()])
    assert seen[0][0].startswith("spill-"), "nothing was written, so the test tells nothing"
    connection.close()
    assert [*scratch.iterdir(), *work.iterdir()] == []


def test_want_of_memory_and_of_disk_are_faults_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "20")
    monkeypatch.setenv("PENSTOCK_WORK", str(tmp_path / "is not there" / "nor below"))
    connection = connect({"source": rows()})
    with pytest.raises(OSError, match=r"sorted: .*Failed to create directory"):
        written(connection, "SELECT * FROM source ORDER BY name", "sorted", path=tmp_path / "sorted.parquet")
    with pytest.raises(MemoryError, match="values: Out of Memory Error"):
        query(connection, "SELECT list(name) FROM source", "values")


@pytest.mark.skipif(os.name != "posix", reason="limits are of POSIX")
def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    pq.write_table(rows(), tmp_path / "rows.parquet")
    text = contract(source={"parquet": str(tmp_path / "rows.parquet")}, columns=COLUMNS).model_dump_json(
        by_alias=True, exclude_unset=True
    )
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); "
        "from penstock.runtime.main import main; "
        "sys.exit(main(['snapshot', '--dataset', 'rows', '--contract', sys.argv[1], '--snapshot', sys.argv[2]]))"
    )
    argv = [sys.executable, "-c", code, text, str(tmp_path / "snapshot")]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert "snapshot: " in done.stderr
    assert "File too large" in done.stderr or "No space left" in done.stderr
    assert "Traceback" not in done.stderr
