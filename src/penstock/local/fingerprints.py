"""The fingerprint of a step: equal fingerprints mean that a finished run stands for a new one."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

import penstock
from penstock.local.pipeline import LocalStep

RUNTIME_PARTS = ("diagnostics", "python", "runtime", "specs")
"""What steps import of Penstock."""
_PACKAGE = Path(penstock.__file__).parent

_NAMED = re.compile(r"\b([A-Za-z_]\w*)[.:][A-Za-z_]")
"""The first name of a function or class, `systems.flights:weather`, or of a file, `systems.py`."""
_NOT_OURS = frozenset({"__pycache__", "generated", "node_modules"})


State = list[tuple[str, int, int]]
"""Path, time of the last change and size of each file of a folder."""


class CodeDigests:
    """Digests of the code that steps run: the runtime's own, what is installed, and the repository's.

    They are those of the moment at which they are asked for; what has not changed since is not read again.
    """

    def __init__(self, repository: Path, package: Path = _PACKAGE) -> None:
        """`package` is the folder of Penstock's own code."""
        self._repository = repository
        self._package = package
        self._known: dict[Path, tuple[State, str]] = {}
        self._installed = sorted({f"{one.name}={one.version}" for one in importlib.metadata.distributions()})

    def of(self, step: LocalStep) -> list[str]:
        """What identifies the code behind `step`: interpreter, libraries, runtime, and what the repository has.

        Of the repository that is, where the step names something of it: every file in the packages that it names, and
        all Python there is, whatever of it they import.
        """
        named = sorted(
            {match[1] for word in (*step.command, *step.constants.values()) for match in _NAMED.finditer(word)}
        )
        packages = [path for name in named if any((path := self._repository / name).rglob("*.py"))]
        modules = [path for name in named if (path := self._repository / f"{name}.py").is_file()]
        own = [self._digest(path) for path in packages]
        if packages or modules:
            own.append(self._digest(self._repository, ".py"))
        runtime = [self._digest(self._package / part) for part in RUNTIME_PARTS]
        return [f"python={sys.version_info.major}.{sys.version_info.minor}", *self._installed, *runtime, *own]

    def _digest(self, folder: Path, suffix: str = "") -> str:
        files = _files(folder, suffix)
        state = [(str(file), stat.st_mtime_ns, stat.st_size) for file, stat in files.items()]
        known = self._known.get(folder)
        if known is None or known[0] != state:
            digest = hashlib.sha256()
            for file in files:
                digest.update(f"{file.relative_to(folder).as_posix()}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
            known = self._known[folder] = (state, digest.hexdigest())
        return known[1]


def _files(folder: Path, suffix: str) -> dict[Path, os.stat_result]:
    """The files below a folder, sorted; not those of environments, caches and hidden folders."""
    found: dict[Path, os.stat_result] = {}
    for root, folders, names in os.walk(folder):
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        folders[:] = [name for name in folders if name not in _NOT_OURS and not name.startswith(".")]
        for path in (Path(root, name) for name in names if name.endswith(suffix)):
            # An editor may take a file away as soon as it is listed.
            with suppress(FileNotFoundError):
                stat = path.stat()
                if S_ISREG(stat.st_mode):
                    found[path] = stat
    return dict(sorted(found.items()))


def fingerprint(step: LocalStep, values: dict[str, str], inputs: dict[str, str], code: list[str]) -> str:
    """Hex digest over the step's command with parameters filled in, the content of its inputs, and its code."""
    digests = {name: Path(digest) for name, digest in inputs.items()}
    outputs = {name: Path(name) for name in step.outputs}
    filled = step.arguments(values, digests, outputs)
    content = json.dumps({"name": step.name, "command": filled, "environment": step.environment, "code": code})
    return hashlib.sha256(content.encode()).hexdigest()
