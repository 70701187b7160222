"""A decision as GitHub shows it: one comment, a check run bound to the head, the people who are asked."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.forges.github.check_run import CheckRun, Conclusion, publish_check_run
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.comment import publish_comment
from penstock.forges.github.identity import Identity
from penstock.forges.github.reviewers import request_reviewers
from penstock.forges.github.text_limits import CHECK_BYTES, SUMMARY_BYTES, cut_markdown
from penstock.review.annotations import annotations_of
from penstock.review.decision import Decision
from penstock.review.model import VerdictState
from penstock.review.record.inputs import verdict_bytes
from penstock.review.rendering import markdown as plan_markdown
from penstock.review.rendering import verdict_markdown
from penstock.review.rendering.notes import notes_of
from penstock.review.rendering.text_safety import markdown, markdown_text, visible
from penstock.source.canonical import bytes_digest

CHECK_NAME = "penstock"
"""The check that a ruleset requires."""
_NOTICE = "> Cut off at the length that GitHub takes: `penstock review` shows the whole."


@dataclass(frozen=True, slots=True)
class Page:
    """Where the text of a decision is shown, and links from it lead."""

    server: str
    """Such as `https://github.com`."""
    run_url: str = ""

    def source(self, repository: str, commit: str) -> str:
        """The folder with the files of a commit."""
        return f"{self.server.rstrip('/')}/{repository}/blob/{commit}"


def comment_of(decision: Decision, page: Page, entry: str = "", limit: int = CHECK_BYTES) -> str:
    """The verdict and the plan as Markdown of at most `limit` bytes. `entry` is the digest of the decision's record."""
    head = verdict_markdown.render(decision.verdict)
    for address, found in sorted(decision.evidence.items()):
        head += f"\n- {markdown(address)}: evidence {found.state}: {markdown_text('; '.join(found.reasons))}\n"
    foot = f"\n<sub>decision {markdown(entry)}</sub>\n" if entry else ""
    facts = decision.inputs.facts
    room = limit - len(head.encode()) - len(foot.encode()) - 100
    if room < 4_000:
        return cut_markdown(head, limit - len(foot.encode()) - 1, _NOTICE) + foot
    plan = plan_markdown.render(
        decision.plan,
        notes=notes_of(decision.verdict),
        source=page.source(facts.repository, facts.head_sha),
        whole=page.run_url or None,
        limit=room,
    )
    return f"{head}\n{plan}{foot}"


def summary_of(decision: Decision, page: Page, entry: str = "") -> str:
    """The same for the page of the run, which takes more."""
    facts = decision.inputs.facts
    return f"# #{facts.number}\n\n{comment_of(decision, page, entry, SUMMARY_BYTES // 4)}\n"


def conclusion_of(decision: Decision) -> Conclusion:
    """Only an approval is a success."""
    if decision.is_approved:
        return "success"
    return "action_required" if decision.verdict.state is VerdictState.PENDING else "failure"


def publish(client: GitHubClient, identity: Identity, decision: Decision, page: Page, entry: str) -> None:
    """Show a decision at its pull request. GitHubError where that fails.

    What lets it be merged comes last: nothing passes whose reasons could not be shown.
    """
    facts = decision.inputs.facts
    body = comment_of(decision, page, entry)
    publish_comment(client, facts.repository, facts.number, body, identity, _NOTICE)
    if decision.verdict.suggested and not facts.is_draft:
        request_reviewers(client, facts.repository, facts.number, decision.verdict.suggested, facts.author)
    run = CheckRun(
        name=CHECK_NAME,
        head=facts.head_sha,
        digest=bytes_digest(verdict_bytes(decision.verdict)),
        conclusion=conclusion_of(decision),
        title=visible(decision.verdict.headline),
        summary=body,
        details_url=page.run_url,
        annotations=annotations_of(decision),
    )
    publish_check_run(client, facts.repository, run, identity, _NOTICE)


def publish_group(
    client: GitHubClient, identity: Identity, repository: str, head: str, decisions: list[Decision], problem: str
) -> bool:
    """Show at a merge group's commit whether all of its pull requests may be merged together; whether they may."""
    stopped = [one for one in decisions if not one.is_approved]
    passes = bool(decisions) and not stopped and not problem
    lines = [f"- #{one.inputs.facts.number}: {markdown_text(one.verdict.headline)}" for one in decisions]
    if problem:
        lines.append(f"- {markdown_text(problem)}")
    count = len(decisions)
    title = f"{count} pull request{'' if count == 1 else 's'} approved" if passes else "The group may not be merged"
    verdicts = b"".join(verdict_bytes(one.verdict) for one in decisions)
    run = CheckRun(
        CHECK_NAME,
        head,
        bytes_digest(verdicts + problem.encode()),
        "success" if passes else "failure",
        title,
        "\n".join(lines),
    )
    publish_check_run(client, repository, run, identity, _NOTICE)
    return passes


def publish_unknown(
    client: GitHubClient, identity: Identity, repository: str, head: str, why: str, *, failed: bool
) -> None:
    """Let nothing pass while nobody knows: before the review, and where it could not be finished."""
    title = "The review could not be finished" if failed else "The review is under way"
    conclusion: Conclusion = "failure" if failed else "action_required"
    digest = bytes_digest(f"{title}\n{why}".encode())
    run = CheckRun(CHECK_NAME, head, digest, conclusion, title, markdown_text(why))
    publish_check_run(client, repository, run, identity, _NOTICE)
