"""The store of models: for each digest one folder, which is whole from the moment its manifest is there.

```
<store>/<model>/<digest, hexadecimal>/
  model/  baseline/  card/  evidence/   # files as the steps wrote them
  manifest.json                         # digest of each folder; written last
```

No file of `model` ever changes: it is named by its digest. What somebody else has changed or taken away comes back when
the version is stored again. The other folders tell of the newest registration of the same model. A file appears whole
or not at all, on a disk by rename and on an object store by its nature, so whoever reads during a registration finds
old or new files, and never half of one.
"""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from penstock.runtime.artifacts import directory_digest, file_digest
from penstock.runtime.faults import InputError

MANIFEST = "manifest.json"
PARTS = ".parts"
MODEL = "model"
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelStore:
    """The store at an address: ``file://``, ``s3://`` or ``gs://``, with the credentials that the machine has."""

    uri: str
    filesystem: Any
    """A `pyarrow.fs.FileSystem`."""
    root: str
    """The store's folder within `filesystem`."""

    @classmethod
    def open(cls, uri: str) -> ModelStore:
        """The store at `uri`.

        Raises:
            InputError: an address of another kind, or one that cannot be reached.
        """
        from pyarrow import fs

        parts = urlsplit(uri)
        if parts.scheme not in ("file", "s3", "gs"):
            raise InputError(f"`{uri}` is not a model store address: expected `file://`, `s3://` or `gs://`")
        try:
            filesystem, root = fs.FileSystem.from_uri(uri)
        except (OSError, ValueError) as error:
            raise InputError(f"the model store `{uri}` cannot be opened: {error}") from error
        return cls(uri.rstrip("/"), filesystem, root.rstrip("/"))

    def address(self, model: str, digest: str) -> str:
        """The address of a version's model files, as a server loads them."""
        return f"{self.uri}/{model}/{_hexadecimal(digest)}/{MODEL}"

    def put(self, model: str, digest: str, folders: Mapping[str, Path]) -> None:
        """Store a version's folders by name; what is there already, and whole, is not written again.

        Raises:
            InputError: the store cannot be written.
        """
        version = self._version(model, digest)
        digests = {name: directory_digest(folder) for name, folder in folders.items()}
        before = self.manifest(model, digest) or {}
        with self._faults("written"):
            for name in sorted(folders, key=lambda each: each != MODEL):
                if before.get(name) != digests[name] or not self._is_whole(folders[name], f"{version}/{name}"):
                    self._put_folder(folders[name], f"{version}/{name}")
            if before != digests:
                self._put_file(orjson.dumps(digests, option=orjson.OPT_SORT_KEYS), f"{version}/{MANIFEST}")

    def manifest(self, model: str, digest: str) -> dict[str, str] | None:
        """The digest of each folder of a version; None where the version is not whole, or its manifest is damaged."""
        from pyarrow import fs

        path = f"{self._version(model, digest)}/{MANIFEST}"
        with self._faults("read"):
            if self.filesystem.get_file_info(path).type != fs.FileType.File:
                return None
            with self.filesystem.open_input_stream(path) as file:
                text = file.read()
        try:
            found = orjson.loads(text)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def fetch(self, model: str, digest: str, folder: str, target: Path) -> None:
        """Copy one of a version's folders into the directory `target`, which appears whole or not at all.

        Raises:
            InputError: the store has no such version, it cannot be read, or what it holds is not what it says.
        """
        manifest = self.manifest(model, digest)
        if manifest is None or folder not in manifest:
            raise InputError(f"the model store `{self.uri}` has no {folder} of `{model}` {digest}")
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=target.parent) as temporary:
            copy = Path(temporary) / folder
            with self._faults("read"):
                self._copy_out(f"{self._version(model, digest)}/{folder}", copy)
            expected = digest if folder == MODEL else manifest[folder]
            if (actual := directory_digest(copy)) != expected:
                raise InputError(
                    f"the {folder} of `{model}` in the store `{self.uri}` has the digest {actual}, not {expected}"
                )
            if target.exists():
                shutil.rmtree(target)
            copy.replace(target)

    def _version(self, model: str, digest: str) -> str:
        return f"{self.root}/{model}/{_hexadecimal(digest)}"

    def _is_whole(self, source: Path, target: str) -> bool:
        """Whether a folder that is there holds what `source` does: on a disk by its bytes, elsewhere by their number.

        A manifest says what was written, not what has become of it.
        """
        from pyarrow import fs

        listed = self.filesystem.get_file_info(fs.FileSelector(target, recursive=True, allow_not_found=True))
        there = {one.path.removeprefix(f"{target}/"): one.size for one in listed if one.type == fs.FileType.File}
        here = {path.relative_to(source).as_posix(): path for path in source.rglob("*") if path.is_file()}
        if there != {name: path.stat().st_size for name, path in here.items()}:
            return False
        return not isinstance(self.filesystem, fs.LocalFileSystem) or all(
            file_digest(Path(target, name)) == file_digest(path) for name, path in here.items()
        )

    def _put_folder(self, source: Path, target: str) -> None:
        from pyarrow import fs

        names = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
        for name in sorted(names):
            self._put_file((source / name).read_bytes(), f"{target}/{name}")
        selector = fs.FileSelector(target, recursive=True, allow_not_found=True)
        for found in self.filesystem.get_file_info(selector):
            if found.type == fs.FileType.File and found.path.removeprefix(f"{target}/") not in names:
                self.filesystem.delete_file(found.path)

    def _put_file(self, data: bytes, path: str) -> None:
        from pyarrow import fs

        if not isinstance(self.filesystem, fs.LocalFileSystem):
            # An object store has no folders: Arrow would put an empty object there for each, which is listed as a file.
            self._write(data, path)
            return
        self.filesystem.create_dir(path.rpartition("/")[0], recursive=True)
        # Written beside the versions, so that what a kill leaves is in none of them.
        self.filesystem.create_dir(f"{self.root}/{PARTS}", recursive=True)
        part = f"{self.root}/{PARTS}/{uuid.uuid4().hex}"
        try:
            self._write(data, part)
        except OSError:
            # What fits no disk would take the room of the next try.
            with suppress(OSError):
                self.filesystem.delete_file(part)
            raise
        self.filesystem.move(part, path)

    def _write(self, data: bytes, path: str) -> None:
        with self.filesystem.open_output_stream(path) as file:
            file.write(data)

    def _copy_out(self, source: str, target: Path) -> None:
        from pyarrow import fs

        for found in self.filesystem.get_file_info(fs.FileSelector(source, recursive=True)):
            if found.type != fs.FileType.File:
                continue
            path = target / found.path.removeprefix(f"{source}/")
            path.parent.mkdir(parents=True, exist_ok=True)
            with self.filesystem.open_input_stream(found.path) as file, path.open("wb") as copy:
                shutil.copyfileobj(file, copy)

    @contextmanager
    def _faults(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(f"the model store `{self.uri}` cannot be {what}: {error}") from error


def _hexadecimal(digest: str) -> str:
    match = _DIGEST.fullmatch(digest)
    if match is None:
        raise InputError(f"`{digest}` is not a digest: expected `sha256:` and 64 hexadecimal digits")
    return match[1]
