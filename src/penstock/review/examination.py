"""What the specs of head give by themselves: what is wrong with them, and what they compile to."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

from penstock.catalog.model import Catalog, SpecId
from penstock.catalog.partial import OutlineError
from penstock.catalog.reads import Reads
from penstock.checks.engine import check_spec
from penstock.compiler import CompiledUnit, Unit, compile_unit, units_in
from penstock.diagnostics.model import Diagnostic
from penstock.incremental.crew import Crew, WorkerError, processors
from penstock.incremental.shares import Share, divide
from penstock.source.git import GitError


@dataclass(slots=True)
class Examined:
    """Findings, and the units by what became of them."""

    findings: list[Diagnostic] = field(default_factory=list)
    compiled: dict[Unit, CompiledUnit] = field(default_factory=dict)
    failed: dict[Unit, str] = field(default_factory=dict)
    """Units whose compilation stopped, with the name of the exception."""


def examine(
    catalog: Catalog, checked: Iterable[SpecId], compiled: Iterable[SpecId], processes: int | None = None
) -> Examined:
    """Check some specs, and compile the units of some models and rollouts, each once.

    Specs that the catalog does not hold give nothing. As many processes take part as the work is worth, and no more
    than `processes` or the machine has processors.
    """
    specs = [spec_id for spec_id in sorted(checked) if catalog.document(spec_id) is not None]
    units = units_of(catalog, sorted(compiled))
    shares = divide(catalog, specs, units, processors() if processes is None else processes)

    def work(number: int) -> Generator[Examined, None, None]:
        yield _examined(catalog, shares[number])

    try:
        with Crew(len(shares), work) as crew:
            parts: list[Examined] = crew.round()
    except WorkerError:
        # What a copy fails at is done here, where errors are what they are and not a text about them.
        parts = [_examined(catalog, Share(specs, units))]
    whole = Examined()
    for part in parts:
        whole.findings += part.findings
        whole.compiled |= part.compiled
        whole.failed |= part.failed
    return whole


def units_of(catalog: Catalog, specs: Iterable[SpecId]) -> list[Unit]:
    """The units of those of the specs that are valid models and rollouts, in every environment."""
    ordered = list(specs)
    return [unit for view in catalog.views() for unit in units_in(view, ordered)]


def _examined(catalog: Catalog, share: Share) -> Examined:
    found = Examined()
    for spec_id in share.specs:
        found.findings.extend(check_spec(catalog, spec_id, Reads()))
    for unit in share.units:
        try:
            found.compiled[unit] = compile_unit(catalog, unit)
        except (GitError, OutlineError):
            raise
        except Exception as error:
            # Specs with errors may fail to compile in any way; whoever reads this knows whether there are errors.
            found.failed[unit] = type(error).__name__
    return found
