"""``penstock plan``: what a change does, in which direction the risk moves, and who must approve it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from penstock.cli.main import OK, PROBLEMS, WRONG_USE, lacks
from penstock.cli.output import wants_colour
from penstock.cli.repository import NoRepositoryError, add_root, find_compared
from penstock.compiler import nowhere
from penstock.diagnostics.model import Severity
from penstock.review.decision import merged_inputs
from penstock.review.model import Plan
from penstock.review.policy.asked import asked
from penstock.review.policy.freezes import StandingFreeze, standing_freezes
from penstock.review.rendering.rows import Note
from penstock.source.git.call import GitError
from penstock.source.git.default_base import WORK_TREE, default_base

FORMATS = ("terminal", "markdown", "json", "html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add_root(parser)
    parser.add_argument(
        "--base", metavar="REV", help="revision to merge into (default: merge base with the main branch)"
    )
    parser.add_argument(
        "--head",
        metavar="REV",
        default="HEAD",
        help=f"revision to review (default: HEAD), or {WORK_TREE} for the files of the working tree",
    )
    parser.add_argument("--format", choices=FORMATS, default="terminal", help="output format (default: terminal)")
    parser.add_argument("--diffs", action="store_true", help="terminal: show diffs of the generated files")
    parser.add_argument(
        "--source-url", metavar="URL", help="markdown: URL of the folder with the head's files, for links"
    )


def run(options: argparse.Namespace) -> int:
    """Show the plan; 1 where head holds errors."""
    try:
        repository = find_compared(options, options.head)
        with repository.reading():
            base = options.base or default_base(repository, options.head)
            head = options.head if options.head == WORK_TREE else repository.resolve(options.head)
            inputs = merged_inputs(repository, base, head)
            now = datetime.now(UTC)
            needs = asked(inputs.plan, inputs.policy, inputs.organisation, now)
            freezes = standing_freezes(inputs.policy.freezes, inputs.plan, now)
            shown = render(inputs.plan, {change: Note(text) for change, text in needs.items()}, freezes, options)
    except (NoRepositoryError, GitError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_USE
    except ModuleNotFoundError as error:
        print(lacks(error, "signatures need", "review"), file=sys.stderr)
        return WRONG_USE
    sys.stdout.write(shown)
    plan = inputs.plan
    if plan.base == plan.head:
        print(f"hint: no committed changes; `--head {WORK_TREE}` includes uncommitted ones", file=sys.stderr)
    elif plan.kind == "none" and head != WORK_TREE and repository.merge_base(plan.base, head) == head:
        print(f"hint: {options.head} is part of the base already, so that merging it changes nothing", file=sys.stderr)
    models = nowhere(inputs.revisions.head.catalog)
    if models is not None and options.format == "terminal":
        from penstock.cli.hints import missing_environment_hint

        print(missing_environment_hint(models), file=sys.stderr)
    return PROBLEMS if any(found.severity is Severity.ERROR for found in plan.errors) else OK


def render(
    plan: Plan, notes: Mapping[str, Note], freezes: tuple[StandingFreeze, ...], options: argparse.Namespace
) -> str:
    """The plan in the chosen format, with who must approve each change, and what holds it back."""
    match options.format:
        case "markdown":
            from penstock.review.rendering import markdown

            return markdown.render(plan, notes=notes, freezes=freezes, source=options.source_url)
        case "json":
            from penstock.review.rendering import json

            return json.render(plan, notes=notes, freezes=freezes)
        case "html":
            from penstock.review.rendering import html

            return html.render(plan, notes=notes, freezes=freezes)
        case _:
            from penstock.review.rendering import terminal

            return terminal.render(
                plan, notes=notes, freezes=freezes, colour=wants_colour(sys.stdout), diffs=options.diffs
            )
