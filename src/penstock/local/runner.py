"""Runs the steps of a compiled pipeline: two at a time, each a process, finished ones reused by fingerprint."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from penstock.local.code_digests import CodeDigests
from penstock.local.pipeline import LocalPipeline, LocalStep, PipelineError
from penstock.local.workspace import FinishedStep, Workspace
from penstock.runtime.faults import EXIT_REJECTED, EXIT_USAGE

GRACE_SECONDS = 10
TOO_LONG = 124
"""Stands for the exit code of a step that was stopped because it took too long, as `timeout` has it."""
TAIL_LINES = 20


class State(StrEnum):
    """What became of a step."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REUSED = "reused"
    REFUSED = "refused"
    """Its answer is no."""
    FAILED = "failed"
    """It broke, or could not work with what it was given."""
    SKIPPED = "skipped"
    STOPPED = "stopped"


@dataclass(slots=True)
class StepRun:
    """One step within a run."""

    step: LocalStep
    log: Path
    state: State = State.WAITING
    seconds: float = 0.0
    finished: FinishedStep | None = None
    tail: list[str] = field(default_factory=list)
    """Last lines of the step's output."""
    code: int | None = None
    """How its process ended: the exit code, negative for a signal; None where none has."""
    changed: bool = False
    """Whether its code was changed while it ran, so that nobody knows which code has made its outputs."""


Observer = Callable[[StepRun], None]


@dataclass(slots=True)
class Run:
    """A run of a pipeline: its steps by name, and how it ended."""

    id: str
    folder: Path
    steps: dict[str, StepRun]
    state: str = "running"

    def output(self, step: str, name: str) -> Path | None:
        """The folder of a step's output, or None where the step did not finish."""
        finished = self.steps[step].finished if step in self.steps else None
        return finished.output(name) if finished else None


@dataclass(frozen=True, slots=True)
class Runner:
    """How pipelines are run here."""

    workspace: Workspace
    repository: Path
    image: str
    """The runtime image that the pipeline was compiled for; its content stands for this machine's environment."""
    parallel: int = 2
    fresh: bool = False
    """Whether finished steps are run again."""

    def run(self, pipeline: LocalPipeline, model: str, purpose: str, values: dict[str, str], observe: Observer) -> Run:
        """Run `pipeline` with the parameters `values`; the run says how it ended, and is recorded either way.

        Raises PipelineError for a step that cannot run on this machine, WorkspaceBusyError if another run is at work.
        """
        self._refuse_foreign_images(pipeline)
        with self.workspace.hold():
            started = datetime.now(UTC)
            folder = self._new_run_folder(model, started)
            (folder / "logs").mkdir(parents=True)
            run = Run(
                folder.name,
                folder,
                {step.name: StepRun(step, folder / "logs" / f"{step.name}.log") for step in pipeline.steps},
            )
            parameters = {**pipeline.parameters, **values}
            try:
                asyncio.run(_Schedule(self, run, parameters, observe).drive())
            except (KeyboardInterrupt, asyncio.CancelledError):
                run.state = "stopped"
            self.workspace.record_run(folder, _record(run, self.workspace, model, purpose, parameters, started))
            return run

    def _new_run_folder(self, model: str, started: datetime) -> Path:
        """A folder whose name comes after those of all runs before, also where the clock was set back meanwhile."""
        stamp, number = started.strftime("%Y%m%dT%H%M%SZ"), 0
        if before := self.workspace.runs_of(model):
            newest, _, last = before[-1].name.partition("-")
            if newest >= stamp:
                stamp, number = newest, int(last) + 1
        return self.workspace.runs / model / f"{stamp}-{number:02d}"

    def _refuse_foreign_images(self, pipeline: LocalPipeline) -> None:
        """What the runtime image holds is installed here too; what another image holds is not."""
        for step in pipeline.steps:
            if step.image != self.image:
                raise PipelineError(
                    f"step `{step.name}` runs in its own image, {step.image}; only a cluster can run it"
                )
            if step.command[0] != "penstock-step" and shutil.which(step.command[0]) is None:
                raise PipelineError(f"step `{step.name}` runs `{step.command[0]}`, which is not installed here")


