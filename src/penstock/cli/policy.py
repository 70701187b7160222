"""``penstock policy``: tests of the approval policy, its defaults, simulated and replayed verdicts, and CODEOWNERS."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.cli.main import OK, PROBLEMS, WRONG_USE, add_command, lacks
from penstock.cli.output import show, wants_colour
from penstock.cli.repository import NoRepositoryError, add_root, find_compared, find_git, find_root, folder_in_git
from penstock.diagnostics.grammar import counted
from penstock.forges.protocol import ForgeError
from penstock.source.git.call import GitError

if TYPE_CHECKING:
    from penstock.forges.recorded import RecordedPullRequest
    from penstock.review.evidence.verify import Evidence
    from penstock.review.model import Plan, Verdict
    from penstock.review.policy.organisation import Organisation


_ORGANISATION = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the commands below this one."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_root(add_command(commands, "test", "run the unit tests of the policy"))
    simulate = add_command(commands, "simulate", "show the verdict on a change, given hypothetical approvals")
    add_root(simulate)
    simulate.add_argument(
        "--base", metavar="REV", help="revision to merge into (default: merge base with the main branch)"
    )
    simulate.add_argument(
        "--head",
        metavar="REV",
        help="revision to review (default: HEAD), or WORKTREE for the files of the working tree",
    )
    simulate.add_argument("--author", metavar="LOGIN", help="author of the change, if no saved pull request is given")
    simulate.add_argument(
        "--record", type=Path, metavar="FILE", help="saved pull request, which names base, head and author"
    )
    simulate.add_argument(
        "--pretend-approved-by",
        metavar="LOGIN",
        action="append",
        default=[],
        help="login of a hypothetical approver; may be repeated",
    )
    simulate.add_argument(
        "--format",
        choices=("terminal", "markdown", "json"),
        default="terminal",
        help="output format (default: terminal)",
    )
    replay = add_command(
        commands, "replay", "show which saved pull requests would get another verdict under the working tree's policy"
    )
    add_root(replay)
    replay.add_argument("records", type=Path, nargs="+", metavar="FILE", help="saved pull requests, or folders of them")
    defaults = add_command(commands, "defaults", "print the rules that apply without an ApprovalPolicy, as one to edit")
    defaults.add_argument("--owner", required=True, metavar="TEAM", help="team that is to own the policy")
    owners = add_command(commands, "codeowners", "print CODEOWNERS or a ruleset, for enforcement by GitHub itself")
    add_root(owners)
    form = owners.add_mutually_exclusive_group()
    form.add_argument(
        "--organisation",
        type=_organisation,
        metavar="NAME",
        help="write teams as @NAME/TEAM instead of listing their members",
    )
    form.add_argument("--ruleset", choices=("json", "markdown"), help="print the ruleset instead")


def run(options: argparse.Namespace) -> int:
    """Run the chosen command."""
    try:
        return _ACTIONS[options.action](options)
    except BrokenPipeError:  # the output has no reader any more: `main` ends quietly
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"error: {place}{error.strerror or error}", file=sys.stderr)
        return WRONG_USE
    except (NoRepositoryError, GitError, ForgeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_USE
    except ModuleNotFoundError as error:
        print(lacks(error, "signatures need", "review"), file=sys.stderr)
        return WRONG_USE


def _test(options: argparse.Namespace) -> int:
    from penstock.catalog.load import load_work_tree
    from penstock.diagnostics.model import Severity
    from penstock.review.policy.tests import policy_diagnostics, run_tests

    root = find_root(options)
    catalog = load_work_tree(root)
    ids = (*catalog.ids("ApprovalPolicy"), *catalog.ids("Team"))
    wrong = [found for spec_id in ids for found in catalog.problems(spec_id)]
    problems = sorted([*catalog.reading, *wrong, *policy_diagnostics(catalog)])
    show(problems, root, "text")
    if any(found.severity is Severity.ERROR for found in problems):
        return PROBLEMS
    runs = run_tests(catalog)
    for passed in runs:
        rules = f", by {', '.join(passed.rules)}" if passed.rules else ""
        print(f"ok    {passed.name}: {passed.state}{rules}")
    print(f"{counted(len(runs), 'test')} of the policy passed")
    return OK


def _simulate(options: argparse.Namespace) -> int:
    """Whoever is asked counts as somebody who may write, unless a saved pull request says otherwise."""
    from dataclasses import replace

    from penstock.forges.overlay import pretend_approved_by
    from penstock.forges.recorded import RecordedPullRequest
    from penstock.review.decision import states_of, understand
    from penstock.review.model import VerdictState
    from penstock.review.policy.evaluate import evaluate
    from penstock.source.git.default_base import WORK_TREE, default_base

    revision = options.head or "HEAD"
    repository = find_compared(options, revision)
    if (options.record is None) == (options.author is None):
        print("error: give either --author LOGIN or --record FILE", file=sys.stderr)
        return WRONG_USE
    if options.record is not None and (options.base or options.head):
        print("error: the saved pull request names base and head: give no --base or --head with it", file=sys.stderr)
        return WRONG_USE
    with repository.reading():
        if options.record is not None:
            view = _record(options.record)
        else:
            base = repository.resolve(options.base or default_base(repository, revision))
            head = revision if revision == WORK_TREE else repository.resolve(revision)
            view = _written_by(options.author, base, head)
        inputs, evidence, _ = understand(repository, view.base_sha, view.head_sha, view.now())
    if options.record is None:
        members = inputs.organisation.members(inputs.organisation.teams)
        writers = {*members, *inputs.policy.logins, *options.pretend_approved_by}
        view = RecordedPullRequest(replace(view.facts, writers=tuple(sorted(writers))))
    seen = pretend_approved_by(view, options.pretend_approved_by)
    verdict = evaluate(inputs.plan, inputs.policy, inputs.organisation, seen, evidence=states_of(evidence))
    _hint_at_strangers(options.pretend_approved_by, inputs.organisation)
    _hint_at_what_is_missing(inputs.plan, evidence)
    _print(verdict, options.format)
    return OK if verdict.state is VerdictState.APPROVED else PROBLEMS


def _hint_at_strangers(logins: list[str], organisation: Organisation) -> None:
    """Hints at logins that are in no team of the base: mostly misspelt, which no verdict would show."""
    from penstock.diagnostics.suggest import did_you_mean
    from penstock.review.rendering.text_safety import log_line

    keys = organisation.members(organisation.teams)
    members = organisation.shown(keys)
    for login in logins:
        if login.lower() not in keys:
            near = did_you_mean(login, members)
            meant = f"; did you mean `{near[0]}`?" if near else ""
            print(f"hint: `{log_line(login)}` is in no team{meant}", file=sys.stderr)


def _hint_at_what_is_missing(plan: Plan, evidence: Mapping[str, Evidence]) -> None:
    """Hints at what no approval makes up for, and what no row of the verdict names: by whom evidence is signed, too."""
    from penstock.review.rendering.rows import next_command
    from penstock.review.rendering.text_safety import log_line
    from penstock.source.git.default_base import WORK_TREE

    if plan.base == plan.head:
        print(f"hint: no committed changes; `--head {WORK_TREE}` includes uncommitted ones", file=sys.stderr)
    command = next_command(plan)
    if command is not None:
        print(f"hint: next: {command}", file=sys.stderr)
    for address, found in sorted(evidence.items()):
        word = "" if found.state == "valid" else "hint: "
        print(log_line(f"{word}evidence of {address}: {found.state}: {'; '.join(found.reasons)}"), file=sys.stderr)


def _print(verdict: Verdict, form: str) -> None:
    from penstock.review.rendering import verdict_markdown, verdict_terminal
    from penstock.review.rendering.text_safety import json_text
    from penstock.review.rendering.verdict_json import as_data

    match form:
        case "markdown":
            print(verdict_markdown.render(verdict), end="")
        case "json":
            print(json_text(json.dumps(as_data(verdict), indent=2)))
        case _:
            print(verdict_terminal.render(verdict, colour=wants_colour(sys.stdout)), end="")


def _replay(options: argparse.Namespace) -> int:
    from penstock.catalog.load import load_work_tree
    from penstock.review.policy.replay import Recorded, replay
    from penstock.review.rendering.text_safety import log_line

    root = find_root(options)
    records = [Recorded(path.name, _record(path)) for path in _record_files(options.records)]
    rows = replay(find_git(root), records, load_work_tree(root))
    altered = [row for row in rows if row.is_altered]
    for row in altered:
        shown = log_line(f"#{row.number} {row.title}")
        if row.before is None or row.after is None:
            print(f"?  {shown}: {log_line(row.problem)}")
        else:
            print(f"~  {shown}: {row.before.state.value} -> {row.after.state.value}")
            print(f"     was {log_line(row.before.headline)}")
            print(f"     now {log_line(row.after.headline)}")
            # Where the sentence is the same, what rules ask for tells the two apart.
            gone, come = row.differences if row.before.headline == row.after.headline else ((), ())
            print("".join(f"       - {log_line(line)}\n" for line in gone), end="")
            print("".join(f"       + {log_line(line)}\n" for line in come), end="")
    print(f"the verdict would change for {len(altered)} of {counted(len(rows), 'saved pull request')}")
    return PROBLEMS if any(row.problem for row in rows) else OK


def _defaults(options: argparse.Namespace) -> int:
    from penstock.review.policy.defaults import as_policy

    print(as_policy(options.owner), end="")
    return OK


def _codeowners(options: argparse.Namespace) -> int:
    from penstock.catalog.load import load_work_tree
    from penstock.review.policy.codeowners import codeowners, ruleset, ruleset_markdown

    root = find_root(options)
    catalog, folder = load_work_tree(root), folder_in_git(root)
    match options.ruleset:
        case "json":
            print(json.dumps(ruleset(folder), indent=2))
        case "markdown":
            print(ruleset_markdown(catalog, folder), end="")
        case _:
            print(codeowners(catalog, options.organisation, folder), end="")
    return OK


def _organisation(text: str) -> str:
    """A name that GitHub can have; of owners that it cannot, it would ask nobody."""
    if not _ORGANISATION.fullmatch(text):
        raise argparse.ArgumentTypeError(f"expected the name of an organisation, without the @, not `{text}`")
    return text


def _record_files(paths: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        in_folder = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not in_folder:
            raise ForgeError(f"there is no saved pull request (*.json) in {path}")
        found += in_folder
    return found


def _record(path: Path) -> RecordedPullRequest:
    from penstock.forges.recorded import parse

    return parse(path.read_bytes(), path.name)


def _written_by(author: str, base: str, head: str) -> RecordedPullRequest:
    """A pull request of one commit by one person."""
    from datetime import UTC, datetime

    from penstock.forges.protocol import Person
    from penstock.forges.recorded import RecordedPullRequest, imagined

    person = Person(author, is_bot=author.endswith("[bot]"))
    if person.login is None:
        raise ForgeError(f"{author!a} is not a valid login: write it as GitHub shows it, without the @.")
    return RecordedPullRequest(imagined(person, base, head, datetime.now(UTC)))


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "test": _test,
    "simulate": _simulate,
    "replay": _replay,
    "defaults": _defaults,
    "codeowners": _codeowners,
}
