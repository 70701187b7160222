"""A repository with specs and a workspace of runs, from which versions are promoted."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.catalog.dependencies import Dependencies
from penstock.catalog.digests import spec_digest
from penstock.catalog.load import load_work_tree
from penstock.catalog.model import SpecId
from penstock.checks.engine import check_spec
from penstock.cli.main import main
from penstock.runtime.artifacts import directory_digest, file_digest, write_json
from penstock.runtime.documents.statement import Statement, make_statement

SPECS = Path(__file__).with_name("specs.yaml")
RELEASE = "specs/releases/{}-made-online.yaml"


class Repository:
    """A repository with specs and a workspace of runs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "specs").mkdir(parents=True)
        shutil.copy(SPECS, root / "specs" / "all.yaml")

    def train(
        self,
        content: str,
        *,
        name: str = "made",
        outcome: str = "pass",
        gate: str = "release",
        age: timedelta = timedelta(0),
    ) -> str:
        """What a successful run leaves behind; the digest of the version that it registered."""
        model = self.root / "scratch" / content
        model.mkdir(parents=True, exist_ok=True)
        (model / "model.pkl").write_text(content)
        digest = directory_digest(model)
        stored = self.root / ".penstock" / "models" / name / digest.removeprefix("sha256:")
        shutil.copytree(model, stored / "model", dirs_exist_ok=True)
        statement = self.statement(digest, model=name, outcome=outcome, gate=gate, age=age)
        (stored / "evidence").mkdir(exist_ok=True)
        evidence = stored / "evidence" / "statement.json"
        evidence.write_bytes(statement.as_bytes())
        folders = {folder.name: directory_digest(folder) for folder in stored.iterdir() if folder.is_dir()}
        write_json(stored / "manifest.json", folders)
        number = len(list((self.root / ".penstock" / "models" / name).iterdir()))
        registration = self.root / ".penstock" / "steps" / digest / "registration"
        registration.mkdir(parents=True, exist_ok=True)
        facts = {"model": name, "digest": digest, "version": number, "evidence": {"digest": file_digest(evidence)}}
        write_json(registration / "registration.json", facts)
        runs = self.root / ".penstock" / "runs" / name
        run = runs / f"20260101T00000{len(list(runs.glob('*')))}Z-00"
        run.mkdir(parents=True)
        steps = {
            "register": {"outputs": {"registration": registration.relative_to(self.root / ".penstock").as_posix()}}
        }
        record = {"id": run.name, "model": name, "purpose": "training", "state": "succeeded", "steps": steps}
        write_json(run / "run.json", record)
        return digest

    def refuse(self) -> str:
        """What a run leaves behind that the gate stopped; its name."""
        runs = self.root / ".penstock" / "runs" / "made"
        run = runs / f"20260101T00000{len(list(runs.glob('*')))}Z-00"
        run.mkdir(parents=True)
        steps = {"evaluate": {"state": "done"}, "gate-release": {"state": "refused"}, "register": {"state": "skipped"}}
        write_json(run / "run.json", {"id": run.name, "purpose": "training", "state": "refused", "steps": steps})
        return run.name

    def promote(self, *more: str, name: str = "made", to: str = "staging") -> int:
        return main(["promote", name, "--to", to, "--root", str(self.root), *more])

    def release(self, environment: str = "staging") -> dict[str, Any]:
        spec: dict[str, Any] = yaml.safe_load((self.root / RELEASE.format(environment)).read_text())["spec"]
        return spec

    def commit(self) -> None:
        """Make the specs as they are those of the main branch, in a git repository that begins with the first call."""
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
        for words in (["init", "-q", "-b", "main"], ["add", "specs"], ["commit", "-q", "-m", "specs"]):
            subprocess.run(["git", *identity, *words], cwd=self.root, check=True, capture_output=True)

    def edit(self, before: str, after: str) -> None:
        path = self.root / "specs" / "all.yaml"
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))

    def statement(
        self,
        digest: str,
        *,
        model: str = "made",
        outcome: str = "pass",
        gate: str = "release",
        age: timedelta = timedelta(0),
    ) -> Statement:
        """What the step `evidence` states of a version, trained from the specs as they lie there."""
        return make_statement(
            model=model,
            digest=digest,
            specs=spec_digest(load_work_tree(self.root).view("local"), model),
            datasets={"rows": "sha256:" + "7" * 64},
            evaluation={},
            gates=[{"gate": gate, "passed": outcome != "fail", "rules": [{"id": "quality", "outcome": outcome}]}],
            inputs={},
            code={},
            created=(datetime.now(UTC) - age).isoformat(timespec="seconds"),
        )

    def problems(self, environment: str = "staging") -> list[str]:
        """What the compiler's checks say of the release."""
        catalog = load_work_tree(self.root)
        assert not catalog.has_errors, catalog.diagnostics
        return [
            one.headline for one in check_spec(catalog, SpecId("Release", f"{environment}-made-online"), Dependencies())
        ]

    def files(self) -> dict[Path, bytes]:
        """Every file of the repository."""
        return {path: path.read_bytes() for path in self.root.rglob("*") if path.is_file()}


def refused(
    repository: Repository,
    capsys: pytest.CaptureFixture[str],
    *more: str,
    to: str = "staging",
    codes: Sequence[int] = (1, 2),
) -> str:
    """What is said to a promotion that must not be; it writes nothing."""
    before = repository.files()
    assert repository.promote(*more, to=to) in codes
    assert repository.files() == before
    return capsys.readouterr().err
