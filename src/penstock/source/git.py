"""What git knows, read through its plumbing commands: revisions, trees and blobs. Nothing else starts git.

None of the commands runs a hook, a filter, a text conversion or a pager, asks for a password, takes
a lock or reaches for the network, whatever the configuration of the user or the repository says.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT_SECONDS = 120
_CONFIGURATION = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.quotePath=false",
    "protocol.allow=never",
)
_REGULAR_MODES = ("100644", "100755", "100664")
_LINK_MODE = "120000"


class GitError(Exception):
    """git could not answer; the message is a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """A file of a commit: its path from the repository's root, its blob's id, its size in bytes.

    A byte of the path that is no UTF-8 is a lone surrogate (PEP 383). The size of a link is that
    of its target's name.
    """

    path: str
    blob: str
    size: int
    is_link: bool = False


@dataclass(frozen=True, slots=True)
class TreeChange:
    """A path at which two commits differ, with the blob of each side; None where a side has no file there."""

    path: str
    before: str | None
    after: str | None


class GitRepository:
    """A repository and its work tree. All methods raise GitError."""

    def __init__(self, root: Path) -> None:
        """`root` is the work tree's top; `find` looks for it."""
        self.root = root

    @classmethod
    def find(cls, path: Path) -> GitRepository:
        """The repository that `path` lies in."""
        top = _run(path, ["rev-parse", "--show-toplevel"], f"`{path}` lies in no git repository: run `git init`.")
        return cls(Path(os.fsdecode(top.rstrip(b"\n"))))

    def resolve(self, revision: str) -> str:
        """The id of the commit that a branch, a tag, an id or an expression like `HEAD~2` names."""
        if not revision or revision.startswith("-") or not revision.isprintable():
            raise GitError(f"{revision!r} is no revision: name a branch, a tag or a commit.")
        complaint = f"git knows no commit {revision!r}: name a branch, a tag or a commit."
        if self.is_shallow():
            complaint += " The clone is shallow: fetch more history (`git fetch --unshallow`)."
        command = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
        return _run(self.root, command, complaint).decode().strip()

    def merge_base(self, one: str, other: str) -> str:
        """The id of the best common ancestor of two revisions."""
        complaint = f"{one!r} and {other!r} have no common ancestor here."
        if self.is_shallow():
            complaint += " The clone is shallow: fetch more history (`git fetch --unshallow`)."
        command = ["merge-base", self.resolve(one), self.resolve(other)]
        return _run(self.root, command, complaint).decode().split()[0]

    def is_shallow(self) -> bool:
        """Whether the clone lacks the beginning of its history."""
        answer = _run(self.root, ["rev-parse", "--is-shallow-repository"], "git cannot read this repository.")
        return answer.strip() == b"true"

    def entries(self, revision: str, folder: str = "") -> list[TreeEntry]:
        """The files and links below `folder` in a commit, sorted by path; none where it does not exist."""
        commit = revision if _is_object_id(revision) else self.resolve(revision)
        command = ["ls-tree", "-r", "-z", "--long", "--full-tree", commit]
        if folder.strip("/"):
            command += ["--", folder.strip("/") + "/"]
        listing = _run(self.root, command, f"git cannot list the files of {revision!r}.")
        entries = []
        for line in listing.split(b"\0")[:-1]:
            facts, _, path = line.partition(b"\t")
            mode, _, blob, size = facts.decode("ascii").split()
            if mode in _REGULAR_MODES or mode == _LINK_MODE:
                name = path.decode("utf-8", "surrogateescape")
                known = int(size) if size.isdigit() else 0  # "BAD" for a blob that a partial clone lacks
                entries.append(TreeEntry(name, blob, known, mode == _LINK_MODE))
        return sorted(entries, key=lambda entry: entry.path)

    def changes(self, before: str, after: str) -> list[TreeChange]:
        """The paths at which two commits differ, sorted; a renamed file is one that went and one that came."""
        command = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", before, after]
        listing = _run(self.root, command, f"git cannot compare {before!r} with {after!r}.").split(b"\0")
        changes = []
        for facts, path in zip(listing[:-1:2], listing[1::2], strict=True):
            _, _, old, new, _ = facts.decode("ascii").split()
            sides = [one if set(one) != {"0"} else None for one in (old, new)]
            changes.append(TreeChange(path.decode("utf-8", "surrogateescape"), *sides))
        return sorted(changes, key=lambda change: change.path)

    def versions(self, revision: str, path: str, limit: int) -> list[bytes]:
        """What the file at `path` held in the last `limit` commits up to `revision` that touched it, newest first."""
        command = ["rev-list", f"--max-count={limit}", "--end-of-options", revision, "--", path]
        commits = _run(self.root, command, f"git cannot read the history of {path!r}.").decode().split()
        if not commits or "\n" in path:
            return []
        name = path.encode("utf-8", "surrogateescape")
        request = b"".join(commit.encode() + b":" + name + b"\n" for commit in commits)
        answer = _run(self.root, ["cat-file", "--batch"], f"git cannot read the history of {path!r}.", request)
        return _parse_history(answer, len(commits))

    def blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """The bytes of blobs by their ids, in one run of git."""
        wanted = list(dict.fromkeys(ids))
        if any(not _is_object_id(one) for one in wanted):
            raise GitError("blobs are named by their full ids.")
        if not wanted:
            return {}
        request = "".join(one + "\n" for one in wanted).encode("ascii")
        answer = _run(self.root, ["cat-file", "--batch"], "git cannot read the blobs.", request)
        return _parse_batch(answer, wanted)


