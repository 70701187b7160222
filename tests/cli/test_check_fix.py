"""`penstock check --fix`: what can be meant in one way only is mended, and everything else is left to a person."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from catalog.repositories import edited, load, small
from penstock.checks.engine import check
from penstock.cli.autofix import autofixed
from penstock.cli.check import problems
from penstock.cli.main import main


def write(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
    return root


def changed(root: Path, files: dict[str, str]) -> dict[str, str]:
    """The files whose bytes are others than what was written."""
    return {
        path: (root / path).read_text() for path, text in files.items() if (root / path).read_bytes() != text.encode()
    }


MISSPELT = [
    ("specs/gate.yaml", "  model: delay\n", "  model: deley\n"),
    ("specs/gate.yaml", "kind: Gate\n", "kind: Gaet\n"),
    ("specs/gate.yaml", "metadata: {name: delay-release, owner", "metadata: {name: delay-release, ownr"),
    ("specs/rollout.yaml", "strategy:\n", "stratgy:\n"),
    ("specs/platform.yaml", "  modelStore: s3://models/staging", "  model_store: s3://models/staging"),
]


@pytest.mark.parametrize(("path", "right", "wrong"), MISSPELT)
def test_what_can_only_be_meant_one_way_is_mended(
    path: str, right: str, wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = small()
    broken = edited(sound, path, right, wrong)
    root = write(tmp_path, broken)
    assert main(["check", "--root", str(root)]) == 1
    assert "can be fixed safely: penstock check --fix" in capsys.readouterr().err
    assert main(["check", "--fix", "--root", str(root)]) == 0
    told = capsys.readouterr()
    assert "fixed 1 mistake in 1 file:\n  specs/" in told.err
    assert told.out == "14 specs, no errors\n"
    assert changed(root, broken) == {path: sound[path]}


LEFT = [
    # The name stands in several places: perhaps it is the declaration that is misspelt.
    [
        ("specs/gate.yaml", "  model: delay\n", "  model: dely\n"),
        ("specs/rollout.yaml", "  model: delay\n", "  model: dely\n"),
    ],
    # Two specs are near.
    [("specs/platform.yaml", "owner: flight-ml}", "owner: flight-m}")],
    # Nothing is near.
    [("specs/gate.yaml", "  model: delay\n", "  model: arrival\n")],
    # The name of a spec of another kind.
    [("specs/gate.yaml", "  model: delay\n", "  model: flights\n")],
]


@pytest.mark.parametrize("changes", LEFT)
def test_what_may_be_meant_otherwise_is_left(changes: list[tuple[str, str, str]], tmp_path: Path) -> None:
    files = small()
    for path, right, wrong in changes:
        files = {**files, path: files[path].replace(right, wrong, 1)}
    root = write(tmp_path, files)
    assert main(["check", "--fix", "--root", str(root)]) == 1
    assert changed(root, files) == {}


def test_two_slips_of_one_key_are_left(tmp_path: Path) -> None:
    files = edited(
        small(), "specs/platform.yaml", "  modelStore: s3://models/staging", "  model_store: a\n  modelStor: b"
    )
    root = write(tmp_path, files)
    assert main(["check", "--fix", "--root", str(root)]) == 1
    assert changed(root, files) == {}


def test_a_key_is_not_made_to_stand_twice(tmp_path: Path) -> None:
    override = "  staging: {serve: {replicas: {min: 2, max: 2}}}"
    files = edited(small(), "specs/rollout.yaml", override, f"{override}\n  stagin: {{gate: delay-release}}")
    root = write(tmp_path, files)
    assert main(["check", "--fix", "--root", str(root)]) == 1
    assert changed(root, files) == {}


def test_what_a_fix_brings_to_light_is_mended_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = edited(small(), "specs/gate.yaml", "kind: Gate\n", "kind: Gaet\n")
    files = edited(files, "specs/gate.yaml", "  model: delay\n", "  modle: delay\n")
    root = write(tmp_path, files)
    assert main(["check", "--fix", "--root", str(root)]) == 0
    assert "fixed 2 mistakes in 1 file" in capsys.readouterr().err
    assert changed(root, files) == {"specs/gate.yaml": small()["specs/gate.yaml"]}


def test_line_ends_comments_and_all_else_stay(tmp_path: Path) -> None:
    text = small()["specs/gate.yaml"].replace("\n", "  # ä\r\n")
    files = {**small(), "specs/gate.yaml": text.replace("  model: delay  #", "  modle:   delay  #")}
    root = write(tmp_path, files)
    assert main(["check", "--fix", "--root", str(root)]) == 0
    assert (root / "specs/gate.yaml").read_bytes() == text.replace("  model: delay  #", "  model:   delay  #").encode()


def test_what_is_left_is_shown_after_what_was_fixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = edited(small(), "specs/gate.yaml", "  model: delay\n", "  modle: delay\n")
    files = edited(files, "specs/platform.yaml", "  namespace: flights\n", "  namespace: FLIGHTS!\n")
    root = write(tmp_path, files)
    assert main(["check", "--fix", "--root", str(root)]) == 1
    said = capsys.readouterr().err
    assert said.index("fixed 1 mistake in 1 file") < said.index("error[invalid-format]")
    assert "unknown-key]:" not in said
    assert changed(root, files).keys() == {"specs/gate.yaml"}


def test_the_difference_is_shown_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = edited(small(), "specs/gate.yaml", "  model: delay\n", "  modle: delay\n")
    files["specs/platform.yaml"] = files["specs/platform.yaml"].replace("modelStore", "model_store").rstrip("\n")
    root = write(tmp_path, files)
    assert main(["check", "--diff", "--root", str(root)]) == 1
    told = capsys.readouterr()
    assert changed(root, files) == {}
    assert "would fix 3 mistakes in 2 files" in told.err
    subprocess.run(["git", "apply", "-"], cwd=root, input=told.out, text=True, check=True, timeout=60)
    assert main(["check", "--root", str(root)]) == 0


def test_without_a_safe_fix_the_difference_is_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--diff", "--root", str(write(tmp_path, small()))]) == 0
    assert capsys.readouterr() == ("", "nothing can be fixed safely\n")


def test_a_file_that_somebody_edits_meanwhile_stays(tmp_path: Path) -> None:
    files = edited(small(), "specs/gate.yaml", "  model: delay\n", "  modle: delay\n")
    files = edited(files, "specs/rollout.yaml", "strategy:\n", "stratgy:\n")
    root = write(tmp_path, files)
    autofix = autofixed(root, check(load(files)), problems)
    (root / "specs/gate.yaml").write_text("# mine\n")
    refused = autofix.write()
    assert refused.keys() == {"specs/gate.yaml"}
    assert (root / "specs/gate.yaml").read_text() == "# mine\n"
    assert (root / "specs/rollout.yaml").read_text() == small()["specs/rollout.yaml"]
    assert autofix.without(refused).summary() == "1 mistake in 1 file"


def test_a_program_reads_nothing_but_its_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write(tmp_path, edited(small(), "specs/gate.yaml", "  model: delay\n", "  modle: delay\n"))
    assert main(["check", "--format", "sarif", "--root", str(root)]) == 1
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    (offered,) = result["fixes"]
    (replacement,) = offered["artifactChanges"][0]["replacements"]
    assert replacement["insertedContent"]["text"] == "model"
    assert main(["check", "--fix", "--format", "json", "--root", str(root)]) == 0
    assert json.loads(capsys.readouterr().out)["diagnostics"] == []
