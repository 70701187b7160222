"""Where a record is kept: a folder, or a branch with a history of its own, here and in a remote repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from penstock.source.git.call import GitError
from penstock.source.git.repository import GitRepository
from penstock.source.git.values import Authorization
from penstock.source.writing.journal import LOG, Journal

BRANCH = "penstock-record"
_FOLDER_OF_PARTS = "inputs"


class RecordError(Exception):
    """The record cannot be read or written; the message is a sentence that says what to do."""


class RecordStore(Protocol):
    """Where a record is kept. Methods raise RecordError."""

    def log(self) -> bytes:
        """The lines as they are now; empty where there are none yet."""
        ...

    def part(self, digest: str) -> bytes | None:
        """What a line speaks of, by its digest; None where it is missing."""
        ...

    def append(self, line: bytes, parts: Mapping[str, bytes], after: bytes) -> bool:
        """Add a line and what it speaks of; False where the log is no longer what `after` says."""
        ...


@dataclass(frozen=True, slots=True)
class DirectoryStore:
    """A folder of the disk."""

    folder: Path

    def log(self) -> bytes:
        """See `RecordStore`."""
        return self._read(LOG) or b""

    def part(self, digest: str) -> bytes | None:
        """See `RecordStore`."""
        return self._read(part_path(digest))

    def append(self, line: bytes, parts: Mapping[str, bytes], after: bytes) -> bool:
        """See `RecordStore`."""
        files = {part_path(digest): body for digest, body in parts.items()}
        try:
            return Journal(self.folder).append(line, files, after)
        except OSError as error:
            raise RecordError(f"the record in {self.folder} cannot be written: {error.strerror or error}") from None

    def _read(self, name: str) -> bytes | None:
        try:
            return Journal(self.folder).read(name)
        except OSError as error:
            raise RecordError(f"the record in {self.folder} cannot be read: {error.strerror or error}") from None


@dataclass(frozen=True, slots=True)
class BranchStore:
    """A branch whose every commit adds to the record. With `remote`, the branch of that repository is the record.

    Nothing of it is ever checked out, and its commits share no history with the specs.
    """

    repository: GitRepository
    branch: str = BRANCH
    remote: str | None = None
    authorization: Authorization | None = None

    def __post_init__(self) -> None:
        # The branch has none of the folders that a repository may be seen from.
        object.__setattr__(self, "repository", self.repository.seen_from(""))

    @property
    def ref(self) -> str:
        """The full name of the branch."""
        return f"refs/heads/{self.branch}"

    def log(self) -> bytes:
        """See `RecordStore`; fetches first where there is a remote."""
        try:
            if self.remote is not None and self._remote_tip() is not None:
                self.repository.fetch(self.remote, self.ref, self.ref, self.authorization)
            elif self.remote is not None and self.repository.ref(self.ref) is not None:
                raise RecordError(
                    f"`{self.remote}` has no branch {self.branch}, but there is a local one: push it, or delete it"
                )
            return self._read(LOG) or b""
        except GitError as error:
            raise RecordError(str(error)) from None

    def tip(self) -> str | None:
        """The commit that `log` read last; None where there is no branch."""
        return self.repository.ref(self.ref)

    def log_at(self, commit: str) -> bytes:
        """The log as a commit of the branch left it."""
        try:
            return self._read(LOG, commit) or b""
        except GitError as error:
            raise RecordError(str(error)) from None

    def part(self, digest: str) -> bytes | None:
        """See `RecordStore`."""
        try:
            return self._read(part_path(digest))
        except GitError as error:
            raise RecordError(str(error)) from None

    def append(self, line: bytes, parts: Mapping[str, bytes], after: bytes) -> bool:
        """See `RecordStore`. In a remote repository, whoever pushes first wins, and the others begin again."""
        try:
            parent = self.repository.ref(self.ref)
            if (self._read(LOG) or b"") != after:
                return False
            files = {part_path(digest): body for digest, body in parts.items()} | {LOG: after + line}
            number = after.count(b"\n") + 1
            if not self.repository.commit_files(self.ref, parent, files, f"Decision {number}\n"):
                return False
            return self.remote is None or self.repository.push(self.remote, self.ref, self.authorization)
        except GitError as error:
            raise RecordError(str(error)) from None

    def history(self, limit: int) -> list[bytes]:
        """The log as each of the last commits of the branch left it, newest first."""
        try:
            return self.repository.versions(self.ref, LOG, limit)
        except GitError as error:
            raise RecordError(str(error)) from None

    def _remote_tip(self) -> str | None:
        assert self.remote is not None
        return self.repository.remote_tip(self.remote, self.ref, self.authorization)

    def _read(self, path: str, commit: str | None = None) -> bytes | None:
        tip = commit or self.repository.ref(self.ref)
        if tip is None:
            return None
        found = [entry for entry in self.repository.entries(tip, path.rpartition("/")[0]) if entry.path == path]
        return self.repository.blobs([found[0].blob])[found[0].blob] if found and not found[0].is_link else None


def part_path(digest: str) -> str:
    """The file that holds what has this digest. RecordError for what is no digest: it could lead anywhere."""
    hexadecimal = digest.removeprefix("sha256:")
    if len(hexadecimal) != 64 or set(hexadecimal) - set("0123456789abcdef"):
        raise RecordError("a line of the record names a part by something other than a digest")
    return f"{_FOLDER_OF_PARTS}/{hexadecimal}.json"
