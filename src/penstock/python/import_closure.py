"""The import closure of a module: all that it leads to, by import statements from file to file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from penstock.python.paths import packages_of, paths_of
from penstock.python.syntax import ParsedModule, parsed_module

_MOST_FILES = 5_000
"""Files that one module may lead to; where they are more, it is taken to lead to any."""


class ImportClosure(NamedTuple):
    """What a module leads to."""

    files: frozenset[str]
    """The files of Python that it is made of, as far as they could be followed."""
    named: frozenset[str]
    """The paths that its texts may name."""
    modules: frozenset[str]
    """All that is imported on the way, with a dot before each further name; of the repository or not."""
    may_run_any_code: bool
    """Whether it may be made of any Python: it could not be followed, or is made of too many files."""


@dataclass(slots=True)
class Python:
    """The Python of a repository."""

    read: Callable[[str], bytes | None]
    """The bytes of a file, by its path from the root; None where there is none."""
    is_linked: Callable[[str], bool] = lambda _: False
    """Whether a path leads to where nobody can follow."""
    _reached: dict[tuple[str, str], ImportClosure] = field(default_factory=dict)
    _read: dict[str, ParsedModule] = field(default_factory=dict)

    def reached(self, module: str, folder: str = "") -> ImportClosure:
        """What `module` leads to.

        Modules are looked for from the root, and where Python runs a script also from the `folder` that it is in.
        """
        if (module, folder) not in self._reached:
            self._reached[module, folder] = self._search(module, folder)
        return self._reached[module, folder]

    def code(self, path: str) -> ParsedModule:
        """What is to be known of a file."""
        if path not in self._read:
            self._read[path] = parsed_module(path, self.read(path))
        return self._read[path]

    def _search(self, module: str, folder: str) -> ImportClosure:
        found: set[str] = set()
        named: set[str] = set()
        waiting = [module]
        seen = {module}
        probes_imports = uses_reflection = may_run_any_code = False
        while waiting:
            if len(found) > _MOST_FILES:
                may_run_any_code = True
                break
            name = waiting.pop()
            paths = [*paths_of(name), *packages_of(name)]
            for path in [*paths, *(f"{folder}/{path}" for path in paths if folder)]:
                # A file that is not there counts: the other side may have it.
                found.add(path)
                code = self.code(path)
                probes_imports, uses_reflection = (
                    probes_imports or code.probes_imports,
                    uses_reflection or code.uses_reflection,
                )
                # What one file keeps to asking, another may take out of it by a name that no text here holds.
                may_run_any_code = (
                    may_run_any_code
                    or code.may_run_any_code
                    or self.is_linked(path)
                    or (probes_imports and uses_reflection)
                )
                named |= code.names
                for imported in code.imports:
                    listed = self._listed(imported, folder)
                    may_run_any_code = may_run_any_code or listed is None
                    new = {imported, *(listed or ())} - seen
                    seen |= new
                    waiting += sorted(new)
        return ImportClosure(frozenset(found), frozenset(named), frozenset(seen), may_run_any_code)

    def _listed(self, imported: str, folder: str) -> tuple[str, ...] | None:
        """The modules that `from package import *` imports by the package's list; None where nobody can tell."""
        package, star, _ = imported.partition(".*")
        if not star:
            return ()
        found: list[str] = []
        path = f"{package.replace('.', '/')}/__init__.py"
        for one in [path, *([f"{folder}/{path}"] if folder else [])]:
            names = self.code(one).listed
            if names is None:
                return None
            found += [f"{package}.{name}" for name in names]
        return tuple(found)
