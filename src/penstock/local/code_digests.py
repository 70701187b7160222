"""Digests of the code that steps run, and of the files that this code names."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from stat import S_ISREG
from typing import Any

import penstock
from penstock.local.pipeline import LocalStep
from penstock.python.import_closure import Python
from penstock.python.named_files import named_paths, paths_named_by
from penstock.python.paths import module_of

RUNTIME_PARTS = ("diagnostics", "python", "runtime", "specs")
"""What steps import of Penstock."""
_PACKAGE = Path(penstock.__file__).parent

_NAMED = re.compile(r"\b[A-Za-z_]\w*(?:\.\w+)*[.:][A-Za-z_]\w*")
"""A function or class, `systems.flights:weather`, or a file, `systems.py`."""
_NOT_OURS = frozenset({"__pycache__", "generated", "node_modules"})


State = list[tuple[str, int, int, int]]
"""Path, time of the last change and that of the inode, and size of each file of a folder."""


class CodeDigests:
    """Digests of the code that steps run: the runtime's own, what is installed, and the repository's.

    They are those of the moment at which they are asked for; what has not changed since is not read again.
    """

    def __init__(self, repository: Path, package: Path = _PACKAGE) -> None:
        """`package` is the folder of Penstock's own code."""
        self._repository = repository
        self._package = package
        self._known: dict[Path, tuple[State, str]] = {}
        self._reached: dict[tuple[str, frozenset[str]], tuple[frozenset[str], frozenset[str]]] = {}
        self._installed = sorted({_identity(one) for one in importlib.metadata.distributions()})
        self._elsewhere: dict[str, Path | None] = {}

    def of(self, step: LocalStep) -> list[str]:
        """What identifies the code behind `step`: interpreter, libraries, runtime, and what the repository has.

        Of the repository that is, where the step names something of it: every file in the packages that it names, all
        Python there is, whatever of it they import, and the files that the texts of what they import name. Modules
        that are neither of the repository nor installed as a copy, such as those of a checkout that is installed as
        editable, count with their files.
        """
        references = frozenset(
            match[0] for word in (*step.command, *step.constants.values()) for match in _NAMED.finditer(word)
        )
        firsts = sorted({re.split("[.:]", one)[0] for one in references})
        packages = [path for name in firsts if any((path := self._repository / name).rglob("*.py"))]
        modules = [path for name in firsts if (path := self._repository / f"{name}.py").is_file()]
        own = [self._digest(path) for path in packages]
        imported = set(firsts)
        if packages or modules:
            python = self._digest(self._repository, ".py")
            at_root = {path.stem for path in (*packages, *modules)}
            reached, named = self._followed(python, [one for one in references if re.split("[.:]", one)[0] in at_root])
            imported |= reached
            own += [python, *self._files_of({*named, *_named_by_parameters(step)})]
        own += [self._digest(place) for place in map(self._beside, sorted(imported)) if place is not None]
        runtime = [self._digest(self._package / part) for part in RUNTIME_PARTS]
        return [f"python={sys.version_info.major}.{sys.version_info.minor}", *self._installed, *runtime, *own]

    def _followed(self, python: str, references: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
        """The first names of what is imported by the code behind `references`, and the paths that its texts name.

        `python` is the digest of all Python of the repository, of which this is a function.
        """
        key = python, frozenset(references)
        if key not in self._reached:
            code = Python(self._read)
            closures = [code.reached(module) for one in key[1] for module in (module_of(one), one.replace(":", "."))]
            files = {file for closure in closures for file in closure.files}
            if any(closure.may_run_any_code for closure in closures):
                files = {path.relative_to(self._repository).as_posix() for path in _files(self._repository, ".py")}
            bodies = {file: body for file in files if (body := self._read(file)) is not None}
            self._reached[key] = (
                frozenset(name.partition(".")[0] for closure in closures for name in closure.modules),
                frozenset(path for file, body in bodies.items() for path in named_paths(file, body)),
            )
        return self._reached[key]

    def _files_of(self, paths: Iterable[str]) -> Iterator[str]:
        """The contents of the files among these paths of the repository, and the times of what is in the folders."""
        for path in sorted(paths):
            place = self._repository / path
            if path.endswith(".py") or path.partition("/")[0] in _NOT_OURS:
                continue
            if place.is_file():
                yield f"{path}={self._digest(place)}"
            elif place.is_dir():
                # It may hold gigabytes, and most texts that are the name of a folder do not mean it.
                yield f"{path}/={hashlib.sha256(json.dumps(_state(_files(place, ''))).encode()).hexdigest()}"

    def _beside(self, name: str) -> Path | None:
        """Where a module is that is not the repository's, nor installed as a copy, whose version tells what it is."""
        if name not in self._elsewhere:
            self._elsewhere[name] = None if (self._repository / name).exists() else _place_elsewhere(name)
        return self._elsewhere[name]

    def _read(self, path: str) -> bytes | None:
        with suppress(OSError):
            return (self._repository / path).read_bytes()
        return None

    def _digest(self, place: Path, suffix: str = "") -> str:
        """Of a file, or of the files in a folder."""
        files = _files(place, suffix)
        state = _state(files)
        known = self._known.get(place)
        if known is None or known[0] != state:
            digest = hashlib.sha256()
            for file in files:
                digest.update(f"{file.relative_to(place).as_posix()}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
            known = self._known[place] = (state, digest.hexdigest())
        return known[1]


def _identity(installed: importlib.metadata.Distribution) -> str:
    """Name and version; of what comes from no index, the files too, which may differ under the same version."""
    named = f"{installed.name}={installed.version}"
    if installed.read_text("direct_url.json") is None:
        return named
    return f"{named} {hashlib.sha256((installed.read_text('RECORD') or '').encode()).hexdigest()}"


def _place_elsewhere(name: str) -> Path | None:
    try:
        spec = find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None or spec.origin is None or not (origin := Path(spec.origin)).is_file():
        return None
    if any(origin.is_relative_to(folder) for folder in _folders_of_copies()) or origin.is_relative_to(_PACKAGE):
        return None
    return origin.parent if spec.submodule_search_locations else origin


def _folders_of_copies() -> Iterator[str]:
    """The folders of what came with the interpreter, or was installed by copying."""
    yield from (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    yield from (*site.getsitepackages(), site.getusersitepackages())


def _named_by_parameters(step: LocalStep) -> Iterator[str]:
    """The paths that the parameters of a learner may name, which it may read."""
    for word in step.constants.values():
        try:
            value = json.loads(word)
        except ValueError:
            continue
        for text in _texts(value.get("params")) if isinstance(value, dict) else ():
            yield from paths_named_by(text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _state(files: Mapping[Path, os.stat_result]) -> State:
    """What tells whether files have changed; what copies in place may give one the time of another."""
    return [(str(file), stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size) for file, stat in files.items()]


def _files(place: Path, suffix: str) -> dict[Path, os.stat_result]:
    """The files below a folder, sorted, or the one file; not those of environments, caches and hidden folders."""
    found: dict[Path, os.stat_result] = {}
    if place.is_file():
        return {place: place.stat()}
    for root, folders, names in os.walk(place):
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
