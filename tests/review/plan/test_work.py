"""How often a plan does what is dear: as often as the change asks for, however many specs stand beside it."""

from __future__ import annotations

import gc
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.catalog import lazy, validation
from penstock.catalog.load import load_work_tree
from penstock.cli.main import main
from penstock.compiler import units
from penstock.diagnostics.model import Severity
from penstock.incremental import worker_pool
from penstock.review import head_compilation
from penstock.review.model import Plan
from penstock.source.git import call
from review.repositories import SYSTEM, Documents, Repository

_OWN = "flights|weather|arrivals|conditions|delay|delay-release|delay-online"
"""What each copy of the system has under a name of its own; teams and environments are shared."""


class Calls:
    """Counts calls by what they are made for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.of: dict[str, Counter[str]] = {}
        self._monkeypatch = monkeypatch
        # What a copy of this process does would not be counted.
        monkeypatch.setattr(head_compilation, "processors", lambda: 1)
        self.count(lazy, "read_documents", lambda called: called[0].blob)
        self.count(validation, "validate", lambda called: f"{called[0].file.blob}:{called[0].index}")
        self.count(head_compilation, "check_spec", lambda called: str(called[1]))
        self.count(head_compilation, "compile_unit", lambda called: str(called[1]))
        self.count(call, "attempt", lambda called: str(called[1][0]))
        self.count(call, "start_process", lambda called: str(called[1][0]))

    def count(self, module: Any, name: str, what: Callable[[tuple[Any, ...]], str]) -> None:
        original = getattr(module, name)
        seen = self.of[name] = Counter()

        def counted(*arguments: Any, **named: Any) -> Any:
            seen[what(arguments)] += 1
            return original(*arguments, **named)

        self._monkeypatch.setattr(module, name, counted)

    @property
    def totals(self) -> dict[str, int]:
        return {name: seen.total() for name, seen in self.of.items()}


def systems(root: Path, count: int) -> Repository:
    """A compiled repository with so many copies of the system, each in a file of its own."""
    shared, own = SYSTEM.read_text(encoding="utf-8").split("---\napiVersion: penstock/v1\nkind: Dataset\n", 1)
    repository = Repository(root)
    repository.write("specs/system.yaml", shared)
    names = re.compile(rf"(?<![\w./:-])({_OWN})(?![\w-])(?!\.\w+:)")
    for number in range(count):
        text = "apiVersion: penstock/v1\nkind: Dataset\n" + names.sub(rf"\g<1>{number:02d}", own)
        repository.write(path_of(number), text)
    repository.compile()
    repository.commit("Systems")
    return repository


def path_of(number: int) -> str:
    return f"specs/system-{number:02d}.yaml"


def edit(repository: Repository, number: int) -> None:
    """Change one field of three specs of a copy."""

    def change(documents: Documents) -> None:
        documents["Gate", f"delay-release{number:02d}"]["spec"]["rules"][0]["atLeast"] = 0.6
        documents["Model", f"delay{number:02d}"]["spec"]["threshold"] = 0.4
        documents["Rollout", f"delay-online{number:02d}"]["metadata"]["description"] = "Another one."

    repository.edit(change, path_of(number))


def changed(root: Path, count: int, edited: range) -> Repository:
    repository = systems(root, count)
    repository.branch()
    for number in edited:
        edit(repository, number)
    repository.compile()
    repository.commit("Edits")
    return repository


GIT = {"ls-tree": 2, "diff-tree": 1, "cat-file": 1}
"""How often git is asked what: for the specs of base, for links of head beside what differs, and for what differs."""


def made(repository: Repository) -> Plan:
    plan = repository.plan()
    assert plan.errors == ()
    return plan


def test_what_three_edits_ask_for_does_not_grow_with_the_specs_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = changed(tmp_path / "few", 2, range(1))
    many = changed(tmp_path / "many", 10, range(1))
    calls = Calls(monkeypatch)
    assert {change.cause for change in made(few).changes} == {"direct", "indirect"}
    once = calls.totals
    for seen in calls.of.values():
        seen.clear()
    made(many)
    assert calls.totals == once
    assert once["compile_unit"] == 4, "the model and its rollout in two environments"


def test_many_edits_read_validate_check_and_compile_each_thing_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = changed(tmp_path, 8, range(8))
    calls = Calls(monkeypatch)
    plan = made(repository)
    assert len({change.address.name for change in plan.changes}) == 8 * 3
    for name in ("read_documents", "validate", "check_spec", "compile_unit"):
        assert set(calls.of[name].values()) == {1}, name
    assert calls.totals["compile_unit"] == 8 * 4
    assert calls.of["attempt"] == GIT
    assert calls.of["start_process"] == {"cat-file": 1}


def test_a_verdict_asks_git_for_the_merge_base_beside_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = changed(tmp_path, 2, range(1))
    calls = Calls(monkeypatch)
    words = ["simulate", "--base", "main", "--head", "HEAD", "--author", "somebody"]
    main(["policy", words[0], "--root", str(repository.root), *words[1:]])
    assert calls.of["attempt"] == GIT | {"rev-parse": 2, "merge-base": 1}, "what merging leaves is judged"
    assert calls.of["start_process"] == {"cat-file": 1}


def test_a_plan_is_the_same_however_many_processes_make_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = changed(tmp_path, 3, range(3))
    catalog = load_work_tree(repository.root)
    specs = [spec_id for spec_id in catalog.ids() if spec_id.kind in ("Gate", "Model", "Rollout")]
    alone = head_compilation.compile_head(catalog, specs, units(catalog), processes=1)
    monkeypatch.setattr("penstock.incremental.shares.FEWEST", 1)
    together = head_compilation.compile_head(catalog, specs, units(catalog), processes=3)
    assert together.compiled == alone.compiled
    assert sorted(together.findings) == sorted(alone.findings)


def test_what_a_copied_process_cannot_do_is_done_by_the_first_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = changed(tmp_path, 3, range(3))
    catalog = load_work_tree(repository.root)
    models = catalog.ids("Model")
    monkeypatch.setattr("penstock.incremental.shares.FEWEST", 1)

    def refuse(*_: object) -> None:
        raise worker_pool.WorkerError("a worker process was ended by SIGKILL")

    monkeypatch.setattr(worker_pool.WorkerPool, "next_round", refuse)
    found = head_compilation.compile_head(catalog, models, units(catalog), processes=3)
    assert set(found.compiled) == set(units(catalog))


@pytest.mark.parametrize("is_on", [True, False])
def test_the_collector_rests_while_a_plan_is_made_and_is_then_as_it_was(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, is_on: bool
) -> None:
    seen = []
    original = head_compilation.check_spec

    def looked_at(*arguments: Any) -> Any:
        seen.append(gc.isenabled())
        return original(*arguments)

    monkeypatch.setattr(head_compilation, "check_spec", looked_at)
    repository.branch()
    repository.edit(lambda documents: documents["Model", "delay"]["spec"].update(threshold=0.4))
    repository.commit()
    was_on = gc.isenabled()
    try:
        (gc.enable if is_on else gc.disable)()
        repository.plan()
        assert gc.isenabled() is is_on
    finally:
        (gc.enable if was_on else gc.disable)()
    assert set(seen) == {False}


def spoil(repository: Repository, how: str) -> str:
    """Make a spec's file one that cannot be read; the code of the error that says so."""
    path = repository.root / "specs/system.yaml"
    text = path.read_text(encoding="utf-8")
    match how:
        case "link":
            path.rename(repository.root / "elsewhere.yaml")
            path.symlink_to("../elsewhere.yaml")
            return "symbolic-link"
        case "size":
            path.write_text(text + "# more\n" * 700_000, encoding="utf-8")
            return "file-too-large"
        case _:
            path.rename(path.with_name("système\t.yaml"))
            return "bad-file-name"


