"""Small real git repositories: a complete system of specs on `main`, changed on a branch, and the plan of that."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock import compiler
from penstock.catalog.load import load_work_tree
from penstock.review.model import Change, Direction, Plan
from penstock.review.plan import plan_of
from penstock.review.revisions import with_revisions
from penstock.source.git.repository import GitRepository
from penstock.source.writing.artifact_index import INDEX, index

SYSTEM = Path(__file__).with_name("system.yaml")
PYTHON = "def departures():\n    return None\n"

Documents = dict[tuple[str, str], dict[str, Any]]


EITHER_FOLDER = pytest.mark.parametrize("folder", ["", "ml/risk"], ids=["top", "folder"])
"""For tests that hold wherever in a repository the specs stand."""


class Repository:
    """A repository in a temporary folder; `folder` is the part of it that holds the specs."""

    def __init__(self, top: Path, object_format: str = "sha1", folder: str = "") -> None:
        self.top, self.folder = top, folder
        self.root = top / folder
        self.root.mkdir(parents=True, exist_ok=True)
        self.git("-C", str(top), "init", "--quiet", "--initial-branch=main", f"--object-format={object_format}", ".")
        self.write("systems/__init__.py", "")
        self.write("systems/flights.py", PYTHON)
        self.write("specs/system.yaml", SYSTEM.read_text(encoding="utf-8"))

    def git(self, *arguments: str, given: bytes = b"") -> str:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(self.root), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, input=given).stdout.decode()

    def from_top(self, path: str) -> str:
        """A path as git has it."""
        return f"{self.folder}/{path}" if self.folder else path

    def write(self, path: str, text: str | bytes) -> None:
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(text if isinstance(text, bytes) else text.encode())

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def replace(self, old: str, new: str, path: str = "specs/system.yaml") -> None:
        """Put `new` in the place of `old`, which must be there."""
        text = self.read(path)
        assert old in text, f"{old!r} is not in {path}"
        self.write(path, text.replace(old, new))

    def edit(self, change: Callable[[Documents], None], path: str = "specs/system.yaml") -> None:
        """Change the plain data of the specs of one file."""
        loaded = list(yaml.safe_load_all(self.read(path)))
        documents = {(one["kind"], one["metadata"]["name"]): one for one in loaded}
        change(documents)
        self.write(path, yaml.safe_dump_all(documents.values(), sort_keys=False))

    def compile(self) -> None:
        """Write generated/ as `penstock compile` would."""
        catalog = load_work_tree(self.root)
        compiled = [compiler.compile_unit(catalog, unit) for unit in compiler.units(catalog)]
        assert not any(unit.diagnostics for unit in compiled), compiled
        artifacts = [each for unit in compiled for each in unit.artifacts]
        artifacts += compiler.environment_artifacts(catalog, artifacts)
        files = {each.path: each.body for each in artifacts if each.body is not None} | {INDEX: index(artifacts)}
        for path in sorted((self.root / "generated").rglob("*"), reverse=True):
            if path.is_file():
                path.unlink()
        for path, body in files.items():
            self.write(f"generated/{path}", body)

    def commit(self, message: str = "change") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def branch(self, name: str = "change") -> None:
        self.git("checkout", "--quiet", "-b", name)

    def recompile(self, change: Callable[[Documents], None]) -> str:
        """Commit a change with what it compiles to."""
        self.edit(change)
        self.compile()
        return self.commit()

    @property
    def seen(self) -> GitRepository:
        """As a review sees it."""
        return GitRepository(self.top, self.folder)

    def plan(self, base: str = "main", head: str = "HEAD") -> Plan:
        return with_revisions(self.seen, base, head, lambda revisions: plan_of(self.seen, revisions))

    def changed(self, change: Callable[[Documents], None]) -> Plan:
        """The plan of a branch on which the specs are changed so."""
        self.branch()
        self.edit(change)
        self.commit()
        return self.plan()


def direct(plan: Plan) -> list[Change]:
    return [change for change in plan.changes if change.cause == "direct"]


def at(plan: Plan, address: str) -> Change:
    """The one change at an address."""
    found = [change for change in plan.changes if str(change.address) == address]
    assert len(found) == 1, [str(change.address) for change in plan.changes]
    return found[0]


def indirect(plan: Plan, address: str) -> list[Change]:
    return [change for change in plan.changes if change.cause == "indirect" and str(change.address) == address]


def set_at(kind: str, name: str, *path: str | int, to: Any) -> Callable[[Documents], None]:
    """A change that writes one value below `spec`."""

    def change(documents: Documents) -> None:
        holder: Any = documents[kind, name]["spec"]
        for step in path[:-1]:
            holder = holder[step]
        if to is None:
            del holder[path[-1]]
        else:
            holder[path[-1]] = to

    # As it is called in the name of a test with parameters.
    change.__name__ = ".".join(map(str, (kind, *path)))
    return change


loosen = set_at("Gate", "delay-release", "rules", 0, "atLeast", to=0.6)
"""A change of the small system that any reviewer has to see: its gate asks for less."""


def with_step(command: list[str]) -> Callable[[Documents], None]:
    """A change of the small system: its model gets a custom step."""

    def change(documents: Documents) -> None:
        documents["Model", "delay"]["spec"]["steps"] = [{"name": "prepare", "command": command}]

    return change


def directions(plan: Plan) -> dict[str, Direction]:
    """Direction by address, of the direct changes."""
    return {str(change.address): change.direction for change in direct(plan)}