class _Schedule:
    """The steps of one run, on their way from waiting to done."""

    def __init__(self, runner: Runner, run: Run, values: dict[str, str], observe: Observer) -> None:
        self._runner = runner
        self._run = run
        self._values = values
        self._observe = observe
        self._code = CodeDigests(runner.repository)
        self._watchdog_read, self._watchdog_write = os.pipe()

    async def drive(self) -> None:
        """Start each step when all before it are done; start no more once one has failed."""
        active: dict[asyncio.Task[None], str] = {}
        try:
            while True:
                for step_run in self._ready(set(active.values())):
                    if len(active) < self._runner.parallel:
                        active[asyncio.create_task(self._perform(step_run))] = step_run.step.name
                if not active:
                    break
                done, _ = await asyncio.wait(active, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    active.pop(task)
                    task.result()
        except BaseException:
            # What has stopped one step, a full disk for one, may stop the step beside it too, which then is not heard.
            for task in active:
                task.cancel()
            await asyncio.gather(*active, return_exceptions=True)
            raise
        finally:
            os.close(self._watchdog_write)
            os.close(self._watchdog_read)
        self._conclude()

    def _ready(self, active: set[str]) -> list[StepRun]:
        steps = self._run.steps
        if any(s.state in (State.FAILED, State.REFUSED) for s in steps.values()):
            return []
        return [
            s
            for s in steps.values()
            if s.state is State.WAITING
            and s.step.name not in active
            and all(steps[name].state in (State.DONE, State.REUSED) for name in s.step.upstream)
        ]

    def _conclude(self) -> None:
        states = {s.state for s in self._run.steps.values()}
        for step_run in self._run.steps.values():
            if step_run.state is State.WAITING:
                self._become(step_run, State.SKIPPED)
        if State.FAILED in states:
            self._run.state = "failed"
        elif State.REFUSED in states:
            self._run.state = "refused"
        else:
            self._run.state = "succeeded"

    def _become(self, step_run: StepRun, state: State) -> None:
        step_run.state = state
        self._observe(step_run)

    async def _perform(self, step_run: StepRun) -> None:
        step = step_run.step
        inputs: dict[str, Path] = {}
        digests: dict[str, str] = {}
        for name, made in step.inputs.items():
            finished = self._run.steps[made.step].finished
            assert finished is not None, f"{step.name} started before {made.step} was done"
            inputs[name], digests[name] = finished.output(made.output), finished.digests[made.output]
        code_before = self._code.of(step)
        key = step.fingerprint(self._values, digests, code_before)
        workspace = self._runner.workspace
        if step.cache and not self._runner.fresh and (reused := workspace.finished(key)) is not None:
            step_run.finished, step_run.seconds = reused, reused.seconds
            self._become(step_run, State.REUSED)
            return
        self._become(step_run, State.RUNNING)
        began = time.monotonic()
        unfinished = workspace.begin()
        try:
            code = await self._attempts(step_run, inputs, unfinished, workspace.scratch / key)
            step_run.seconds = time.monotonic() - began
            if code == 0:
                step_run.changed = self._code.of(step) != code_before
                step_run.finished = workspace.finish(
                    unfinished, key, step.outputs, step_run.seconds, reusable=not step_run.changed
                )
                self._become(step_run, State.DONE)
            else:
                self._become(step_run, State.REFUSED if code == EXIT_REJECTED else State.FAILED)
        except asyncio.CancelledError:
            step_run.seconds = time.monotonic() - began
            self._become(step_run, State.STOPPED)
            raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    async def _attempts(self, step_run: StepRun, inputs: dict[str, Path], unfinished: Path, scratch: Path) -> int:
        """Exit code of the step's last try; an answer (0 or `EXIT_REJECTED`) and wrong use end the tries."""
        step = step_run.step
        for attempt in range(step.retries + 1):
            outputs = {name: unfinished / name for name in step.outputs}
            for folder in outputs.values():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
            scratch.mkdir(parents=True, exist_ok=True)
            code = await self._process(step_run, step.arguments(self._values, inputs, outputs), scratch)
            step_run.code = code
            if code in (0, EXIT_REJECTED, EXIT_USAGE) or attempt == step.retries:
                return code
        raise AssertionError("the loop returns on its last attempt")

    async def _process(self, step_run: StepRun, command: list[str], scratch: Path) -> int:
        step = step_run.step
        process = await self._started(step, command, scratch)
        try:
            async with asyncio.timeout(step.timeout_seconds):
                await self._listen(step_run, process)
                return await process.wait()
        except TimeoutError:
            step_run.tail.append(f"stopped after its timeout of {step.timeout_seconds} s")
            return TOO_LONG
        finally:
            await _end(process)

    async def _started(self, step: LocalStep, command: list[str], scratch: Path) -> asyncio.subprocess.Process:
        """The step's process, the first of a process group."""
        paths = [os.environ.get("PYTHONPATH", "")]
        if command[0] == "penstock-step":
            # Without the root in front: it would run a `sitecustomize.py` of the repository, or its own `penstock`.
            watched = ("-P", "-m", "penstock.local.parent_watchdog", str(self._watchdog_read))
            command = [sys.executable, *watched, *command[1:]]
        else:
            # A step of the user's own finds the repository's modules from its root.
            paths.insert(0, str(self._runner.repository))
        environment = {
            # Steps share the cores: an OpenMP thread that waits in a busy loop takes one from the step beside it.
            "OMP_WAIT_POLICY": "PASSIVE",
            **os.environ,
            **step.environment,
            "PENSTOCK_WORK": str(scratch.resolve()),
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        }
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *command,
                cwd=self._runner.repository,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                pass_fds=(self._watchdog_read,),
                start_new_session=True,
            )
        )
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # Stopped while it starts, asyncio would end the step's first process and leave what that has started.
            await _end(await starting)
            raise

    async def _listen(self, step_run: StepRun, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        with step_run.log.open("ab") as log:
            async for line in _lines(process.stdout):
                log.write(line)
                text = line.decode("utf-8", "replace").rstrip()
                if text:
                    step_run.tail = [*step_run.tail[-(TAIL_LINES - 1) :], text]
                    self._observe(step_run)


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The lines of a stream, of any length."""
    rest = b""
    while chunk := await stream.read(1 << 16):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the step's whole process group: asked first, then made to.

    What the step has started may outlive it, and has its output open then.
    """
    assert process.stdout is not None
    if process.returncode is not None and process.stdout.at_eof():
        return
    # What has left the group as well cannot be ended, and is not waited for.
    with suppress(ProcessLookupError):
        for ending in (signal.SIGTERM, signal.SIGKILL):
            os.killpg(process.pid, ending)
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE_SECONDS):
                    await _silence(process.stdout)
                    await process.wait()
                    return


async def _silence(stream: asyncio.StreamReader) -> None:
    """The end of a stream to which nobody listens any more."""
    while await stream.read(1 << 16):
        pass


def _record(
    run: Run, workspace: Workspace, model: str, purpose: str, values: dict[str, str], started: datetime
) -> dict[str, object]:
    """What is kept of a run. Outputs are named from the workspace, which may be moved or copied with the repository."""

    def outputs(of: StepRun) -> dict[str, str]:
        finished = of.finished
        if finished is None:
            return {}
        return {name: finished.output(name).relative_to(workspace.root).as_posix() for name in of.step.outputs}

    return {
        "id": run.id,
        "model": model,
        "purpose": purpose,
        "state": run.state,
        "started": started.isoformat(timespec="seconds"),
        "parameters": values,
        "steps": {
            name: {
                "state": s.state.value,
                "seconds": round(s.seconds, 3),
                "outputs": outputs(s),
            }
            for name, s in run.steps.items()
        },
    }