@pytest.mark.parametrize("how", ["link", "size", "name"])
def test_a_head_whose_specs_are_not_only_edited_is_listed_itself(repository: Repository, how: str) -> None:
    repository.branch()
    code = spoil(repository, how)
    repository.commit()
    assert code in {problem.code for problem in repository.plan().errors}
    mended = repository.plan(base="change", head="main")
    assert {problem.code for problem in mended.errors} <= {"base-unreadable"}


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        (b"\xef\xbb\xbf" + b"apiVersion: penstock/v1\nkind: Team\nmetadata: {name: aa}\n", "byte-order-mark"),
        ("kind: Team\nmetadata: {name: Müller}\n".encode("latin-1"), "not-utf8"),
        (
            b"apiVersion: penstock/v1\nkind: Gate\nmetadata: {name: other, owner: ml}\nspec: {model: delay\n",
            "unclosed-bracket",
        ),
    ],
)
@pytest.mark.parametrize("head", ["change", "WORKTREE"])
def test_a_file_that_neither_side_can_read_is_an_error_of_the_head_too(
    repository: Repository, spoilt: bytes, code: str, head: str
) -> None:
    repository.write("specs/spoilt.yaml", spoilt)
    repository.commit()
    repository.branch()
    repository.edit(lambda documents: documents["Model", "delay"]["spec"].update(threshold=0.4))
    repository.commit()
    errors = repository.plan(head=head).errors
    assert {(one.code, one.severity, one.primary.span.path) for one in errors if one.code != "base-unreadable"} == {
        (code, Severity.ERROR, "specs/spoilt.yaml")
    }
    assert [one.code for one in errors].count("base-unreadable") == 1
