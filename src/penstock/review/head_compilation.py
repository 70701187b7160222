"""Checks and compiles the specs of head, in as many processes as that is worth."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from penstock.catalog.dependencies import Dependencies
from penstock.catalog.lazy import OutlineError
from penstock.catalog.model import Catalog, SpecId
from penstock.checks.engine import check_spec
from penstock.compiler import Artifact, CompiledUnit, Unit, compile_unit
from penstock.diagnostics.model import Diagnostic
from penstock.incremental.shares import Share, divide
from penstock.incremental.worker_pool import WorkerError, WorkerPool, processors
from penstock.source.files import GENERATED
from penstock.source.git.call import GitError
from penstock.source.model import blob_id


@dataclass(slots=True)
class HeadCompilation:
    """Findings, and the units by what became of them."""

    findings: list[Diagnostic] = field(default_factory=list)
    compiled: dict[Unit, CompiledUnit] = field(default_factory=dict)
    failed: dict[Unit, str] = field(default_factory=dict)
    """Units whose compilation stopped, with the name of the exception."""


class SideTask(NamedTuple):
    """Something else to do that the work does not wait for, and about how long it takes."""

    do: Callable[[], object]
    milliseconds: int


def compile_head(
    catalog: Catalog,
    checked: Iterable[SpecId],
    units: Iterable[Unit],
    held: Mapping[str, str] | None = None,
    processes: int | None = None,
    side_task: SideTask | None = None,
) -> HeadCompilation:
    """Check some specs, and compile some units, each once.

    Specs that the catalog does not hold give nothing. `held` are the blobs of files, by their path in the repository:
    of an artifact that is one of them, the bytes are left out. As many processes take part as the work is worth, and
    no more than `processes` or the machine has processors. This one does what is beside the work, meanwhile.
    """
    specs = [spec_id for spec_id in sorted(checked) if catalog.document(spec_id) is not None]
    units, blobs = list(units), held or {}
    most = processors() if processes is None else processes
    shares = divide(catalog, specs, units, most, side_task.milliseconds if side_task is not None else 0)

    def work(number: int) -> Generator[HeadCompilation, None, None]:
        if side_task is not None and number == 0:
            side_task.do()
        yield _compiled_share(catalog, shares[number], blobs)

    try:
        with WorkerPool(len(shares), work) as pool:
            parts: list[HeadCompilation] = pool.next_round()
    except WorkerError:
        # What a copy fails at is done here, where errors are what they are and not a text about them.
        parts = [_compiled_share(catalog, Share(specs, units), blobs)]
    whole = HeadCompilation()
    for part in parts:
        whole.findings += part.findings
        whole.compiled |= part.compiled
        whole.failed |= part.failed
    return whole


def _compiled_share(catalog: Catalog, share: Share, held: Mapping[str, str]) -> HeadCompilation:
    found = HeadCompilation()
    for spec_id in share.specs:
        found.findings.extend(check_spec(catalog, spec_id, Dependencies()))
    for unit in share.units:
        try:
            made = compile_unit(catalog, unit)
            found.compiled[unit] = replace(made, artifacts=tuple(_without_held(one, held) for one in made.artifacts))
        except (GitError, OutlineError):
            raise
        except Exception as error:
            # Specs with errors may fail to compile in any way; whoever reads this knows whether there are errors.
            found.failed[unit] = type(error).__name__
    return found


def _without_held(artifact: Artifact, held: Mapping[str, str]) -> Artifact:
    """The artifact without its bytes, where the file in its place holds the same."""
    blob = held.get(f"{GENERATED}/{artifact.path}")
    if blob is None or artifact.body is None or blob_id(artifact.body, len(blob)) != blob:
        return artifact
    return artifact._replace(body=None)
