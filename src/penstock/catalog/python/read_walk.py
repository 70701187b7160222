"""Follows Python from function to function by its syntax, and finds what it reads by itself (see `reads`)."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from penstock.catalog.model import View
from penstock.catalog.python.anatomies import anatomy_of
from penstock.catalog.python.functions import Module, Place, module_of
from penstock.catalog.python.imports import own_modules
from penstock.catalog.python.reads import CodeReads, DataRead
from penstock.catalog.python.runtime_modules import is_brought
from penstock.catalog.sources import files_of, is_pattern, matcher, overlap
from penstock.python.call_reads import FileRead
from penstock.python.data_reads import Part
from penstock.python.paths import paths_of
from penstock.python.readers import names_in
from penstock.python.written_paths import in_repository
from penstock.specs.dataset import Dataset

_MOST_PARTS = 5_000
"""Functions and classes beyond which nothing is followed any more, and the code is taken to read anything."""
_TABLE = re.compile(
    r".*\.(?:7z|arrow|avro|bz2|csv|db|dta|duckdb|feather|gpkg|gz|h5|hdf5?|ipc|jsonl|ndjson|ods|orc|parquet|pq|psv|"
    r"sas7bdat|sav|shp|sqlite3?|tar|tgz|tsv|xlsx?|xpt|xz|zip|zst)",
    re.IGNORECASE,
)
"""Files that hold rows, or may."""
_IS_PATH = re.compile(r"[/.*?\[]|\A\w+\Z")


def search(view: View, reference: str) -> CodeReads:
    """See `code_reads`, for a name that may be of the repository."""
    module, colon, name = reference.partition(":")
    if not colon:
        module, _, name = reference.rpartition(".")
    # A script finds first what is beside it.
    walk = _Walk(view, "" if name else module.rpartition(".")[0])
    walk.start(module, name)
    return walk.found()


class _Walk:
    """All that one function leads to."""

    def __init__(self, view: View, folder: str = "") -> None:
        """`folder`: the package that a script is in, which Python looks for modules in first."""
        self.view = view
        self._folder = folder
        self.reached: dict[tuple[str, str], Part] = {}
        self.unfollowed: Place | None = None
        self._waiting: deque[tuple[str, str]] = deque()
        self._modules: set[str] = set()

    def start(self, module: str, name: str) -> None:
        """Go from a name in a module, or from the whole of it where the name is empty."""
        self._reach(f"{module}.{name}" if name else module)
        while self._waiting:
            path, part_name = self._waiting.popleft()
            part = self.reached[path, part_name]
            for imported in part.imports:
                self._import(imported)
            for used in part.uses:
                self._use(path, used)
            if len(self.reached) > _MOST_PARTS:
                self.unfollowed = self.unfollowed or (path, 1)
                break

    def _import(self, dotted: str) -> Module | None:
        """Run the modules that a dotted name leads over; the last of them."""
        last = None
        # What is installed is found before the repository's.
        own = [] if is_brought(dotted.partition(".")[0]) else list(own_modules(self.view, dotted))
        if self._folder and not own:
            own += own_modules(self.view, f"{self._folder}.{dotted}")
        for last in own:
            if last.path not in self._modules:
                self._modules.add(last.path)
                found = anatomy_of(self.view, last.path)
                if self.unfollowed is None and found.unfollowed is not None:
                    self.unfollowed = last.path, found.unfollowed
                self._add(last.path, "")
        return last

    def _reach(self, dotted: str) -> None:
        """Go to what a dotted name stands for, where that is of the repository."""
        seen: set[str] = set()
        waiting = [dotted]
        while waiting:
            one = waiting.pop()
            module = self._import(one) if one not in seen else None
            seen.add(one)
            if module is None:
                continue
            rest = _below(module, one, self._folder)
            found = anatomy_of(self.view, module.path)
            if not rest:
                # Whoever has the module has all that is in it.
                for name in found.parts:
                    self._add(module.path, name)
            elif rest[0] in found.parts:
                self._add(module.path, rest[0])
            else:
                after = "".join(f".{part}" for part in rest[1:])
                waiting += [f"{brought}{after}" for brought in found.imported.get(rest[0], ())]
                waiting += [f"{star}.{'.'.join(rest)}" for star in found.stars]

    def _use(self, path: str, used: str) -> None:
        """Follow a name that stands in a part of the file at `path`."""
        found = anatomy_of(self.view, path)
        root, dot, rest = used.partition(".")
        if root in found.parts:
            self._add(path, root)
        for brought in found.imported.get(root, ()):
            self._reach(f"{brought}{dot}{rest}")
        if root not in found.parts and root not in found.imported:
            for star in found.stars:
                self._reach(f"{star}.{used}")

    def _add(self, path: str, name: str) -> None:
        if (path, name) not in self.reached:
            part = anatomy_of(self.view, path).parts.get(name)
            self.reached[path, name] = part if part is not None else Part()
            self._waiting.append((path, name))

    def found(self) -> CodeReads:
        """What the parts that were reached read."""
        bound = frozenset[str]().union(*(part.binds for part in self.reached.values()))
        reads = dict.fromkeys(
            DataRead((path, one.line), one.by, self._targets(one, bound))
            for (path, _), part in self.reached.items()
            for one in part.reads
            if not self._is_own(one.by)
        )
        own = tuple(sorted((read for read in reads if not self._is_configuration(read)), key=lambda read: read.at))
        datasets = dict(self._by_function())
        if reads or self.unfollowed is not None:
            for name, place in self._by_file(reads):
                datasets.setdefault(name, place)
        return CodeReads(own, tuple(sorted(datasets.items())), self.unfollowed)

    def _targets(self, read: FileRead, bound: frozenset[str]) -> tuple[str, ...] | None:
        if read.targets is None or (read.rests_on and not bound.isdisjoint({*read.rests_on, "*"})):
            return None
        return tuple(map(in_repository, read.targets))

    def _is_own(self, by: str) -> bool:
        """Whether what reads is a function of the repository, which is looked into instead."""
        return "." in by and module_of(self.view, by.partition(".")[0]) is not None

    def _is_configuration(self, read: DataRead) -> bool:
        return read.targets is not None and all(
            _TABLE.fullmatch(one) is None and self.view.read_file(one) is not None and not any(_sources(self.view, one))
            for one in read.targets
        )

    def _by_function(self) -> Iterator[tuple[str, Place]]:
        """The datasets whose own function is reached."""
        may_be_one = any(part.needs_nothing for part in self.reached.values())
        for reference, name in _declared(self.view).functions if may_be_one else ():
            module, _, function = reference.partition(":")
            for path in paths_of(module):
                if (path, function) in self.reached and function:
                    yield name, (path, _line_of(self.view, reference))

    def _by_file(self, reads: Iterable[DataRead]) -> Iterator[tuple[str, Place]]:
        """The datasets whose files are read, or named where anything is read."""
        for read in reads:
            for target in read.targets or ():
                yield from ((name, read.at) for name in _sources(self.view, target, with_folders=True))
        for (path, _), part in self.reached.items():
            for text, line in part.texts.items():
                for named in names_in(text):
                    yield from ((name, (path, line)) for name in _sources(self.view, in_repository(named)))


class _Declared(NamedTuple):
    """What datasets are read from."""

    plain: dict[str, list[str]]
    """Files and folders, each with its datasets."""
    patterns: tuple[tuple[re.Pattern[str], str, str], ...]
    """Patterns, as such and as they are written, each with its dataset."""
    functions: tuple[tuple[str, str], ...]


def _declared(view: View) -> _Declared:
    def collect(inner: View) -> _Declared:
        plain: dict[str, list[str]] = {}
        patterns, functions = [], []
        for one in inner.all(Dataset):
            for file in map(in_repository, files_of(one.spec.source)):
                if is_pattern(file):
                    patterns.append((matcher(file), file, one.name))
                else:
                    plain.setdefault(file, []).append(one.name)
            if one.spec.source.python is not None:
                functions.append((one.spec.source.python, one.name))
        return _Declared(plain, tuple(patterns), tuple(functions))

    return view.memo(("dataset-sources",), collect)


def _sources(view: View, path: str, *, with_folders: bool = False) -> Iterator[str]:
    """The datasets that a path is a source of; with folders, also those of which it holds the files."""
    if path in ("", ".") or not _IS_PATH.search(path):
        return
    declared = _declared(view)
    for folder in (path, *_folders(path)):
        yield from declared.plain.get(folder, ())
    if is_pattern(path):
        wanted = matcher(path)
        yield from (name for file, names in declared.plain.items() if wanted.match(file) for name in names)
        yield from (name for _, file, name in declared.patterns if overlap(path, file))
    else:
        yield from (name for pattern, _, name in declared.patterns if pattern.match(path))
    if with_folders:
        yield from (name for file, names in declared.plain.items() if file.startswith(f"{path}/") for name in names)
        yield from (name for _, file, name in declared.patterns if file.startswith(f"{path}/"))


def _folders(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _below(module: Module, dotted: str, folder: str) -> list[str]:
    """What of a dotted name comes after the module that it leads to, which may be beside a script in `folder`."""
    path = module.path.removesuffix("/__init__.py").removesuffix(".py").split("/")
    parts = dotted.split(".")
    beside = [*folder.split("."), *parts] if folder else parts
    return next((one[len(path) :] for one in (parts, beside) if one[: len(path)] == path), [])


def _line_of(view: View, reference: str) -> int:
    module = module_of(view, reference)
    found = module.find(reference.partition(":")[2]) if module is not None else None
    return found.line if found is not None else 1
