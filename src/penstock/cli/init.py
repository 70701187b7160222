"""``penstock init DATA``: the first specs of a model, from a file of rows."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from penstock.catalog.load import load_work_tree
from penstock.cli import check
from penstock.cli.main import PROBLEMS, WRONG_USE, lacks
from penstock.cli.output import show
from penstock.diagnostics.columns import neutral
from penstock.diagnostics.grammar import counted, listed
from penstock.diagnostics.suggest import did_you_mean, meant_or_known
from penstock.scaffolding.documents import System
from penstock.scaffolding.files import GIT_ATTRIBUTES, platform_files, system_files
from penstock.scaffolding.names import slug
from penstock.scaffolding.planning import Request, plan, refuse_unknown
from penstock.scaffolding.refusal import RefusalError
from penstock.scaffolding.workflows import workflow_files
from penstock.source.files import SPECS
from penstock.specs.base import is_name
from penstock.specs.model import TASKS

Declared = dict[str, list[str]]
"""The names of the specs that are there, by their kind."""

_LIBRARIES = ("duckdb", "pyarrow")
_ENDINGS = (".csv", ".tsv", ".csv.gz", ".parquet", ".pq")
_TEAM = "team"
_LOGIN = "your_login"
"""Stands for a login until somebody writes theirs: no account outside of an enterprise has an underscore in it."""
_NOT_IN_PATHS = "*?[\\$%"
_MOST_LISTED = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("data", nargs="?", metavar="DATA", help="CSV or Parquet file in the repository")
    parser.add_argument("--target", metavar="COLUMN", help="column that the model predicts")
    parser.add_argument(
        "--id",
        action="append",
        default=[],
        metavar="COLUMN",
        help="column that tells rows apart, repeated where it takes several (default: one that is called so, or a "
        "surrogate key)",
    )
    parser.add_argument(
        "--time", metavar="COLUMN", help="time of the rows, by which they are split (default: at random)"
    )
    parser.add_argument("--task", choices=TASKS, help="type of prediction (default: by the values of the target)")
    parser.add_argument("--name", metavar="NAME", help="name of the dataset (default: by the name of the file)")
    parser.add_argument(
        "--owner", metavar="TEAM", help=f"team that owns the specs (default: the only one, or `{_TEAM}`)"
    )
    parser.add_argument(
        "--action",
        metavar="OWNER/REPOSITORY@COMMIT",
        help="also write GitHub workflows that review pull requests with this copy of Penstock",
    )
    parser.add_argument(
        "--root",
        type=Path,
        metavar="DIR",
        help="root of the repository (default: the nearest folder upwards with specs/ or .git, or else this one)",
    )


def run(options: argparse.Namespace) -> int:
    """Write the specs, and check them."""
    root = _root(options.root)
    try:
        if options.data is None:
            raise RefusalError(_which_data(root))
        missing = next((name for name in _LIBRARIES if find_spec(name) is None), None)
        if missing is not None:
            print(lacks(ModuleNotFoundError(name=missing), "reading data needs", "runtime"), file=sys.stderr)
            return WRONG_USE
        declared: Declared = {}
        if (root / SPECS).is_dir():
            catalog = load_work_tree(root)
            if catalog.has_errors:
                show(catalog.diagnostics, root, "text")
                print("error: fix the errors above, then run this again", file=sys.stderr)
                return PROBLEMS
            for spec in catalog.ids():
                declared.setdefault(spec.kind, []).append(spec.name)
        system, files = _planned(options, root, declared)
        _write(root, files)
    except RefusalError as error:
        print("error: " + "\n".join(map(neutral, str(error).split("\n"))), file=sys.stderr)
        return WRONG_USE
    _report(system, files)
    code = check.run(argparse.Namespace(root=root, format="text", fix=False, diff=False))
    print(
        f"\nNext\n  read specs/{system.name}/, above all what is left out of the features, and why\n"
        f"  penstock compile\n  penstock run {system.model}"
    )
    return code


def _root(given: Path | None) -> Path:
    if given is not None:
        return given.resolve()
    here = Path.cwd().resolve()
    above = (here, *here.parents)
    for name in (SPECS, ".git"):
        if found := next((folder for folder in above if (folder / name).exists()), None):
            return found
    return here


def _which_data(root: Path) -> str:
    """What to call the command with, since no file was named."""
    found = sorted(
        path.relative_to(root).as_posix()
        for pattern in ("*", "*/*")
        for path in root.glob(pattern)
        if path.name.lower().endswith(_ENDINGS) and not path.name.startswith(".") and path.is_file()
    )
    more = f" and {counted(len(found) - _MOST_LISTED, 'more file')}" if len(found) > _MOST_LISTED else ""
    here = (
        f"; here are {listed(found[:_MOST_LISTED])}{more}"
        if found
        else "; put one into this repository, as data/rows.csv"
    )
    return (
        f"which file? `penstock init DATA --target COLUMN` writes the specs of a model from a CSV or Parquet file{here}"
    )


def _planned(options: argparse.Namespace, root: Path, declared: Declared) -> tuple[System, dict[str, str]]:
    """What is written, and the files: none of them is there yet."""
    from penstock.runtime.faults import InputError
    from penstock.runtime.profiling.profile import profile
    from penstock.runtime.profiling.reading import column_names

    path = _below(root, options.data)
    owner, has_team = _owner(options.owner, declared)
    request = Request(path, _name(options), owner, options.target, tuple(options.id), options.time, options.task)
    try:
        refuse_unknown(request, column_names(options.data))
        system = plan(request, profile(options.data, options.target or "", request.keys))
    except InputError as error:
        raise RefusalError(str(error)) from None
    for kind, name in (("Dataset", system.name), ("FeatureSet", system.name), ("Model", system.model)):
        if name in declared.get(kind, ()):
            raise RefusalError(f"there is a {kind} `{name}` already; choose another name with --name")
    has_environment = "Environment" in declared
    files = system_files(system)
    files |= platform_files(owner, _LOGIN, has_team=has_team, has_environment=has_environment)
    if not (root / ".gitattributes").exists():
        files[".gitattributes"] = GIT_ATTRIBUTES
    if options.action is not None:
        files |= _workflows(options.action, root)
    there = [name for name in files if os.path.lexists(root / name)]
    if there:
        raise RefusalError(
            f"{listed(there)} {'is' if len(there) == 1 else 'are'} there already, and no file is overwritten"
        )
    return system, files


def _workflows(action: str, root: Path) -> dict[str, str]:
    """The workflows, by their paths from the root of the specs, which may be a folder of the git repository."""
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    if top is None:
        raise RefusalError(f"--action: {root} is in no git repository, so nothing would run its workflows")
    below = root.relative_to(top).parts
    return {f"{'../' * len(below)}{name}": text for name, text in workflow_files(action, "/".join(below)).items()}


def _below(root: Path, data: str) -> str:
    """The path of the file from the repository's root."""
    if "://" in data:
        raise RefusalError(f"`{data}` is an address; expected a file of this machine, of which a sample will do")
    path = Path(data).resolve()
    if not path.is_file():
        near = did_you_mean(path.name, [each.name for each in path.parent.glob("*")] if path.parent.is_dir() else [])
        what = "is a folder; expected one file" if path.is_dir() else f"does not exist{meant_or_known(near)}"
        raise RefusalError(f"`{data}` {what}")
    if not path.is_relative_to(root):
        raise RefusalError(
            f"`{data}` is outside of the repository at {root}: copy it there, as {root / 'data'}/{path.name}"
        )
    found = path.relative_to(root).as_posix()
    if strange := [sign for sign in _NOT_IN_PATHS if sign in found]:
        raise RefusalError(
            f"`{found}` has a `{strange[0]}` in its name, which means something else in a spec: rename it"
        )
    return found


