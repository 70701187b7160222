"""Attacks by what the command of a step leads to: files among its words, scripts, and what those name in turn."""

from __future__ import annotations

from time import process_time

import pytest

from penstock.review.model import Direction
from penstock.specs.review import Area
from review.pull_requests import APPROVED, PENDING, opened
from review.repositories import Repository, at, with_step


@pytest.mark.parametrize("part", ["a", "a*", "{", "'a"])
def test_a_long_line_of_a_script_keeps_no_review_busy(repository: Repository, part: str) -> None:
    repository.edit(with_step(["node", "steps/bundle.js"]))
    repository.write("steps/bundle.js", part * 400_000)
    repository.write("steps/others.js", "b")
    repository.compile()
    pull_request = opened(repository)
    repository.write("steps/others.js", "c")
    pull_request.forge.push(repository.commit())
    before = process_time()
    assert pull_request.state is (PENDING if part in ("a*", "{") else APPROVED)
    assert process_time() - before < 20


@pytest.mark.parametrize(
    ("script", "state"),
    [
        (" ".join(f"word{number}" for number in range(21_000)), PENDING),
        ("a " * 499_000, APPROVED),
        ("a " * 501_000, PENDING),
    ],
    ids=["too many words", "long", "too long"],
)
def test_a_script_that_is_too_much_to_follow_leads_anywhere(repository: Repository, script: str, state: object) -> None:
    repository.edit(with_step(["sh", "steps/run.sh"]))
    repository.write("steps/run.sh", script)
    repository.write("steps/others.txt", "b")
    repository.compile()
    pull_request = opened(repository)
    repository.write("steps/others.txt", "c")
    pull_request.forge.push(repository.commit())
    before = process_time()
    assert pull_request.state is state
    assert process_time() - before < 20


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (["python", "steps/prepare.py"], "steps/prepare.py"),
        (["python", "/workspace/steps/prepare.py"], "steps/prepare.py"),
        (["python", "-m", "steps.prepare"], "steps/prepare.py"),
        (["python", "-m", "steps"], "steps/__main__.py"),
        (["python", "-m", "steps"], "systems/shared.py"),
        (["sh", "-c", "cd steps && python prepare.py"], "steps/prepare.py"),
        (["sh", "-c", "set -e; python ./steps/prepare.py --fast"], "steps/prepare.py"),
        (["python", "steps/prepare.py"], "steps/beside.py"),
        (["python", "steps/prepare.py"], "systems/shared.py"),
        (["bash", "steps/run.sh"], "steps/run.sh"),
        (["bash", "steps/run.sh"], "systems/shared.py"),
        (["python", "steps/prepare.py", "--settings=steps/settings.json"], "steps/settings.json"),
        (["python", "steps/prepare.py", "--settings=steps/settings.yaml"], "steps/settings.yaml"),
        (["python", "steps/prepare.py"], "steps/kit/inner.py"),
        (["cp", "-r", ".", "/tmp"], "anything.txt"),
        (["cp", "-r", "/workspace", "/tmp"], "anything.txt"),
        (["python", "steps/c++.py"], "steps/c++.py"),
        (["python", "steps/for@prod.py"], "steps/for@prod.py"),
        (["python", "steps/two words.py"], "steps/two words.py"),
        (["sh", "-c", "python 'steps/two words.py'"], "steps/two words.py"),
        (["python", "-msteps.prepare"], "steps/prepare.py"),
        (["sh", "-c", "for one in st{eps,}/*.json; do cat $one; done"], "steps/settings.json"),
        (["sh", "-c", "cat steps/s?ttings.json"], "steps/settings.json"),
        (["sh", "-c", "cat $(ls steps/*.json)"], "steps/settings.json"),
        (["sh", "-c", "cd steps; cat $(ls *)"], "steps/settings.json"),
        (["make", "train"], "Makefile"),
        (["make", "train"], "systems/shared.py"),
        (["sh", "-c", "cd $WHERE; make train"], "steps/Makefile"),
        (["python", "-m", "pytest", "systems"], "conftest.py"),
        (["python", "steps/prepare.py"], "steps/pandas.py"),
        (["python", "steps/prepare.py"], "steps/random/__init__.py"),
        (["python", "steps/prepare.py"], "steps/json.py"),
        (["python", "-m", "steps.prepare"], "random.py"),
        (["python", "-m", "steps.prepare"], "numexpr/__init__.py"),
        (["python", "steps/prepare.py"], "sitecustomize.py"),
        (["Rscript", "steps/prepare.R"], "steps/settings.json"),
        (["steps/run.task"], "steps/settings.json"),
    ],
)
def test_what_a_command_runs_is_changed_by_nobody_unseen(repository: Repository, command: list[str], path: str) -> None:
    repository.edit(with_step(command))
    files = {
        "steps/prepare.py": "import beside\nfrom kit import *\nfrom systems import shared\n",
        "steps/kit/__init__.py": "__all__ = ['inner']\n",
        # A folder that Python takes for no package of its own until it has code.
        "numexpr/notes.txt": "None.\n",
        "steps/run.sh": "exec python steps/prepare.py\n",
        "steps/run.task": "#!/bin/sh\ncat steps/settings.json\n",
        "steps/prepare.R": "settings <- read('steps/settings.json')\n",
        "Makefile": "train:\n\tpython steps/prepare.py\n",
        "steps/__main__.py": "import systems.shared\n",
        **dict.fromkeys(("steps/beside.py", "steps/json.py", "systems/shared.py", "steps/settings.json"), "1\n"),
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


@pytest.mark.parametrize(
    "script",
    ["select count(*) from steps\n", "case $1 in\n  all) go;;\n  *) exit;;\nesac\n", "case $1 in *) exit;; esac\n"],
)
def test_a_star_that_is_no_pattern_leads_nowhere(repository: Repository, script: str) -> None:
    repository.edit(with_step(["run", "steps/run.sql"]))
    repository.write("steps/run.sql", script)
    repository.write("others.txt", "1\n")
    repository.compile()
    pull_request = opened(repository)
    repository.write("others.txt", "2\n")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is APPROVED


def test_a_file_that_no_command_leads_to_is_no_change(repository: Repository) -> None:
    repository.edit(with_step(["python", "steps/prepare.py", "https://example.com/others.py"]))
    repository.write("steps/prepare.py", "import json\n")
    repository.write("steps/others.py", "1\n")
    repository.compile()
    pull_request = opened(repository)
    repository.write("steps/others.py", "2\n")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is APPROVED
