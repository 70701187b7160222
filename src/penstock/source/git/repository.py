"""What git knows, read through its plumbing commands: revisions, trees and blobs.

Only `fetch`, `push` and `remote_tip` reach for the network; only they, `merged` and `commit_files` write, and nothing
ever to the index or the work tree.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from operator import attrgetter
from pathlib import Path

from penstock.source.git import call
from penstock.source.git.call import GitError, with_reason
from penstock.source.git.objects import Folders, GitObject, NoAnswerError, ObjectReader, parse_batch
from penstock.source.git.paths import Folder
from penstock.source.git.values import Authorization, TreeChange, TreeEntry

_REF = re.compile(r"refs/[A-Za-z0-9][\w.-]*(/[\w-][\w.-]*)+", re.ASCII)
_REMOTE = re.compile(r"[A-Za-z0-9][\w.-]{0,99}", re.ASCII)
_PLAIN_PATH = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)*", re.ASCII)
_IDENTITY = "Penstock <penstock@users.noreply.invalid>"
_REGULAR_MODES = ("100644", "100755", "100664")
_REGULAR = tuple(mode.encode() for mode in _REGULAR_MODES)
_LINK_MODE = "120000"
_MANY = 100
"""From how many blobs on a process of their own is cheaper: it need not hand over each by itself."""
_REJECTED = re.compile(r"^!\t[^\t]*\t\[(?P<by_remote>remote )?rejected\] \((?P<why>.*)\)$", re.MULTILINE)
_OVERTAKEN = ("cannot lock ref", "failed to update ref", "reference already exists", "incorrect old value")
"""What a remote repository says where two pushes meet in it; anything else, it would say again."""
_MISSING = f"the blob {{}} is missing. {call.PARTIAL}"


class GitRepository:
    """A repository and its work tree, seen from its top or from one of its folders. All methods raise GitError.

    Seen from a folder, paths are those from there: it alone is listed and read, and what else differs has a path that
    begins with `../`. Commits, refs and whole trees are those of the repository all the same.
    """

    def __init__(self, top: Path, folder: str = "") -> None:
        """`top` is the work tree's top, which `find` looks for; `folder` need not exist, here or in a commit."""
        self.top = top
        self.folder = folder
        self._place = Folder(folder)
        self._readers = 0
        self._objects = ObjectReader(lambda: call.start_process(top, ["cat-file", "--batch"]), call.TIMEOUT_SECONDS)
        self._folders = Folders(self._objects)

    @classmethod
    def find(cls, path: Path) -> GitRepository:
        """The repository that `path` lies in, seen from its top; of a bare one, its own folder is that."""
        top = call.attempt(path, ["rev-parse", "--show-toplevel"])
        if top.returncode != 0 and call.attempt(path, ["rev-parse", "--is-bare-repository"]).stdout == b"true\n":
            top = call.attempt(path, ["rev-parse", "--absolute-git-dir"])
        if top.returncode != 0:
            complaint = f"`{path}` is not in a git repository: run `git init`."
            raise GitError(with_reason(complaint, top.stderr.decode("utf-8", "replace")))
        return cls(Path(os.fsdecode(top.stdout.rstrip(b"\n"))))

    @property
    def root(self) -> Path:
        """The folder of the work tree that it is seen from."""
        return self.top / self.folder if self.folder else self.top

    def seen_from(self, folder: str) -> GitRepository:
        """The same repository, seen from one of its folders; `""` is the top."""
        return GitRepository(self.top, folder)

    def resolve(self, revision: str) -> str:
        """The id of the commit that a branch, a tag, an id or an expression like `HEAD~2` names."""
        if not revision or revision.startswith("-") or not revision.isprintable():
            raise GitError(f"{revision!r} is not a revision: use a branch, a tag or a commit.")
        with suppress(GitError):
            found = self._object(f"{revision}^{{commit}}")
            if found is not None:
                return found.id
        # The reason is what this command writes.
        command = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
        done = call.attempt(self.top, command)
        advice = "there are no commits yet" if revision == "HEAD" else "use a branch, a tag or a commit"
        complaint = f"git has no commit {revision!r}: {advice}."
        if self.is_shallow():
            complaint += " The clone is shallow: fetch more history (`git fetch --unshallow`)."
        raise GitError(with_reason(complaint, done.stderr.decode("utf-8", "replace")))

    def merge_base(self, one: str, other: str) -> str:
        """The id of the best common ancestor of two revisions."""
        complaint = f"{one!r} and {other!r} have no common ancestor."
        if self.is_shallow():
            complaint += " The clone is shallow: fetch more history (`git fetch --unshallow`)."
        command = ["merge-base", self.resolve(one), self.resolve(other)]
        return call.run(self.top, command, complaint).decode().split()[0]

    def is_shallow(self) -> bool:
        """Whether the clone lacks the beginning of its history."""
        answer = call.run(self.top, ["rev-parse", "--is-shallow-repository"], "git cannot read this repository.")
        return answer.strip() == b"true"

    def entries(self, revision: str, folder: str = "") -> list[TreeEntry]:
        """The files and links below `folder` in a commit, sorted by path; none where it does not exist."""
        commit = revision if _is_object_id(revision) else self.resolve(revision)
        command = ["ls-tree", "-r", "-z", "--long", "--full-tree", commit]
        place = self._outer(folder.strip("/"))
        if place:
            command += ["--", f"{place}/"]
        listing = call.run(self.top, command, f"git cannot list the files of {revision!r}.")
        entries = []
        for line in listing.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            facts, _, path = line.partition("\t")
            mode, _, blob, size = facts.split()
            if mode in _REGULAR_MODES or mode == _LINK_MODE:
                known = int(size) if size.isdigit() else 0  # "BAD" for a blob that a partial clone lacks
                entries.append(TreeEntry(self._place.inner(path), blob, known, mode == _LINK_MODE))
        return sorted(entries, key=attrgetter("path"))

    def files(self, commit: str, folders: Iterable[str] | None = None) -> dict[str, str]:
        """The blobs of a commit's plain files by their paths, links left out; `commit` is an id.

        With `folders`, only the files that stand directly in one of them (`""` is the one that is seen from, and others
        may be outside of it): a few folders of a large tree cost next to nothing.
        """
        if folders is not None:
            with self.reading():
                return {
                    path: blob for folder in dict.fromkeys(folders) for path, blob in self._files_in(commit, folder)
                }
        command = ["ls-tree", "-r", "-z", "--full-tree", commit, *self._below(())]
        listing = call.run(self.top, command, f"git cannot list the files of {commit!r}.")
        text = listing.decode("utf-8", "surrogateescape")
        lines = (line.partition("\t") for line in text.split("\0")[:-1])
        inner = self._place.inner
        return {inner(path): facts[12:] for facts, _, path in lines if facts[:6] in _REGULAR_MODES}

    def _outer(self, path: str) -> str:
        try:
            return self._place.outer(path)
        except ValueError as error:
            raise GitError(f"{error}.") from None

    def _below(self, folders: Iterable[str]) -> list[str]:
        """Words for a command of git that keep it to folders; without any, to the one that is seen from."""
        places = [self._outer(one) for one in folders] or ([f"{self.folder}/"] if self.folder else [])
        return ["--", *places] if places else []

    def _files_in(self, commit: str, folder: str) -> Iterator[tuple[str, str]]:
        try:
            entries = self._folders.entries(commit, self._outer(folder))
        except NoAnswerError as error:
            raise GitError(f"git cannot list the files of {commit!r}: {error}") from None
        for name, (mode, blob) in entries.items():
            if mode in _REGULAR_MODES:
                yield f"{folder}/{name}" if folder else name, blob

    def changes(self, one: str, other: str) -> list[TreeChange]:
        """The paths at which two commits differ, sorted; a renamed file is one that went and one that came."""
        command = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", one, other]
        listing = call.run(self.top, command, f"git cannot compare {one!r} with {other!r}.").split(b"\0")
        changes = []
        for facts, path in zip(listing[:-1:2], listing[1::2], strict=True):
            was, became, old, new, _ = facts.decode("ascii").split()
            before, after = (one if set(one) != {"0"} else None for one in (old, new))
            is_edit = was.removeprefix(":") in _REGULAR_MODES and became in _REGULAR_MODES
            name = self._place.inner(path.decode("utf-8", "surrogateescape"))
            changes.append(TreeChange(name, before, after, is_edit))
        return sorted(changes, key=lambda change: change.path)

    def irregular(self, commit: str, folders: Iterable[str]) -> dict[str, str]:
        """The modes, by path, of what is no plain file in or below the folders of a commit: links and submodules.

        A folder may be one itself; without any, it is the one that is seen from. `commit` is an id.
        """
        return {path: mode for path, mode, _ in self._irregular(commit, folders)}

    def links(self, commit: str) -> dict[str, str]:
        """The links and submodules of a commit, by path: the blob of the one, the commit of the other."""
        return {path: target for path, _, target in self._irregular(commit, ())}

    def _irregular(self, commit: str, folders: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        command = ["ls-tree", "-r", "-z", "--full-tree", commit, *self._below(folders)]
        listing = call.run(self.top, command, f"git cannot list the files of {commit!r}.").split(b"\0")[:-1]
        odd = (line.partition(b"\t") for line in listing if not line.startswith(_REGULAR))
        for facts, _, path in odd:
            mode, _, target = facts.decode("ascii").split()
            yield self._place.inner(path.decode("utf-8", "surrogateescape")), mode, target

    def versions(self, revision: str, path: str, limit: int) -> list[bytes]:
        """What the file at `path` held in the last `limit` commits up to `revision` that touched it, newest first.

        The line of first parents alone is followed: what a merged branch held on its way was never there.
        """
        place = self._outer(path)
        command = ["rev-list", "--first-parent", f"--max-count={limit}", "--end-of-options", revision, "--", place]
        commits = call.run(self.top, command, f"git cannot read the history of {path!r}.").decode().split()
        if not commits or "\n" in path:
            return []
        with self.reading():
            found = [self._object(f"{commit}:{place}") for commit in commits]
        return [one.data for one in found if one is not None and one.kind == "blob"]

    def sizes(self, ids: Iterable[str]) -> list[int]:
        """The sizes of objects in bytes, which are not read."""
        request = "".join(one + "\n" for one in ids).encode("ascii")
        answer = call.run(self.top, ["cat-file", "--batch-check=%(objectsize)"], "git cannot read the blobs.", request)
        try:
            return [int(line) for line in answer.splitlines()]
        except ValueError:
            raise GitError(_MISSING.format("whose size is asked for")) from None

    def blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """The bytes of blobs by their ids, in one run of git."""
        wanted = list(dict.fromkeys(ids))
        if not all(map(_is_object_id, wanted)):
            raise GitError("blobs must be given by their full ids.")
        if len(wanted) < _MANY:
            with self.reading():
                return {one: self._blob(one) for one in wanted}
        request = "".join(one + "\n" for one in wanted).encode("ascii")
        answer = call.run(self.top, ["cat-file", "--batch", "--buffer"], "git cannot read the blobs.", request)
        try:
            return parse_batch(answer, wanted)
        except KeyError as missing:
            raise GitError(_MISSING.format(missing.args[0])) from None

    def _blob(self, one: str) -> bytes:
        found = self._object(one)
        if found is None or found.kind != "blob":
            raise GitError(_MISSING.format(one))
        return found.data

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Meanwhile one process of git hands out objects; at the end of the outermost of these, it ends."""
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                self._objects.end()

    def _object(self, name: str) -> GitObject | None:
        try:
            with self.reading():
                return next(self._objects.read([name]))
        except NoAnswerError as error:
            raise GitError(f"git cannot read its objects: {error}") from None

    def ref(self, name: str) -> str | None:
        """The commit that a full ref (`refs/heads/main`) names here; None where there is no such ref."""
        done = call.attempt(self.top, ["rev-parse", "--verify", "--quiet", f"{_checked_ref(name)}^{{commit}}"])
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def remote_tip(self, remote: str, name: str, authorization: Authorization | None = None) -> str | None:
        """The commit that a full ref names in a remote repository; None where it has no such ref."""
        command = ["ls-remote", "--refs", "--quiet", "--", _checked_remote(remote), _checked_ref(name)]
        answer = call.run(self.top, command, f"git cannot reach `{remote}`.", authorization=authorization, network=True)
        found = [line.split("\t") for line in answer.decode().splitlines()]
        return next((commit for commit, ref in found if ref == name), None)

    def fetch(self, remote: str, source: str, target: str, authorization: Authorization | None = None) -> str:
        """Bring what a full ref of a remote repository names, or a commit by its id, here under `target`; its commit.

        Objects alone are brought: no tag, no submodule, and nothing is checked out.
        """
        wanted = source if _is_object_id(source) else _checked_ref(source)
        refs = f"+{wanted}:{_checked_ref(target)}"
        command = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance"]
        command += ["--no-write-fetch-head", "--", _checked_remote(remote), refs]
        complaint = f"git cannot fetch {source} from `{remote}`."
        call.run(self.top, command, complaint, authorization=authorization, network=True)
        found = self.ref(target)
        if found is None:
            raise GitError(complaint)
        return found

    def push(self, remote: str, name: str, authorization: Authorization | None = None) -> bool:
        """Move a full ref of a remote repository to where it is here; False where somebody moved it in between.

        GitError where the remote repository does not let it be moved.
        """
        command = ["push", "--porcelain", "--no-verify", "--no-recurse-submodules", "--"]
        command += [_checked_remote(remote), f"{_checked_ref(name)}:{name}"]
        done = call.attempt(self.top, command, authorization=authorization, network=True)
        if done.returncode == 0:
            return True
        found = _REJECTED.search(done.stdout.decode("utf-8", "replace"))
        if found is not None and (not found["by_remote"] or any(one in found["why"] for one in _OVERTAKEN)):
            return False
        if found is not None:
            raise GitError(f"`{remote}` refuses pushes to {name}: {found['why']}: allow the pusher to update it.")
        raise GitError(with_reason(f"git cannot push {name} to `{remote}`.", done.stderr.decode("utf-8", "replace")))

    def merged(self, base: str, head: str, *, fast_forward: bool = True) -> str | None:
        """A commit of what merging `head` into `base` would leave, made without a checkout; None where they conflict.

        `head` itself where it holds all of `base`, unless `fast_forward` is turned off: then the first parent is always
        `base`. The same two commits always give the same one.
        """
        base, head = self.resolve(base), self.resolve(head)
        if fast_forward and self.merge_base(base, head) == base:
            return head
        tree, conflicts = self._merge_tree(base, head)
        if conflicts is not None:
            return None
        name, _, email = _IDENTITY.partition(" <")
        who = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", name), ("EMAIL", email.rstrip(">")), ("DATE", "@0 +0000"))
        }
        command = ["commit-tree", "--no-gpg-sign", tree, "-p", base, "-p", head, "-m", "Result of the merge"]
        return call.run(self.top, command, "git cannot store the merged tree.", variables=who).decode().strip()

    def conflicts(self, base: str, head: str) -> list[str]:
        """The files in which two commits conflict, sorted; none where they do not."""
        _, found = self._merge_tree(self.resolve(base), self.resolve(head))
        seen = Folder(self.folder)
        return sorted({seen.inner(os.fsdecode(path)) for path in found or ()})

    def _merge_tree(self, base: str, head: str) -> tuple[str, list[bytes] | None]:
        """The tree that merging two commits leaves, and the files that conflict; None for those where it succeeds."""
        command = ["merge-tree", "--write-tree", "--no-messages", "--name-only", "-z", base, head]
        folder = self._git_directory()
        # Files of the work tree or the index steer nothing there: `merge=union` would settle what conflicts.
        apart = {"GIT_DIR": folder, "GIT_WORK_TREE": folder, "GIT_INDEX_FILE": f"{folder}/no-index"}
        done = call.attempt(Path(folder), command, variables=apart | {"GIT_ATTR_NOSYSTEM": "1"})
        first, *names = done.stdout.split(b"\0")
        if done.returncode == 1:
            return "", [name for name in names if name]
        tree = first.decode("ascii", "replace").strip()
        if done.returncode != 0 or not _is_object_id(tree):
            reason = done.stderr.decode("utf-8", "replace")
            raise GitError(with_reason("git cannot merge (git 2.38 or newer is required).", reason))
        return tree, None

    def _git_directory(self) -> str:
        """Where git keeps what is of this work tree."""
        found = call.run(self.top, ["rev-parse", "--absolute-git-dir"], "git cannot read this repository.")
        return os.fsdecode(found.rstrip(b"\n"))

    def tree(self, revision: str) -> str:
        """The id of a commit's tree: equal ids are equal files."""
        command = ["rev-parse", "--verify", "--quiet", f"{self.resolve(revision)}^{{tree}}"]
        return call.run(self.top, command, f"git cannot read {revision!r}.").decode().strip()

    def commit_files(self, name: str, parent: str | None, files: Mapping[str, bytes], message: str) -> bool:
        """Commit files on top of `parent`, and move the full ref there; False where it was elsewhere by then.

        Without a parent, the commit is the first of a history of its own. Other files of the parent stay.
        """
        if self.ref(name) != parent:
            return False
        text = message.encode()
        stream = [b"commit %b\n" % _checked_ref(name).encode()]
        stream.append(f"committer {_IDENTITY} now\ndata {len(text)}\n".encode() + text + b"\n")
        if parent is not None:
            stream.append(f"from {parent}\n".encode())
        for path, body in sorted(files.items()):
            if not _PLAIN_PATH.fullmatch(path):
                raise GitError(f"{path!r} is not a valid path to commit.")
            stream.append(f"M 100644 inline {path}\ndata {len(body)}\n".encode() + body + b"\n")
        stream.append(b"done\n")
        # It moves a ref only to what contains the ref's present commit, and refuses otherwise.
        done = call.attempt(self.top, ["fast-import", "--quiet", "--done", "--date-format=now"], b"".join(stream))
        if done.returncode != 0 and b"Not updating" not in done.stderr:
            raise GitError(with_reason(f"git cannot write {name}.", done.stderr.decode("utf-8", "replace")))
        return done.returncode == 0


def _checked_ref(name: str) -> str:
    if not _REF.fullmatch(name) or ".." in name or name.endswith((".lock", ".")):
        raise GitError(f"{name!r} is not the full name of a ref, such as refs/heads/main.")
    return name


def _checked_remote(name: str) -> str:
    if not _REMOTE.fullmatch(name):
        raise GitError(f"{name!r} is not the name of a remote, such as origin.")
    return name


def _is_object_id(text: str) -> bool:
    return len(text) in (40, 64) and set(text) <= set("0123456789abcdef")