def _name(options: argparse.Namespace) -> str:
    name = options.name if options.name is not None else slug(Path(options.data).name.split(".")[0])
    if not is_name(name):
        what = f"`{name}` is no name" if name else f"no name can be made of `{Path(options.data).name}`"
        raise RefusalError(f"--name: {what}: give one of at most 50 lower-case letters, digits and dashes")
    return name


def _owner(given: str | None, declared: Declared) -> tuple[str, bool]:
    """The team that owns the specs, and whether it is declared already."""
    teams = declared.get("Team", [])
    if given is not None and teams and given not in teams:
        raise RefusalError(f"--owner: there is no team `{given}`{meant_or_known(did_you_mean(given, teams), teams)}")
    if given is None and len(teams) > 1:
        raise RefusalError(f"--owner is missing: which team owns the specs, {listed(teams, 'or')}?")
    owner = given if given is not None else teams[0] if teams else _TEAM
    if not is_name(owner):
        raise RefusalError(f"--owner: `{owner}` is no name: give at most 50 lower-case letters, digits and dashes")
    return owner, bool(teams)


def _write(root: Path, files: dict[str, str]) -> None:
    """All files or none; none of them over another one."""
    made: list[Path] = []
    try:
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                made.append(path)
                file.write(text)
    except OSError as error:
        for path in made:
            with suppress(OSError):
                path.unlink()
        error.filename = error.filename or name
        raise


def _report(system: System, files: dict[str, str]) -> None:
    """What the file holds, and what was made of it."""
    profile, split = system.profile, f"by `{system.time}`" if system.time is not None else "at random"
    lines = [
        f"{system.path}: {counted(profile.rows, 'row')}, {counted(len(profile.columns), 'column')}",
        f"`{system.target.column.name}` is predicted ({system.target.words}) from "
        f"{counted(len(system.roles.features), 'column')}; rows are split {split}",
        "",
        *(f"  wrote {name}" for name in files),
        "",
    ]
    print("\n".join(map(neutral, lines)))
