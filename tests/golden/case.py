"""A golden case: one text file that holds what somebody wrote and everything that comes of it.

A case begins with a sentence or two of prose, and `base: NAME` where it starts from a folder below ``bases/``. Then
sections, each headed by a line ``-- NAME --``:

- ``-- specs/data.yaml --``: a file, instead of the base's.
- ``-- edit specs/data.yaml --``: changes of a file of the base, as lines that go (``-``) and lines that come (``+``).
  Changes are parted by empty lines; what goes must stand in the file exactly once.
- ``-- append specs/data.yaml --``: lines at the end of a file.
- ``-- delete specs/data.yaml --``: no such file.
- ``-- diagnostics --``: expected: what checking says, as text.
- ``-- artifact generated/production/... --``: expected: a compiled file.

`pytest --update` rewrites what is expected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

BASES = Path(__file__).parent / "bases"
DIAGNOSTICS = "diagnostics"
_HEAD = re.compile(r"^-- (.+) --$\n?", re.MULTILINE)
_BASE = re.compile(r"^base: (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """What a case file says."""

    prose: str
    sections: tuple[tuple[str, str], ...]
    """Name and body, in order."""

    @classmethod
    def read(cls, path: Path) -> Case:
        """The case in a file."""
        parts = _HEAD.split(path.read_text(encoding="utf-8"))
        return cls(parts[0], tuple(zip(parts[1::2], parts[2::2], strict=True)))

    @property
    def files(self) -> dict[str, str]:
        """The repository of the case: every file by its path."""
        base = _BASE.search(self.prose)
        files = _files_of(BASES / base[1]) if base is not None else {}
        for name, body in self.sections:
            action, _, path = name.rpartition(" ")
            if action == "edit":
                files[path] = _edited(files[path], body, path)
            elif action == "append":
                files[path] += body
            elif action == "delete":
                del files[path]
            elif action == "" and name != DIAGNOSTICS:
                files[path] = body
        return files

    @property
    def artifacts(self) -> tuple[str, ...]:
        """The paths of the compiled files that the case expects."""
        return tuple(name.partition(" ")[2] for name, _ in self.sections if name.startswith("artifact "))

    def with_results(self, diagnostics: str, artifacts: dict[str, str]) -> str:
        """The text of the case with what is expected replaced."""
        text = self.prose
        told = {DIAGNOSTICS: diagnostics, **{f"artifact {path}": body for path, body in artifacts.items()}}
        names = [name for name, _ in self.sections]
        for name, body in (*self.sections, *([(DIAGNOSTICS, "")] if DIAGNOSTICS not in names else [])):
            text += f"-- {name} --\n{told.get(name, body)}"
        return text


def _files_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in (".yaml", ".py", ".json")
    }


def _edited(text: str, changes: str, path: str) -> str:
    for change in re.split(r"\n\s*\n", changes.strip("\n")):
        lines = change.split("\n")
        gone = "".join(f"{line[1:]}\n" for line in lines if line.startswith("-"))
        come = "".join(f"{line[1:]}\n" for line in lines if line.startswith("+"))
        if not gone or text.count(gone) != 1:
            raise ValueError(f"{path}: this stands {text.count(gone)} times, and not once:\n{gone}")
        text = text.replace(gone, come)
    return text
