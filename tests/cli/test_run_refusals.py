"""What `penstock run` refuses before it starts a step."""

from __future__ import annotations

import shutil
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
    assert said.startswith("error: generated/ is out of date (`generated/")
    assert "other files): run `penstock compile`" in said
    assert said.count("\n") == 1


def test_a_manifest_edited_by_hand_is_shown(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = next((repository / "generated/production").rglob("rules.yaml"))
    rules.write_text(f"# quieter\n{rules.read_text()}")
    capsys.readouterr()
    assert main(["run", "delay", "--root", str(repository)]) == 1
    assert "error[edited-artifact]" in capsys.readouterr().err


def test_errors_of_reading_come_before_a_model_that_they_hide(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = repository / "specs/model.yaml"
    model.write_text(model.read_text().replace("metadata:", "\tmetadata:", 1))
    said = refused(repository, capsys, "delay")
    assert "error[tab-indentation]" in said
    assert "there is no model" not in said
    assert said.endswith("error: fix the errors above, run `penstock compile`, then run this again\n")


def test_without_the_libraries_of_the_steps_none_is_started(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.cli.run.find_spec", lambda _: None)
    assert refused(repository, capsys, "delay") == (
        "error: duckdb is missing: running a pipeline here needs the extra `runtime` "
        '(in a checkout of Penstock: `pip install ".[runtime]"`)\n'
    )


def refused(repository: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(["run", *words, "--root", str(repository)]) != 0
    return capsys.readouterr().err


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_workspace_that_is_a_file_is_told_before_anything_starts(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine", encoding="utf-8")
    for workspace in (file, file / "below"):
        said = refused(repository, capsys, "delay", "--workspace", str(workspace))
        assert (
            said == f"error: --workspace {workspace}: {file} is a file; expected a folder, which need not exist yet\n"
        )
    assert file.read_text(encoding="utf-8") == "mine"


def test_so_is_a_file_in_the_place_of_the_default_workspace(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = repository / ".penstock"
    shutil.rmtree(place)
    place.touch()
    said = refused(repository, capsys, "delay")
    assert said == f"error: the workspace: {place} is a file; expected a folder, which need not exist yet\n"


def test_a_repository_without_models_has_no_name_to_offer(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "specs/model.yaml").unlink()
    said = refused(repository, capsys, "delay")
    assert said == "error: there is no model `delay`; no Model is declared yet; add a document with `kind: Model`\n"


def test_a_repository_without_environments_is_told_what_trains_here(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (repository / "specs/platform.yaml").read_text(encoding="utf-8")
    kept = [document for document in text.split("\n---\n") if "kind: Environment" not in document]
    (repository / "specs/platform.yaml").write_text("\n---\n".join(kept), encoding="utf-8")
    (repository / "specs/rollout.yaml").unlink()
    edit(repository / "specs/model.yaml", ", onDrift: true", "")
    main(["compile", "--root", str(repository)])
    assert refused(repository, capsys, "delay") == (
        "error: `delay` has no training pipeline in any environment: no Environment is declared yet; add a document "
        "with `kind: Environment`, with `cluster: false` if it is for local runs only\n"
    )


def test_errors_of_the_specs_are_the_cause(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(repository / "specs/platform.yaml", "kind: Environment", "kind: Enviroment")
    said = refused(repository, capsys, "delay")
    assert "error[unknown-kind]" in said
    assert said.endswith("error: fix the errors above, run `penstock compile`, then run this again\n")


def test_errors_that_a_check_finds_are_not_mended_by_compiling(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(repository / "specs/rollout.yaml", "{min: 3, max: 12,", "{min: 13, max: 12,")
    said = refused(repository, capsys, "delay")
    assert "error[capacity]" in said
    assert said.endswith("error: fix the errors above, run `penstock compile`, then run this again\n")


def test_environments_that_do_not_train_are_named_with_their_key(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(repository, capsys, "delay", "--environment", "productoin")
    assert said == "error: there is no environment `productoin`; did you mean `production`?\n"
    said = refused(repository, capsys, "delay", "--environment", "nowhere")
    assert said == "error: there is no environment `nowhere`; known: `production`, `staging`\n"
    edit(repository / "specs/platform.yaml", "  stage: staging", "  stage: staging\n  training: false")
    main(["compile", "--root", str(repository)])
    said = refused(repository, capsys, "delay", "--environment", "staging")
    assert said == "error: `delay` has no training pipeline in `staging`: `training: false` is set in it\n"


def test_a_rollout_that_watches_nothing_has_no_monitoring_pipeline(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(repository / "specs/model.yaml", ", onDrift: true", "")
    rollout = repository / "specs/rollout.yaml"
    kept = [line for line in rollout.read_text().splitlines() if not line.startswith(("    drift:", "    quality:"))]
    rollout.write_text("\n".join(kept), encoding="utf-8")
    main(["compile", "--root", str(repository)])
    assert refused(repository, capsys, "delay", "--pipeline", "monitoring") == (
        "error: `delay` has no monitoring pipeline in any environment: none of its rollouts declares "
        "`monitor.drift` or `monitor.quality`\n"
    )
    rollout.unlink()
    main(["compile", "--root", str(repository)])
    assert refused(repository, capsys, "delay", "--pipeline", "monitoring") == (
        "error: `delay` has no monitoring pipeline in any environment: no rollout serves it\n"
    )
