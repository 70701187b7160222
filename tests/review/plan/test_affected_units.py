"""Which units a plan has compiled: all that may read what differs, and no others."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from penstock.catalog.load import load_work_tree
from penstock.catalog.model import Catalog
from penstock.catalog.view import View
from penstock.compiler import Artifact, Unit, compile_unit, units
from penstock.review import head_compilation
from penstock.review.artifacts.affected_units import AffectedUnits
from penstock.review.artifacts.committed_index import read_index
from penstock.source.writing.artifact_index import index
from penstock.specs.rollout import Rollout, RolloutSpec
from review.repositories import Documents, Repository, set_at

EXAMPLES = Path(__file__).parents[3]
"""The repository of Penstock, which holds complete systems."""


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The units that were compiled."""
    found: list[str] = []
    original = head_compilation.compile_unit

    def compiling(catalog: Catalog, unit: Unit) -> Any:
        found.append(str(unit))
        return original(catalog, unit)

    monkeypatch.setattr(head_compilation, "compile_unit", compiling)
    return found


promise_less = set_at("Rollout", "delay-online", "slos", "availability", "objective", to="99.1%")


def test_an_objective_of_a_rollout_leaves_its_model_alone(compiled: Repository, seen: list[str]) -> None:
    compiled.recompile(promise_less)
    assert compiled.plan().errors == ()
    assert set(seen) == {"staging/Rollout/delay-online", "production/Rollout/delay-online"}


def test_what_a_rollout_monitors_concerns_its_model(compiled: Repository, seen: list[str]) -> None:
    compiled.recompile(set_at("Rollout", "delay-online", "monitor", "schedule", to="0 5 * * 1"))
    assert compiled.plan().errors == ()
    assert {"staging/Model/delay", "production/Model/delay"} <= set(seen)


def test_a_rollout_that_leaves_an_environment_concerns_its_model_there(compiled: Repository, seen: list[str]) -> None:
    compiled.recompile(set_at("Rollout", "delay-online", "environments", to=["staging"]))
    assert compiled.plan().errors == ()
    assert "production/Model/delay" in seen
    assert "staging/Model/delay" not in seen


def test_a_kustomization_changes_because_of_what_came_or_went(compiled: Repository) -> None:
    compiled.recompile(set_at("Rollout", "delay-online", "environments", to=["staging"]))
    causes = {one.path: one.owners for one in compiled.plan().artifacts}
    assert causes["production/kustomization.yaml"] == ("Rollout/delay-online",)


def test_a_file_is_gone_because_of_what_its_unit_read(compiled: Repository) -> None:
    def watch_nothing(documents: Documents) -> None:
        documents["Rollout", "delay-online"]["overrides"] = {"production": {"monitor": None}}

    compiled.recompile(watch_nothing)
    gone = {one.path: one.owners for one in compiled.plan().artifacts if one.operation == "removed"}
    assert gone["production/delay/monitoring.yaml"] == ("Rollout/delay-online",)


def test_a_touched_file_concerns_its_unit_whatever_was_edited(compiled: Repository, seen: list[str]) -> None:
    compiled.recompile(promise_less)
    path = "generated/production/delay/training.yaml"
    compiled.write(path, compiled.read(path) + "# more\n")
    compiled.commit()
    assert [problem.code for problem in compiled.plan().errors] == ["edited-artifact"]
    assert "production/Model/delay" in seen


def test_a_model_that_an_override_alone_names_is_concerned(compiled: Repository, seen: list[str]) -> None:
    def serve_another(documents: Documents) -> None:
        for kind, name in (("Model", "delay"), ("Gate", "delay-release")):
            other = documents[kind, f"{name}-b"] = deepcopy(documents[kind, name])
            other["metadata"]["name"] = f"{name}-b"
        documents["Gate", "delay-release-b"]["spec"]["model"] = "delay-b"
        documents["Rollout", "delay-online"]["overrides"] = {"staging": {"model": "delay-b", "gate": "delay-release-b"}}

    compiled.recompile(serve_another)
    compiled.git("checkout", "--quiet", "-b", "watching")

    compiled.edit(set_at("Rollout", "delay-online", "monitor", "schedule", to="0 5 * * 1"))
    compiled.commit()
    del seen[:]
    stale = {str(problem.path) for problem in compiled.plan(base="change").errors}
    assert "staging/Model/delay-b" in seen
    compiled.compile()
    compiled.commit()
    assert stale == set(compiled.git("diff", "--name-only", "HEAD~1", "HEAD", "generated").split())


