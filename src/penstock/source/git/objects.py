"""One git that hands out objects for as long as somebody asks, so that a process is paid for once and not each time."""

from __future__ import annotations

import contextlib
import os
import re
import select
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, NamedTuple, Protocol

from penstock.source.git.call import PARTIAL

_AT_ONCE = 500
"""Names that are asked for together: few enough to fit into a pipe while git still writes the answers to others."""
_CHUNK = 1 << 20
_FOLDER_MODE = "40000"
_TREE_ENTRY = {
    length: re.compile(rb"([0-7]+) ([^\0]+)\0(.{%d})" % (length // 2), re.DOTALL) for length in (40, 64)
}  # fmt: skip
"""An entry of a tree object, by the length of an id in hexadecimal digits: SHA-1, or SHA-256."""


class NoAnswerError(Exception):
    """git ended, or gave no answer in time; the message says which."""


class GitObject(NamedTuple):
    """An object as it is stored: `kind` is ``blob``, ``tree`` or ``commit``."""

    id: str
    kind: str
    data: bytes


class Process(Protocol):
    """A process that is asked and answers by its pipes, as `subprocess` has it."""

    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def poll(self) -> int | None:
        """The code that it ended with; None while it runs."""

    def kill(self) -> None:
        """End it, whatever it is doing."""

    def wait(self) -> int:
        """The code that it ends with."""


class ObjectReader:
    """Asks one process ``git cat-file --batch``, which is started when it is needed, and lasts until `end`.

    A forked copy of this process starts one of its own: two that read from one pipe would
    take each other's answers.
    """

    def __init__(self, start: Callable[[], Process], timeout: float) -> None:
        """`start` starts the process; `timeout` is for how many seconds it may keep silent."""
        self._start = start
        self._timeout = timeout
        self._process: Process | None = None
        self._owner = 0
        self._rest = bytearray()

    def read(self, names: Iterable[str]) -> Iterator[GitObject | None]:
        """The objects of these names, in their order; None for a name that git does not know.

        A name is whatever ``git rev-parse`` takes for one object, without a line feed. NoAnswerError where git fails.
        """
        wanted = list(names)
        for start in range(0, len(wanted), _AT_ONCE):
            yield from self._round(wanted[start : start + _AT_ONCE])

    def end(self) -> None:
        """End the process, if there is one; another question starts another. A copy lets go of its pipes alone."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if self._owner == os.getpid():
            process.kill()
            process.wait()

    def _round(self, names: list[str]) -> list[GitObject | None]:
        process = self._running()
        assert process.stdin is not None
        try:
            if process.poll() is not None:
                # To write into its pipe would end this process too, where nobody catches the signal.
                raise NoAnswerError("git exited unexpectedly.")
            process.stdin.write("".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape"))
            process.stdin.flush()
            return [self._answer() for _ in names]
        except BaseException as error:
            # What was asked and not answered must not be taken for the answer to something else.
            self.end()
            if isinstance(error, OSError):
                raise NoAnswerError("git exited unexpectedly.") from error
            raise

    def _answer(self) -> GitObject | None:
        """A line `ID KIND SIZE`, the bytes, and a line feed; another line for what is not there."""
        facts = self._line().split()
        if len(facts) != 3 or not facts[2].isdigit():
            return None
        size = int(facts[2])
        data = self._take(size + 1)
        return GitObject(facts[0].decode("ascii"), facts[1].decode("ascii"), data[:-1])

    def _line(self) -> bytes:
        end = self._rest.find(b"\n")
        while end < 0:
            self._receive()
            end = self._rest.find(b"\n")
        return self._take(end + 1)[:-1]

    def _take(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._receive()
        taken = bytes(self._rest[:size])
        del self._rest[:size]
        return taken

    def _receive(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        waiting = self._process.stdout.fileno()
        silence = select.poll()
        silence.register(waiting, select.POLLIN)
        if not silence.poll(self._timeout * 1000):
            raise NoAnswerError(f"git timed out after {self._timeout:g} seconds.")
        received = os.read(waiting, _CHUNK)
        if not received:
            raise NoAnswerError("git exited unexpectedly.")
        self._rest += received

    def _running(self) -> Process:
        if self._process is None or self._owner != os.getpid():
            self._process, self._owner = self._start(), os.getpid()
            self._rest.clear()
        return self._process


class Folders:
    """The folders of commits, each read once."""

    def __init__(self, reader: ObjectReader) -> None:
        """`reader` reads them from git."""
        self._reader = reader
        self._known: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}

    def entries(self, commit: str, folder: str) -> dict[str, tuple[str, str]]:
        """Mode and id of what stands directly in a folder (`""` is the root), by name; nothing where there is none.

        NoAnswerError where git fails, or the clone lacks the folder.
        """
        known = self._known.get((commit, folder))
        if known is None:
            known = self._known[commit, folder] = self._find(commit, folder)
        return known

    def _find(self, commit: str, folder: str) -> dict[str, tuple[str, str]]:
        name = f"{commit}^{{tree}}"
        if folder:
            above, _, last = folder.rpartition("/")
            mode, name = self.entries(commit, above).get(last, ("", ""))
            if mode != _FOLDER_MODE:
                return {}
        [tree] = self._reader.read([name])
        if tree is None or tree.kind != "tree":
            raise NoAnswerError(f"a folder is missing. {PARTIAL}")
        return {
            path.decode("utf-8", "surrogateescape"): (mode.decode("ascii"), found.hex())
            for mode, path, found in _TREE_ENTRY[len(tree.id)].findall(tree.data)
        }


def parse_batch(answer: bytes, wanted: Sequence[str]) -> dict[str, bytes]:
    """The blobs of these ids in what ``git cat-file --batch`` wrote; KeyError with the id of one that is not there."""
    found: dict[str, bytes] = {}
    cursor = 0
    for one in wanted:
        end = answer.find(b"\n", cursor)
        facts = answer[cursor:end].split()
        if len(facts) != 3 or facts[1] != b"blob":
            raise KeyError(one)
        size = int(facts[2])
        found[one] = answer[end + 1 : end + 1 + size]
        cursor = end + 1 + size + 1
    return found
