"""The check run that says yes or no, bound to the head commit and to the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from penstock.diagnostics.grammar import counted
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.identity import Identity
from penstock.forges.github.shape import Shape
from penstock.forges.github.text_limits import (
    ANNOTATION_BYTES,
    CHECK_BYTES,
    TITLE_CHARACTERS,
    cut_markdown,
    cut_plain,
)

ANNOTATIONS_AT_ONCE = 50
"""https://docs.github.com/rest/checks/runs#create-a-check-run"""
MOST_ANNOTATIONS = 500
"""Nobody reads more; each fifty cost a request."""
_ATTEMPTS = 4

Conclusion = Literal["success", "failure", "action_required"]
"""`action_required` is for approvals that are missing. Of the three, only `success` lets a required check pass."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark at lines of a file, counted from 1; the columns only where it is within one line."""

    path: str
    line: int
    end_line: int
    level: Literal["notice", "warning", "failure"]
    message: str
    title: str = ""
    column: int | None = None
    end_column: int | None = None


class OvertakenError(GitHubError):
    """A newer evaluation is shown already, or has begun; an older one must not take its place."""


@dataclass(frozen=True, slots=True)
class CheckRun:
    """What is to be shown at a commit. The digest and the moment become the run's `external_id`."""

    name: str
    head: str
    digest: str
    """Digest of the verdict."""
    evaluated: datetime
    """GitHub's clock when it was made: of two, the newer one counts."""
    conclusion: Conclusion
    title: str
    summary: str
    details_url: str = ""
    annotations: Sequence[Annotation] = ()


@dataclass(frozen=True, slots=True)
class PublishedCheckRun:
    """The check run as it stands now."""

    url: str
    outcome: Literal["created", "unchanged"]


def publish_check_run(
    client: GitHubClient, repository: str, run: CheckRun, identity: Identity, notice: str
) -> PublishedCheckRun:
    """Make a check run at the head commit; where the latest one of ours says the same, that becomes as new as this.

    Each verdict gets a run of its own: annotations of an older run can only be added to, and of
    runs with one name GitHub goes by the latest. Until the last annotations are there, the run is
    in progress, which lets nothing pass. `notice` ends a summary that had to be cut. OvertakenError
    where a newer evaluation is there.

    One that came between looking and making would be hidden behind this run. So it is looked for again while this run
    is still in progress: whatever comes later than that is the latest itself.
    """
    ours = _ours(client, repository, run, identity)
    _refuse_older(ours, run)
    latest = _latest(ours)
    if latest is not None and _says(latest, run):
        if latest["external_id"].value != _external_id(run):
            number = latest["id"].number()
            client.send("PATCH", f"/repos/{repository}/check-runs/{number}", {"external_id": _external_id(run)})
        return PublishedCheckRun(latest["html_url"].text_or_empty(), "unchanged")
    shown = [_annotation(one) for one in islice(run.annotations, MOST_ANNOTATIONS)]
    batches = [shown[start : start + ANNOTATIONS_AT_ONCE] for start in range(0, len(shown), ANNOTATIONS_AT_ONCE)] or [
        []
    ]
    path = f"/repos/{repository}/check-runs"
    body: dict[str, Any] = {"name": run.name, "head_sha": run.head, "external_id": _external_id(run)}
    if run.details_url:
        body["details_url"] = run.details_url
    output = _output(run, notice)
    begun = body | {"status": "in_progress", "output": output | {"annotations": batches[0]}}
    created = Shape(client.send("POST", path, begun), "the check run")
    if created["head_sha"].object_id() != run.head:
        raise GitHubError("GitHub created the check run at another commit than the head: run again.")
    own = f"{path}/{created['id'].number()}"
    for batch in batches[1:]:
        client.send("PATCH", own, {"status": "in_progress", "output": output | {"annotations": batch}})
    newer = _settled_newest(client, repository, run, identity)
    if newer is not None:
        client.send("PATCH", own, _repeated(newer))
        raise _overtaken(newer, run)
    client.send("PATCH", own, {"status": "completed", "conclusion": run.conclusion})
    return PublishedCheckRun(created["html_url"].text_or_empty(), "created")


def refuse_older(client: GitHubClient, repository: str, run: CheckRun, identity: Identity) -> None:
    """OvertakenError where a newer evaluation is there than the one that is to be shown."""
    _refuse_older(_ours(client, repository, run, identity), run)


