"""The fingerprint of a step: equal fingerprints mean that a finished run stands for a new one."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import re
import sys
from pathlib import Path

from penstock.local.pipeline import LocalStep

_FUNCTION = re.compile(r"\b([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):[A-Za-z_]\w*")
_LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "duckdb", "pyarrow", "mlflow-skinny", "fairlearn", "optuna")


class CodeDigests:
    """Digests of the code that steps run: the runtime's own, and the repository's modules that arguments name."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._known: dict[Path, str] = {}
        spec = importlib.util.find_spec("penstock")
        assert spec is not None
        assert spec.origin is not None
        package = Path(spec.origin).parent
        self._runtime = [self._folder(package / room) for room in ("runtime", "specs")]
        self._libraries = [f"{name}={_version(name)}" for name in _LIBRARIES]

    def of(self, step: LocalStep) -> list[str]:
        """What identifies the code behind `step`: interpreter, libraries, runtime, the repository's own packages."""
        packages = {match[1].split(".")[0] for word in step.command for match in _FUNCTION.finditer(word)}
        own = [
            self._folder(path) if path.is_dir() else self._folder(path.with_suffix(".py"))
            for path in (self._repository / package for package in sorted(packages))
        ]
        return [f"python={sys.version_info.major}.{sys.version_info.minor}", *self._libraries, *self._runtime, *own]

    def _folder(self, path: Path) -> str:
        """Digest of a package's Python files, or of one module; empty where there is none."""
        if path not in self._known:
            files = sorted(path.rglob("*.py")) if path.is_dir() else [path] if path.is_file() else []
            digest = hashlib.sha256()
            for file in files:
                digest.update(f"{file.relative_to(path.parent).as_posix()}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
            self._known[path] = digest.hexdigest() if files else ""
        return self._known[path]


def fingerprint(step: LocalStep, values: dict[str, str], inputs: dict[str, str], code: list[str]) -> str:
    """Hex digest over the step's command with parameters filled in, the content of its inputs, and its code."""
    digests = {name: Path(digest) for name, digest in inputs.items()}
    outputs = {name: Path(name) for name in step.outputs}
    filled = step.arguments(values, digests, outputs)
    content = json.dumps({"name": step.name, "command": filled, "environment": step.environment, "code": code})
    return hashlib.sha256(content.encode()).hexdigest()


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "absent"
