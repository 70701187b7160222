"""The fingerprint of a step: equal fingerprints mean that a finished run stands for a new one."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import sys
from pathlib import Path

from penstock.local.pipeline import LocalStep

_NAMED = re.compile(r"\b([A-Za-z_]\w*)[.:][A-Za-z_]")
"""The first name of a function or class, `systems.flights:weather`, or of a file, `systems.py`."""
_NOT_OURS = frozenset({"__pycache__", "generated", "node_modules"})


class CodeDigests:
    """Digests of the code that steps run: the runtime's own, what is installed, and the repository's."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._known: dict[Path, str] = {}
        spec = importlib.util.find_spec("penstock")
        assert spec is not None
        assert spec.origin is not None
        package = Path(spec.origin).parent
        self._runtime = [self._digest(package / room, ".py") for room in ("runtime", "specs")]
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
        return [f"python={sys.version_info.major}.{sys.version_info.minor}", *self._installed, *self._runtime, *own]

    def _digest(self, folder: Path, suffix: str = "") -> str:
        if folder not in self._known:
            digest = hashlib.sha256()
            for file in _files(folder, suffix):
                digest.update(f"{file.relative_to(folder).as_posix()}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
            self._known[folder] = digest.hexdigest()
        return self._known[folder]


def _files(folder: Path, suffix: str) -> list[Path]:
    """The files below a folder, sorted; not those of environments, caches and hidden folders."""
    found: list[Path] = []
    for root, folders, names in os.walk(folder):
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        folders[:] = [name for name in folders if name not in _NOT_OURS and not name.startswith(".")]
        found += [Path(root, name) for name in names if name.endswith(suffix)]
    return sorted(path for path in found if path.is_file())


def fingerprint(step: LocalStep, values: dict[str, str], inputs: dict[str, str], code: list[str]) -> str:
    """Hex digest over the step's command with parameters filled in, the content of its inputs, and its code."""
    digests = {name: Path(digest) for name, digest in inputs.items()}
    outputs = {name: Path(name) for name in step.outputs}
    filled = step.arguments(values, digests, outputs)
    content = json.dumps({"name": step.name, "command": filled, "environment": step.environment, "code": code})
    return hashlib.sha256(content.encode()).hexdigest()
