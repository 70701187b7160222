"""``penstock check``: everything that can be proved of the specs, in one run."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from penstock.cli.findings import add_format, show
from penstock.cli.main import OK, PROBLEMS, WRONG_USE
from penstock.cli.repository import NoRepositoryError, add_root, find_root

if TYPE_CHECKING:
    from penstock.catalog.model import Catalog
    from penstock.diagnostics.model import Diagnostic


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add_format(parser)
    add_root(parser)


def run(options: argparse.Namespace) -> int:
    """Check the specs and print what is wrong."""
    from penstock.catalog.load import load_work_tree
    from penstock.diagnostics.model import Severity

    try:
        root = find_root(options)
    except NoRepositoryError as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_USE
    catalog = load_work_tree(root)
    found = problems(catalog)
    show(found, root, options.format)
    failed = any(one.severity is Severity.ERROR for one in found)
    if options.format == "text" and not failed:
        count = len(catalog.ids())
        print(f"{count:,} spec{'' if count == 1 else 's'}, no errors")
    return PROBLEMS if failed else OK


def problems(catalog: Catalog) -> tuple[Diagnostic, ...]:
    """Everything that is wrong; what policies and targets make of the specs is asked once they are sound themselves."""
    from penstock.checks.engine import check
    from penstock.compiler import compile_unit, units
    from penstock.diagnostics.model import Diagnostics
    from penstock.review.policy.tests import policy_diagnostics

    found = Diagnostics()
    found.extend(check(catalog))
    if not found.has_errors:
        found.extend(policy_diagnostics(catalog))
        for unit in units(catalog):
            found.extend(compile_unit(catalog, unit).diagnostics)
    return found.sorted()
