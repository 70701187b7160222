"""Python that a spec names is followed to every place that reads data by itself, and to no other."""

from __future__ import annotations

import pytest

from catalog.repositories import load, small
from penstock.catalog.lineage import lineage
from penstock.catalog.python.reads import CodeReads, code_reads, command_reads
from penstock.checks.engine import check
from review.changes.test_ordinary_code import CODE

PEOPLE = "data/passengers.csv"


def reads(body: str, reference: str = "systems.flights:rush", **more: str) -> CodeReads:
    files = small() | {"systems/flights.py": body}
    files |= {f"systems/{name}.py": text for name, text in more.items()}
    files["systems/vocabulary.json"] = "{}"
    return code_reads(load(files).view(None), reference)


def of(body: str, head: str = "") -> CodeReads:
    """What a function of one statement reads."""
    return reads(f"{head}\n\ndef rush(table):\n    {body}\n")


WRITTEN = {
    "open": ("", "open('data/passengers.csv')"),
    "open, by keyword": ("", "open(file='data/passengers.csv', mode='rb')"),
    "open, as bytes": ("", "open(b'data/passengers.csv')"),
    "open, for both": ("", "open('data/passengers.csv', 'r+')"),
    "io": ("import io", "io.open('data/passengers.csv')"),
    "io, renamed": ("from io import FileIO as F", "F('data/passengers.csv')"),
    "os": ("import os", "os.read(os.open('data/passengers.csv', os.O_RDONLY), 9)"),
    "codecs": ("import codecs", "codecs.open('data/passengers.csv')"),
    "gzip": ("import gzip", "gzip.open('data/passengers.csv')"),
    "a link": ("import os", "os.symlink('data/passengers.csv', 'x')"),
    "a copy": ("import shutil", "shutil.copy('data/passengers.csv', 'x')"),
    "lines": ("import linecache", "linecache.getlines('data/passengers.csv')"),
    "pathlib": ("from pathlib import Path", "Path('data/passengers.csv').read_text()"),
    "pathlib, in parts": ("from pathlib import Path", "(Path('data') / 'passengers.csv').open()"),
    "pathlib, by its class": ("import pathlib", "pathlib.Path.read_bytes(pathlib.Path('data', 'passengers.csv'))"),
    "pathlib, from here": (
        "from pathlib import Path",
        "(Path(__file__).resolve().parents[1] / 'data' / 'passengers.csv').read_bytes()",
    ),
    "os.path": ("import os", "open(os.path.join(os.path.dirname(__file__), '../data', 'passengers.csv'))"),
    "in the image": ("", "open('/workspace/data/passengers.csv')"),
    "an address of a file": ("import pandas as pd", "pd.read_csv('file:///workspace/data/passengers.csv')"),
    "put together": ("", "open('data/' + 'passen' + f'gers.{\"csv\"}')"),
    "a folder": ("import pyarrow.dataset as ds", "ds.dataset('data')"),
    "a pattern": ("import polars as pl", "pl.scan_csv('data/pass*.csv')"),
    "pandas": ("import pandas as pd", "pd.read_csv('data/passengers.csv')"),
    "pandas, a part": ("from pandas import read_csv as r", "r('data/passengers.csv')"),
    "pandas, of a star": ("from pandas import *", "read_csv('data/passengers.csv')"),
    "pandas, within": ("", "import pandas; pandas.io.parsers.read_csv('data/passengers.csv')"),
    "pandas, renamed": ("import pandas as pd\nq = pd", "q.read_table('data/passengers.csv')"),
    "polars": ("import polars", "polars.read_csv('data/passengers.csv')"),
    "pyarrow": ("from pyarrow import csv", "csv.open_csv('data/passengers.csv')"),
    "pyarrow's memory map": ("import pyarrow as pa", "pa.memory_map('data/passengers.csv')"),
    "numpy": ("import numpy as np", "np.genfromtxt('data/passengers.csv')"),
    "numpy's memory map": ("import numpy as np\nn = np", "n.memmap('data/passengers.csv')"),
    "duckdb": ("import duckdb", "duckdb.sql(\"select * from 'data/passengers.csv'\")"),
    "duckdb, by a function": ("import duckdb", "duckdb.read_csv('data/passengers.csv')"),
    "duckdb, by a query's function": (
        "import duckdb",
        "duckdb.connect().execute('''FROM x JOIN read_csv(['data/passengers.csv'])''')",
    ),
    "duckdb, by a connection": ("import duckdb", "duckdb.connect().from_csv_auto('data/passengers.csv')"),
    "duckdb, after a comment": ("import duckdb", "duckdb.sql(\"select * from /* x */ 'data/passengers.csv'\")"),
    "duckdb, after a comma": ("import duckdb", "duckdb.sql(\"select * from x, 'data/passengers.csv'\")"),
    "duckdb, a folder": ("import duckdb", "duckdb.sql(\"import database 'data/passengers.csv'\")"),
    "a query of a name": (
        "import duckdb",
        "query = \"select * from 'data/passengers.csv'\"; duckdb.connect().sql(query)",
    ),
    "sqlite": ("import sqlite3", "sqlite3.connect('data/passengers.csv')"),
    "a method of a class": (
        "import pyarrow.dataset as ds",
        "ds.FileSystemDataset.from_paths(['data/passengers.csv'])",
    ),
    "settings": ("import configparser", "configparser.ConfigParser().read('data/passengers.csv')"),
    "scikit-learn": ("from sklearn import datasets", "datasets.load_svmlight_file('data/passengers.csv')"),
    "scipy": ("import scipy.sparse as sp", "sp.load_npz('data/passengers.csv')"),
    "rasterio": ("import rasterio", "rasterio.open('data/passengers.csv')"),
    "fiona": ("from fiona import open as f", "f('data/passengers.csv')"),
    "librosa": ("import librosa", "librosa.load('data/passengers.csv')"),
    "zstandard": ("import zstandard", "zstandard.open('data/passengers.csv')"),
    "pyreadstat": ("import pyreadstat", "pyreadstat.read_sav('data/passengers.csv')"),
    "lmdb": ("import lmdb", "lmdb.open('data/passengers.csv')"),
}


