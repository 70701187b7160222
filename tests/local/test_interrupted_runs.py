"""A run that is killed or interrupted leaves no process behind, and the next one goes on where it stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.pipelines import counted, times_run, write_pipeline
from penstock.local.workspace import Workspace

_PATIENCE_SECONDS = 90
"""What takes a moment may take a minute on a busy machine; what is waited for would last longer than this."""
RUNNER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from local.pipelines import IMAGE
from penstock.local.pipeline import read_pipeline
from penstock.local.runner import Runner
from penstock.local.workspace import Workspace
root = Path(sys.argv[1])
result = Runner(Workspace(root / ".penstock"), root, IMAGE).run(
    read_pipeline(root / "pipeline.yaml"), "m", "training", {}, lambda _: None
)
print(result.state)
"""


def start(root: Path, before: str = "") -> subprocess.Popen[str]:
    tests = Path(__file__).parent.parent
    return subprocess.Popen(
        [sys.executable, "-c", before + RUNNER, str(root), str(tests)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        # A shell that runs the tests in the background has its children ignore the keyboard.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.02)


def slow_pipeline(root: Path) -> None:
    write_pipeline(
        root / "pipeline.yaml",
        counted("a", 'echo 1 > "$1/x"'),
        counted("b", 'echo half > "$1/x"; echo $$ > b-pid; touch b-started; test -e go || sleep 99', reads=["a"]),
    )


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_run_after_an_interrupted_one_goes_on_where_it_stopped(tmp_path: Path, how: signal.Signals) -> None:
    slow_pipeline(tmp_path)
    process = start(tmp_path)
    wait_for(tmp_path / "b-started")
    process.send_signal(how)
    out, _ = process.communicate(timeout=_PATIENCE_SECONDS)
    assert out == ("stopped\n" if how is signal.SIGINT else "")
    (tmp_path / "go").touch()
    second = start(tmp_path)
    assert second.communicate(timeout=_PATIENCE_SECONDS)[0] == "succeeded\n"
    assert times_run(tmp_path, "a") == 1
    assert times_run(tmp_path, "b") == 2
    finished = list((tmp_path / ".penstock/steps").iterdir())
    assert len(finished) == 2
    assert all((p / "step.json").exists() for p in finished)


def test_what_a_killed_step_had_written_for_want_of_memory_is_swept_and_its_results_are_not(tmp_path: Path) -> None:
    scratch = tmp_path / ".penstock/scratch/of-a-killed-step"
    (scratch / "spill-1-0").mkdir(parents=True)
    (scratch / "spill-1-0/part.tmp").write_bytes(b"large")
    (scratch / "trials.jsonl").write_text("{}")
    with Workspace(tmp_path / ".penstock").hold():
        assert [each.name for each in scratch.iterdir()] == ["trials.jsonl"]


def test_an_interrupted_run_ends_its_steps(tmp_path: Path) -> None:
    slow_pipeline(tmp_path)
    process = start(tmp_path)
    wait_for(tmp_path / "b-started")
    pid = int((tmp_path / "b-pid").read_text())
    assert is_running(pid)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=_PATIENCE_SECONDS)
    assert not is_running(pid)


def test_a_penstock_step_ends_with_the_runner_that_started_it(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    watched = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, threading, time; from penstock.local import parent_watchdog; "
            f"threading.Thread(target=parent_watchdog._watch, args=({read_end},), daemon=True).start(); time.sleep(99)",
        ],
        pass_fds=(read_end,),
    )
    os.close(read_end)
    assert watched.poll() is None
    os.close(write_end)
    assert watched.wait(timeout=_PATIENCE_SECONDS) == -signal.SIGKILL


def test_what_a_penstock_step_has_started_ends_with_the_runner_too(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    watched = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, threading, time; from penstock.local import parent_watchdog; "
            "print(subprocess.Popen(['sleep', '99'], stdout=subprocess.DEVNULL).pid, flush=True); "
            f"threading.Thread(target=parent_watchdog._watch, args=({read_end},), daemon=True).start(); time.sleep(99)",
        ],
        pass_fds=(read_end,),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    os.close(read_end)
    assert watched.stdout is not None
    started = int(watched.stdout.readline())
    assert is_running(started)
    os.close(write_end)
    assert watched.wait(timeout=_PATIENCE_SECONDS) == -signal.SIGKILL
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while is_running(started):
        assert time.monotonic() < deadline, "it is still there"
        time.sleep(0.02)


def test_a_step_that_is_stopped_while_it_starts_leaves_no_process_of_its_own(tmp_path: Path) -> None:
    slow_pipeline(tmp_path)
    # The first process of the step is at work before asyncio knows of it, for longer than it takes to be stopped.
    slowly = (
        "import asyncio\ncreate = asyncio.create_subprocess_exec\n"
        "async def late(*words, **options):\n"
        "    process = await create(*words, **options)\n    await asyncio.sleep(0.5)\n    return process\n"
        "asyncio.create_subprocess_exec = late\n"
    )
    process = start(tmp_path, slowly)
    wait_for(tmp_path / "b-started")
    pid = int((tmp_path / "b-pid").read_text())
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=_PATIENCE_SECONDS)[0] == "stopped\n"
    assert not is_running(pid)
