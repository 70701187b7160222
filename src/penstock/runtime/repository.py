"""The repository's own Python, as far as the specs lead to it.

The repository's root is not on the path on which modules are looked for. Many an installed package tries to import
others that need not be there (pandas: `numexpr`), and would find a file of that name at the root, which no spec names
and so no review tells of. On the path, as its last entry, is a folder of import shims: a small module for each name at
the root that the functions and classes of the specs lead to by their imports, as the review follows them. Whoever
imports it gets the module of the repository. A folder on the path is what processes that a learner starts (joblib,
spawned ones) take over by themselves.

Code that may run any other, as by `importlib`, of which a review tells all Python that differs, finds all of the root.
"""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import sys
import tempfile
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

from penstock.python.import_closure import ImportClosure, Python

_SHIM_FOLDER = "penstock-shims-"
_SHIM = "from penstock.runtime.repository import load_shimmed\n\nload_shimmed(__name__, {root!r})\n"


def expose(module: str) -> None:
    """Let what `module` of the working directory is made of be imported; nothing where it is none of it."""
    root = Path.cwd()
    reached = _reached(root, module)
    if reached is None:
        return
    shims = _shim_folder()
    for name in sorted(_all_at(root) if reached.may_run_any_code else _first_names(reached)):
        if _is_at(root, name) and not _is_found_before(name, shims):
            _write_shim(shims / f"{name}.py", _SHIM.format(root=str(root)))
    importlib.invalidate_caches()


def parts_of(module: str) -> list[Path]:
    """The packages and modules at the root of the working directory that `module` is made of, by its imports.

    Empty where `module` is none of it. Code that may import any other is made of what its import statements show.
    """
    root = Path.cwd()
    reached = _reached(root, module)
    if reached is None:
        return []
    shims = _shim_folder()
    names = [name for name in sorted(_first_names(reached)) if not _is_found_before(name, shims)]
    found = [PathFinder.find_spec(name, [str(root)]) for name in names]
    return [
        Path(place)
        for spec in found
        if spec is not None
        for place in (spec.submodule_search_locations or [str(spec.origin)])
    ]


def has(module: str) -> bool:
    """Whether the working directory has a module or a package of that name, whoever may import it."""
    return _is_at(Path.cwd(), module.partition(".")[0])


def load_shimmed(name: str, root: str) -> None:
    """Import the module `name` at `root` in the place of its shim, which calls this."""
    spec = PathFinder.find_spec(name, [root])
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module = module_from_spec(spec)
    sys.modules[name] = module
    if spec.loader is not None:
        spec.loader.exec_module(module)


def _reached(root: Path, module: str) -> ImportClosure | None:
    """What a module of the repository leads to; None for one that is not at the root."""
    if not _is_at(root, module.partition(".")[0]):
        return None
    return Python(lambda path: _read(root, path)).reached(module)


def _first_names(reached: ImportClosure) -> set[str]:
    return {name.partition(".")[0] for name in reached.modules}


def _shim_folder() -> Path:
    """The folder of shims of this process, or that which it has taken over from the one that started it."""
    for entry in sys.path:
        if Path(entry).name.startswith(_SHIM_FOLDER):
            return Path(entry)
    made = tempfile.mkdtemp(prefix=_SHIM_FOLDER)
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    sys.path.append(made)
    return Path(made)


def _is_at(root: Path, name: str) -> bool:
    return name.isidentifier() and PathFinder.find_spec(name, [str(root)]) is not None


def _all_at(root: Path) -> set[str]:
    return {entry.name.partition(".")[0] for entry in root.iterdir()}


def _is_found_before(name: str, shims: Path) -> bool:
    """Whether the path has the name before the shims: what is installed comes first."""
    before = sys.path[: sys.path.index(str(shims))]
    return name in sys.builtin_module_names or PathFinder.find_spec(name, before) is not None


def _read(root: Path, path: str) -> bytes | None:
    try:
        return (root / path).read_bytes()
    except OSError:
        return None


def _write_shim(shim: Path, text: str) -> None:
    """Write a shim in one go: another process may be about to open it."""
    if not shim.exists() or shim.read_text() != text:
        new = shim.with_suffix(f".{os.getpid()}")
        new.write_text(text)
        new.replace(shim)
