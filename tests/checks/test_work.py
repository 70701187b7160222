"""How much the checks of specs without errors look at: a count, so that a slow check shows on every machine."""

from __future__ import annotations

from cProfile import Profile
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.catalog.dependencies import Dependencies
from penstock.catalog.load import load_work_tree
from penstock.catalog.model import Catalog
from penstock.checks.engine import check_spec
from penstock.diagnostics.model import has_errors

OWN = Path(__file__).resolve().parents[2]


def test_no_place_is_looked_up_before_there_is_something_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """A place is found by reading the file again: that took a tenth of the time of all checks."""

    def unwanted(*_: object, **__: object) -> None:
        raise AssertionError("a check asks where something stands")

    catalog = load_work_tree(OWN)
    # Of what a spec accepts there is something to say.
    loaded = [(spec_id, catalog.loaded(spec_id)) for spec_id in catalog.ids()]
    silent = [spec_id for spec_id, one in loaded if one is not None and not one.resource.metadata.accepted_warnings]
    assert len(silent) > 30
    monkeypatch.setattr(Catalog, "span", unwanted)
    for spec_id in silent:
        assert check_spec(catalog, spec_id, Dependencies()) == ()


def _wide_system(columns: int, mark: str) -> str:
    """A model on a query that joins two tables of so many columns, named with a mark, and a feature of each."""
    text = (OWN / "tests" / "review" / "system.yaml").read_text(encoding="utf-8")
    documents: list[dict[str, Any]] = list(yaml.safe_load_all(text))
    specs = {one["metadata"]["name"]: one["spec"] for one in documents}
    for table in ("flights", "weather"):
        specs[table]["columns"] |= {f"{mark}{table}{i}": {"type": "float"} for i in range(columns)}
    selected = ", ".join(f"f.{mark}flights{i} AS {mark}a{i}, w.{mark}weather{i} AS {mark}b{i}" for i in range(columns))
    names = [f"{mark}{side}{i}" for i in range(columns) for side in "ab"]
    keys = {"flight_id": {"type": "string"}, "scheduled_departure": {"type": "timestamp"}, "origin": {"type": "string"}}
    meeting = "w.origin = f.origin AND w.hour <= f.scheduled_departure"
    read = f"flights f ASOF LEFT JOIN weather w ON {meeting}"
    joined = {
        "source": {"sql": f"SELECT flight_id, scheduled_departure, f.origin, {selected} FROM {read}"},
        "primaryKey": ["flight_id"],
        "eventTime": "scheduled_departure",
        "columns": keys | {name: {"type": "float", "nullable": True} for name in names},
    }
    specs["conditions"] |= {"source": "joined", "features": {name: {"type": "float", "sql": name} for name in names}}
    documents.append(
        {**documents[-1], "kind": "Dataset", "metadata": {"name": "joined", "owner": "risk"}, "spec": joined}
    )
    return yaml.safe_dump_all(documents, sort_keys=False, width=1_000_000)


def test_a_table_of_four_times_the_columns_costs_at_most_five_times_the_work(tmp_path: Path) -> None:
    counts = []
    # What was parsed once is known, so each of them has other names; the first one also loads what all of them need.
    for mark, columns in (("x", 5), ("y", 25), ("z", 100)):
        folder = tmp_path / mark
        (folder / "specs").mkdir(parents=True)
        (folder / "specs" / "system.yaml").write_text(_wide_system(columns, mark), encoding="utf-8")
        (folder / "systems").mkdir()
        (folder / "systems" / "__init__.py").touch()
        (folder / "systems" / "flights.py").write_text("def departures():\n    return None\n", encoding="utf-8")
        catalog = load_work_tree(folder)
        with Profile() as profile:
            for spec_id in catalog.ids():
                assert not has_errors(check_spec(catalog, spec_id, Dependencies()))
        counts.append(sum(entry.callcount for entry in profile.getstats()))
    _, few, many = counts
    assert many < 5 * few
