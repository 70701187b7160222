"""What is to be checked and compiled, and its division among processes."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from penstock.catalog.dependencies import Dependencies
from penstock.catalog.model import Catalog, SpecId
from penstock.catalog.sql import analysis
from penstock.checks.engine import check_spec
from penstock.compiler import CompiledUnit, Unit, compile_unit, unit_problems
from penstock.diagnostics.model import Diagnostic
from penstock.source.writing.output import OutputDirectory

SPEC_COST = 1
UNIT_COST = 3
"""About how many milliseconds a unit takes where a spec's checks take one."""
FEWEST = 250
"""Milliseconds of work for which another process pays: to fork it, and to compute again what its siblings know."""


class Checked(NamedTuple):
    """What the checks found in one spec, and what they read."""

    spec: SpecId
    problems: tuple[Diagnostic, ...]
    keys: list[str]


class Compiled(NamedTuple):
    """What became of the units of one process, without their bytes."""

    units: list[CompiledUnit]
    learned: dict[str, Any]
    """What was found out about SQL on the way."""
    files: dict[str, str]
    """The files of the repository that the process has read (see `Catalog.files_read`)."""


@dataclass(frozen=True, slots=True)
class Share:
    """The part of one process: specs to check, units to compile."""

    specs: list[SpecId] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)


def divide(
    catalog: Catalog, specs: Sequence[SpecId], units: Sequence[Unit], processes: int, busy: int = 0
) -> list[Share]:
    """The work in at most so many shares of about the same size; the first process has `busy` milliseconds of its own.

    What lies in one file or close to it stays together: specs of one system read each other, and a process that has
    seen one knows much of the next.
    """
    by_file: dict[str, Share] = {}
    for spec in specs:
        by_file.setdefault(_file_of(catalog, spec), Share()).specs.append(spec)
    for unit in units:
        by_file.setdefault(_file_of(catalog, SpecId(unit.kind, unit.name)), Share()).units.append(unit)
    whole = busy + _cost(specs, units)
    count = max(1, min(processes, whole // FEWEST))
    shares = [Share() for _ in range(count)]
    before = busy
    for _, part in sorted(by_file.items()):
        share = shares[min(before * count // max(whole, 1), count - 1)]
        share.specs.extend(part.specs)
        share.units.extend(part.units)
        before += _cost(part.specs, part.units)
    return shares


def work(catalog: Catalog, share: Share, generated: Path) -> Generator[Any, Any, None]:
    """The rounds of one process: `Checked` of each spec, `Compiled`, files written.

    The second round must not be asked for where the first one found errors. The third is told the paths to write, and
    gives the `Stat` of those that this process has made.
    """
    yield [_checked(catalog, spec) for spec in share.specs]
    bodies: dict[str, bytes] = {}
    compiled = []
    for unit in share.units:
        made = compile_unit(catalog, unit)
        bodies.update((each.path, each.body) for each in made.artifacts if each.body is not None)
        compiled.append(_without_bytes(made))
    paths = yield Compiled(compiled, dict(analysis.learned()), catalog.files_read)
    yield OutputDirectory(generated).write({path: bodies[path] for path in paths if path in bodies})


def judge(catalog: Catalog, share: Share) -> Generator[Any, Any, None]:
    """The rounds of a process that makes nothing: `Checked` of each spec, then the diagnostics of each unit.

    The second round must not be asked for where the first one found errors.
    """
    yield [_checked(catalog, spec) for spec in share.specs]
    yield [found for unit in share.units for found in unit_problems(catalog, unit)]


def _file_of(catalog: Catalog, spec: SpecId) -> str:
    document = catalog.document(spec)
    return document.file.path if document is not None else ""


def _cost(specs: Sequence[SpecId], units: Sequence[Unit]) -> int:
    return len(specs) * SPEC_COST + len(units) * UNIT_COST


def _checked(catalog: Catalog, spec: SpecId) -> Checked:
    reads = Dependencies()
    return Checked(spec, check_spec(catalog, spec, reads), sorted(reads.keys))


def _without_bytes(compiled: CompiledUnit) -> CompiledUnit:
    return replace(compiled, artifacts=tuple(each._replace(body=None) for each in compiled.artifacts))
