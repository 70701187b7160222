"""Promotion: the files of a release, and the reasons for which there are none."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.catalog.dependencies import Dependencies
from penstock.catalog.load import load_work_tree
from penstock.catalog.model import SpecId
from penstock.checks.engine import check_spec
from penstock.cli.main import FAULT
from penstock.runtime.artifacts import directory_digest, file_digest, write_json
from promotion.workspaces import RELEASE, Repository, refused


def test_the_first_version_gets_all_of_the_traffic(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    digest = repository.train("one")
    assert repository.promote() == 0
    release = repository.release()
    assert release["version"] == {"digest": digest, "registered": 1}
    assert "previous" not in release
    assert "step" not in release
    evidence = repository.root / release["evidence"]["path"]
    assert file_digest(evidence) == release["evidence"]["digest"]
    assert json.loads(evidence.read_bytes())["subject"][0]["digest"]["sha256"] == digest.removeprefix("sha256:")
    assert (repository.root / RELEASE.format("staging")).read_text().startswith("# Written by `penstock promote`.")
    assert "made-online in staging gets version 1" in capsys.readouterr().out


def test_the_release_passes_the_checks_of_the_compiler(repository: Repository) -> None:
    repository.train("one")
    assert repository.promote() == 0
    repository.train("two")
    assert repository.promote() == 0
    assert repository.problems() == []


def test_a_repository_may_be_moved_between_a_run_and_its_promotion(repository: Repository) -> None:
    repository.train("one")
    repository.root = repository.root.rename(repository.root.with_name("elsewhere"))
    assert repository.promote() == 0


@pytest.mark.parametrize(("purpose", "state"), [("training", "failed"), ("monitoring", "succeeded")])
def test_a_later_run_that_has_trained_nothing_is_no_version(repository: Repository, purpose: str, state: str) -> None:
    digest = repository.train("one")
    later = repository.root / ".penstock" / "runs" / "made" / "20270101T000000Z-00"
    later.mkdir()
    write_json(later / "run.json", {"id": later.name, "purpose": purpose, "state": state, "steps": {}})
    assert repository.promote() == 0
    assert repository.release()["version"]["digest"] == digest


def test_a_disk_that_is_full_leaves_no_part_of_a_file_to_be_committed(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.train("one")
    write = Path.write_bytes

    def fill(path: Path, data: bytes) -> int:
        write(path, data[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", fill)
    assert repository.promote() == FAULT
    left = [path for path in repository.root.rglob("*") if path.is_file() and "evidence" in path.parts[-3:]]
    assert not [path for path in left if ".penstock" not in path.parts]
    assert capsys.readouterr().err.startswith(f"error: No space left on device: {repository.root}/evidence/made/")


@pytest.mark.parametrize("named", ["evidence", "promotion"])
def test_evidence_that_a_checkout_gave_other_line_ends_was_not_edited(repository: Repository, named: str) -> None:
    repository.train("one")
    assert repository.promote() == 0
    path = repository.root / repository.release()[named]["path"]
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    (found,) = check_spec(load_work_tree(repository.root), SpecId("Release", "staging-made-online"), Dependencies())
    assert found.headline.endswith("has changed since the release")
    assert found.help == (
        "git converted its line endings to CRLF: add `* text=auto eol=lf` to `.gitattributes`, and clone again",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": ["x"]},
        {"subject": {"a": 1}},
        {"subject": 5},
        {"subject": [{"digest": "x"}]},
        {"predicate": 5},
        {"predicate": {"gates": 5}},
        {"predicate": {"gates": ["g"]}},
        {"predicate": {"gates": [{"rules": 7}]}},
        {"predicate": {"gates": [{"rules": ["g"]}]}},
    ],
)
def test_evidence_of_any_form_is_told_and_breaks_nothing(repository: Repository, wrong: dict[str, Any]) -> None:
    repository.train("one")
    assert repository.promote() == 0
    evidence = repository.root / repository.release()["evidence"]["path"]
    before = file_digest(evidence)
    evidence.write_text(json.dumps(json.loads(evidence.read_bytes()) | wrong))
    release = repository.root / RELEASE.format("staging")
    release.write_text(release.read_text().replace(before, file_digest(evidence)))
    assert repository.problems() == ["the evidence is not a valid gate attestation"]


@pytest.mark.parametrize("named", ["evidence", "promotion"])
@pytest.mark.parametrize("is_there", [True, False], ids=["altered", "gone"])
def test_a_version_that_is_served_is_promoted_again_where_a_statement_is_not_as_it_was(
    repository: Repository, named: str, *, is_there: bool
) -> None:
    digest = repository.train("one")
    assert repository.promote() == 0
    statement = repository.root / repository.release()[named]["path"]
    if is_there:
        statement.write_bytes(statement.read_bytes() + b"\n")
    else:
        statement.unlink()
    assert len(repository.problems()) == 1
    assert repository.promote() == 0
    assert repository.problems() == []
    assert repository.release()["version"] == {"digest": digest, "registered": 1}


def test_a_dataset_may_be_renamed_while_a_version_that_learnt_from_it_is_served(repository: Repository) -> None:
    repository.train("one")
    assert repository.promote() == 0
    repository.edit("{name: rows,", "{name: lines,")
    repository.edit("source: rows", "source: lines")
    repository.edit("dataset: rows", "dataset: lines")
    assert repository.problems() == ["the specs of `made` have changed since this version was trained"]
    assert repository.release()["datasets"].keys() == {"rows"}


def test_a_model_that_was_trained_here_has_to_get_where_it_is_loaded_from(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    one = repository.train("one")
    assert repository.promote() == 0
    where = f"staging loads it from s3://models/made/{one.removeprefix('sha256:')}/model"
    assert where in capsys.readouterr().out


def stored_in(repository: Repository, tmp_path: Path) -> Path:
    repository.edit("modelStore: s3://models", f"modelStore: {(tmp_path / 'store').as_uri()}")
    return tmp_path / "store" / "made"


def test_a_model_that_was_trained_here_is_put_where_it_is_loaded_from(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = stored_in(repository, tmp_path)
    one = repository.train("one")
    assert repository.promote("--upload") == 0
    address = store / one.removeprefix("sha256:") / "model"
    assert f"The model is at {address.as_uri()}.\n" in capsys.readouterr().out
    assert directory_digest(address) == one
    assert (address.parent / "evidence" / "statement.json").is_file()
    shutil.rmtree(store)
    before = repository.files()
    assert repository.promote("--upload") == 0, "it is released already, and was not where it is loaded from"
    assert directory_digest(address) == one
    assert repository.files() == before
    told = capsys.readouterr()
    assert "made-online in staging already serves this version: its Release stays as it is" in told.out
    assert "penstock compile" not in told.out
    assert told.err == ""


def test_a_model_is_uploaded_with_a_step_of_its_canary_too(repository: Repository, tmp_path: Path) -> None:
    store = stored_in(repository, tmp_path)
    repository.train("one")
    assert repository.promote() == 0
    two = repository.train("two")
    assert repository.promote() == 0
    assert repository.promote("--step", "1", "--upload") == 0
    assert repository.release()["step"] == 1
    assert directory_digest(store / two.removeprefix("sha256:") / "model") == two


def test_of_what_cannot_be_uploaded_nothing_is_released(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored_in(repository, tmp_path)
    one = repository.train("one")
    (repository.root / ".penstock/models/made" / one.removeprefix("sha256:") / "manifest.json").unlink()
    assert repository.promote("--upload") == 1
    assert "has no complete version" in capsys.readouterr().err
    assert not (repository.root / "specs/releases").exists()


@pytest.mark.parametrize("other", [["--advance"], ["--complete"], ["--version", "1"]])
def test_only_what_was_trained_here_is_uploaded(
    repository: Repository, other: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert repository.promote("--upload", *other) == 2
    assert "--upload copies what a local run registered" in capsys.readouterr().err


def test_the_same_promotion_writes_the_same_bytes(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(time.time())))
    repository.train("one")
    assert repository.promote() == 0
    path = repository.root / RELEASE.format("staging")
    first = path.read_bytes()
    path.unlink()
    assert repository.promote() == 0
    assert path.read_bytes() == first


def test_production_serves_what_staging_has_served(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    one = repository.train("one")
    assert "`staging` comes before `production`, and serves nothing yet" in refused(repository, capsys, to="production")
    assert repository.promote() == 0
    assert repository.promote(to="production") == 0
    assert repository.release("production")["version"]["digest"] == one
    repository.train("two")
    assert "and serves another version" in refused(repository, capsys, to="production")
    assert repository.promote() == 0
    said = refused(repository, capsys, to="production")
    assert "and has not finished the canary of this version" in said
    assert "--to staging --advance` finish it first" in said
    assert repository.promote("--skip-stages", to="production") == 0


def test_an_earlier_stage_that_is_not_merged_is_said(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """The review counts what the main branch serves; whoever promotes twice in one branch hears of it here."""
    repository.commit()
    repository.train("one")
    assert repository.promote() == 0
    assert "is not on the main branch" not in capsys.readouterr().err
    assert repository.promote(to="production") == 0
    assert "the Release of `made-online` in `staging` is not on the main branch yet" in capsys.readouterr().err
    (repository.root / RELEASE.format("production")).unlink()
    repository.commit()
    assert repository.promote(to="production") == 0
    assert "is not on the main branch" not in capsys.readouterr().err


def test_evidence_in_the_repository_that_was_damaged_is_written_anew(repository: Repository) -> None:
    repository.train("one")
    assert repository.promote() == 0
    evidence = repository.root / repository.release()["evidence"]["path"]
    (repository.root / RELEASE.format("staging")).unlink()
    statement = evidence.read_bytes()
    evidence.write_bytes(statement.replace(b'"pass"', b'"skip"'))
    assert repository.promote() == 0
    assert evidence.read_bytes() == statement


def test_what_people_have_added_to_a_release_stays(repository: Repository) -> None:
    repository.train("one")
    assert repository.promote() == 0
    path = repository.root / RELEASE.format("staging")
    before = yaml.safe_load(path.read_text())
    added = before["metadata"] | {
        "description": "Ours.",
        "labels": {"tier": "gold"},
        "acceptedWarnings": {"some-code": "It is meant to be so."},
    }
    path.write_text(yaml.safe_dump(before | {"metadata": added}))
    repository.train("two")
    for options in ((), ("--advance",), ("--complete",)):
        assert repository.promote(*options) == 0
        assert yaml.safe_load(path.read_text())["metadata"] == added


@pytest.mark.parametrize(("length", "name"), [(42, "staging-" + "m" * 42), (43, "staging-" + "m" * 33 + "-")])
def test_a_release_has_a_name_that_is_not_too_long(repository: Repository, length: int, name: str) -> None:
    repository.edit("{name: made-online,", f"{{name: {'m' * length},")
    repository.train("one")
    assert repository.promote() == 0
    path = repository.root / f"specs/releases/staging-{'m' * length}.yaml"
    found = yaml.safe_load(path.read_text())["metadata"]["name"]
    assert found.startswith(name)
    assert len(found) == 50
    assert not load_work_tree(repository.root).has_errors
    repository.train("two")
    assert repository.promote() == 0
    assert yaml.safe_load(path.read_text())["metadata"]["name"] == found