def says_in_short(client: GitHubClient, repository: str, run: CheckRun, identity: Identity) -> bool:
    """Whether the latest run of ours has the same conclusion and title."""
    latest = _latest(_ours(client, repository, run, identity))
    return (
        latest is not None
        and latest["status"].value == "completed"
        and latest["conclusion"].value == run.conclusion
        and latest["output"]["title"].text_or_empty() == cut_plain(run.title, TITLE_CHARACTERS)
    )


def _refuse_older(ours: list[Shape], run: CheckRun) -> None:
    newer = _newest(ours, run)
    if newer is not None:
        raise _overtaken(newer, run)


def _newest(ours: list[Shape], run: CheckRun) -> Shape | None:
    """The run of ours that was evaluated last, if that was later than this one; of several the latest."""
    dated = ((evaluated, each["id"].number(), each) for each in ours if (evaluated := _evaluated(each)) is not None)
    evaluated, _, newest = max(dated, key=lambda one: one[:2], default=(run.evaluated, 0, None))
    return newest if evaluated > run.evaluated else None


def _settled_newest(client: GitHubClient, repository: str, run: CheckRun, identity: Identity) -> Shape | None:
    """Likewise, once it says what it will: one that is being published is given some seconds to be so."""
    for attempt in range(_ATTEMPTS):
        newer = _newest(_ours(client, repository, run, identity), run)
        if newer is None or newer["status"].value == "completed":
            break
        client.wait(2.0**attempt)
    return newer


def _overtaken(newer: Shape, run: CheckRun) -> OvertakenError:
    _, _, began = newer["external_id"].text().partition(" ")
    return OvertakenError(f"a newer review of {run.head[:12]} began at {began}, so this one shows nothing.")


def _repeated(newer: Shape) -> dict[str, Any]:
    """What a run that came before this one was made says, for this one, behind which it cannot be seen."""
    state: dict[str, Any] = {name: newer[name].value for name in ("external_id", "status", "conclusion")}
    texts = {name: newer["output"][name].text_or_empty() for name in ("title", "summary", "text")}
    return {name: value for name, value in state.items() if value is not None} | {"output": texts}


def _external_id(run: CheckRun) -> str:
    return f"{run.digest} {run.evaluated.isoformat()}"


def _evaluated(existing: Shape) -> datetime | None:
    """When a run of ours was evaluated; None where it does not say so."""
    _, _, text = existing["external_id"].text_or_empty().partition(" ")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _ours(client: GitHubClient, repository: str, run: CheckRun, identity: Identity) -> list[Shape]:
    """All runs with this name that the token's own App made."""
    found: list[Shape] = []
    for page in range(1, 12):
        answer = client.get(
            f"/repos/{repository}/commits/{run.head}/check-runs",
            {"check_name": run.name, "filter": "all", "per_page": 100, "page": page},
        )
        listed = Shape(answer, "the check runs")["check_runs"].items()
        found += [one for one in listed if not one["app"].is_null and identity.is_app(one["app"]["slug"].text())]
        if len(listed) < 100:
            return found
    raise GitHubError(f"the commit {run.head} has more check runs than Penstock reads: push again.")


def _latest(ours: list[Shape]) -> Shape | None:
    return max(ours, key=lambda one: one["id"].number(), default=None)


def _says(existing: Shape, run: CheckRun) -> bool:
    return (
        existing["external_id"].text_or_empty().partition(" ")[0] == run.digest
        and existing["status"].value == "completed"
        and existing["conclusion"].value == run.conclusion
    )


def _output(run: CheckRun, notice: str) -> dict[str, Any]:
    output = {
        "title": cut_plain(run.title, TITLE_CHARACTERS),
        "summary": cut_markdown(run.summary, CHECK_BYTES, notice),
    }
    if len(run.annotations) > MOST_ANNOTATIONS:
        output["text"] = f"The first {MOST_ANNOTATIONS} of {counted(len(run.annotations), 'annotation')} are shown."
    return output


def _annotation(one: Annotation) -> dict[str, Any]:
    made: dict[str, Any] = {
        "path": one.path,
        "start_line": one.line,
        "end_line": max(one.line, one.end_line),
        "annotation_level": one.level,
        "message": cut_plain(one.message, ANNOTATION_BYTES),
    }
    if one.title:
        made["title"] = cut_plain(one.title, TITLE_CHARACTERS)
    if one.column is not None and one.end_column is not None and one.line == one.end_line:
        made |= {"start_column": one.column, "end_column": max(one.column, one.end_column)}
    return made
