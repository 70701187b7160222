"""Generated files as a page shows them: a hunk that recurs stands there once, and the files that repeat it say where.

Environments hold the same lines, and so do files that take them over from each other at another indentation. Hunks are
alike where all their lines are, those around the change too: what is left out reads as what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from penstock.diagnostics.grammar import joined
from penstock.review.artifacts.artifact_diff import unified
from penstock.review.model import ArtifactChange, Plan

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_MORE = "… and more"


class Hunk(NamedTuple):
    """Lines of a unified diff that stand together."""

    line: int
    """Where it begins: on head, and of a file that is gone, on base."""
    lines: tuple[str, ...]
    """As they are shown, with the one that tells where it stands."""
    bare: str
    """The lines that follow, without the indentation that they have in common."""
    key: str
    """`bare` without the name of the file's environment: hunks of one key are alike."""


class Alike(NamedTuple):
    """Hunks of a file that stand in another one, or further up in the same."""

    like: str | int
    """The path of the other file, or where the hunk that is like them begins in the same."""
    lines: tuple[int, ...]
    """Where they begin in the file that is spoken of; empty where that is all that differs there."""
    is_same: bool
    """Whether not even the environment's name differs."""

    def said(self, quoted: Callable[[str], str]) -> str:
        """`same change at lines 354 and 388 as in staging/delay/training.yaml`; `quoted` writes the path for a page."""
        where = f" at line{'s' if len(self.lines) > 1 else ''} {joined(map(str, self.lines))}" if self.lines else ""
        like = f"as at line {self.like}" if isinstance(self.like, int) else f"as in {quoted(self.like)}"
        return f"same change{where} {like}{'' if self.is_same else ', except for the name of the environment'}"


class Moved(NamedTuple):
    """A file of a spec that has another name now."""

    path: str
    is_former: bool
    """Whether `path` is where it stood before, and not where it stands now."""

    def said(self, quoted: Callable[[str], str]) -> str:
        """`renamed from staging/delay/training.yaml`, as `Alike.said`."""
        return f"renamed {'from' if self.is_former else 'to'} {quoted(self.path)}"


class Shown(NamedTuple):
    """What a page says of a file."""

    artifact: ArtifactChange
    text: str
    """A unified diff of the hunks that the page does not hold yet; empty where it holds all.

    So it is where nothing but the order of lines differs; nothing is told then either.
    """
    told: tuple[Alike | Moved, ...]
    """Where the others stand, and the file under its other name."""
    whole: tuple[Hunk, ...]
    """The hunks of `text`, but for one that is cut."""


@dataclass  # no slots: what goes on is computed when somebody asks
class Hunks:
    """The hunks that a page holds."""

    formers: Mapping[str, ArtifactChange] = field(default_factory=dict)
    """By the path of a file that comes with the new name of a spec: the one that went with the former."""
    _same: dict[str, str] = field(default_factory=dict)
    """The path of the file under which each stands, by its bare text."""
    _alike: dict[str, str] = field(default_factory=dict)
    """Likewise, by its key."""

    @classmethod
    def of(cls, plan: Plan) -> Hunks:
        """A page that holds nothing yet."""
        return cls(_formers(plan))

    @cached_property
    def successors(self) -> dict[str, str]:
        """The path of a file under the new name of its spec, by the one under the former."""
        return {former.path: path for path, former in self.formers.items()}

    def shown(self, artifact: ArtifactChange, longest: int | None = None) -> Shown:
        """What to say of a file, in `longest` characters of diff or about. GitError as `ArtifactChange.read`."""
        successor = self.successors.get(artifact.path)
        if successor is not None:
            return Shown(artifact, "", (Moved(successor, is_former=False),), ())
        former = self.formers.get(artifact.path)
        header, hunks = _parts(artifact, former)
        new: dict[str, Hunk] = {}
        repeated: list[Hunk] = []
        places: dict[tuple[str | int, bool], list[int]] = {}
        for hunk in hunks:
            path = self._same.get(hunk.bare) or self._alike.get(hunk.key)
            if path is not None:
                places.setdefault((path, hunk.bare in self._same), []).append(hunk.line)
            elif new.setdefault(hunk.bare, hunk) is not hunk:
                repeated.append(hunk)
        text, whole = _text(header, list(new.values()), longest)
        above = {hunk.bare: hunk.line for hunk in whole}
        for hunk in repeated:
            if hunk.bare in above:
                places.setdefault((above[hunk.bare], True), []).append(hunk.line)
        is_one = not new and len(places) == 1
        alike = (Alike(like, () if is_one else tuple(lines), same) for (like, same), lines in places.items())
        moved = () if former is None else (Moved(former.path, is_former=True),)
        return Shown(artifact, text, (*moved, *alike), whole)

    def keep(self, shown: Shown) -> None:
        """Note that the page holds it now."""
        for hunk in shown.whole:
            self._same.setdefault(hunk.bare, shown.artifact.path)
            self._alike.setdefault(hunk.key, shown.artifact.path)


