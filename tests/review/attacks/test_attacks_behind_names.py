"""Attacks behind what a spec names: its rows in the repository, and code that no import statement leads to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.review.model import Direction
from penstock.review.rendering.rows import headline
from penstock.specs.review import Area
from review.pull_requests import APPROVED, PENDING, node, opened
from review.repositories import Documents, Repository, at, set_at

ROWS = "flight_id,landed\na,2026-01-01\n"


def named(source: object) -> object:
    return set_at("Dataset", "arrivals", "source", to=source)


def of_class(name: str) -> Callable[[Documents], None]:
    return set_at("Model", "delay", "estimator", to={"class": name})


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ({"csv": "data/arrivals.csv"}, "data/arrivals.csv"),
        ({"csv": "./data/arrivals.csv"}, "data/arrivals.csv"),
        ({"csv": ["data/none.csv", "data/*.csv"]}, "data/arrivals.csv"),
        ({"parquet": "data/**/part-*.parquet"}, "data/year/2026/part-1.parquet"),
        ({"parquet": "data/**/part-*.parquet"}, "data/part-1.parquet"),
        ({"parquet": "data/arrivals"}, "data/arrivals/part-1.parquet"),
        ({"csv": "specs/arrivals.csv"}, "specs/arrivals.csv"),
        ({"csv": "/workspace/data/arrivals.csv"}, "data/arrivals.csv"),
        ({"csv": "file:///workspace/data/arrivals.csv"}, "data/arrivals.csv"),
    ],
)
def test_rows_of_the_repository_are_changed_by_nobody_unseen(repository: Repository, source: object, path: str) -> None:
    repository.edit(named(source))  # type: ignore[arg-type]
    repository.write(path, ROWS)
    pull_request = opened(repository)
    repository.write(path, ROWS + "b,2026-01-02\n")
    pull_request.forge.push(repository.commit())
    (form,) = source  # type: ignore[misc]
    found = at(pull_request.inputs().plan, f"Dataset/arrivals.source.{form}")
    assert (found.direction, found.area, found.cause) == (Direction.UNKNOWN, Area.DATA, "indirect")
    assert f"the data in `{path}` changed" in found.why
    assert pull_request.state is PENDING


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (ROWS, "the data in `data/new.csv` is what `data/arrivals.csv` held"),
        (ROWS + "b,2026-01-02\n", "the data in `data/new.csv` is new, and may differ from other data"),
    ],
)
def test_rows_that_move_to_another_file_do_not_differ_by_that(repository: Repository, rows: str, why: str) -> None:
    repository.edit(named({"csv": "data/arrivals.csv"}))  # type: ignore[arg-type]
    repository.write("data/arrivals.csv", ROWS)
    pull_request = opened(repository)
    repository.git("rm", "--quiet", "data/arrivals.csv")
    repository.edit(named({"csv": "data/new.csv"}))  # type: ignore[arg-type]
    repository.write("data/new.csv", rows)
    pull_request.forge.push(repository.commit())
    (found,) = [
        one for one in pull_request.inputs().plan.changes if one.cause == "indirect" and "the data in" in one.why
    ]
    assert found.why == why
    assert found.direction is Direction.UNKNOWN


def test_rows_by_a_pattern_of_the_root_may_be_those_behind_a_link(repository: Repository) -> None:
    repository.edit(named({"csv": "*.csv"}))  # type: ignore[arg-type]
    repository.write("kept/rows", ROWS)
    (repository.root / "live.csv").symlink_to("kept/rows")
    pull_request = opened(repository)
    repository.write("kept/rows", "")
    pull_request.forge.push(repository.commit())
    assert at(pull_request.inputs().plan, "Dataset/arrivals.source.csv").direction is Direction.UNKNOWN


def test_the_headline_counts_what_stands_behind_a_name(repository: Repository) -> None:
    repository.edit(named({"csv": "data/arrivals.csv"}))  # type: ignore[arg-type]
    repository.write("data/arrivals.csv", ROWS)
    pull_request = opened(repository)
    repository.write("data/arrivals.csv", ROWS + "b,2026-01-02\n")
    repository.replace("objective: 99.9%", "objective: 99.5%")
    pull_request.forge.push(repository.commit())
    assert headline(pull_request.inputs().plan).startswith("1 unknown and 1 loosened changes in 2 specs")


def test_rows_that_only_an_override_names_are_its_environment_s(repository: Repository) -> None:
    def override(documents: Documents) -> None:
        documents["Dataset", "arrivals"]["overrides"] = {"production": {"source": {"csv": "data/live.csv"}}}

    repository.edit(override)
    repository.write("data/live.csv", ROWS)
    pull_request = opened(repository)
    repository.write("data/live.csv", "")
    pull_request.forge.push(repository.commit())
    assert at(pull_request.inputs().plan, "Dataset/arrivals.source.csv").environments == ("production",)
    assert pull_request.state is PENDING


def test_a_step_that_only_an_override_has_is_judged_by_the_field_that_names_its_script(repository: Repository) -> None:
    def override(documents: Documents) -> None:
        steps = [{"name": "prepare", "command": ["sh", "systems/prepare.sh"]}]
        documents["Model", "delay"]["overrides"] = {"production": {"steps": steps}}

    repository.edit(override)
    repository.write("systems/prepare.sh", "echo 1\n")
    pull_request = opened(repository)
    repository.write("systems/prepare.sh", "echo 2\n")
    pull_request.forge.push(repository.commit())
    found = at(pull_request.inputs().plan, "Model/delay.steps[prepare].command")
    assert (found.area, found.environments) == (Area.GOVERNANCE, ("production",))


def test_a_file_that_no_source_names_is_no_change(repository: Repository) -> None:
    repository.write("data/others.csv", ROWS)
    pull_request = opened(repository)
    repository.write("data/others.csv", "")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is APPROVED


@pytest.mark.parametrize(
    "body",
    [
        "import importlib\n\ndef departures():\n    return importlib.import_module('systems.' + 'hidden').go()\n",
        "from importlib import import_module\n\ndef departures():\n    return import_module('systems.hidden').go()\n",
        "def departures():\n    return __import__('systems.hidden').hidden.go()\n",
        "def departures():\n    exec(open('systems/hidden.py').read())\n",
        "import runpy\n\ndef departures():\n    return runpy.run_path('systems/hidden.py')\n",
        "import subprocess\n\ndef departures():\n    return subprocess.run(['python', 'systems/hidden.py'])\n",
        "import os\n\ndef departures():\n    return os.system('python systems/hidden.py')\n",
        "from os import popen\n\ndef departures():\n    return popen('python systems/hidden.py').read()\n",
        "import sys\n\nsys.path.append('systems')\nimport hidden\n\ndef departures():\n    return hidden.go()\n",
        "from sys import path\n\npath.append('systems')\nimport hidden\n\ndef departures():\n    return hidden.go()\n",
        "from systems.loader import go as departures\n",
        "import os as o\n\ndef departures():\n    return o.system('python systems/hidden.py')\n",
        "import os\n\nrun = os\n\ndef departures():\n    return run.popen('python systems/hidden.py')\n",
        "import os\n\ndef departures():\n    return getattr(os, 'sys' + 'tem')('python systems/hidden.py')\n",
        "from os import *\n\ndef departures():\n    return system('python systems/hidden.py')\n",
        "import sys as s\n\ns.path.append('systems')\nimport hidden\n\ndef departures():\n    return hidden.go()\n",
        "import site\n\nsite.addsitedir('systems')\nimport hidden\n\ndef departures():\n    return hidden.go()\n",
        "import inspect\n\ndef departures():\n    return inspect.importlib.import_module('systems.hidden').go()\n",
        "from inspect import importlib as i\n\ndef departures():\n    return i.import_module('systems.hidden').go()\n",
        "import json\n\ndef departures():\n    return json.__builtins__['__import__']('systems.hidden').hidden.go()\n",
        "def departures():\n    return departures.__globals__['__buil' 'tins__']['eval']('1')\n",
        "import pkg_resources as p\n\ndef departures():\n    return p.EntryPoint('systems.hidden:go')\n",
        "import logging.config as c\n\ndef departures():\n    c.dictConfig({'()': 'systems.hidden.go'})\n",
        "from logging import config as c\n\ndef departures():\n    c.dictConfig({'()': 'systems.hidden.go'})\n",
        "import code as c\n\ndef departures():\n    c.InteractiveInterpreter().runsource('import systems.hidden')\n",
        "import shutil\n\ndef departures():\n    return shutil.os.system('python systems/hidden.py')\n",
        "import asyncio as a\n\ndef departures():\n    return a.create_subprocess_exec('python', 'hidden.py')\n",
        f"from systems import hidden\nX = 0x{'f' * 5000}\n\ndef departures():\n    return hidden.go()\n",
        f"from systems import hidden\nX = {'+'.join('1' * 3000)}\n\ndef departures():\n    return hidden.go()\n",
        f"from systems import hidden\nX = [{'1, ' * 250_000}]\n\ndef departures():\n    return hidden.go()\n",
    ],
)
def test_code_that_no_import_statement_leads_to_is_seen(repository: Repository, body: str) -> None:
    repository.write("systems/flights.py", body)
    repository.write("systems/loader.py", "def go():\n    return eval(open('systems/hidden.py').read())\n")
    repository.write("systems/hidden.py", "def go():\n    return 1\n")
    pull_request = opened(repository)
    repository.write("systems/hidden.py", "def go():\n    return 10**9\n")
    pull_request.forge.push(repository.commit())
    assert at(pull_request.inputs().plan, "Dataset/flights.source.python").direction is Direction.UNKNOWN
    assert node(pull_request.verdict(), "owner").state is PENDING


@pytest.mark.parametrize(
    "listed",
    [
        "__all__ = ['hidden']\n",
        "__all__ = ('hidden',)\n",
        "__all__ = []\n__all__ += ['hid' 'den']\n",
        "__all__ = 'x hidden'.split()\n",
    ],
)
def test_what_a_package_lists_is_imported_by_a_star(repository: Repository, listed: str) -> None:
    repository.write("systems/flights.py", "from systems.kit import *\n\ndef departures():\n    return hidden.go()\n")
    repository.write("systems/kit/__init__.py", listed)
    repository.write("systems/kit/hidden.py", "def go():\n    return 1\n")
    pull_request = opened(repository)
    repository.write("systems/kit/hidden.py", "def go():\n    return 2\n")
    pull_request.forge.push(repository.commit())
    assert at(pull_request.inputs().plan, "Dataset/flights.source.python").direction is Direction.UNKNOWN
    assert pull_request.state is PENDING


@pytest.mark.parametrize("listed", ["", "__all__ = ['go']\ndef go():\n    return 1\n"])
def test_what_a_package_does_not_list_is_not(repository: Repository, listed: str) -> None:
    repository.write("systems/flights.py", "from systems.kit import *\n\ndef departures():\n    return go()\n")
    repository.write("systems/kit/__init__.py", listed)
    repository.write("systems/kit/hidden.py", "def go():\n    return 1\n")
    pull_request = opened(repository)
    repository.write("systems/kit/hidden.py", "def go():\n    return 2\n")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is APPROVED


def test_code_that_only_imports_by_statements_is_followed_and_no_further(repository: Repository) -> None:
    body = (
        "import logging\nimport os\nimport re\nimport sys\nfrom os import path\nfrom timeit import default_timer\n\n\n"
        "def departures(frame):\n    frame.eval('a + b'), frame.site, frame.code, logging.getLogger()\n"
        "    return re.compile('a'), sys.version, os.path.join('a', 'b'), path.sep, os.environ\n"
    )
    repository.write("systems/flights.py", body)
    repository.write("systems/hidden.py", "def go():\n    return 1\n")
    pull_request = opened(repository)
    repository.write("systems/hidden.py", "def go():\n    return 2\n")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is APPROVED


@pytest.mark.parametrize(
    "path",
    [
        "systems/flights.abi3.so",
        "systems/flights/__init__.pyc",
        "systems/__pycache__/flights.cpython-311.pyc",
        "systems/hidden.pyc",
    ],
)
def test_no_compiled_file_stands_in_for_code_that_was_read(repository: Repository, path: str) -> None:
    pull_request = opened(repository)
    repository.write(path, b"\x00\x01")
    repository.git("add", "--force", path)
    pull_request.forge.push(repository.commit())
    assert at(pull_request.inputs().plan, "Dataset/flights.source.python").direction is Direction.UNKNOWN
    assert pull_request.state is PENDING


@pytest.mark.parametrize(
    ("link", "target", "source"),
    [
        ("systems/hidden.py", "../lib/hidden.py", {"python": "systems.flights:departures"}),
        ("lib/deps", "../other", {"csv": "lib/deps/rows.csv"}),
        ("data/arrivals.csv", "../lib/hidden.py", {"csv": "data/arrivals.csv"}),
        ("data/arrivals.csv", "../lib/hidden.py", {"csv": "data/*.csv"}),
    ],
)
def test_what_lies_behind_a_link_is_anything(repository: Repository, link: str, target: str, source: object) -> None:
    repository.edit(named(source))  # type: ignore[arg-type]
    repository.write("systems/flights.py", "from systems import hidden\n\ndef departures():\n    return hidden\n")
    repository.write("lib/hidden.py", "1\n")
    (repository.root / link).parent.mkdir(exist_ok=True)
    (repository.root / link).symlink_to(target)
    repository.compile()
    pull_request = opened(repository)
    repository.write("lib/hidden.py", "2\n")
    pull_request.forge.push(repository.commit())
    (form,) = source  # type: ignore[misc]
    assert at(pull_request.inputs().plan, f"Dataset/arrivals.source.{form}").direction is Direction.UNKNOWN


def test_a_class_is_seen_however_yaml_writes_it(repository: Repository) -> None:
    repository.write("systems/est.py", "class Mine:\n    pass\n")
    text = repository.read("specs/system.yaml")
    start = text.index("  estimator:")
    end = text.index("\n", start)
    for written in (
        "{class: # ours\n    systems.est.Mine}",
        "\n    class: >-\n      systems.est.Mine",
        "{class: &x systems.est.Mine}",
    ):
        repository.write("specs/system.yaml", f"{text[:start]}  estimator: {written}{text[end:]}")
        repository.compile()
        base = repository.commit()
        repository.write("systems/est.py", f"class Mine:\n    x = {written!r}\n")
        repository.commit()
        assert at(repository.plan(base), "Model/delay.estimator.class").direction is Direction.UNKNOWN


def test_names_that_are_no_text_are_shown_and_counted(repository: Repository) -> None:
    repository.edit(named({"csv": "data/*.csv"}))  # type: ignore[arg-type]
    repository.write("data/arrivals.csv", ROWS)
    pull_request = opened(repository)
    Path(os.fsdecode(os.fsencode(repository.root / "data") + b"/\xff.csv")).write_text(ROWS)
    pull_request.forge.push(repository.commit())
    found = at(pull_request.inputs().plan, "Dataset/arrivals.source.csv")
    assert "`data/\\xff.csv` is new" in found.why


@pytest.mark.parametrize(
    ("path", "before"),
    [
        ("numexpr.py", None),
        ("bottleneck/__init__.py", None),
        ("google/colab.py", None),
        ("msvcrt.py", "x = 1\n"),
    ],
)
def test_what_comes_to_the_root_is_found_by_nothing_that_is_installed(
    repository: Repository, path: str, before: str | None
) -> None:
    if before is not None:
        repository.write(path, before)
    pull_request = opened(repository)
    repository.write(path, "print('run by no package that tries to import it')\n")
    pull_request.forge.push(repository.commit())
    assert pull_request.inputs().plan.changes == ()
    assert pull_request.state is APPROVED


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("import numexpr\n", "numexpr.py"),
        ("def departures():\n    import msvcrt\n", "msvcrt.py"),
        # A package at the root that the code imports from is found by others, too.
        ("from google.cloud import storage\n", "google/colab.py"),
        ("import importlib\n\nimportlib.import_module('google.' + 'cloud')\n", "numexpr.py"),
    ],
)
def test_but_what_the_code_of_specs_imports_is(repository: Repository, body: str, path: str) -> None:
    repository.write("systems/est.py", f"{body}\nclass Mine:\n    x = 1\n")
    repository.edit(of_class("systems.est.Mine"))
    pull_request = opened(repository)
    repository.write(path, "print('run by whoever tries to import it')\n")
    pull_request.forge.push(repository.commit())
    found = at(pull_request.inputs().plan, "Model/delay.estimator.class")
    assert (found.direction, found.cause) == (Direction.UNKNOWN, "indirect")
    assert pull_request.state is PENDING


@pytest.mark.parametrize("path", ["tools/more.py", "setup.py", "two-words/run.py", "tools.txt"])
def test_what_stands_in_for_nothing_is_no_change(repository: Repository, path: str) -> None:
    for known in ("tools/known.py", "setup.py", "two-words/run.py", "tools.txt"):
        repository.write(known, "x = 1\n")
    pull_request = opened(repository)
    repository.write(path, "x = 2\n")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is APPROVED


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("import joblib\n\ndef departures():\n    return joblib.load('models/known.bin')\n", "models/known.bin"),
        ("import joblib\n\ndef departures():\n    return joblib.load('mod' + 'el')\n", "models/known.joblib"),
        ("import sys\n\nsys.path.append('lib.zip')\nimport x\n\ndef departures():\n    return x\n", "lib.zip"),
        ("def departures():\n    exec(open('systems/hidden.txt').read())\n", "systems/hidden.txt"),
        ("def departures():\n    return open('./data/names.csv').read()\n", "data/names.csv"),
        ("def departures():\n    return open('/workspace/data/names.csv').read()\n", "data/names.csv"),
        (
            "from pathlib import Path\n\ndef departures():\n    return open(Path(__file__).parent / 'names.csv')\n",
            "systems/names.csv",
        ),
        ("from systems.kit import go as departures\n", "data/of kit.csv"),
    ],
)
def test_what_code_opens_by_a_written_name_is_changed_by_nobody_unseen(
    repository: Repository, body: str, path: str
) -> None:
    repository.write("systems/flights.py", body)
    repository.write("systems/kit.py", "def go():\n    return open('data/of kit.csv').read()\n")
    repository.write(path, "a\n")
    pull_request = opened(repository)
    repository.write(path, "b\n")
    pull_request.forge.push(repository.commit())
    assert at(pull_request.inputs().plan, "Dataset/flights.source.python").direction is Direction.UNKNOWN
    assert pull_request.state is PENDING


def test_a_file_that_no_text_of_the_code_names_is_no_change(repository: Repository) -> None:
    repository.write("systems/flights.py", "def departures():\n    return open('data/names.csv').read()\n")
    for path in ("data/names.csv", "data/others.csv", "names.csv", "model.pkl"):
        repository.write(path, "a\n")
    pull_request = opened(repository)
    for path in ("data/others.csv", "names.csv", "model.pkl"):
        repository.write(path, "b\n")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is APPROVED
