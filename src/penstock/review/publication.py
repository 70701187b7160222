"""A decision as GitHub shows it: one comment, a check run bound to the head, the people who are asked."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from penstock.diagnostics.grammar import counted
from penstock.forges.github.check_run import (
    CheckRun,
    Conclusion,
    OvertakenError,
    publish_check_run,
    refuse_older,
    says_in_short,
)
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.comment import publish_comment
from penstock.forges.github.identity import Identity
from penstock.forges.github.merge_queue import groups_with
from penstock.forges.github.reviewers import request_reviewers
from penstock.forges.github.text_limits import CHECK_BYTES, SUMMARY_BYTES, cut_markdown
from penstock.review.decision import Decision
from penstock.review.decision_bundle import BundledDecision, DecisionBundle
from penstock.review.model import Verdict, VerdictState
from penstock.review.record.inputs import verdict_bytes
from penstock.review.rendering import markdown as plan_markdown
from penstock.review.rendering import verdict_markdown
from penstock.review.rendering.notes import notes_of
from penstock.review.rendering.text_safety import markdown, markdown_text, visible
from penstock.source.canonical import bytes_digest

_NOTICE = "> Cut off at GitHub's length limit: `penstock review --number NUMBER --dry-run` prints all of it."
_FOOT_BYTES = 200
"""More than the line takes that names the entry of the record."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where the text of a decision is shown, and links from it lead."""

    server: str
    """Such as `https://github.com`."""
    run_url: str

    def source(self, repository: str, commit: str, folder: str = "") -> str:
        """The folder with the files of a commit that a plan speaks of."""
        return f"{self.server.rstrip('/')}/{repository}/blob/{commit}" + (f"/{folder}" if folder else "")


def comment_of(decision: Decision, page: Page, limit: int = CHECK_BYTES) -> str:
    """The verdict and the plan as Markdown that leaves room for `signed` within `limit` bytes."""
    limit -= _FOOT_BYTES
    folder = decision.plan.folder
    head = verdict_markdown.render(decision.verdict)
    if folder:
        head = f"The specs in {markdown(folder)}\n\n{head}"
    for address, found in sorted(decision.evidence.items()):
        head += f"\n- {markdown(address)}: evidence {found.state}: {markdown_text('; '.join(found.reasons))}\n"
    facts = decision.inputs.facts
    room = limit - len(head.encode()) - 100
    if room < 4_000:
        return cut_markdown(head, limit - 1, _NOTICE)
    plan = plan_markdown.render(
        decision.plan,
        notes=notes_of(decision.verdict),
        source=page.source(facts.repository, facts.head_sha, folder),
        whole=page.run_url or None,
        limit=room,
    )
    return f"{head}\n{plan}"


def signed(comment: str, entry: str) -> str:
    """The comment with the digest of the decision's entry in the record, where it has one."""
    return f"{comment}\n<sub>decision {markdown(entry)}</sub>\n" if entry else comment


def summary_of(decision: Decision, page: Page) -> str:
    """The same for the page of the run, which takes more."""
    facts = decision.inputs.facts
    return f"# #{facts.number}\n\n{comment_of(decision, page, SUMMARY_BYTES // 4)}\n"


def conclusion_of(verdict: Verdict) -> Conclusion:
    """Only an approval is a success."""
    if verdict.state is VerdictState.APPROVED:
        return "success"
    return "action_required" if verdict.state is VerdictState.PENDING else "failure"


def publish(
    client: GitHubClient, identity: Identity, bundled: BundledDecision, page: Page, entry: str, check: str
) -> None:
    """Show a decision at its pull request. GitHubError where that fails; OvertakenError where a newer one is there.

    What lets it be merged comes last: nothing passes whose reasons could not be shown.
    """
    facts, verdict = bundled.inputs.facts, bundled.verdict
    body = signed(bundled.comment, entry)
    run = _check_run(bundled, page, body, check)
    refuse_older(client, facts.repository, run, identity)
    publish_comment(client, facts.repository, facts.number, body, identity, _NOTICE, bundled.inputs.plan.folder)
    if verdict.suggested and not facts.is_draft:
        request_reviewers(client, facts.repository, facts.number, verdict.suggested, facts.author)
    publish_check_run(client, facts.repository, run, identity, _NOTICE)


