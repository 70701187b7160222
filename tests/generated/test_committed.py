"""What stands in ``generated/`` is taken by the tools that it is made for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "generated"


def files(pattern: str) -> list[Path]:
    """The generated files of a pattern; there must be some."""
    found = sorted(GENERATED.glob(pattern))
    assert found, f"no {pattern} in generated/"
    return found


RULES = [path.relative_to(GENERATED).as_posix() for path in files("*/*/*rules.prometheus.yaml")]


@pytest.mark.parametrize("path", RULES)
def test_promtool_takes_every_rule_file_and_passes_its_unit_tests(path: str, promtool: Path) -> None:
    rules = GENERATED / path
    checked = subprocess.run(
        [promtool, "check", "rules", "--lint-fatal", rules.name], cwd=rules.parent, capture_output=True, text=True
    )
    assert checked.returncode == 0, f"{rules}\n{checked.stdout}{checked.stderr}"
    prefix = rules.name.removesuffix("rules.prometheus.yaml")
    tests = sorted(path.name for path in rules.parent.glob(f"{prefix}rules.*test.yaml"))
    assert tests, rules
    tested = subprocess.run([promtool, "test", "rules", *tests], cwd=rules.parent, capture_output=True, text=True)
    assert tested.returncode == 0, f"{rules}\n{tested.stdout}{tested.stderr}"


def test_kfp_loads_every_pipeline() -> None:
    kfp = pytest.importorskip("kfp", reason="kfp is in the extra `kubeflow`")
    for path in [*files("*/*/training.yaml"), *files("*/*/monitoring.yaml")]:
        component = kfp.components.load_component_from_text(path.read_text())
        assert component.name == f"{path.parent.name}-{path.stem}"


def test_the_official_schemas_protobufs_and_rules_have_nothing_against_any_file(shared_crds: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "penstock.cli.main", "verify", "--crds", str(shared_crds)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_served_version_is_pinned_by_its_digest() -> None:
    releases = {
        (spec["environment"], spec["rollout"]): spec
        for path in (ROOT / "specs").rglob("*.yaml")
        for document in yaml.safe_load_all(path.read_text())
        if document["kind"] == "Release"
        for spec in [document["spec"]]
    }
    served = {(path.parent.parent.name, path.parent.name): path for path in files("*/*/serving.yaml")}
    assert served.keys() == releases.keys()
    for where, path in served.items():
        spec = releases[where]
        own, before = (spec.get(key, {}).get("digest") for key in ("version", "previous"))
        text = path.read_text()
        # KServe loads an address that holds the digest; `penstock-step fetch` is told both apart.
        found = [*re.findall(r"://\S+/([0-9a-f]{64})/model\b", text), *re.findall(r"- --digest\n +- sha256:(\w+)", text)]
        loaded = {f"sha256:{digest}" for digest in found}
        assert own in loaded, path
        assert loaded <= {own, before}, path


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_what_kustomize_applies_is_what_stands_in_the_files(kustomize: Path, environment: str) -> None:
    """Kubernetes' own reader of YAML takes every value as Python's does, and nothing is added but what the list says."""
    folder = GENERATED / environment
    bundle = yaml.load((folder / "kustomization.yaml").read_bytes(), yaml.CSafeLoader)
    built = subprocess.run([kustomize, "build", str(folder)], check=True, capture_output=True, timeout=60).stdout
    texts = [(folder / path).read_bytes() for path in bundle["resources"]]
    expected = [one for text in texts for one in yaml.load_all(text, yaml.CSafeLoader)]
    for one in expected:
        one["metadata"]["namespace"] = bundle["namespace"]
        one["metadata"]["labels"] = {**one["metadata"].get("labels", {}), **bundle["labels"][0]["pairs"]}
    assert by_name(yaml.load_all(built, yaml.CSafeLoader)) == by_name(expected)


def by_name(objects: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(objects, key=lambda one: (one["kind"], one["metadata"]["name"]))
