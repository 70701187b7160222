"""Attacks behind what a spec names: its rows in the repository, and code that no import statement leads to."""

from __future__ import annotations

import pytest

from penstock.review.model import Direction
from penstock.review.rendering.rows import headline
from penstock.specs.review import Area
from review.pull_requests import APPROVED, PENDING, node, opened
from review.repositories import Documents, Repository, at

ROWS = "flight_id,landed\na,2026-01-01\n"


def named(source: object) -> object:
    def edit(documents: Documents) -> None:
        documents["Dataset", "arrivals"]["spec"]["source"] = source

    return edit


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
    assert f"the rows in `{path}` differ" in found.why
    assert pull_request.state is PENDING


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


def test_code_that_only_imports_by_statements_is_followed_and_no_further(repository: Repository) -> None:
    body = "import re\nimport sys\n\ndef departures():\n    return re.compile('a'), sys.version\n"
    repository.write("systems/flights.py", body)
    repository.write("systems/hidden.py", "def go():\n    return 1\n")
    pull_request = opened(repository)
    repository.write("systems/hidden.py", "def go():\n    return 2\n")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is APPROVED


def with_step(command: list[str]) -> object:
    def edit(documents: Documents) -> None:
        documents["Model", "delay"]["spec"]["steps"] = [{"name": "prepare", "command": command}]

    return edit


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (["python", "steps/prepare.py"], "steps/prepare.py"),
        (["python", "/workspace/steps/prepare.py"], "steps/prepare.py"),
        (["python", "-m", "steps.prepare"], "steps/prepare.py"),
        (["python", "-m", "steps"], "steps/__main__.py"),
        (["sh", "-c", "cd steps && python prepare.py"], "steps/prepare.py"),
        (["sh", "-c", "set -e; python ./steps/prepare.py --fast"], "steps/prepare.py"),
        (["python", "steps/prepare.py"], "steps/beside.py"),
        (["python", "steps/prepare.py"], "systems/shared.py"),
        (["bash", "steps/run.sh"], "steps/run.sh"),
        (["bash", "steps/run.sh"], "systems/shared.py"),
        (["python", "steps/prepare.py", "--settings=steps/settings.json"], "steps/settings.json"),
        (["cp", "-r", ".", "/tmp"], "anything.txt"),
    ],
)
def test_what_a_command_runs_is_changed_by_nobody_unseen(repository: Repository, command: list[str], path: str) -> None:
    repository.edit(with_step(command))  # type: ignore[arg-type]
    files = {
        "steps/prepare.py": "import beside\nfrom systems import shared\n",
        "steps/run.sh": "exec python steps/prepare.py\n",
        **dict.fromkeys(("steps/__main__.py", "steps/beside.py", "systems/shared.py", "steps/settings.json"), "1\n"),
    }
    for name, text in files.items():
        repository.write(name, text)
    repository.compile()
    pull_request = opened(repository)
    repository.write(path, files.get(path, "") + "2\n")
    pull_request.forge.push(repository.commit())
    found = at(pull_request.inputs().plan, "Model/delay.steps[prepare].command")
    assert (found.direction, found.area, found.cause) == (Direction.UNKNOWN, Area.GOVERNANCE, "indirect")
    assert pull_request.state is PENDING


def test_a_file_that_no_command_leads_to_is_no_change(repository: Repository) -> None:
    repository.edit(with_step(["python", "steps/prepare.py", "https://example.com/others.py"]))  # type: ignore[arg-type]
    repository.write("steps/prepare.py", "import json\n")
    repository.write("steps/others.py", "1\n")
    repository.compile()
    pull_request = opened(repository)
    repository.write("steps/others.py", "2\n")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is APPROVED
