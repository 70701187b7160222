"""``penstock check``: everything that can be proved of the specs, in one run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.cli.main import OK, PROBLEMS, WRONG_USE
from penstock.cli.output import add_format, show
from penstock.cli.repository import NoRepositoryError, add_root, find_root
from penstock.diagnostics.grammar import counted

if TYPE_CHECKING:
    from penstock.catalog.model import Catalog
    from penstock.diagnostics.model import Diagnostic


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--fix", action="store_true", help="apply the safe fixes, then check again")
    parser.add_argument("--diff", action="store_true", help="show what --fix would change, without changing it")
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
    if options.diff:
        return _preview(root, found)
    if options.fix and _fix(root, found):
        catalog = load_work_tree(root)
        found = problems(catalog)
    show(found, root, options.format)
    failed = any(problem.severity is Severity.ERROR for problem in found)
    if options.format == "text" and not failed:
        print(f"{counted(len(catalog.ids()), 'spec')}, no errors")
        _say_where(catalog)
    if options.format == "text" and not options.fix:
        _offer(found)
    return PROBLEMS if failed else OK


def _fix(root: Path, found: tuple[Diagnostic, ...]) -> bool:
    """Make the safe fixes and say which; whether there are any."""
    from penstock.cli.autofix import autofixed

    autofix = autofixed(root, found, problems)
    if not autofix.made:
        return False
    refused = autofix.write()
    done = autofix.without(refused)
    if done.made:
        print(f"fixed {done.summary()}:", *done.lines(), "", sep="\n", file=sys.stderr)
    for path, reason in refused.items():
        print(f"error: {path} was not changed: {reason}", file=sys.stderr)
    return True


def _preview(root: Path, found: tuple[Diagnostic, ...]) -> int:
    """Show what the safe fixes would change."""
    from penstock.cli.autofix import autofixed
    from penstock.diagnostics.model import Severity

    autofix = autofixed(root, found, problems)
    print(autofix.diff(), end="")
    print(f"would fix {autofix.summary()}" if autofix.made else "nothing can be fixed safely", file=sys.stderr)
    return PROBLEMS if any(problem.severity is Severity.ERROR for problem in found) else OK


def _say_where(catalog: Catalog) -> None:
    """A hint where no Environment is declared: the models are free of errors, and nothing is compiled for them."""
    from penstock.compiler import nowhere

    found = nowhere(catalog)
    if found is not None:
        from penstock.cli.hints import missing_environment_hint

        print(missing_environment_hint(found), file=sys.stderr)


def _offer(found: tuple[Diagnostic, ...]) -> None:
    from penstock.diagnostics.model import Safety

    count = sum(problem.fix is not None and problem.fix.safety is Safety.SAFE for problem in found)
    if count:
        print(f"{count} can be fixed safely: penstock check --fix (--diff shows how)", file=sys.stderr)


def problems(catalog: Catalog) -> tuple[Diagnostic, ...]:
    """Everything that is wrong; what policies and targets make of the specs is asked once they are sound themselves."""
    from penstock.checks.engine import check, check_across, check_documents
    from penstock.compiler import units
    from penstock.diagnostics.model import Diagnostics
    from penstock.incremental.shares import divide, judge
    from penstock.incremental.worker_pool import WorkerPool, processors
    from penstock.review.policy.tests import policy_diagnostics

    found = Diagnostics()
    shares = divide(catalog, catalog.ids(), list(units(catalog)), processors())
    with WorkerPool(len(shares), lambda share: judge(catalog, shares[share])) as pool:
        found.extend(check_documents(catalog))
        for share in pool.next_round():
            for checked in share:
                found.extend(checked.problems)
        if found:
            # Checked as a whole, a cause with many effects is reported once.
            found = Diagnostics()
            found.extend(check(catalog))
        found.extend(check_across(catalog))
        if not found.has_errors:
            found.extend(policy_diagnostics(catalog))
            for share in pool.next_round():
                found.extend(share)
    return found.sorted()
