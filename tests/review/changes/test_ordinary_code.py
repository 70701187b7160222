"""Code as people write it for features, datasets and models leads nowhere but where it imports from."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.catalog.repository import FilesInMemory
from penstock.review.changes.references.import_graph import ImportGraph, Links

SYSTEMS = Path(__file__).parents[3] / "systems"
OWN = {path.name: path.read_text(encoding="utf-8") for path in sorted(SYSTEMS.glob("*.py"))}

CODE = {
    "a table of pandas": """
import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype


def departures() -> pd.DataFrame:
    frame = pd.read_csv("data/rows.csv", parse_dates=["departed_at"])
    frame = frame.assign(delay=lambda it: it["delay"].clip(lower=0), hour=lambda it: it["departed_at"].dt.hour)
    frame = frame.query("delay > 5 and carrier in ['AA', 'UA']").eval("speed = distance / minutes")
    kept = frame.query("origin == @origin", local_dict={"origin": "EWR"})
    for part in ("month", "dayofweek", "hour"):
        frame[f"departed_{part}"] = getattr(frame["departed_at"].dt, part)
    statistic: str = "median"
    frame["centred"] = frame["delay"] - getattr(frame["delay"], statistic)()
    frame["sin"] = np.sin(2 * np.pi * frame["hour"] / 24)
    return frame.groupby("carrier").agg({"delay": ["mean", "std"]}).pipe(_flat).merge(kept, how="left")


def _flat(frame: "pd.DataFrame") -> "pd.DataFrame":
    frame.columns = ["_".join(one) for one in frame.columns]
    return frame[[name for name in frame.columns if is_numeric_dtype(frame[name])]]
""",
    "a learner of scikit-learn's kind": """
from __future__ import annotations

from typing import Any, Literal, get_args

import joblib
import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_array, check_is_fitted

Kind = Literal["system", "path"]


class Averaged(ClassifierMixin, BaseEstimator):
    def __init__(self, estimator: "BaseEstimator | None" = None, n_jobs: int | None = None, kind: Kind = "path"):
        self.estimator, self.n_jobs, self.kind = estimator, n_jobs, kind

    def fit(self, X, y, sample_weight=None):
        base = self.estimator or make_pipeline(StandardScaler(), HistGradientBoostingClassifier())
        seeds = np.random.default_rng(0).integers(0, 1000, 5)
        self.estimators_ = Parallel(n_jobs=self.n_jobs)(delayed(_fit)(clone(base), X, y, seed) for seed in seeds)
        self.classes_ = np.unique(y)
        joblib.dump(self, "model.joblib")
        return self

    def predict_proba(self, X):
        check_is_fitted(self, "estimators_")
        return np.mean([one.predict_proba(check_array(X)) for one in self.estimators_], axis=0)


def _fit(estimator, X, y, seed):
    if hasattr(estimator, "random_state") and getattr(estimator, "random_state", None) is None:
        setattr(estimator, "random_state", int(seed))
    return estimator.fit(X, y)
""",
    "duckdb": """
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq


def departures(table: str = "flights") -> pa.Table:
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("rows", pq.read_table("data/rows.parquet"))
    names = connection.query(f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'")
    sql = "WITH a AS (SELECT * FROM rows) " + f"SELECT {', '.join(one for (one,) in names.fetchall())} FROM a"
    return connection.sql(sql).to_arrow_table()
""",
    "files": """
import csv
import gzip
import hashlib
import json
import logging
import os
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial, reduce
from operator import attrgetter, itemgetter
from pathlib import Path

logger = logging.getLogger(__name__)
HERE = Path(__file__).parent


@cache
def departures():
    root = Path(os.environ.get("DATA", HERE / "data"))
    with suppress(FileNotFoundError), gzip.open(root / "rows.json.gz", "rt", encoding="utf-8") as file:
        rows = sorted((json.loads(line) for line in file), key=itemgetter("id"))
        logger.info("%d rows by %s", len(rows), sys.version_info)
        return rows
    paths = sorted(root.glob("*.csv"), key=attrgetter("name"))
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "a"), exist_ok=True)
    digest = reduce(lambda known, path: known + hashlib.sha256(path.read_bytes()).hexdigest(), paths, "")
    return [dict(row, digest=digest, at=datetime.now(UTC)) for path in paths for row in csv.DictReader(path.open())]


def load(path, *, parse=partial(json.loads, parse_float=str)):
    if not path.exists():
        sys.exit(f"{path} is missing")
    return parse(path.read_text())
""",
    "arrays and settings": """
import pickle
from dataclasses import asdict, dataclass, field, fields
from timeit import default_timer as clock

import numpy as np
import yaml


