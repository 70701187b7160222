"""What one edit costs, counted, and that a row of edits of every sort comes to what a cold compile makes."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from incremental.repositories import compile_all, copy, edit, files, let_clocks_pass
from penstock import compiler
from penstock.catalog import validation
from penstock.catalog.sql import parsing
from penstock.incremental import reading, shares, writing
from penstock.incremental.session import Session
from penstock.source.keyed_jsonl import KeyedLines

BIKES = "specs/bikes/rollout.yaml"
ENVIRONMENTS, TEAMS = "specs/platform/environments.yaml", "specs/platform/teams.yaml"
OBJECTIVE = (BIKES, "objective: 99.5%", "objective: 99.4%")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compiled repository in which every time proves something."""
    root = copy(tmp_path_factory.mktemp("repository"), "flights", "bikes", "census")
    settle(root)
    return root


@pytest.fixture
def repository(compiled: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change; a copy has inodes of its own, so that its memory is made anew."""
    root = tmp_path / "repository"
    shutil.copytree(compiled, root)
    settle(root)
    return root


def settle(root: Path) -> None:
    for _ in range(2):
        compile_all(root)
        let_clocks_pass(root)
    compile_all(root)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each of the things that an edit must do few of was done."""
    counts: Counter[str] = Counter()

    def count(where: Any, name: str, what: str) -> None:
        original: Callable[..., Any] = getattr(where, name)

        def counting(*arguments: Any, **named: Any) -> Any:
            counts[what] += 1
            return original(*arguments, **named)

        monkeypatch.setattr(where, name, counting)

    count(reading, "UnreadFile", "documents recalled")
    count(reading, "read_file", "files read")
    count(validation, "validate", "specs validated")
    count(compiler, "Artifact", "artifacts built")
    count(writing, "Artifact", "artifacts built")
    count(parsing, "query", "queries read")
    count(parsing, "expression", "expressions read")
    count(KeyedLines, "decoded", "parts decoded")
    return counts


def test_one_edit_looks_at_its_own_system_and_at_nothing_else(repository: Path, counted: Counter[str]) -> None:
    """The rollout, and what it and the monitoring of its model read; of two other systems, nothing."""
    edit(repository, *OBJECTIVE)
    # In one process, so that all the work is done where it is counted.
    outcome = Session(repository, processes=1).compile()
    assert outcome.plan is not None
    assert not outcome.failed
    watched = ("dashboard.yaml", "rules.prometheus.yaml", "rules.test.yaml", "rules.yaml")
    changed = [f"{place}/bike-demand-hourly/{file}" for place in ("production", "staging") for file in watched]
    assert outcome.plan.update == ("index.json", *changed)
    assert (outcome.plan.create, outcome.plan.prune) == ((), ())
    assert outcome.plan.others == len(files(repository)) - len(outcome.plan.update)
    assert counted == {
        "files read": 1,
        # The two datasets, features, model and gate of the bikes; three environments and a team.
        "documents recalled": 9,
        "specs validated": 10,
        # Of the rollout and of the monitoring of its model, in two environments, and of its training in one.
        "artifacts built": 21,
        # What is known of the generated files is gone through once, to look at each.
        "parts decoded": 1,
    }


def test_an_edit_writes_the_index_that_a_cold_compile_writes(repository: Path, tmp_path: Path) -> None:
    edit(repository, *OBJECTIVE)
    compile_all(repository)
    assert files(repository) == cold(repository, tmp_path / "cold")


ROUTES = ("production/alert-routes.yaml", "production/alertmanager.yaml")


def test_the_contact_of_a_team_is_written_into_the_routes_and_nowhere_else(repository: Path) -> None:
    edit(repository, TEAMS, "ticket: bike-ops-tickets", "ticket: platform-tickets")
    outcome = compile_all(repository)
    assert outcome.plan is not None
    assert outcome.plan.update == ("index.json", *ROUTES)


def test_routes_come_and_go_with_the_alertmanager_of_an_environment(repository: Path, tmp_path: Path) -> None:
    file = repository / ENVIRONMENTS
    before = file.read_text()
    block = before[before.index("  alertmanager:\n") : before.index("  grafana:", before.index("  alertmanager:\n"))]
    file.write_text(before.replace(block, ""))
    outcome = compile_all(repository)
    assert outcome.plan is not None
    assert outcome.plan.prune == ROUTES
    assert files(repository) == cold(repository, tmp_path / "without")
    file.write_text(before)
    outcome = compile_all(repository)
    assert outcome.plan is not None
    assert outcome.plan.create == ROUTES
    assert files(repository) == cold(repository, tmp_path / "with")


def test_an_application_changes_with_its_revision_and_goes_with_argo_cd(repository: Path, tmp_path: Path) -> None:
    file, application = repository / ENVIRONMENTS, "production/argo-cd.yaml"
    before = file.read_text()
    edit(repository, ENVIRONMENTS, "revision: main, cluster: production", "revision: v2, cluster: production")
    outcome = compile_all(repository)
    assert outcome.plan is not None
    assert outcome.plan.update == ("index.json", application)
    assert "targetRevision: v2\n" in (repository / "generated" / application).read_text()
    file.write_text("\n".join(line for line in before.splitlines() if "cluster: production" not in line))
    outcome = compile_all(repository)
    assert outcome.plan is not None
    assert outcome.plan.prune == (application,)
    assert files(repository) == cold(repository, tmp_path / "without")


@pytest.mark.parametrize("processes", [1, 2])
def test_documents_that_are_lost_are_read_again(
    repository: Path, tmp_path: Path, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "FEWEST", 1)
    edit(repository, *OBJECTIVE)
    for part in (repository / ".penstock/cache").glob("documents-*"):
        part.write_bytes(part.read_bytes()[:-1])
    assert not Session(repository, processes=processes).compile().failed
    assert files(repository) == cold(repository, tmp_path / "cold")


def cold(root: Path, folder: Path) -> dict[str, bytes]:
    """What a compile without memory makes of the same specs."""
    for name in ("specs", "systems", "evidence"):
        shutil.copytree(root / name, folder / name)
    compile_all(folder, use_memory=False)
    return files(folder)


def replaced(path: str, old: str, new: str) -> Callable[[Path], None]:
    """An edit that replaces a text wherever it stands in a file, which need not be there."""

    def change(root: Path) -> None:
        if (root / path).exists():
            (root / path).write_text((root / path).read_text().replace(old, new))

    return change


def moved(path: str, to: str) -> Callable[[Path], None]:
    """An edit that gives a file another place; it need not be there."""

    def change(root: Path) -> None:
        if (root / path).exists():
            (root / path).rename(root / to)

    return change


def appended(pattern: str, text: str) -> Callable[[Path], None]:
    """An edit that adds a text to the first file of this pattern, if there is one."""

    def change(root: Path) -> None:
        for path in sorted(root.glob(pattern))[:1]:
            path.write_text(path.read_text() + text)

    return change


def gone(pattern: str) -> Callable[[Path], None]:
    """An edit that deletes the first file of this pattern, if there is one."""
    return lambda root: min(root.glob(pattern), default=root / "nothing").unlink(missing_ok=True)


EDITS = (
    replaced(BIKES, "objective: 99", "objective: 98"),
    replaced(BIKES, "objective: 98", "objective: 99"),
    replaced(BIKES, "[staging, production]", "[production]"),
    replaced(BIKES, "[production]", "[staging, production]"),
    replaced(BIKES, "name: bike-demand-hourly", "name: bike-demand-daily"),
    replaced(BIKES, "spec:", "overrides: {staging: {strategy: {canary: {steps: [{weight: 100%}]}}}}\nspec:"),
    moved(BIKES, "specs/bikes/zz.yaml"),
    moved("specs/bikes/zz.yaml", BIKES),
    moved("specs/census", "specs/.census"),
    moved("specs/.census", "specs/census"),
    replaced(ENVIRONMENTS, "namespace: ml-staging", "namespace: ml-other"),
    replaced("specs/platform/teams.yaml", "ticket: bike-ops-tickets", "ticket: platform-tickets"),
    replaced(ENVIRONMENTS, "fallback: platform-tickets", "fallback: sre-tickets"),
    replaced("specs/bikes/model.yaml", "spec:", "# nothing\nspec:"),
    appended("systems/bikes.py", "# nothing\n"),
    appended("generated/*/*/training.yaml", "# mine\n"),
    gone("generated/*/*/rules.yaml"),
    gone("generated/index.json"),
    gone(".penstock/cache/units"),
    gone(".penstock/cache/seen"),
    appended(".penstock/cache/overview", " "),
    appended(".penstock/cache/documents-*", " "),
    let_clocks_pass,
)


@pytest.mark.parametrize("seed", range(3))
def test_a_row_of_edits_in_any_order_comes_to_what_a_cold_compile_makes(
    repository: Path, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    for number in range(8):
        for change in chance.sample(EDITS, chance.choice((1, 1, 2))):
            change(repository)
        compile_all(repository)
        if number % 2:
            assert files(repository) == cold(repository, tmp_path / f"cold{number}")
