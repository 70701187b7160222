"""``penstock compile``: writes generated/ from the specs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from penstock.cli.main import FAULT, OK, PROBLEMS, WRONG_USE
from penstock.cli.output import add_format, show
from penstock.cli.repository import NoRepositoryError, add_root, find_root
from penstock.diagnostics.grammar import counted
from penstock.incremental.session import CompileOutcome, Session
from penstock.incremental.timings import Timings
from penstock.incremental.worker_pool import processors

MOST_LISTED = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add_root(parser)
    add_format(parser)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if generated/ is out of date")
    parser.add_argument("--timings", action="store_true", help="print the time and count of each stage")
    parser.add_argument("--jobs", type=int, metavar="N", help="number of processes (default: one per processor)")
    parser.add_argument("--no-cache", action="store_true", help="ignore the cache and compile everything")


def run(options: argparse.Namespace) -> int:
    """Compile, and say what changed."""
    try:
        root = find_root(options)
    except NoRepositoryError as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_USE
    if options.jobs is not None and options.jobs < 1:
        print(f"error: --jobs must be at least 1, not {options.jobs}", file=sys.stderr)
        return WRONG_USE
    session = Session(root, use_memory=not options.no_cache, processes=options.jobs or processors())
    try:
        outcome = session.compile(check_only=options.check)
    except OSError as error:
        if not _is_of_generated(error, root):
            raise
        print(f"error: generated/ cannot be written: {error.strerror}", file=sys.stderr)
        print("hint: `penstock compile --check` says what would change there, and writes nothing", file=sys.stderr)
        return FAULT
    show(outcome.diagnostics, root, options.format)
    if options.timings:
        print(_table(outcome.timings), file=sys.stderr)
    if options.format == "text" and not outcome.failed:
        print(_summary(outcome))
        print("".join(_unreleased(outcome)), end="")
        if outcome.nowhere is not None:
            from penstock.cli.hints import missing_environment_hint

            print(missing_environment_hint(outcome.nowhere), file=sys.stderr)
    return PROBLEMS if outcome.failed else OK


def _is_of_generated(error: OSError, root: Path) -> bool:
    """Whether the machine refused something below generated/, often under a name that lasts as long as the writing."""
    return isinstance(error.filename, str) and Path(error.filename).is_relative_to(root / "generated")


def _summary(outcome: CompileOutcome) -> str:
    plan = outcome.plan
    if plan is None or plan.is_empty:
        return "generated/ is up to date"
    unchanged = len(plan.unchanged) + plan.others
    counts = {"new": len(plan.create), "changed": len(plan.update), "removed": len(plan.prune), "unchanged": unchanged}
    changes = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    return f"generated/: {changes}"


def _unreleased(outcome: CompileOutcome) -> Iterator[str]:
    """Which rollouts have no serving manifest yet, and what would make one."""
    waiting: dict[str, list[str]] = {}
    for unit in outcome.unreleased:
        environment, _, rollout = unit.split("/")
        waiting.setdefault(rollout, []).append(environment)
    if waiting:
        yield f"\nno Release yet, hence no serving manifest, for {counted(len(waiting), 'rollout')}:\n"
    for name in list(waiting)[:MOST_LISTED]:
        yield f"  {name:<32} {', '.join(waiting[name])}\n"
    if len(waiting) > MOST_LISTED:
        yield f"  and {len(waiting) - MOST_LISTED:,} more\n"
    if waiting:
        yield "train a model with `penstock run`, then `penstock promote MODEL --to ENVIRONMENT`\n"


def _table(timings: Timings) -> str:
    rows = [f"{s.name:<10}{s.seconds * 1000:>9.1f} ms{s.count:>9,} {s.unit}" for s in timings.stages]
    total = sum(s.seconds for s in timings.stages)
    return "\n".join([*rows, f"{'total':<10}{total * 1000:>9.1f} ms"])
