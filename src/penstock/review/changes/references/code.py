"""References to Python: the functions and classes that specs name, with all that they import."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from penstock.diagnostics.grammar import counted
from penstock.python.paths import module_of, paths_of
from penstock.review.changes.references.changed_files import Changed, ReferenceDifference, blobs_of, shown_path
from penstock.review.changes.references.import_graph import ImportGraph
from penstock.review.revisions import Revisions
from penstock.source.canonical import digest
from penstock.source.git.paths import is_outside
from penstock.source.git.values import TreeChange

_NAME = re.compile(r"[\w.:]+")
_COMPILED = re.compile(r".*\.(pyc|pyo|pyd|so|duckdb_extension)")
"""What Python imports in the place of a module, or for one, and what a query of DuckDB loads."""
RUN_AT_START = ("sitecustomize.py", "usercustomize.py")
"""What Python runs when it starts, wherever it has the root on its path by then."""


@dataclass(slots=True)
class CodeReferences:
    """Functions and classes. Layout and comments are nothing; Python that cannot be parsed is compared by its bytes.

    Where a module may run code that no import statement names, any Python of the repository is taken for a part of it.
    The steps find no other Python at the root than what the functions and classes lead to. A custom command may
    have all of the root on its path: what comes there, and may stand in for something installed, is a part of it.
    """

    revisions: Revisions
    changed: Changed
    _python: set[str] = field(init=False)
    _named: set[str] = field(init=False)
    """Files that are no Python, and that a text in Python may name; and links, whatever they lead to."""
    _everywhere: list[TreeChange] = field(init=False)
    """Compiled files, which may be a part of any module."""
    _standing_in: list[TreeChange] = field(init=False)
    """Python at the root that may stand in for what is installed."""
    _before: ImportGraph = field(init=False)
    _after: ImportGraph = field(init=False)
    _digests: dict[tuple[str, str, bool], tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A link may lead out of the folder.
        anywhere = not self.changed.links.none
        own = {path: one for path, one in sorted(self.changed.files.items()) if anywhere or not is_outside(path)}
        links = self.changed.links
        self._python = {path for path in own if path.endswith(".py") and path not in links}
        before, after = blobs_of([one for path, one in own.items() if path not in self._python])
        self._named = set(before)
        self._before = ImportGraph(self.revisions.base.files, links, before, self.changed.followed)
        self._after = ImportGraph(self.revisions.head.files, links, after, self.changed.followed)
        self._everywhere = [one for path, one in own.items() if _COMPILED.fullmatch(path)]
        may_stand_in = any(path in self._python or path in links for path in own)
        listing = self.revisions.base.files.listing("") if may_stand_in else ()
        # Python looks for these when it starts, which is before the steps have the root on their path.
        standing_in = self.changed.standing_in("", listing) if may_stand_in else []
        self._standing_in = [one for one in standing_in if one.path not in RUN_AT_START]

    def may_differ(self, text: str) -> bool:
        """Whether a file with this text may name code that differs."""
        names = {name for name in _NAME.findall(text) if (":" in name or "." in name) and not name[0].isdecimal()}
        return any(len(set(self.digests(module_of(name)))) == 2 for name in names)

    def digests(self, module: str, folder: str = "", *, on_path: bool = False) -> tuple[str, str]:
        """Digests of those files that differ of which a module is made, in the base and in head (see `ImportGraph`).

        `on_path`: whether all of the root is on the path of what runs it.
        """
        key = module, folder, on_path
        if not self._python and not self._named:
            return "", ""
        if key not in self._digests:
            in_place = self._around(module, folder, on_path=on_path)
            self.changed.followed.update(one.path for one in in_place)
            own, around = self._own(module, folder), blobs_of(in_place)
            before, after = (digest([one, blobs]) for one, blobs in zip(own, around, strict=True))
            self._digests[key] = before, after
        return self._digests[key]

    def _around(self, module: str, folder: str, *, on_path: bool) -> list[TreeChange]:
        """What may be run in the place of what a module imports, or of what that does."""
        standing_in = self._standing_in
        if standing_in and not on_path:
            # A folder at the root that the code imports from is found by what is installed, too.
            names = self._before.packages(module, folder) | self._after.packages(module, folder)
            standing_in = [one for one in standing_in if one.path.partition("/")[0].removesuffix(".py") in names]
        return [*self._everywhere, *standing_in]

    def _own(self, module: str, folder: str) -> tuple[str, str]:
        """Digests of what the module leads to."""
        before, after = (side.digest(module, self._python, folder) for side in (self._before, self._after))
        return before, after

    def _differing(self, module: str) -> list[str]:
        """The files that the module leads to, and that say something else on the two sides."""
        before, after = (side.parts(module, self._python) for side in (self._before, self._after))
        return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))

    def difference(self, texts: Sequence[str]) -> ReferenceDifference | None:
        """Of the one function or class of a field."""
        (function,) = texts
        module = module_of(function)
        before, after = self.digests(module)
        if before == after:
            return None
        own_before, own_after = self._own(module, "")
        path = paths_of(module)[0]
        file = self.changed.files.get(path)
        is_new = file is not None and file.before is None
        said = "is new" if is_new else f"changed{_in(self._differing(module))}"
        why = f"the code behind `{function}` {said}, with unknown effect"
        if own_before == own_after:
            path, *more = blobs_of(self._around(module, "", on_path=False))[0]
            others = f" and {len(more)} more" if more else ""
            why = f"`{path}`{others} may be run instead of what `{function}` imports, directly or indirectly"
        return ReferenceDifference(
            {"function": function, "code": before}, {"function": function, "code": after}, why, path, function
        )


def _in(paths: Sequence[str]) -> str:
    """In which files; whoever looks for the change in the code needs their names."""
    more = f" and {counted(len(paths) - 1, 'more file')}" if len(paths) > 1 else ""
    return f" in `{shown_path(paths[0])}`{more}" if paths else ""
