"""The folder under which a local run keeps everything: finished steps by fingerprint, runs, models, tracking.

```
.penstock/
  steps/<fingerprint>/        outputs of a finished step, one folder each, and step.json
  scratch/<fingerprint>/      what an unfinished step keeps for its next try
  runs/<model>/<run>/         run.json, and logs/ with a file for each step
  models/                     the model store (content-addressed)
  mlflow.db                   MLflow's tracking and registry
```

A step's folder appears by one rename when the step has finished, so a folder that is there is whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from penstock.runtime.artifacts import SPILL

_RUN = re.compile(r"(\d{8}T\d{6}Z)-(\d+)")
"""The name of a run's folder: when it started, and its number among those of that second."""


class WorkspaceBusyError(Exception):
    """Another run holds the workspace."""


@dataclass(frozen=True, slots=True)
class FinishedStep:
    """A step's outputs as they lie in the workspace."""

    folder: Path
    digests: dict[str, str]
    """Output -> digest of its content."""
    seconds: float

    def output(self, name: str) -> Path:
        """The folder of one output."""
        return self.folder / name


class Workspace:
    """The folder of local runs, by default ``.penstock/`` in the repository."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.steps = root / "steps"
        self.scratch = root / "scratch"
        self.runs = root / "runs"
        self.models = root / "models"

    @property
    def tracking(self) -> str:
        """MLflow's address of the workspace's own tracking store."""
        return _sqlite_address(str((self.root / "mlflow.db").resolve()))

    @property
    def model_store(self) -> str:
        """Address of the workspace's own model store."""
        return self.models.resolve().as_uri()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the workspace for one run and sweep what killed runs left; WorkspaceBusyError if another run has it."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise WorkspaceBusyError(
                    f"another run is using {self.root}; wait for it, or pass another --workspace"
                ) from error
            self.steps.mkdir(exist_ok=True)
            left = self.steps.glob(".unfinished-*"), self.root.glob(".mlflow-*"), self.scratch.glob(f"*/{SPILL}*")
            for abandoned in chain(*left):
                shutil.rmtree(abandoned, ignore_errors=True)
            try:
                yield
            except OSError as error:
                # A write that fails does not say where; what a run writes lies here.
                error.filename = error.filename or str(self.root)
                raise

    def finished(self, fingerprint: str) -> FinishedStep | None:
        """The finished step with this fingerprint; None where there is none, or its outputs are not what it made.

        What another version of Penstock has written in another form is none, either.
        """
        folder = self.steps / fingerprint
        record = _read(folder / "step.json")
        digests, seconds = record.get("digests"), record.get("seconds")
        if not isinstance(digests, dict) or not isinstance(seconds, int | float) or not record.get("reusable"):
            return None
        if any(folder_digest(folder / name) != digest for name, digest in digests.items()):
            return None
        return FinishedStep(folder, digests, seconds)

    def begin(self) -> Path:
        """A new folder for the outputs of a step that starts."""
        return Path(tempfile.mkdtemp(prefix=".unfinished-", dir=self.steps))

    def finish(
        self, unfinished: Path, fingerprint: str, outputs: tuple[str, ...], seconds: float, reusable: bool = True
    ) -> FinishedStep:
        """Make a started step's folder the finished one, in one rename.

        Unless it is `reusable`, it serves the run that made it and no later one.
        """
        digests = {name: folder_digest(unfinished / name) for name in outputs}
        record = {"digests": digests, "seconds": round(seconds, 3), "reusable": reusable}
        (unfinished / "step.json").write_text(json.dumps(record))
        final = self.steps / fingerprint
        if final.exists():
            # Steps that touch the world outside run every time; their newest outputs are the ones that count.
            retired = self.begin()
            final.replace(retired / "retired")
            shutil.rmtree(retired)
        unfinished.replace(final)
        shutil.rmtree(self.scratch / fingerprint, ignore_errors=True)
        return FinishedStep(final, digests, seconds)

    def record_run(self, folder: Path, record: dict[str, Any]) -> None:
        """Write ``run.json`` of a run whole or not at all."""
        temporary = folder / ".run.json"
        temporary.write_text(json.dumps(record, indent=2) + "\n")
        temporary.replace(folder / "run.json")

    def runs_of(self, model: str) -> list[Path]:
        """The folders of a model's runs, the oldest first."""
        found = ((_RUN.fullmatch(path.name), path) for path in (self.runs / model).glob("*"))
        return [path for _, _, path in sorted((name[1], int(name[2]), path) for name, path in found if name)]

    def last_run(self, model: str) -> dict[str, Any] | None:
        """The record of the newest training run of `model` that ended well, or None."""
        return next((one for one in self._trainings(model) if one.get("state") == "succeeded"), None)

    def refused_since(self, model: str) -> dict[str, Any] | None:
        """The record of the newest training run of `model`, if a check stopped it, such as a gate; else None."""
        newest = next(self._trainings(model), {})
        return newest if newest.get("state") == "refused" else None

    def _trainings(self, model: str) -> Iterator[dict[str, Any]]:
        """The records of the training runs of `model`, the newest first."""
        records = (_read(folder / "run.json") for folder in reversed(self.runs_of(model)))
        return (record for record in records if record.get("purpose") == "training")


def _sqlite_address(path: str) -> str:
    """The address of a database. What means something else in an address is written in its form for there."""
    if not set("%?") & set(path):
        return f"sqlite:///{path}"
    # Its versions differ in what they decode.
    from sqlalchemy.engine import URL

    return URL.create("sqlite", database=path).render_as_string()


def _read(path: Path) -> dict[str, Any]:
    """The record in a file; empty where there is none that can be read."""
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def folder_digest(folder: Path) -> str:
    """Digest of a folder's content: sha256 over each file's relative path and sha256, in order of path."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return f"sha256:{total.hexdigest()}"
