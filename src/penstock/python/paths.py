"""Where in the repository a module of Python is, by its name."""

from __future__ import annotations

from collections.abc import Iterator


def module_of(name: str) -> str:
    """The module that a function (``module:function``) or a class (``module.Class``) stands in."""
    module, colon, _ = name.partition(":")
    return module if colon else name.rpartition(".")[0]


def paths_of(reference: str) -> tuple[str, str]:
    """The two files that ``package.module`` or ``package.module:name`` may be in: a module, or a package."""
    path = reference.partition(":")[0].replace(".", "/")
    return f"{path}.py", f"{path}/__init__.py"


def packages_of(module: str) -> Iterator[str]:
    """The files of the packages around a module, which are run when it is imported."""
    parts = module.split(".")
    for depth in range(1, len(parts)):
        yield "/".join(parts[:depth]) + "/__init__.py"


def imported_from(path: str, module: str | None, level: int) -> str:
    """The module, in full, that ``from module import ...`` with so many leading dots means in the file at `path`."""
    package = path.split("/")[:-1]
    above = package[: max(len(package) - level + 1, 0)] if level else []
    return ".".join([*above, *([module] if module else [])])