@pytest.mark.parametrize(("head", "body"), WRITTEN.values(), ids=WRITTEN)
def test_a_file_that_is_written_out_is_read_and_is_known_as_a_dataset_s(head: str, body: str) -> None:
    found = of(body, head)
    assert found.reads
    assert "passengers" in dict(found.datasets)


OPEN = {
    "a parameter": ("", "open(table)"),
    "the environment": ("import os", "open(os.environ['DATA'])"),
    "a function as a value": ("", "list(map(open, table))"),
    "a method as a value": ("from pathlib import Path", "list(map(Path.read_text, table))"),
    "a bound method": ("from pathlib import Path", "reading = Path(table).open; reading()"),
    "part of an application": ("from functools import partial\nimport pandas as pd", "partial(pd.read_csv)(table)"),
    "getattr": ("import pandas as pd", "getattr(pd, 'read_' + 'csv')('x')"),
    "attrgetter": ("from operator import attrgetter", "attrgetter('read_csv')(table)('x')"),
    "methodcaller": ("from operator import methodcaller", "methodcaller('read_text')(table)"),
    "the variables of a module": ("import pandas as pd", "vars(pd)['read_csv']('x')"),
    "its dictionary": ("import pandas as pd", "pd.__dict__['read_csv']('x')"),
    "a pattern": ("", "match table:\n        case object(read_csv=f):\n            return f('x')"),
    "a module that is handed on": ("import gzip", "helper(gzip)"),
    "numpy": ("import numpy as np", "np.load(table)"),
    "duckdb": ("import duckdb", "duckdb.sql(table)"),
    "duckdb, of a name that is put in": ("import duckdb", "duckdb.sql(f'select * from {table}')"),
    "duckdb, by a format": ("import duckdb", "duckdb.sql(\"select * from '%s'\" % table)"),
    "duckdb, by another format": ("import duckdb", "duckdb.sql(\"select * from '{}'\".format(table))"),
    "an expression of pandas": ("import pandas as pd", "table.eval('@pd.read_csv(\"x\")')"),
    "settings": ("import configparser", "configparser.ConfigParser().read(table)"),
    "oneself": ("from pathlib import PosixPath", "type('P', (PosixPath,), {'go': lambda self: self.open()})"),
    "a path that is none": ("from pathlib import Path\nPath = str.upper", "open(Path('systems/vocabulary.json'))"),
    "a path that an import may bind": (
        "from systems.other import *\nPATH = 'systems/vocabulary.json'",
        "open(PATH)",
    ),
    "an archive that is added to": ("import zipfile", "zipfile.ZipFile(table, 'a').read('x')"),
    "duckdb, attached": ("import duckdb", "duckdb.connect().execute(f\"ATTACH '{table}' AS x\")"),
    "a database": ("import sqlite3", "sqlite3.connect(table)"),
    "a class": ("import io", "class F(io.FileIO): pass"),
}