def _parse_batch(answer: bytes, wanted: Sequence[str]) -> dict[str, bytes]:
    """For each blob a line `ID blob SIZE`, its bytes and a line feed; `ID missing` for one that is not there."""
    found: dict[str, bytes] = {}
    cursor = 0
    for one in wanted:
        end = answer.find(b"\n", cursor)
        facts = answer[cursor:end].split()
        if len(facts) != 3 or facts[1] != b"blob":
            raise GitError(f"the blob {one} is not in this clone: fetch it (a partial clone lacks blobs).")
        size = int(facts[2])
        found[one] = answer[end + 1 : end + 1 + size]
        cursor = end + 1 + size + 1
    return found


def _parse_history(answer: bytes, count: int) -> list[bytes]:
    """The blobs of an answer to requests `COMMIT:PATH`, without those that are missing (the file was removed)."""
    found = []
    cursor = 0
    for _ in range(count):
        end = answer.find(b"\n", cursor)
        facts = answer[cursor:end].split()
        if len(facts) == 3 and facts[1] == b"blob":
            size = int(facts[2])
            found.append(answer[end + 1 : end + 1 + size])
            end += size + 1
        cursor = end + 1
    return found


def _is_object_id(text: str) -> bool:
    return len(text) in (40, 64) and set(text) <= set("0123456789abcdef")


def _run(directory: Path, arguments: Sequence[str], complaint: str, request: bytes | None = None) -> bytes:
    """What git writes to its standard output; `complaint` is the error's sentence where it fails."""
    command = ["git", "--no-pager", "--no-replace-objects", "--literal-pathspecs"]
    for setting in _CONFIGURATION:
        command += ["-c", setting]
    try:
        done = subprocess.run(
            [*command, *arguments],
            cwd=directory,
            env=_environment(),
            input=request if request is not None else b"",
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        if not directory.is_dir():
            raise GitError(f"`{directory}` is no directory.") from None
        raise GitError("git is not installed, or not on the PATH: install it.") from None
    except NotADirectoryError:
        raise GitError(f"`{directory}` is no directory.") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git gave no answer within {_TIMEOUT_SECONDS} seconds.") from None
    if done.returncode != 0:
        raise GitError(_with_reason(complaint, done.stderr.decode("utf-8", "replace")))
    return done.stdout


def _with_reason(complaint: str, stderr: str) -> str:
    """The complaint with git's own words, where they say more."""
    if "dubious ownership" in stderr:
        return "git does not trust this repository's owner: `git config --global --add safe.directory PATH`."
    reason = next((line for line in stderr.splitlines() if line.startswith(("fatal:", "error:"))), "")
    if not reason or "not a git repository" in reason:
        return complaint
    return f"{complaint} git says: {reason.partition(':')[2].strip()}"


def _environment() -> dict[str, str]:
    """The caller's environment without what steers git (a hook sets GIT_DIR, for one)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }
