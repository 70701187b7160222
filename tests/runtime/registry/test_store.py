"""The store: whole versions, named by their content, on a disk and on an object store."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyarrow import fs

from penstock.runtime.artifacts import directory_digest
from penstock.runtime.faults import InputError
from penstock.runtime.main import main
from penstock.runtime.registry.store import ModelStore


def folder(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture(params=["disk", "objects"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ModelStore:
    """A store on the disk, and one without renames, as object stores are."""
    root = tmp_path / "store"
    root.mkdir()
    if request.param == "disk":
        return ModelStore.open(root.as_uri())
    return ModelStore("s3://bucket/models", fs.SubTreeFileSystem(str(root), fs.LocalFileSystem()), "models")


def test_what_is_stored_is_what_is_fetched(store: ModelStore, tmp_path: Path) -> None:
    model = folder(tmp_path / "model", a="one", code__b="two")
    digest = directory_digest(model)
    store.put("made", digest, {"model": model, "card": folder(tmp_path / "card", c="card")})
    for name in ("model", "card"):
        store.fetch("made", digest, name, tmp_path / "fetched" / name)
        assert directory_digest(tmp_path / "fetched" / name) == directory_digest(tmp_path / name)


def test_storing_again_writes_nothing_anew(store: ModelStore, tmp_path: Path) -> None:
    model = folder(tmp_path / "model", a="one")
    digest = directory_digest(model)
    store.put("made", digest, {"model": model})
    files = {path: path.stat().st_ino for path in (tmp_path / "store").rglob("*") if path.is_file()}
    times = {path: path.stat().st_mtime_ns for path in files}
    store.put("made", digest, {"model": model})
    assert {path: path.stat().st_ino for path in files} == files
    assert {path: path.stat().st_mtime_ns for path in files} == times


def test_new_evidence_replaces_old_and_leaves_the_model(store: ModelStore, tmp_path: Path) -> None:
    model = folder(tmp_path / "model", a="one")
    digest = directory_digest(model)
    store.put("made", digest, {"model": model, "evidence": folder(tmp_path / "old", s="old", extra="gone")})
    store.put("made", digest, {"model": model, "evidence": folder(tmp_path / "new", s="new")})
    store.fetch("made", digest, "evidence", tmp_path / "fetched")
    assert [path.read_text() for path in (tmp_path / "fetched").iterdir()] == ["new"]


def test_a_half_written_version_is_none_until_it_is_finished(store: ModelStore, tmp_path: Path) -> None:
    model = folder(tmp_path / "model", a="one", b="two")
    digest = directory_digest(model)
    store.put("made", digest, {"model": model})
    (manifest,) = (tmp_path / "store").rglob("manifest.json")
    version = manifest.parent
    (version / "manifest.json").unlink()
    (version / "model" / "b").unlink()
    assert store.manifest("made", digest) is None
    with pytest.raises(InputError, match="has no model of `made`"):
        store.fetch("made", digest, "model", tmp_path / "fetched")
    store.put("made", digest, {"model": model})
    store.fetch("made", digest, "model", tmp_path / "fetched")


def test_files_that_somebody_changed_are_not_handed_out(store: ModelStore, tmp_path: Path) -> None:
    model = folder(tmp_path / "model", a="one")
    digest = directory_digest(model)
    store.put("made", digest, {"model": model})
    (stored,) = (tmp_path / "store").rglob("a")
    stored.write_text("other")
    with pytest.raises(InputError, match="has the digest"):
        store.fetch("made", digest, "model", tmp_path / "fetched")
    assert not (tmp_path / "fetched").exists()


@pytest.mark.parametrize(
    ("uri", "words"), [("http://host/x", "expected `file://`, `s3://` or `gs://`"), ("/tmp/x", "is no model store")]
)
def test_an_address_of_another_kind_is_refused(uri: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ModelStore.open(uri)


def test_the_address_is_what_a_server_loads() -> None:
    store = ModelStore("s3://bucket/models", None, "bucket/models")
    digest = "sha256:" + "a" * 64
    assert store.address("made", digest) == f"s3://bucket/models/made/{'a' * 64}/model"


def test_the_step_fetch_copies_a_model_that_has_its_digest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = folder(tmp_path / "model", a="one")
    digest = directory_digest(model)
    (tmp_path / "store").mkdir()
    store = ModelStore.open((tmp_path / "store").as_uri())
    store.put("made", digest, {"model": model})
    command = ["fetch", "--model", "made", "--model-store", store.uri, "--target", str(tmp_path / "served")]
    assert main([*command, "--digest", digest]) == 0
    assert directory_digest(tmp_path / "served") == digest
    assert main([*command, "--digest", "sha256:" + "0" * 64]) == 2
    assert "has no model of `made`" in capsys.readouterr().err
    assert directory_digest(tmp_path / "served") == digest
