"""The command `penstock verify`: where definitions come from, and how it ends."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("cel", reason="the extra `verify` is not installed")

import yaml

from penstock.cli.main import OK, PROBLEMS, WRONG_USE, main

DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "spec": {
        "group": "example.com",
        "names": {"kind": "Train"},
        "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"type": "object", "properties": {}}}}],
    },
}
TRAIN = "apiVersion: example.com/v1\nkind: Train\nmetadata: {name: late}\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one generated object, and its definition in a folder beside."""
    for folder in ("specs", "generated", "crds"):
        (tmp_path / folder).mkdir()
    (tmp_path / "generated" / "train.yaml").write_text(TRAIN, encoding="utf-8")
    (tmp_path / "crds" / "train.yaml").write_text(yaml.safe_dump(DEFINITION), encoding="utf-8")
    return tmp_path


def kubectl(folder: Path, script: str) -> str:
    """A folder for PATH in which `kubectl` is this shell script."""
    folder.mkdir()
    program = folder / "kubectl"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def test_sound_files_end_well_and_are_counted(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--root", str(repository), "--crds", str(repository / "crds")]) == OK
    assert capsys.readouterr().out == "1 file: 1 Train\n"


def test_a_finding_names_the_file_and_the_line(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "generated" / "train.yaml").write_text(TRAIN + "speed: 80\n", encoding="utf-8")
    assert main(["verify", "--root", str(repository), "--crds", str(repository / "crds")]) == PROBLEMS
    told = capsys.readouterr().err
    assert "error[object-schema]: the object has no field `speed`" in told
    assert "generated/train.yaml:4:1" in told


def test_named_files_alone_are_verified(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "other.yaml").write_text("kind: Kustomization\n", encoding="utf-8")
    assert main(["verify", "--root", str(repository), str(repository / "other.yaml")]) == OK
    assert capsys.readouterr().out == "1 file: nothing to check\n"


def test_a_folder_is_verified_whatever_the_end_of_its_files(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "mine").mkdir()
    (repository / "mine/a.yml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n")
    assert main(["verify", "--root", str(repository), str(repository / "mine")]) == 1
    assert "has no `metadata.name`" in capsys.readouterr().err


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/etc/passwd"), os.mkfifo], ids=["link", "pipe"])
def test_what_is_no_plain_file_is_refused_unread(
    make: Callable[[Path], None], repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(repository / "generated" / "x.yaml")
    assert main(["verify", "--root", str(repository)]) == PROBLEMS
    told = capsys.readouterr().err
    assert "error[unreadable-file]" in told
    assert "generated/x.yaml:1:1" in told
    assert "root:" not in told


def test_what_has_no_definition_is_told(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--root", str(repository)]) == OK
    assert "without a CRD: 1 Train (example.com/v1)" in capsys.readouterr().out


def test_a_folder_without_definitions_is_wrong_use(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--root", str(repository), "--crds", str(repository / "specs")]) == WRONG_USE
    assert "there are no YAML files below" in capsys.readouterr().err


def test_a_cluster_gives_its_definitions(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = repository / "answer.yaml"
    answer.write_text(yaml.safe_dump({"kind": "List", "items": [DEFINITION]}), encoding="utf-8")
    monkeypatch.setenv("PATH", kubectl(repository / "bin", f'[ "$4" = prod ] && cat {answer}'))
    assert main(["verify", "--root", str(repository), "--cluster", "prod"]) == OK
    assert capsys.readouterr().out == "1 file: 1 Train\n"


def test_a_cluster_that_says_no_is_quoted(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", kubectl(repository / "bin", "echo no such context >&2; exit 1"))
    assert main(["verify", "--root", str(repository), "--cluster", "prod"]) == WRONG_USE
    assert "definitions of `prod`: no such context" in capsys.readouterr().err


def test_without_kubectl_it_says_what_to_do(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert main(["verify", "--root", str(repository), "--cluster", "prod"]) == WRONG_USE
    assert "kubectl is not installed" in capsys.readouterr().err