def test_an_environment_concerns_models_that_nothing_serves(compiled: Repository) -> None:
    def train_alone(documents: Documents) -> None:
        del documents["Rollout", "delay-online"]

    compiled.recompile(train_alone)
    compiled.git("checkout", "--quiet", "-b", "environment")

    compiled.edit(set_at("Environment", "production", "namespace", to="elsewhere"))
    compiled.commit()
    stale = {str(problem.path) for problem in compiled.plan(base="change").errors}
    compiled.compile()
    compiled.commit()
    assert compiled.plan(base="change").errors == ()
    changed = compiled.git("diff", "--name-only", "HEAD~1", "HEAD", "generated").split()
    assert stale == set(changed)


def test_a_comment_beside_the_specs_concerns_nothing(compiled: Repository, seen: list[str]) -> None:
    compiled.write("specs/system.yaml", "# A comment.\n" + compiled.read("specs/system.yaml"))
    compiled.commit()
    assert compiled.plan().errors == ()
    assert seen == []


class Watched:
    """A rollout that notes which of its fields are looked at."""

    def __init__(self, of: Any, way: str, noted: set[str]) -> None:
        self._of, self._way, self._noted = of, way, noted

    @property
    def __class__(self) -> type:
        return type(self._of)

    @__class__.setter
    def __class__(self, value: type) -> None:
        raise TypeError(value)

    def __getattr__(self, name: str) -> Any:
        self._noted.add(f"{self._way}{name}")
        held = getattr(self._of, name)
        return Watched(held, f"{self._way}{name}.", self._noted) if isinstance(held, RolloutSpec) else held


def test_a_model_reads_of_its_rollouts_what_they_monitor_and_nothing_else(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: set[str] = set()
    catalogs = [load_work_tree(root) for root in (repository.root, EXAMPLES)]
    find = View.find

    def watching(self: View, kind: Any, name: str) -> Any:
        found = find(self, kind, name)
        return Watched(found, "", noted) if isinstance(found, Rollout) else found

    monkeypatch.setattr(View, "find", watching)
    made = [compile_unit(catalog, unit) for catalog in catalogs for unit in units(catalog) if unit.kind == "Model"]
    assert any(artifact.path.endswith("monitoring.yaml") for unit in made for artifact in unit.artifacts)
    assert noted == {"name", "spec", "spec.monitor"}


def test_the_paths_of_what_is_concerned_are_found_among_all() -> None:
    paths = sorted(
        f"{environment}/{file}"
        for environment in ("dev", "prod", "prod-eu")
        for file in ("a-b/x.yaml", "a/x.yaml", "a/y.yaml", "b/x.yaml", "kustomization.yaml")
    )
    assert AffectedUnits(everywhere={"a"}).among(paths) == {
        f"{environment}/a/{file}" for environment in ("dev", "prod", "prod-eu") for file in ("x.yaml", "y.yaml")
    }
    assert AffectedUnits(single={"prod/b", "nowhere/b"}).among(paths) == {"prod/b/x.yaml"}
    assert AffectedUnits(environments={"prod"}).among(paths) == {path for path in paths if path.startswith("prod/")}
    assert AffectedUnits().among(paths) == set()


def test_an_index_in_another_order_is_none_that_the_compiler_writes() -> None:
    """What is concerned is looked for among its paths by their order."""
    made = index(Artifact(path, f"sha256:{'0' * 64}", "Model/a", True) for path in ("prod/a/x.yaml", "prod/b/x.yaml"))
    known = read_index(made)
    assert known is not None
    assert list(known) == ["prod/a/x.yaml", "prod/b/x.yaml"]
    turned = made.replace(b"prod/a", b"prod/z")
    assert read_index(turned) is None
    assert read_index(made.replace(b'"version": ', b'"version": 9')) is None