def is_shown(client: GitHubClient, identity: Identity, bundled: BundledDecision, page: Page, check: str) -> bool:
    """Whether the check at the head says in one line what the decision does, though perhaps of an older base."""
    return says_in_short(
        client, bundled.inputs.facts.repository, _check_run(bundled, page, bundled.comment, check), identity
    )


def _check_run(bundled: BundledDecision, page: Page, body: str, check: str) -> CheckRun:
    verdict = bundled.verdict
    return CheckRun(
        name=check,
        head=bundled.inputs.facts.head_sha,
        digest=bytes_digest(verdict_bytes(verdict)),
        evaluated=bundled.inputs.now,
        conclusion=conclusion_of(verdict),
        title=visible(verdict.headline),
        summary=body,
        details_url=page.run_url,
        annotations=bundled.annotations,
    )


def publish_group(
    client: GitHubClient, identity: Identity, repository: str, bundle: DecisionBundle, check: str
) -> bool:
    """Show at a merge group's commit whether all of its pull requests may be merged together; whether they may."""
    decisions, problem, passes = bundle.decisions, bundle.problem, bundle.is_approved
    lines = [f"- #{one.inputs.facts.number}: {markdown_text(one.verdict.headline)}" for one in decisions]
    if problem:
        lines.append(f"- {markdown_text(problem)}")
    count = len(decisions)
    title = f"{counted(count, 'pull request')} approved" if passes else "The group may not be merged"
    verdicts = b"".join(verdict_bytes(one.verdict) for one in decisions)
    run = CheckRun(
        check,
        bundle.group,
        bytes_digest(verdicts + problem.encode()),
        bundle.evaluated,
        "success" if passes else "failure",
        title,
        "\n".join(lines),
    )
    publish_check_run(client, repository, run, identity, _NOTICE)
    return passes


def publish_to_queue(client: GitHubClient, identity: Identity, bundled: BundledDecision, check: str) -> None:
    """Take back what lets merge groups pass that hold a pull request which is not approved any more.

    The forge merges a group as soon as its checks are green, and the check of the pull request itself is none of them.
    A group that was decided on later is left alone.
    """
    facts, verdict = bundled.inputs.facts, bundled.verdict
    title = f"#{facts.number} may not be merged any more"
    summary = f"#{facts.number}: {markdown_text(verdict.headline)}"
    digest = bytes_digest(verdict_bytes(verdict))
    for group in groups_with(client, facts.repository, facts.base_ref, facts.number):
        run = CheckRun(check, group, digest, bundled.inputs.now, "failure", title, summary)
        with suppress(OvertakenError):
            publish_check_run(client, facts.repository, run, identity, _NOTICE)


def publish_unknown(
    client: GitHubClient,
    identity: Identity,
    repository: str,
    head: str,
    why: str,
    began: datetime,
    check: str,
    *,
    failed: bool,
) -> None:
    """Let nothing pass while there is no verdict: before the review, and where it could not be finished.

    `began` is when the review did; one that began later is not overwritten.
    """
    title = "The review could not be completed" if failed else "Review in progress"
    run = _without_verdict(check, head, title, why, began, "failure" if failed else "action_required")
    publish_check_run(client, repository, run, identity, _NOTICE)


def publish_left(
    client: GitHubClient, identity: Identity, repository: str, head: str, why: str, began: datetime, check: str
) -> None:
    """Let nothing pass by a check that is not about what is under review any more.

    Whoever came back to it, to a former head for one, could otherwise merge before anybody has looked. `why` is a short
    sentence. What was decided there later is left alone.
    """
    run = _without_verdict(check, head, why.rstrip("."), why, began, "action_required")
    with suppress(OvertakenError):
        publish_check_run(client, repository, run, identity, _NOTICE)


def _without_verdict(check: str, head: str, title: str, why: str, began: datetime, conclusion: Conclusion) -> CheckRun:
    digest = bytes_digest(f"{title}\n{why}".encode())
    return CheckRun(check, head, digest, began, conclusion, title, markdown_text(why))
