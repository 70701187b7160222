"""Several processes that share a piece of work: this one, and copies of it that are forked for the purpose.

A copy has everything that this process has, so nothing is handed over before the work; it answers through a pipe, in
pickles, which are safe here because both ends are one program. Nothing outlives the pool: who leaves it early, by an
error or Ctrl-C, ends the copies, and a copy whose original is killed finds its pipe closed.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
from collections.abc import Callable, Generator
from typing import Any, BinaryIO, TypeVar

Answer = TypeVar("Answer")
Other = TypeVar("Other")
Work = Callable[[int], Generator[Any, Any, None]]
"""A share's number -> its rounds: each `yield` gives an answer, and receives the message of the next round."""

_MOST = 8
"""More processes than this would wait for the one that gathers their answers."""


class WorkerError(Exception):
    """A process of the pool failed or was ended; the text says how."""


def processors() -> int:
    """How many processes are worth while here: the CPUs that this process may use; one where it cannot be forked."""
    # Forking is safe on macOS only as long as no system library has started a thread of its own.
    if sys.platform != "linux":
        return 1
    return min(len(os.sched_getaffinity(0)), _MOST)


class WorkerPool:
    """`shares` processes that go through the rounds of `work` together; with one share nothing is forked.

    Use as a context manager: at its end, all processes are gone.
    """

    def __init__(self, shares: int, work: Work) -> None:
        self._work = work
        self._own: Generator[Any, Any, None] | None = None
        self._workers: list[_Worker] = []
        self._shares = shares

    def __enter__(self) -> WorkerPool:
        try:
            for share in range(1, self._shares):
                self._workers.append(_Worker(self._work, share))
        except BaseException:
            self.__exit__()
            raise
        self._own = self._work(0)
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def next_round(self, message: Any = None) -> list[Any]:
        """The answers of all shares in this round, by share; `message` is None in the first one.

        WorkerError where a process of the pool failed; what fails in this one is raised as it is.
        """
        if self._own is None:
            raise RuntimeError("a worker pool works within its `with`")
        for worker in self._workers:
            worker.start_round(message)
        own = self._own.send(message)
        return [own, *(worker.answer() for worker in self._workers)]


class _Worker:
    """A forked copy of this process, seen from the original."""

    def __init__(self, work: Work, share: int) -> None:
        from_parent, to_child = os.pipe()
        from_child, to_parent = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            # Only the original answers to Ctrl-C, and it ends this copy.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            os.close(to_child)
            os.close(from_child)
            _serve(work, share, os.fdopen(from_parent, "rb"), os.fdopen(to_parent, "wb"))
        os.close(from_parent)
        os.close(to_parent)
        self._to_child = os.fdopen(to_child, "wb")
        self._from_child = os.fdopen(from_child, "rb")

    def start_round(self, message: Any) -> None:
        try:
            pickle.dump(message, self._to_child, pickle.HIGHEST_PROTOCOL)
            self._to_child.flush()
        except BrokenPipeError as error:
            raise WorkerError(self._how_it_ended()) from error

    def answer(self) -> Any:
        try:
            failed, answer = pickle.load(self._from_child)
        except EOFError as error:
            raise WorkerError(self._how_it_ended()) from error
        if failed:
            raise WorkerError(answer)
        return answer

    def end(self) -> None:
        """End the process, whatever it is doing."""
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
            self._process = 0
        self._from_child.close()
        with contextlib.suppress(BrokenPipeError):
            self._to_child.close()

    def _how_it_ended(self) -> str:
        _, status = os.waitpid(self._process, 0)
        self._process = 0
        if os.WIFSIGNALED(status):
            return f"a worker process was ended by {signal.Signals(os.WTERMSIG(status)).name}"
        return f"a worker process ended with code {os.WEXITSTATUS(status)}"


def _serve(work: Work, share: int, messages: BinaryIO, answers: BinaryIO) -> None:
    """What a copy does; it never returns to what the original was doing."""
    try:
        rounds = work(share)
        while True:
            message = pickle.load(messages)
            try:
                answer = False, rounds.send(message)
            except Exception:
                import traceback

                answer = True, traceback.format_exc()
            pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
    except (EOFError, BrokenPipeError):
        os._exit(0)
    except BaseException:
        os._exit(1)
