"""The repository's own Python that specs name: a function whose code differs is a changed field of the spec."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from penstock.catalog.functions import paths_of
from penstock.catalog.model import SpecId
from penstock.catalog.partial import PartialCatalog
from penstock.catalog.repository import RepositoryFiles
from penstock.catalog.written import CODE, written
from penstock.review.changes.directions import UNKNOWN
from penstock.review.changes.specs import Edit
from penstock.review.model import Change, Operation
from penstock.review.sides import Sides
from penstock.source.canonical import bytes_digest
from penstock.source.model import Pointer
from penstock.specs.kinds import KINDS
from penstock.specs.review import Area
from penstock.specs.shapes import Field, Mapping, mapping_of, settle, shape_at

_REFERENCE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_CLASS = re.compile(r"\bclass\b['\"]?\s*:\s*['\"]?([A-Za-z_][\w.]*\.[A-Za-z_]\w*)")
_MOST_FILES = 5_000
"""Files that one module may lead to; where they are more, any changed Python counts as a change of the function."""


def function_edits(sides: Sides) -> list[Edit]:
    """Functions and classes named by specs of head whose module, or anything of the repository it imports, differs.

    Layout and comments are nothing. Python that cannot be parsed is compared by its bytes.
    """
    changed = {change.path for change in sides.paths if change.path.endswith(".py")}
    if not changed:
        return []
    before, after = _Modules(sides.base.files), _Modules(sides.head.files)
    differing: dict[str, tuple[str, str]] = {}

    def is_different(function: str) -> bool:
        module = module_of(function)
        if module not in differing:
            differing[module] = before.digest(module, changed), after.digest(module, changed)
        return len(set(differing[module])) == 2

    edits = []
    for spec_id, pointer, function in _named(sides.head.catalog, is_different):
        edits.append(_edit(sides.head.catalog, spec_id, pointer, function, *differing[module_of(function)]))
    return edits


def _named(catalog: PartialCatalog, is_different: Callable[[str], bool]) -> Iterator[tuple[SpecId, Pointer, str]]:
    """The places of specs that name code which `is_different`; files that name none are not read."""
    for file in catalog.files:
        texts = {*_REFERENCE.findall(file.source.text), *_CLASS.findall(file.source.text)}
        if not file.hides_names and not any(is_different(text) for text in texts):
            continue
        for document in file.content[0]:
            kind, metadata = document.value.get("kind"), document.value.get("metadata")
            name = metadata.get("name") if isinstance(metadata, dict) else None
            if kind not in KINDS or not isinstance(name, str):
                continue
            for found in written(document, "holds"):
                if found.scalar.holds in CODE and is_different(found.text):
                    yield SpecId(kind, name), found.pointer, found.text


def module_of(name: str) -> str:
    """The module that a function (``module:function``) or a class (``module.Class``) stands in."""
    module, colon, _ = name.partition(":")
    return module if colon else name.rpartition(".")[0]


def _edit(catalog: PartialCatalog, spec_id: SpecId, pointer: Pointer, function: str, before: str, after: str) -> Edit:
    environment, place = _place(pointer)
    change = Change(
        address=catalog.address(spec_id, place, environment),
        operation=Operation.CHANGED,
        before={"function": function, "code": before},
        after={"function": function, "code": after},
        direction=UNKNOWN,
        area=_area(catalog, spec_id, pointer),
        cause="indirect",
        why=f"the code behind `{function}` differs, and nothing says how",
        environments=catalog.environments() if environment is None else (environment,),
        span=catalog.span(spec_id, pointer),
        through=(paths_of(module_of(function))[0],),
    )
    return Edit(change, spec_id, pointer=place)


def _place(pointer: Pointer) -> tuple[str | None, Pointer]:
    """The environment whose overrides a pointer leads into, and where that is for it; None for the spec itself."""
    return (str(pointer[1]), ("spec", *pointer[2:])) if pointer[0] == "overrides" else (None, pointer)


def _area(catalog: PartialCatalog, spec_id: SpecId, pointer: Pointer) -> Area:
    """The area of the nearest field above `pointer` that declares one."""
    document = catalog.document(spec_id)
    data = document.value if document is not None else {}
    environment, place = _place(pointer)
    if environment is not None:
        data = {"spec": data["overrides"][environment]}
    declared: Field | None = None
    for depth in range(len(place)):
        shape = shape_at(mapping_of(KINDS[spec_id.kind]), data, place[:depth])
        held = data
        for step in place[:depth]:
            held = held[step]  # type: ignore[index]  # the pointer was found in this very data
        mapping = settle(shape, held) if shape is not None else None
        if isinstance(mapping, Mapping):
            declared = mapping.fields.get(str(place[depth]), declared)
    return Area(declared.review["area"]) if declared is not None and declared.review else Area.GOVERNANCE


@dataclass(slots=True)
class _Modules:
    """The Python of one side, by its syntax alone."""

    files: RepositoryFiles
    _reached: dict[str, frozenset[str] | None] = field(default_factory=dict)
    _read: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    def digest(self, module: str, changed: set[str]) -> str:
        """A digest of those of the `changed` files that the module is made of, itself and what it imports."""
        if module not in self._reached:
            self._reached[module] = self._search(module)
        files = self._reached[module]
        reached = sorted(changed if files is None else files & changed)
        return bytes_digest("\n".join(f"{path} {self._parse(path)[0]}" for path in reached).encode())

    def _search(self, module: str) -> frozenset[str] | None:
        """The files that the module is made of; None where they are too many to follow."""
        found: set[str] = set()
        waiting = [module]
        seen = {module}
        while waiting:
            if len(found) > _MOST_FILES:
                return None
            name = waiting.pop()
            for path in (*paths_of(name), *_packages(name)):
                # A file that is not there counts: the other side may have it.
                found.add(path)
                for imported in self._parse(path)[1]:
                    if imported not in seen:
                        seen.add(imported)
                        waiting.append(imported)
        return frozenset(found)

    def _parse(self, path: str) -> tuple[str, tuple[str, ...]]:
        if path not in self._read:
            self._read[path] = _understand(path, self.files.read(path))
        return self._read[path]


def _understand(path: str, data: bytes | None) -> tuple[str, tuple[str, ...]]:
    """A digest of the code without its layout, and the modules that it imports."""
    if data is None:
        return "absent", ()
    try:
        tree = ast.parse(data)
        return bytes_digest(ast.dump(tree).encode("utf-8", "surrogatepass")), tuple(sorted(_imports(path, tree)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return bytes_digest(data), ()


def _imports(path: str, tree: ast.Module) -> Iterator[str]:
    package = path.removesuffix(".py").removesuffix("/__init__").split("/")
    if not path.endswith("/__init__.py"):
        package = package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*above, *(node.module or "").split(".")]).strip(".")
            if start:
                yield start
            yield from (f"{start}.{alias.name}".strip(".") for alias in node.names)


def _packages(module: str) -> Iterator[str]:
    """The files of the packages around a module, which are run when it is imported."""
    parts = module.split(".")
    for depth in range(1, len(parts)):
        yield "/".join(parts[:depth]) + "/__init__.py"
