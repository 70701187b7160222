"""Multiplies the repository's real specs: copies of every system under new names, on the same platform.

Each copy is a system of its own: its names and every mention of them carry a number. Teams, environments and policies
are shared by all, and datasets by a few copies, as they are in a real repository.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

SHARED_KINDS = ("Team", "Environment", "ApprovalPolicy")
POLICY = "policy.yaml"
"""Stays behind: its unit tests speak of specs by the names that they have here."""
MODELS_ON_A_DATASET = 4
"""So many copies read the datasets of the first of them."""
_KIND = re.compile(r"^kind: (\w+)", re.MULTILINE)
_NAME = re.compile(r"^metadata:(?: \{name: |\n  name: )([a-z0-9-]+)", re.MULTILINE)


def multiply(repository: Path, destination: Path, models: int) -> dict[str, int]:
    """Write a repository with `models` models to `destination`; returns how many specs and files it has.

    The systems of `repository` are copied in turn until there are that many models. What specs refer to beside
    themselves (Python, data, evidence) is copied once.
    """
    for folder in ("systems", "evidence"):
        if (repository / folder).is_dir():
            shutil.copytree(repository / folder, destination / folder)
    systems = sorted(p for p in (repository / "specs").iterdir() if p.is_dir())
    platform = [s for s in systems if _kinds(s) <= set(SHARED_KINDS)]
    for system in platform:
        shutil.copytree(system, destination / "specs" / system.name, ignore=shutil.ignore_patterns(POLICY))
    # Releases stay behind: their evidence is of the models as they are named here.
    owned = [s for s in systems if "Model" in _kinds(s)]
    copied, copy = 0, 0
    while copied < models:
        for system in owned:
            count = sum(text.count("\nkind: Model\n") for text in _texts(system).values())
            if copied >= models and count:
                continue
            _copy(system, destination / "specs" / f"{system.name}-{copy:04d}", copy)
            copied += count
        copy += 1
    files = list((destination / "specs").rglob("*.yaml"))
    specs = sum(len(_KIND.findall(file.read_text())) for file in files)
    return {"models": copied, "specs": specs, "files": len(files)}


def _texts(system: Path) -> dict[Path, str]:
    return {path: "\n" + path.read_text() for path in sorted(system.rglob("*.yaml"))}


def _kinds(system: Path) -> set[str]:
    return {kind for text in _texts(system).values() for kind in _KIND.findall(text)}


def _copy(system: Path, destination: Path, copy: int) -> None:
    texts = _texts(system)
    read = copy - copy % MODELS_ON_A_DATASET
    numbers: dict[str, int] = {}
    for text in texts.values():
        for document in text.split("\n---\n"):
            numbers.update((name, read if _is_dataset(document) else copy) for name in _NAME.findall(document))
    names = sorted(numbers, key=len, reverse=True)
    # A name counts where it stands alone: not within a longer name, a path or a Python module.
    mention = re.compile(rf"(?<![\w./:-])({'|'.join(map(re.escape, names))})(?![\w/-])(?!\.\w+:)")
    for path, text in texts.items():
        documents = [d for d in text.split("\n---\n") if read == copy or not _is_dataset(d)]
        if documents:
            target = destination / path.relative_to(system)
            target.parent.mkdir(parents=True, exist_ok=True)
            numbered = mention.sub(lambda found: f"{found[1]}{numbers[found[1]]:04d}", "\n---\n".join(documents))
            target.write_text(numbered.lstrip("\n"))


def _is_dataset(document: str) -> bool:
    return _KIND.findall(document) == ["Dataset"]
