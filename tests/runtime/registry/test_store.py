"""The store: whole versions, named by their content, on a disk and on an object store."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pyarrow import fs

from penstock.runtime.artifacts import directory_digest
from penstock.runtime.faults import InputError
from penstock.runtime.main import main
from penstock.runtime.registry.store import ModelStore

S3Objects = Callable[[], list[str]]


def folder(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture(params=["disk", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ModelStore:
    """A store on the disk, and one on an object store, which has no folders and no renames."""
    if request.param == "s3":
        return ModelStore.open(request.getfixturevalue("s3_bucket") + "/models")
    root = tmp_path / "store"
    root.mkdir()
    return ModelStore.open(root.as_uri())


def stored(store: ModelStore) -> list[str]:
    """The files that the store holds."""
    found = store.filesystem.get_file_info(fs.FileSelector(store.root, recursive=True))
    return sorted(one.path for one in found if one.type == fs.FileType.File)


def overwrite(store: ModelStore, path: str, text: str) -> None:
    with store.filesystem.open_output_stream(path) as file:
        file.write(text.encode())


def test_what_is_stored_is_what_is_fetched(store: ModelStore, tmp_path: Path) -> None:
    model = folder(tmp_path / "model", a="one", code__b="two")
    digest = directory_digest(model)
    store.put("made", digest, {"model": model, "card": folder(tmp_path / "card", c="card")})
    for name in ("model", "card"):
        store.fetch("made", digest, name, tmp_path / "fetched" / name)
        assert directory_digest(tmp_path / "fetched" / name) == directory_digest(tmp_path / name)


def test_storing_again_writes_nothing_anew(store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = folder(tmp_path / "model", a="one")
    digest = directory_digest(model)
    store.put("made", digest, {"model": model})
    written: list[str] = []
    monkeypatch.setattr(ModelStore, "_put_file", lambda *given: written.append(given[-1]))
    store.put("made", digest, {"model": model})
    assert not written


@pytest.mark.parametrize("damage", ["other", "", None], ids=["changed", "emptied", "gone"])
def test_storing_again_mends_what_was_damaged(store: ModelStore, tmp_path: Path, damage: str | None) -> None:
    model = folder(tmp_path / "model", a="one", b="two")
    digest = directory_digest(model)
    store.put("made", digest, {"model": model})
    (path,) = (path for path in stored(store) if path.endswith("/a"))
    if damage is None:
        store.filesystem.delete_file(path)
    else:
        overwrite(store, path, damage)
    store.put("made", digest, {"model": model})
    store.fetch("made", digest, "model", tmp_path / "fetched")


def test_a_file_of_the_same_size_on_a_disk_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    store = ModelStore.open((tmp_path / "store").as_uri())
    model = folder(tmp_path / "model", a="one")
    digest = directory_digest(model)
    store.put("made", digest, {"model": model})
    (path,) = (path for path in stored(store) if path.endswith("/a"))
    overwrite(store, path, "eno")
    store.put("made", digest, {"model": model})
    store.fetch("made", digest, "model", tmp_path / "fetched")


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
    for path in stored(store):
        if path.endswith(("/manifest.json", "/b")):
            store.filesystem.delete_file(path)
    assert store.manifest("made", digest) is None
    with pytest.raises(InputError, match="has no model of `made`"):
        store.fetch("made", digest, "model", tmp_path / "fetched")
    store.put("made", digest, {"model": model})
    store.fetch("made", digest, "model", tmp_path / "fetched")


def test_a_version_whose_manifest_is_damaged_is_none_until_it_is_stored_again(
    store: ModelStore, tmp_path: Path
) -> None:
    model = folder(tmp_path / "model", a="one")
    digest = directory_digest(model)
    store.put("made", digest, {"model": model})
    (manifest,) = (path for path in stored(store) if path.endswith("manifest.json"))
    for text in ('{"model":', "[]"):
        overwrite(store, manifest, text)
        with pytest.raises(InputError, match="has no model of `made`"):
            store.fetch("made", digest, "model", tmp_path / "fetched")
        store.put("made", digest, {"model": model})
        store.fetch("made", digest, "model", tmp_path / "fetched")


def test_files_that_somebody_changed_are_not_handed_out(store: ModelStore, tmp_path: Path) -> None:
    model = folder(tmp_path / "model", a="one")
    digest = directory_digest(model)
    store.put("made", digest, {"model": model})
    overwrite(store, next(path for path in stored(store) if path.endswith("/a")), "other")
    with pytest.raises(InputError, match="has the digest"):
        store.fetch("made", digest, "model", tmp_path / "fetched")
    assert not (tmp_path / "fetched").exists()


def test_nothing_but_files_is_put_into_an_object_store(s3_bucket: str, s3_objects: S3Objects, tmp_path: Path) -> None:
    """Whoever loads a model by listing would take the marker of a folder for a file without content."""
    model = folder(tmp_path / "model", a="one", code__b="two")
    digest = directory_digest(model)
    ModelStore.open(f"{s3_bucket}/models").put("made", digest, {"model": model})
    version = f"models/made/{digest.removeprefix('sha256:')}"
    assert s3_objects() == [f"{version}/manifest.json", f"{version}/model/a", f"{version}/model/code/b"]


def test_a_bucket_that_is_not_there_is_said(s3_bucket: str, tmp_path: Path) -> None:
    model = folder(tmp_path / "model", a="one")
    store = ModelStore.open(f"{s3_bucket}-of-another/models")
    with pytest.raises(InputError, match=rf"the model store `{store.uri}` cannot be written: .*does not exist"):
        store.put("made", directory_digest(model), {"model": model})


def test_the_step_fetch_serves_a_model_from_an_object_store(s3_bucket: str, tmp_path: Path) -> None:
    model = folder(tmp_path / "model", a="one")
    digest = directory_digest(model)
    store = ModelStore.open(f"{s3_bucket}/models")
    store.put("made", digest, {"model": model})
    command = ["fetch", "--model", "made", "--model-store", store.uri, "--target", str(tmp_path / "served")]
    assert main([*command, "--digest", digest]) == 0
    assert directory_digest(tmp_path / "served") == digest


@pytest.mark.parametrize(
    ("uri", "words"),
    [("http://host/x", "expected `file://`, `s3://` or `gs://`"), ("/tmp/x", "is not a model store address")],
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


def test_a_disk_that_is_full_keeps_nothing_of_what_it_did_not_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.pkl").write_bytes(b"x" * 100)

    def full(store: ModelStore, data: bytes, path: str) -> None:
        Path(path).write_bytes(data[:50])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(ModelStore, "_write", full)
    store = ModelStore.open((tmp_path / "store").as_uri())
    with pytest.raises(InputError, match=r"cannot be written: .*No space left on device"):
        store.put("m", f"sha256:{'0' * 64}", {"model": tmp_path / "model"})
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []
