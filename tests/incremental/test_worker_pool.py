"""Processes that share a piece of work: what they answer, how they fail, and that none is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from typing import Any

import pytest

from penstock.incremental.worker_pool import WorkerError, WorkerPool, processors


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that are forked: what other tests have started is none of it."""
    found: list[int] = []
    fork = os.fork

    def recorded() -> int:
        process = fork()
        if process:
            found.append(process)
        return process

    monkeypatch.setattr(os, "fork", recorded)
    return found


def is_left(process: int) -> bool:
    """Whether this process still has that child, be it one that has ended."""
    try:
        os.waitpid(process, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def counting(share: int) -> Generator[Any, Any, None]:
    told = yield share, os.getpid()
    while True:
        told = yield share, told


@pytest.mark.parametrize("shares", [1, 2, 4])
def test_each_share_answers_in_each_round_in_a_process_of_its_own(shares: int, forked: list[int]) -> None:
    with WorkerPool(shares, counting) as pool:
        first = pool.next_round()
        assert [share for share, _ in first] == list(range(shares))
        assert len({process for _, process in first}) == shares
        assert first[0][1] == os.getpid()
        assert pool.next_round("on") == [(share, "on") for share in range(shares)]
    assert len(forked) == shares - 1
    assert not any(map(is_left, forked))


def test_large_answers_arrive_whole() -> None:
    def large(share: int) -> Generator[Any, Any, None]:
        yield bytes([share]) * 5_000_000

    with WorkerPool(3, large) as pool:
        assert pool.next_round() == [bytes([share]) * 5_000_000 for share in range(3)]


def test_one_share_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    with WorkerPool(1, counting) as pool:
        pool.next_round()


def test_a_process_that_fails_says_where(forked: list[int]) -> None:
    def failing(share: int) -> Generator[Any, Any, None]:
        yield share
        if share:
            raise KeyError("the second share")
        yield share

    with WorkerPool(2, failing) as pool:
        assert pool.next_round() == [0, 1]
        with pytest.raises(WorkerError, match=r"(?s)in failing.*KeyError: 'the second share'"):
            pool.next_round()
    assert forked
    assert not any(map(is_left, forked))


def test_a_process_that_is_killed_is_noticed(forked: list[int]) -> None:
    def dying(share: int) -> Generator[Any, Any, None]:
        if share:
            os.kill(os.getpid(), signal.SIGKILL)
        yield share

    with pytest.raises(WorkerError, match="ended by SIGKILL"), WorkerPool(2, dying) as pool:
        pool.next_round()
    assert forked
    assert not any(map(is_left, forked))


def test_leaving_early_leaves_nobody_behind(forked: list[int]) -> None:
    def endless(share: int) -> Generator[Any, Any, None]:
        while share:
            pass
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt), WorkerPool(3, endless) as pool:
        pool.next_round()
    assert forked
    assert not any(map(is_left, forked))


def test_there_is_a_process_for_each_processor_that_may_be_used() -> None:
    assert 1 <= processors() <= 8
