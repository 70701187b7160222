"""How long a plan takes, and a plan with its verdict: a pull request of a few specs, and one of a fifth of them all.

The repository is a real one: git holds the specs and all generated files, of the main branch and of two others.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.multiply import multiply

FEW, MANY = "touches-few", "touches-many"
"""The branches."""

AUTHOR = "somebody"
_SPECS_A_MODEL = 5.1
"""What `multiply` comes to."""

_EDITS = {
    "gate.yaml": (re.compile(r"latency: \{p99: \w+"), "latency: {p99: 3s"),
    "rollout.yaml": (re.compile(r"availability: \{objective: [\d.]+%"), "availability: {objective: 99.3%"),
    "model.yaml": (re.compile(r"random_state: 0"), "random_state: 1"),
}
"""One field in a file of one spec."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A repository with pull requests, and how many specs it holds and they touch."""

    root: Path
    specs: int
    few: int
    many: int


def repository(origin: Path, root: Path, specs: int, compiled: Callable[[Path], None]) -> Reviewed:
    """A git repository of about as many specs at `root`, with a branch for each pull request.

    `compiled` brings ``generated/`` to what the specs say.
    """
    held = multiply(origin, root, round(specs / _SPECS_A_MODEL))
    (root / ".gitignore").write_text(".penstock/\n__pycache__/\n")
    git(root, "init", "--quiet", "--initial-branch=main", ".")
    commit(root, compiled)
    rollouts, gates, models = (
        sorted(root.glob(f"specs/*-[0-9]*/{name}.yaml")) for name in ("rollout", "gate", "model")
    )
    few = _branch(root, FEW, [rollouts[0], gates[0], models[0]], compiled)
    many = _branch(root, MANY, [*rollouts, *gates][: specs // 5], compiled)
    git(root, "gc", "--quiet")
    return Reviewed(root, held["specs"], few, many)


def plan_command(root: Path, branch: str) -> list[str]:
    """The words of the command that shows the plan of a branch."""
    return ["plan", "--root", str(root), "--base", "main", "--head", branch]


def verdict_command(root: Path, branch: str) -> list[str]:
    """The words of the command that plans and judges a branch, without a network."""
    return ["policy", "simulate", "--root", str(root), "--base", "main", "--head", branch, "--author", AUTHOR]


def _branch(root: Path, name: str, files: Iterable[Path], compiled: Callable[[Path], None]) -> int:
    """A branch from main that edits one field of each file; returns how many."""
    git(root, "checkout", "--quiet", "-b", name, "main")
    count = 0
    for path in files:
        pattern, replacement = _EDITS[path.name]
        text, edited = pattern.subn(replacement, path.read_text(), count=1)
        if not edited:
            raise SystemExit(f"{path} has no field to edit")
        path.write_text(text)
        count += 1
    commit(root, compiled)
    git(root, "checkout", "--quiet", "main")
    return count


def commit(root: Path, compiled: Callable[[Path], None]) -> None:
    """Everything that lies there, with the generated files that belong to it."""
    compiled(root)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Specs and what they compile to")


def git(root: Path, *words: str) -> None:
    """Run git, which must succeed."""
    identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgsign=false"]
    # Git's own housekeeping would begin behind the back of what is measured.
    subprocess.run(["git", "-C", str(root), *identity, "-c", "gc.auto=0", *words], check=True, capture_output=True)