@pytest.mark.parametrize(("head", "body"), OPEN.values(), ids=OPEN)
def test_what_is_computed_may_be_anything(head: str, body: str) -> None:
    assert of(body, head).is_open


FETCHED = {
    "requests": ("import requests", "requests.get('https://x.example')"),
    "requests, of a session": ("from requests import Session", "Session().get('https://x.example')"),
    "urllib": ("from urllib.request import urlopen", "urlopen('https://x.example')"),
    "urllib, whole": ("import urllib.request", "urllib.request.urlopen('https://x.example')"),
    "boto3": ("import boto3", "boto3.client('s3').get_object(Bucket='b', Key='k')"),
    "fsspec": ("import fsspec", "fsspec.open('s3://b/k')"),
    "s3fs": ("import s3fs", "s3fs.S3FileSystem().cat('b/k')"),
    "a socket": ("import socket", "socket.create_connection(('x.example', 80))"),
    "google": ("from google.cloud import storage", "storage.Client()"),
    "sqlalchemy": ("import sqlalchemy as sa", "sa.create_engine('postgresql://x')"),
    "pyarrow": ("import pyarrow.parquet as pq", "pq.read_table('s3://b/k.parquet')"),
    "pyarrow's file systems": ("from pyarrow import fs", "fs.S3FileSystem().open_input_file('b/k')"),
    "another object": ("", "table.read_parquet('x')"),
    "duckdb, by a function's name": ("import duckdb", "duckdb.connect().table_function('read_csv', [table])"),
    "scikit-learn": ("from sklearn.datasets import fetch_openml", "fetch_openml('adult')"),
    "statsmodels": ("import statsmodels.api as sm", "sm.datasets.get_rdataset('Guerry', 'HistData')"),
    "torchvision": ("from torchvision import datasets", "datasets.MNIST('d', download=True)"),
    "keras": ("from keras.datasets import mnist", "mnist.load_data()"),
    "prices": ("import yfinance as yf", "yf.download('X')"),
    "a sheet": ("import gspread", "gspread.service_account().open('x')"),
    "artifacts of wandb": ("import wandb", "wandb.Api().artifact('a').download()"),
    "files of dvc": ("import dvc.api", "dvc.api.open('data/x.csv')"),
    "a small database": ("from tinydb import TinyDB", "TinyDB('x.json').all()"),
}


@pytest.mark.parametrize(("head", "body"), FETCHED.values(), ids=FETCHED)
def test_what_comes_from_elsewhere_is_read(head: str, body: str) -> None:
    assert of(body, head).reads


