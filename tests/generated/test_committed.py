"""What stands in ``generated/`` is taken by the tools that it is made for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "generated"


def files(pattern: str) -> list[Path]:
    """The generated files of a pattern; there must be some."""
    found = sorted(GENERATED.glob(pattern))
    assert found, f"no {pattern} in generated/"
    return found


def test_promtool_takes_every_rule_file_and_passes_its_unit_tests(promtool: Path) -> None:
    for rules in files("*/*/rules.prometheus.yaml"):
        checked = subprocess.run(
            [promtool, "check", "rules", "--lint-fatal", rules.name], cwd=rules.parent, capture_output=True, text=True
        )
        assert checked.returncode == 0, f"{rules}\n{checked.stdout}{checked.stderr}"
        tested = subprocess.run(
            [promtool, "test", "rules", "rules.test.yaml"], cwd=rules.parent, capture_output=True, text=True
        )
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
