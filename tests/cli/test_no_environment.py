"""Models without an Environment compile to nothing: the commands say so, and show the smallest that would do."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.repositories import edited, load, small
from cli.test_check import write
from penstock.catalog.model import SpecId
from penstock.checks.engine import check
from penstock.cli.main import main
from review.repositories import Repository


def homeless() -> dict[str, str]:
    """The small repository with its model, and without what serves it and where."""
    files = edited(small(), "specs/model.yaml", ", onDrift: true, cooldown: 24h", "")
    files["specs/platform.yaml"] = "---\n".join(
        part for part in files["specs/platform.yaml"].split("---\n") if "kind: Environment" not in part
    )
    del files["specs/rollout.yaml"]
    return files


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return write(tmp_path, homeless())


HINT = "hint: no Environment is declared, so nothing is compiled for 1 model; "


@pytest.mark.parametrize("command", [["check"], ["compile"], ["compile", "--check"]])
def test_it_is_a_hint_and_no_error(command: list[str], repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compile", "--root", str(repository)])
    capsys.readouterr()
    assert main([*command, "--root", str(repository)]) == 0
    said = capsys.readouterr().err
    assert said.startswith(HINT)
    assert "metadata: {name: local, owner: flight-data}\n" in said


def test_what_the_hint_shows_compiles(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--root", str(repository)])
    _, _, shown = capsys.readouterr().err.partition(":\n\n")
    catalog = load({**homeless(), "specs/environment.yaml": shown})
    assert SpecId("Environment", "local") in catalog.ids()
    assert check(catalog) == ()
    (repository / "specs" / "environment.yaml").write_text(shown)
    assert main(["compile", "--root", str(repository)]) == 0
    assert "hint" not in capsys.readouterr().err
    assert (repository / "generated" / "local" / "delay" / "training.yaml").is_file()
    # Its pipeline names no image, since no cluster runs it.
    assert main(["verify", "--root", str(repository)]) == 0


def test_a_repository_without_models_needs_no_environment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = homeless()
    del files["specs/model.yaml"], files["specs/gate.yaml"]
    write(tmp_path, files)
    for command in ("check", "compile"):
        assert main([command, "--root", str(tmp_path)]) == 0
        assert "hint" not in capsys.readouterr().err


def test_programs_get_no_hint(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "json", "--root", str(repository)]) == 0
    assert "hint" not in capsys.readouterr().err


def test_a_plan_says_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repository = Repository(tmp_path)
    (tmp_path / "specs" / "system.yaml").unlink()
    for path, text in homeless().items():
        repository.write(path, text)
    repository.commit()
    repository.branch()
    repository.replace("riskTier: medium", "riskTier: high", path="specs/model.yaml")
    repository.commit()
    main(["plan", "--root", str(repository.root)])
    assert capsys.readouterr().err.startswith(HINT)