QUIET = {
    "a file of settings": ("import json", "json.load(open('systems/vocabulary.json'))"),
    "beside the module": (
        "import json\nfrom pathlib import Path",
        "json.loads(Path(__file__).with_name('vocabulary.json').read_text())",
    ),
    "by a name of the file": (
        "import json\nfrom pathlib import Path\nHERE = Path(__file__).parent\nWORDS = HERE / 'vocabulary.json'",
        "json.loads(WORDS.read_text(encoding='utf-8'))",
    ),
    "by a handle": (
        "import pandas as pd",
        "with open('systems/vocabulary.json') as file: pd.read_json(file)",
    ),
    "a package's own file": (
        "from importlib.resources import files",
        "files('systems').joinpath('vocabulary.json').read_text()",
    ),
    "in memory": ("import io\nimport pandas as pd", "pd.read_csv(io.StringIO('a,b'))"),
    "in memory, by a name": ("from io import StringIO\nimport pandas as pd", "x = StringIO('a'); pd.read_csv(x)"),
    "a database in memory": ("import sqlite3", "sqlite3.connect(':memory:')"),
    "tables of duckdb": ("import duckdb", "duckdb.connect().sql(\"select 'a/b' as x from table where y = 'c.d'\")"),
    "an expression of pandas": ("import pandas as pd", "table.query('delay > 5').eval('x = 1')"),
    "a query that is put together": (
        "import duckdb",
        "sql = 'WITH a AS (SELECT * FROM rows) ' + f'SELECT {table} FROM a'; duckdb.connect().sql(sql)",
    ),
    "by a name of a class": ("class Kept:\n    path = 'systems/vocabulary.json'\n    file = open(path)", "Kept.file"),
    "a column": ("", "table.open - table.close"),
    "writing": ("", "open('out.csv', 'w').write('x')"),
    "writing by pathlib": ("from pathlib import Path", "Path('out.csv').open('wb')"),
    "a name alone": ("", "'data/passengers.csv'"),
    "another function's": ("", "scheduled = 1\n\n\ndef scheduled():\n    return open('data/flights.csv')"),
}


@pytest.mark.parametrize(("head", "body"), QUIET.values(), ids=QUIET)
def test_configuration_and_what_reads_no_file_is_quiet(head: str, body: str) -> None:
    found = of(body, head)
    assert (found.reads, found.datasets) == ((), ())


LEARNERS = ["a learner of scikit-learn's kind"]


@pytest.mark.parametrize("name", LEARNERS)
def test_ordinary_learners_read_nothing(name: str) -> None:
    assert reads(CODE[name], "systems.flights.Averaged") == CodeReads()


HELPER = """import pandas as pd

def fetch():
    return inner()

def inner():
    return pd.read_csv('data/passengers.csv')
"""


@pytest.mark.parametrize(
    "body",
    [
        "from systems.helper import fetch\n\ndef rush(table):\n    return fetch()\n",
        "from systems import helper as h\n\ndef rush(table):\n    return h.fetch()\n",
        "import systems.helper\n\ndef rush(table):\n    return systems.helper.fetch()\n",
        "from .helper import fetch\n\ndef rush(table):\n    return fetch()\n",
        "from systems.helper import *\n\ndef rush(table):\n    return fetch()\n",
        "def rush(table):\n    from systems.helper import fetch\n    return fetch()\n",
        "from systems.helper import fetch as rush\n",
        "from systems import helper\n\ndef rush(table):\n    return apply(helper)\n",
        "from systems import helper\n\ndef rush(table):\n    return other()\n\n"
        "def other():\n    return helper.inner()\n",
        "from systems.helper import fetch\n\nclass Kept:\n    def get(self):\n        return fetch()\n\n"
        "kept = Kept()\n\ndef rush(table):\n    return kept.get()\n",
        "from systems.helper import fetch\n\nKEPT = fetch()\n\ndef rush(table):\n    return KEPT\n",
        "from systems.helper import fetch\n\ndef rush(table, kept=fetch()):\n    return kept\n",
        "from systems import other\n\ndef rush(table):\n    return other.anything\n",
        "from systems.helper import fetch\n\n@register\ndef other():\n    return fetch()\n\n"
        "def rush(table):\n    return 1\n",
        "from systems.helper import fetch\n\ndef rush(table):\n    return globals()['fe' 'tched']()\n\n"
        "def fetched():\n    return fetch()\n",
    ],
)
def test_a_function_is_followed_to_what_it_calls(body: str) -> None:
    other = "from systems.helper import fetch\n\ndef __getattr__(name):\n    return fetch()\n"
    assert dict(reads(body, helper=HELPER, other=other).datasets) == {"passengers": ("systems/helper.py", 7)}