@dataclass(frozen=True)
class Settings:
    window: "int" = 7
    columns: "list[str]" = field(default_factory=list)

    def __post_init__(self):
        object.__setattr__(self, "window", int(self.window))


def departures(name: str = "a"):
    start = clock()
    with open("settings.yaml") as file:
        settings = Settings(**yaml.safe_load(file))
    with open("more.yaml") as file:
        more = yaml.load(file, Loader=yaml.SafeLoader)
    weights = np.load("weights.npy")
    kept = np.load("weights.npz", mmap_mode="r", allow_pickle=False)
    match more:
        case {"rows": [first, *_]}:
            return first
        case Settings(window=window):
            return window
    return weights @ kept["a"], pickle.dumps(asdict(settings)), [one.name for one in fields(settings)], clock() - start
""",
    "a network": """
import gc
import os

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

os.environ.setdefault("OMP_NUM_THREADS", "1")


class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, width), nn.ReLU())

    def forward(self, x):
        return self.layers(x)


def train(data: Dataset):
    model = Net().to(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    model.load_state_dict(torch.load("net.pt", weights_only=True))
    for batch in DataLoader(data, batch_size=32):
        model(batch).sum().backward()
    model.eval()
    with torch.no_grad():
        gc.collect()
        return model
""",
    "polars, rows at an address and what may be missing": """
import re
import warnings
from collections import defaultdict, namedtuple
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import TYPE_CHECKING

import polars as pl
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

try:
    import fastexcel
except ImportError:
    fastexcel = None

Row = namedtuple("Row", ["id", "system"])
PATTERN = re.compile(r"(\\w+)-(\\d+)")


def departures() -> "pl.DataFrame":
    with ThreadPoolExecutor(4) as pool, warnings.catch_warnings():
        pages = list(pool.map(_page, range(3)))
    with ProcessPoolExecutor(initializer=_ready) as processes:
        processes.submit(_ready).result()
    frame = pl.DataFrame(sum(pages, [])).with_columns(pl.col("at").str.to_datetime(), pl.lit(1).alias("path"))
    return frame.filter(pl.col("delay") > 0).group_by("carrier").agg(pl.col("delay").mean())


def _page(number: int) -> "list[dict[str, object]]":
    answer = requests.get("https://example.com/rows", params={"page": number}, timeout=10)
    answer.raise_for_status()
    return [row for row in answer.json() if PATTERN.fullmatch(row["id"])]


def _ready() -> None:
    defaultdict(list)
""",
}


@pytest.mark.parametrize("body", [*CODE.values(), *OWN.values()], ids=[*CODE, *OWN])
def test_ordinary_code_leads_to_nothing_that_it_does_not_import(body: str) -> None:
    modules = ImportGraph(FilesInMemory({"systems/own.py": body.encode(), "systems/others.py": b"x = 1\n"}), Links(()))
    assert modules.digest("systems.own", {"systems/others.py"}) == modules.digest("systems.own", set())


TYPED = """
from __future__ import annotations

import inspect
from collections import namedtuple
from typing import Annotated, Literal, NewType, TypedDict, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, conint

Carrier = NewType("Carrier", str)
Row = TypeVar("Row", bound="Flight")
Rows = list["Flight"]
Point = namedtuple("Point", "x y")
Count = conint(ge=0)
Options = TypedDict("Options", {"all": bool})
Name = "str | None"


class Flight(BaseModel):
    carrier: Carrier
    delay: Annotated[int, Field(ge=-60, description="in " + "minutes")] = 0
    kind: Literal["exec", "eval"] = "exec"
    seats: Count | None = None
    at: Point
    name: Name = None


def departures(rows: Rows, options: Options, first: Row) -> dict[str, Rows]:
    inspect.signature(departures, eval_str=False)
    return TypeAdapter(dict[str, list[Flight]]).validate_python({"all": rows, "first": [first]})
"""


def test_types_that_are_written_out_lead_to_nothing() -> None:
    files = {"systems/own.py": TYPED.encode(), "systems/others.py": b"x = 1\n"}
    modules = ImportGraph(FilesInMemory(files), Links(()))
    assert modules.digest("systems.own", {"systems/others.py"}) == modules.digest("systems.own", set())


def test_a_package_that_computes_what_it_lists_matters_to_a_star_alone() -> None:
    def digests(statement: str) -> set[str]:
        files = {
            "systems/own.py": f"{statement}\n".encode(),
            "systems/kit/__init__.py": b"__all__ = [*NAMES]\n",
            "systems/others.py": b"x = 1\n",
        }
        modules = ImportGraph(FilesInMemory(files), Links(()))
        return {modules.digest("systems.own", changed) for changed in ({"systems/others.py"}, set())}

    assert len(digests("from systems import kit")) == 1
    assert len(digests("from systems.kit import *")) == 2
