"""What `penstock run` refuses before it starts a step."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.repositories import small
from penstock.cli.main import main


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for path, text in small().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert main(["compile", "--root", str(tmp_path)]) == 0
    return tmp_path


def test_files_that_are_out_of_date_are_one_mistake(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = repository / "specs/model.yaml"
    model.write_text(model.read_text().replace("horizon: 36h", "horizon: 30h"))
    capsys.readouterr()
    assert main(["run", "delay", "--root", str(repository)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: generated/ is not what the specs say (`generated/")
    assert "other files); run `penstock compile`" in said
    assert said.count("\n") == 1


def test_a_manifest_edited_by_hand_is_shown(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = next((repository / "generated/production").rglob("rules.yaml"))
    rules.write_text(f"# quieter\n{rules.read_text()}")
    capsys.readouterr()
    assert main(["run", "delay", "--root", str(repository)]) == 1
    assert "error[edited-artifact]" in capsys.readouterr().err