def _text(header: list[str], hunks: list[Hunk], longest: int | None) -> tuple[str, tuple[Hunk, ...]]:
    """The hunks as a diff, and those of them that are whole in it."""
    if not hunks:
        return "", ()
    count, size = 0, sum(map(len, header))
    for hunk in hunks:
        size += sum(map(len, hunk.lines)) + len(hunk.lines)
        if longest is not None and size > longest:
            break
        count += 1
    lines = [*header, *(line for hunk in hunks[:count] for line in hunk.lines)]
    if not count and longest is not None:
        lines += "\n".join(hunks[0].lines)[:longest].split("\n")[:-1]
    if count < len(hunks):
        lines.append(_MORE)
    return "\n".join(lines), tuple(hunks[:count])


def _formers(plan: Plan) -> dict[str, ArtifactChange]:
    environments: dict[str, str] = {}
    folders: dict[str, str] = {}
    for change in plan.changes:
        if change.renamed_from is not None:
            names = environments if change.address.kind == "Environment" else folders
            names[change.address.name] = change.renamed_from.name
    removed = {artifact.path: artifact for artifact in plan.artifacts if artifact.operation == "removed"}
    found = {}
    for artifact in plan.artifacts if environments or folders else ():
        environment, *rest = artifact.path.split("/")
        if len(rest) > 1:
            rest[0] = folders.get(rest[0], rest[0])
        former = removed.get("/".join([environments.get(environment, environment), *rest]))
        if former is not None and artifact.operation == "added":
            found[artifact.path] = former
    return found


def _parts(artifact: ArtifactChange, former: ArtifactChange | None) -> tuple[list[str], list[Hunk]]:
    """The lines that name the file, and its hunks."""
    if former is None:
        diff = artifact.diff
    else:
        diff = unified(artifact.path, former.read()[0], artifact.read()[1], former=former.path)
    lines = diff.split("\n") if diff else []
    starts = [position for position, line in enumerate(lines) if line.startswith("@@")]
    environment = artifact.path.partition("/")[0]
    named = re.compile(rf"(?<![A-Za-z0-9]){re.escape(environment)}(?![A-Za-z0-9])")
    hunks = [_hunk(lines[start:end], named) for start, end in pairwise([*starts, len(lines)])]
    return lines[: starts[0] if starts else 0], hunks


def _hunk(lines: list[str], named: re.Pattern[str]) -> Hunk:
    found = _HUNK.match(lines[0])
    before, after = (int(number) for number in found.groups()) if found is not None else (0, 0)
    body = lines[1:]
    indents = [len(line) - len(line[1:].lstrip(" ")) - 1 for line in body if line[1:].strip(" ")]
    common = min(indents, default=0)
    bare = "\n".join(line[:1] + line[1 + common :] for line in body)
    return Hunk(after or before, tuple(lines), bare, named.sub("\0", bare))
