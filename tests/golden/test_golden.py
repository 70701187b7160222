"""Each mistake that a person makes, and what they are told; each thing that is compiled, and what comes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.repositories import load
from golden.case import Case
from golden_files import Golden
from penstock.catalog.model import Catalog
from penstock.checks.engine import check, check_across
from penstock.compiler import compile_unit, environment_artifacts, unit_problems, units
from penstock.diagnostics.model import Diagnostic, Diagnostics
from penstock.diagnostics.terminal import render

FOLDER = Path(__file__).parent
CASES = sorted([*FOLDER.glob("mistakes/*.txt"), *FOLDER.glob("compiled/*.txt")])


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_outcome_is_as_written(path: Path, golden: Golden) -> None:
    case = Case.read(path)
    files = case.files
    catalog = load(files)
    diagnostics = render(problems(catalog), lambda name: files.get(name))
    artifacts = compiled(catalog, case.artifacts)
    golden(path, case.with_results(diagnostics, artifacts))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("mistakes/*.txt")), ids=lambda path: path.stem)
def test_a_mistake_is_told_and_says_what_would_be_right(path: Path) -> None:
    told = dict(Case.read(path).sections).get("diagnostics", "")
    assert "error[" in told or "warning[" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("base", sorted(path.name for path in (FOLDER / "bases").iterdir()))
def test_a_base_is_free_of_mistakes(base: str) -> None:
    assert check(load(Case(f"base: {base}\n", ()).files)) == ()


def problems(catalog: Catalog) -> tuple[Diagnostic, ...]:
    """What checking says; of sound specs, what compiling them would say besides."""
    found = Diagnostics()
    found.extend(check(catalog))
    found.extend(check_across(catalog))
    if not found.has_errors:
        for unit in units(catalog):
            found.extend(unit_problems(catalog, unit))
    return found.sorted()


def compiled(catalog: Catalog, wanted: tuple[str, ...]) -> dict[str, str]:
    """The wanted files of ``generated/``, as text."""
    if not wanted:
        return {}
    artifacts = [artifact for unit in units(catalog) for artifact in compile_unit(catalog, unit).artifacts]
    artifacts += environment_artifacts(catalog, artifacts)
    bodies = {f"generated/{artifact.path}": artifact.body for artifact in artifacts}
    return {path: (bodies[path] or b"").decode() for path in wanted}
