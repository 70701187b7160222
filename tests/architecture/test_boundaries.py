"""Who may start git, write files and print: read off the syntax trees of the sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "penstock"

# What runs between a spec and generated/. Reviews read the same way, and write and start nothing either.
COMPILE_PATH = (
    "diagnostics",
    "source",
    "specs",
    "python",
    "catalog",
    "checks",
    "ir",
    "lowering",
    "targets",
    "capabilities.py",
    "custom_steps.py",
    "patches.py",
    "compiler.py",
    "incremental",
    "verification",
)
REVIEW_PATH = ("review", "forges")
# What runs steps, writes releases, and shows all of it.
OTHERS = ("runtime", "local", "cluster_run.py", "promotion", "scaffolding", "cli")

GIT = {"source/git/call.py"}
# Copies of this process, that start no other program and write to the pipes between them.
FORKS = {"incremental/worker_pool.py"}
WRITERS = {
    "source/writing/output.py", "source/writing/journal.py", "source/writing/rewrite.py", "source/writing/lock.py",
    "source/cache.py", "source/private_folder.py",
}  # fmt: skip
# The steps have a command line of their own, `penstock-step`, which is their face in a container.
PRINTERS = {"cli", "runtime/main.py"}

PROCESS_MODULES = {"subprocess", "multiprocessing", "pty", "concurrent.futures.process"}
PROCESS_CALLS = {
    "os.system", "os.popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.posix_spawnp",
    "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell",
}  # fmt: skip
WRITING_MODULES = {"shutil", "tempfile", "sqlite3", "shelve", "dbm"}
WRITING_CALLS = {
    f"os.{name}"
    for name in (
        "replace", "rename", "renames", "remove", "unlink", "mkdir", "makedirs", "rmdir", "removedirs",
        "symlink", "link", "truncate", "write", "chmod", "utime",
    )
}  # fmt: skip
# `os.open` reads and writes; its flags tell which.
WRITING_FLAGS = {f"os.{name}" for name in ("O_WRONLY", "O_RDWR", "O_CREAT", "O_APPEND", "O_TRUNC", "O_TMPFILE")}
WRITING_METHODS = {
    "write_text", "write_bytes", "touch", "mkdir", "rmdir", "unlink", "symlink_to", "hardlink_to", "rename",
}  # fmt: skip


def starts_processes(tree: ast.AST) -> Iterator[ast.AST]:
    """Places that start, or could start, another program."""
    for node in ast.walk(tree):
        names = _imports(node) | _called(node)
        if names & (PROCESS_MODULES | PROCESS_CALLS) or any(n.startswith(("os.exec", "os.spawn")) for n in names):
            yield node


def names_git(tree: ast.AST) -> Iterator[ast.AST]:
    """Command lines whose program is git: a sequence, or the arguments of a call, that begins with it."""
    for node in ast.walk(tree):
        words = node.elts if isinstance(node, ast.List | ast.Tuple) else node.args if isinstance(node, ast.Call) else []
        if len(words) > 1 and isinstance(words[0], ast.Constant) and words[0].value == "git":
            yield node


def writes_files(tree: ast.AST) -> Iterator[ast.AST]:
    """Places that create, change or remove a file or a folder."""
    for node in ast.walk(tree):
        named = (_imports(node) | _called(node)) & (WRITING_MODULES | WRITING_CALLS)
        flag = isinstance(node, ast.Attribute) and _dotted(node) in WRITING_FLAGS
        method = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
        if named or flag or method in WRITING_METHODS or (isinstance(node, ast.Call) and _opens_for_writing(node)):
            yield node


def prints(tree: ast.AST) -> Iterator[ast.AST]:
    """Places that print, or that take hold of a standard stream."""
    for node in ast.walk(tree):
        is_print = isinstance(node, ast.Call) and _dotted(node.func) in {"print", "rich.print"}
        is_stream = isinstance(node, ast.Attribute) and _dotted(node) in {
            "sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__",
        }  # fmt: skip
        if is_print or is_stream:
            yield node


def test_every_room_is_named_and_every_name_is_a_room() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert sorted((*COMPILE_PATH, *REVIEW_PATH, *OTHERS)) == sorted(rooms - {"__init__.py", "__pycache__"})


@pytest.mark.parametrize("allowed", sorted(GIT | FORKS | WRITERS | PRINTERS))
def test_who_may_do_more_exists(allowed: str) -> None:
    assert (PACKAGE / allowed).exists()


def test_only_git_and_the_worker_pool_start_processes_where_specs_are_read() -> None:
    assert _places(starts_processes, within=(*COMPILE_PATH, *REVIEW_PATH), allowed=GIT | FORKS) == []


def test_only_the_git_module_runs_git() -> None:
    assert _places(names_git, within=("",), allowed=GIT) == []


def test_only_the_writers_of_source_write_files_where_specs_are_read() -> None:
    assert _places(writes_files, within=(*COMPILE_PATH, *REVIEW_PATH), allowed=WRITERS | FORKS) == []


def test_only_the_command_lines_print() -> None:
    assert _places(prints, within=("",), allowed=PRINTERS) == []


@pytest.mark.parametrize(
    ("scan", "source"),
    [
        (starts_processes, "import subprocess"),
        (starts_processes, "from subprocess import run"),
        (starts_processes, "import os\nos.execvp('git', ['git', 'log'])"),
        (starts_processes, "import asyncio\nasyncio.create_subprocess_exec('git')"),
        (names_git, "run(['git', 'status'])"),
        (names_git, "create_subprocess_exec('git', 'status')"),
        (writes_files, "open('a', 'w')"),
        (writes_files, "open('a', mode='ab')"),
        (writes_files, "path.open('x')"),
        (writes_files, "open('a', how)"),
        (writes_files, "path.write_text('')"),
        (writes_files, "import os\nos.open('a', os.O_WRONLY | os.O_CREAT)"),
        (writes_files, "import os\nos.fdopen(handle, 'wb')"),
        (writes_files, "import os\nos.replace(a, b)"),
        (writes_files, "from tempfile import mkstemp"),
        (writes_files, "from os import replace"),
        (prints, "print('done')"),
        (prints, "import sys\nsys.stdout.write('done')"),
        (prints, "import sys\nprint_to = sys.stderr"),
    ],
)
def test_the_scan_sees(scan, source: str) -> None:
    assert list(scan(ast.parse(source)))


@pytest.mark.parametrize(
    ("scan", "source"),
    [
        (names_git, "message = 'git'"),
        (writes_files, "open('a')"),
        (writes_files, "open('a', 'rb')"),
        (writes_files, "import os\nos.open('a', os.O_RDONLY)"),
        (writes_files, "path.open(encoding='utf-8')"),
        (writes_files, "'text'.replace('a', 'b')"),
        (prints, "log.info('print')"),
    ],
)
def test_the_scan_leaves_alone(scan, source: str) -> None:
    assert not list(scan(ast.parse(source)))


def _places(scan, within: tuple[str, ...], allowed: set[str]) -> list[str]:
    """`file:line` of each finding in the named rooms, without the modules and rooms that may."""
    found = []
    for room in within:
        start = PACKAGE / room
        for path in [start] if start.is_file() else sorted(start.rglob("*.py")):
            name = path.relative_to(PACKAGE).as_posix()
            if name in allowed or name.split("/")[0] in allowed:
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [f"src/penstock/{name}:{node.lineno}" for node in scan(tree)]
    return found


def _imports(node: ast.AST) -> set[str]:
    """Modules, and names of modules, that an import statement brings in."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
        return {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return set()


def _called(node: ast.AST) -> set[str]:
    return {_dotted(node.func)} if isinstance(node, ast.Call) else set()


def _dotted(node: ast.expr) -> str:
    """`a.b.c` of a chain of names; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _opens_for_writing(call: ast.Call) -> bool:
    builtin = _dotted(call.func) in {"open", "io.open", "os.fdopen"}
    method = isinstance(call.func, ast.Attribute) and call.func.attr == "open" and _dotted(call.func) != "os.open"
    if not builtin and not method:
        return False
    position = 1 if builtin else 0
    given = [word.value for word in call.keywords if word.arg == "mode"] or call.args[position : position + 1]
    if not given:
        return False
    mode = given[0]
    # A mode that is not a literal could be any.
    return not isinstance(mode, ast.Constant) or bool(set(str(mode.value)) & set("wax+"))
