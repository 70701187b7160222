"""``penstock policy``: the unit tests of the approval policy, what-ifs, and what it means for other tools."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from penstock.cli.findings import show
from penstock.cli.main import OK, PROBLEMS, WRONG_USE
from penstock.cli.repository import NoRepositoryError, add_root, find_root


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the commands below this one."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    test = commands.add_parser("test", help="run the unit tests of the policy")
    add_root(test)


def run(options: argparse.Namespace) -> int:
    """Run the chosen command."""
    try:
        return _ACTIONS[options.action](options)
    except NoRepositoryError as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_USE


def _test(options: argparse.Namespace) -> int:
    from penstock.catalog.load import load_work_tree
    from penstock.diagnostics.model import Severity
    from penstock.review.policy.tests import policy_diagnostics, run_tests

    root = find_root(options)
    catalog = load_work_tree(root)
    wrong = [
        found for kind in ("ApprovalPolicy", "Team") for one in catalog.ids(kind) for found in catalog.problems(one)
    ]
    problems = [*catalog.reading, *wrong, *policy_diagnostics(catalog)]
    show(problems, root, "text")
    if any(found.severity is Severity.ERROR for found in problems):
        return PROBLEMS
    runs = run_tests(catalog)
    for one in runs:
        rules = f", by {', '.join(one.rules)}" if one.rules else ""
        print(f"ok    {one.name}: {one.state}{rules}")
    print(f"{len(runs)} test{'' if len(runs) == 1 else 's'} of the policy passed")
    return OK


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {"test": _test}