def test_a_function_that_it_does_not_call_is_not_its_own() -> None:
    body = "from systems.helper import other\n\ndef rush(table):\n    return other()\n"
    assert reads(body, helper=f"{HELPER}\ndef other():\n    return 1\n") == CodeReads()


def test_the_function_of_a_dataset_gives_its_rows_to_whoever_calls_it() -> None:
    found = reads("def rush(table):\n    return scheduled()\n\ndef scheduled():\n    return table_of_the_lake()\n")
    assert dict(found.datasets) == {"flights": ("systems/flights.py", 4)}


def test_a_name_that_another_file_binds_anew_is_not_known() -> None:
    body = "from systems import other\n\nPATH = 'systems/vocabulary.json'\n\ndef rush(table):\n    return open(PATH)\n"
    assert reads(body, other="x = 1\n") == CodeReads()
    for binding in ("flights.PATH = 'x'", "setattr(flights, 'PATH', 'x')", "vars(flights)['PATH'] = 'x'"):
        found = reads(body, other=f"from systems import flights\n\n{binding}\n")
        assert found.is_open, binding


def test_a_name_that_is_written_elsewhere_counts_where_anything_is_read() -> None:
    found = reads("PATHS = {'a': 'data/passengers.csv'}\n\ndef rush(table):\n    return open(PATHS[table])\n")
    assert dict(found.datasets) == {"passengers": ("systems/flights.py", 1)}


@pytest.mark.parametrize("body", ["exec(table)", "__import__('pandas')", "getattr(table, table)('x')"])
def test_code_that_may_run_any_other_may_read_anything(body: str) -> None:
    assert of(body).is_open


@pytest.mark.parametrize("used", ["open(a99)", "getattr(table, a99)"])
def test_a_text_that_is_added_to_itself_has_an_end(used: str) -> None:
    doubled = "\n".join(f"    a{count + 1} = a{count} + a{count}" for count in range(99))
    assert reads(f"def rush(table):\n    a0 = 'x'\n{doubled}\n    return {used}\n").is_open


@pytest.mark.parametrize("command", [["python", "-m", "systems.prepare"], ["sh", "-c", "python systems/prepare.py"]])
def test_the_python_of_a_step_is_followed(command: list[str]) -> None:
    files = small() | {
        "systems/prepare.py": "import beside\nbeside.go()\n",
        "systems/beside.py": "def go():\n    return open('data/passengers.csv')\n",
    }
    if command[0] == "python":
        files["systems/prepare.py"] = "from systems import beside\nbeside.go()\n"
    assert dict(command_reads(load(files).view(None), command).datasets) == {"passengers": ("systems/beside.py", 2)}


def test_a_purpose_answers_for_what_a_feature_reads_by_itself() -> None:
    files = small() | {"systems/flights.py": f"def rush(table):\n    return open('{PEOPLE}')\n"}
    codes = {one.code for one in check(load(files))}
    assert "sensitive-use" in codes
    uses = "".join(
        f"    - {{column: passengers.{one}, use: feature, purpose: Agreed upon with those who answer for it.}}\n"
        for one in ("passenger_id", "birth_year")
    )
    files["specs/model.yaml"] = files["specs/model.yaml"].replace("  sensitiveUses:\n", f"  sensitiveUses:\n{uses}")
    codes = {one.code for one in check(load(files))}
    assert codes.isdisjoint({"sensitive-use", "unused-sensitive-use"})
    assert "undeclared-read" in codes


def test_the_columns_of_what_a_feature_reads_by_itself_reach_the_model() -> None:
    body = f"def rush(table):\n    return open('{PEOPLE}')\n"
    view = load(small() | {"systems/flights.py": body}).view(None)
    path = lineage(view).uses_of("delay")[("passengers", "birth_year"), "feature"]
    assert path == ("passengers.birth_year", "conditions.rush")
