"""What Penstock writes to GitHub: one comment, one check run for each verdict, requests for reviews."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from forges.github_server import GitHubServer, Reply
from forges.github_shapes import HEAD, REPOSITORY, account, comment
from penstock.forges.github.check_run import (
    MOST_ANNOTATIONS,
    Annotation,
    CheckRun,
    OvertakenError,
    publish_check_run,
    refuse_older,
)
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.comment import MARKER, publish_comment
from penstock.forges.github.identity import Identity, own_identity
from penstock.forges.github.reviewers import Requested, request_reviewers
from penstock.forges.protocol import ForgeError, Person

ME = Identity("penstock[bot]")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOTICE = "The rest is in the check run."


def publish(client: GitHubClient, body: str = "approved"):
    return publish_comment(client, REPOSITORY, 1, body, ME, NOTICE)


def check(
    digest: str = "sha256:1", conclusion: str = "failure", remarks: int = 0, summary: str = "s", at: datetime = NOON
) -> CheckRun:
    annotations = [
        Annotation("specs/a.yaml", number + 1, number + 1, "warning", f"m{number}") for number in range(remarks)
    ]
    return CheckRun("Penstock", HEAD, digest, at, conclusion, "Pending: 1 of @sre", summary, "", annotations)


def publish_check(client: GitHubClient, run: CheckRun):
    return publish_check_run(client, REPOSITORY, run, ME, NOTICE)


def test_the_token_says_whose_it_is(server: GitHubServer, client: GitHubClient) -> None:
    assert own_identity(client) == ME


def test_the_first_time_a_comment_is_made(server: GitHubServer, client: GitHubClient) -> None:
    assert publish(client).outcome == "created"
    assert [one["body"] for one in server.comments] == [f"{MARKER}\napproved"]


def test_from_then_on_it_is_changed_in_place(server: GitHubServer, client: GitHubClient) -> None:
    first = publish(client, "pending")
    second = publish(client, "approved")
    assert (first.url, second.outcome) == (second.url, "updated")
    assert [one["body"] for one in server.comments] == [f"{MARKER}\napproved"]


def test_a_comment_that_says_the_same_is_left_alone(server: GitHubServer, client: GitHubClient) -> None:
    publish(client)
    assert publish(client).outcome == "unchanged"
    assert not [one for one in server.seen if one.method == "PATCH"]


@pytest.mark.parametrize(
    "user", [account("mallory"), account("penstock"), account("penstock[bot]"), account("other[bot]", "Bot"), None]
)
def test_a_comment_of_somebody_else_is_not_touched(
    server: GitHubServer, client: GitHubClient, user: dict | None
) -> None:
    theirs = f"{MARKER}\nApproved, says Mallory"
    server.comments = [comment(1, user, theirs)]
    assert publish(client).outcome == "created"
    assert [one["body"] for one in server.comments] == [theirs, f"{MARKER}\napproved"]


def test_a_comment_of_ours_that_only_quotes_the_marker_is_not_touched(
    server: GitHubServer, client: GitHubClient
) -> None:
    server.comments = [comment(1, account("penstock[bot]", "Bot"), f"> {MARKER}\nquoted")]
    assert publish(client).outcome == "created"


def test_our_comment_is_found_among_many(server: GitHubServer, client: GitHubClient) -> None:
    publish(client, "pending")
    server.comments = [comment(number, account("bob"), "+1") for number in range(250)] + server.comments
    assert publish(client).outcome == "updated"


def test_of_several_comments_of_ours_the_oldest_is_kept_up(server: GitHubServer, client: GitHubClient) -> None:
    server.comments = [comment(number, account("penstock[bot]", "Bot"), f"{MARKER}\nold") for number in (1, 2)]
    publish(client)
    assert [one["body"] for one in server.comments] == [f"{MARKER}\napproved", f"{MARKER}\nold"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_comment_that_is_deleted_meanwhile_is_made_again(
    server: GitHubServer, client: GitHubClient, status: int
) -> None:
    server.comments = [comment(1, account("penstock[bot]", "Bot"), f"{MARKER}\nold")]
    server.answers("/issues/comments/1", Reply(status))
    assert publish(client).outcome == "created"


def test_a_comment_that_may_not_be_changed_is_an_error(server: GitHubServer, client: GitHubClient) -> None:
    server.comments = [comment(1, account("penstock[bot]", "Bot"), f"{MARKER}\nold")]
    server.answers("/issues/comments/1", Reply(403, {}, {"X-Accepted-GitHub-Permissions": "issues=write"}))
    with pytest.raises(ForgeError, match="it needs issues=write"):
        publish(client)


@pytest.mark.parametrize("letter", ["x", "ß", "漢", "🌈"])
def test_a_long_comment_fits_however_github_counts(server: GitHubServer, client: GitHubClient, letter: str) -> None:
    publish(client, f"{letter * 99}\n" * 3000)
    (made,) = server.comments
    assert len(made["body"].encode()) < 65_536
    assert made["body"].startswith(f"{MARKER}\n{letter}")
    assert made["body"].endswith(f"\n{NOTICE}\n")


def test_half_a_letter_is_no_reason_to_fail(server: GitHubServer, client: GitHubClient) -> None:
    publish(client, "half \ud83c of a rainbow")
    assert server.comments[0]["body"] == f"{MARKER}\nhalf ? of a rainbow"


def test_a_check_run_is_bound_to_the_head_and_to_the_verdict(server: GitHubServer, client: GitHubClient) -> None:
    assert publish_check(client, check(remarks=1)).outcome == "created"
    (made,) = server.check_runs
    assert (made["head_sha"], made["external_id"]) == (HEAD, "sha256:1 2026-03-02T12:00:00+00:00")
    assert (made["status"], made["conclusion"], made["name"]) == ("completed", "failure", "Penstock")
    assert made["annotations"] == [
        {
            "path": "specs/a.yaml",
            "start_line": 1,
            "end_line": 1,
            "annotation_level": "warning",
            "message": "m0",
        }
    ]


@pytest.mark.parametrize("url", ["", "https://github.example.com/octo/models/actions/runs/99"])
def test_a_check_run_leads_to_the_page_of_the_run_that_made_it(
    server: GitHubServer, client: GitHubClient, url: str
) -> None:
    publish_check(client, replace(check(), details_url=url))
    (made,) = server.check_runs
    assert made.get("details_url", "") == url


def test_the_same_verdict_is_not_published_twice(server: GitHubServer, client: GitHubClient) -> None:
    publish_check(client, check())
    assert publish_check(client, check()).outcome == "unchanged"
    assert len(server.check_runs) == 1


@pytest.mark.parametrize("second", [check("sha256:2"), check(conclusion="success")])
def test_another_verdict_is_a_run_of_its_own(server: GitHubServer, client: GitHubClient, second: CheckRun) -> None:
    publish_check(client, check())
    assert publish_check(client, second).outcome == "created"
    assert len(server.check_runs) == 2


def test_a_verdict_that_comes_back_is_published_again(server: GitHubServer, client: GitHubClient) -> None:
    for digest in ("sha256:1", "sha256:2", "sha256:1"):
        publish_check(client, check(digest))
    assert [one["external_id"].split()[0] for one in server.check_runs] == ["sha256:1", "sha256:2", "sha256:1"]


LATER = NOON + timedelta(minutes=1)


def test_an_older_evaluation_does_not_take_the_place_of_a_newer_one(server: GitHubServer, client: GitHubClient) -> None:
    publish_check(client, check("sha256:1", at=LATER))
    with pytest.raises(OvertakenError, match="so this one shows nothing"):
        publish_check(client, check("sha256:2", conclusion="success"))
    assert [one["conclusion"] for one in server.check_runs] == ["failure"]
    assert publish_check(client, check("sha256:3", conclusion="success", at=LATER)).outcome == "created"


def test_what_is_overtaken_is_known_before_anything_is_shown(server: GitHubServer, client: GitHubClient) -> None:
    refuse_older(client, REPOSITORY, check(), ME)
    publish_check(client, check("sha256:1", at=LATER))
    with pytest.raises(OvertakenError, match="so this one shows nothing"):
        refuse_older(client, REPOSITORY, check("sha256:2"), ME)
    refuse_older(client, REPOSITORY, check("sha256:2", at=LATER), ME)
    assert len(server.check_runs) == 1


def newer(server: GitHubServer, status: str = "completed", conclusion: str | None = "action_required") -> dict:
    """A review that began later makes its check run."""
    output = {"title": "Review in progress", "summary": "Wait."}
    begun = {"name": "Penstock", "head_sha": HEAD, "external_id": f"sha256:9 {LATER.isoformat()}", "status": status}
    made = {**begun, "id": len(server.check_runs) + 1, "app": {"slug": "penstock"}, "annotations": []}
    server.check_runs.append(made | {"conclusion": conclusion, "output": output, **output})
    return server.check_runs[-1]


def shown(server: GitHubServer) -> tuple[str, str | None, str]:
    """What GitHub goes by: the latest run of the name."""
    latest = server.check_runs[-1]
    return latest["status"], latest.get("conclusion"), latest["title"]


def test_what_a_newer_review_took_back_meanwhile_stays_so(server: GitHubServer, client: GitHubClient) -> None:
    """The older one has looked already, and makes its run a moment after the newer one's."""
    passed = []
    server.before("POST", "/check-runs", lambda: newer(server))
    server.before("PATCH", "/check-runs/2", lambda: passed.append(shown(server)))
    with pytest.raises(OvertakenError, match="began at 2026-03-02T12:01:00"):
        publish_check(client, check("sha256:2", conclusion="success"))
    assert shown(server) == ("completed", "action_required", "Review in progress")
    assert passed == [("in_progress", None, "Pending: 1 of @sre")], "at no moment was it green"
    verdict = check("sha256:3", conclusion="success", at=LATER + timedelta(minutes=1))
    assert publish_check(client, verdict).outcome == "created"


def test_what_comes_while_a_verdict_is_completed_is_the_latest_itself(
    server: GitHubServer, client: GitHubClient
) -> None:
    server.before("PATCH", "/check-runs/1", lambda: newer(server))
    assert publish_check(client, check(conclusion="success")).outcome == "created"
    assert shown(server) == ("completed", "action_required", "Review in progress")


def test_a_newer_verdict_that_is_being_published_is_waited_for(
    server: GitHubServer, client: GitHubClient, waits: list[float]
) -> None:
    def finish() -> None:
        server.check_runs[0] |= {"status": "completed", "conclusion": "success"}

    server.before("POST", "/check-runs", lambda: newer(server, "in_progress", None))
    for act in (lambda: None, lambda: None, finish):
        server.before("GET", "/check-runs", act)
    with pytest.raises(OvertakenError):
        publish_check(client, check("sha256:2"))
    assert shown(server)[:2] == ("completed", "success"), "the newer verdict, which the older run would have hidden"
    assert waits == [1.0]


def test_a_newer_verdict_that_is_never_finished_lets_nothing_pass(server: GitHubServer, client: GitHubClient) -> None:
    server.before("POST", "/check-runs", lambda: newer(server, "in_progress", None))
    with pytest.raises(OvertakenError):
        publish_check(client, check("sha256:2", conclusion="success"))
    assert shown(server)[:2] == ("in_progress", None)


def test_the_newest_evaluation_counts_wherever_it_is_among_the_runs(server: GitHubServer, client: GitHubClient) -> None:
    newer(server)
    server.check_runs.append({**server.check_runs[0], "id": 2, "external_id": "", "conclusion": "failure"})
    with pytest.raises(OvertakenError):
        publish_check(client, check("sha256:2", conclusion="success"))


def test_the_same_verdict_made_later_is_not_published_twice(server: GitHubServer, client: GitHubClient) -> None:
    publish_check(client, check())
    assert publish_check(client, check(at=LATER)).outcome == "unchanged"
    assert len(server.check_runs) == 1
    with pytest.raises(OvertakenError):
        publish_check(client, check("sha256:2"))


@pytest.mark.parametrize("external_id", ["sha256:1", "", None, "sha256:1 tomorrow", "sha256:1 2027-01-01T00:00:00"])
def test_a_run_that_does_not_say_when_it_was_made_is_no_newer(
    server: GitHubServer, client: GitHubClient, external_id: str | None
) -> None:
    publish_check(client, check("sha256:1"))
    server.check_runs[0]["external_id"] = external_id
    assert publish_check(client, check("sha256:2")).outcome == "created"


def test_a_newer_run_by_another_app_stops_nothing(server: GitHubServer, client: GitHubClient) -> None:
    publish_check(client, check("sha256:1", at=LATER))
    server.check_runs[0]["app"] = {"slug": "mallory"}
    assert publish_check(client, check("sha256:2")).outcome == "created"


def test_a_run_of_the_same_name_by_another_app_is_not_ours(server: GitHubServer, client: GitHubClient) -> None:
    publish_check(client, check(conclusion="success"))
    server.check_runs[0]["app"] = {"slug": "mallory"}
    assert publish_check(client, check(conclusion="success")).outcome == "created"


def others(number: int) -> list[dict]:
    """Check runs of the same name that another App made before."""
    run = {"name": "Penstock", "head_sha": HEAD, "app": {"slug": "mallory"}, "external_id": "", "status": "queued"}
    return [{**run, "id": one + 1} for one in range(number)]


def test_a_newer_evaluation_counts_behind_any_runs_of_others(server: GitHubServer, client: GitHubClient) -> None:
    server.check_runs = others(250)
    publish_check(client, check("sha256:1", at=LATER))
    with pytest.raises(OvertakenError):
        publish_check(client, check("sha256:2", conclusion="success"))


def test_more_runs_than_are_read_let_nothing_pass(server: GitHubServer, client: GitHubClient) -> None:
    server.check_runs = others(1100)
    with pytest.raises(ForgeError, match="more check runs than Penstock reads"):
        publish_check(client, check(conclusion="success"))
    assert len(server.check_runs) == 1100


def test_a_run_whose_app_is_gone_is_not_ours(server: GitHubServer, client: GitHubClient) -> None:
    publish_check(client, check(at=LATER))
    server.check_runs[0]["app"] = None
    assert publish_check(client, check()).outcome == "created"


def test_many_annotations_come_fifty_at_once_and_the_conclusion_last(
    server: GitHubServer, client: GitHubClient
) -> None:
    publish_check(client, check(conclusion="success", remarks=120))
    bodies = [one.body for one in server.seen if one.body]
    assert [len(one["output"]["annotations"]) for one in bodies[:-1]] == [50, 50, 20]
    assert [one["status"] for one in bodies] == ["in_progress", "in_progress", "in_progress", "completed"]
    assert [one.get("conclusion") for one in bodies] == [None, None, None, "success"]
    assert [one["message"] for one in server.check_runs[0]["annotations"]] == [f"m{number}" for number in range(120)]


def test_a_check_run_that_breaks_off_lets_nothing_pass(server: GitHubServer, client: GitHubClient) -> None:
    server.answers("/check-runs/1", Reply(502))
    with pytest.raises(ForgeError):
        publish_check(client, check(conclusion="success", remarks=60))
    assert (server.check_runs[0]["status"], server.check_runs[0].get("conclusion")) == ("in_progress", None)
    assert publish_check(client, check(conclusion="success", remarks=60)).outcome == "created"
    assert server.check_runs[1]["conclusion"] == "success"


def test_annotations_beyond_what_anyone_reads_are_told(server: GitHubServer, client: GitHubClient) -> None:
    publish_check(client, check(remarks=MOST_ANNOTATIONS + 7))
    assert len(server.check_runs[0]["annotations"]) == MOST_ANNOTATIONS
    assert server.check_runs[0]["output"]["text"] == "The first 500 of 507 annotations are shown."


def test_nothing_is_told_where_all_annotations_are_shown(server: GitHubServer, client: GitHubClient) -> None:
    publish_check(client, check(remarks=MOST_ANNOTATIONS))
    assert server.check_runs[0]["output"]["text"] is None


def test_columns_are_given_within_one_line_only(server: GitHubServer, client: GitHubClient) -> None:
    annotations = [
        Annotation("a", 2, 2, "failure", "m", "t" * 999, 3, 9),
        Annotation("a", 2, 4, "notice", "漢" * 99_999, "", 3, 9),
    ]
    publish_check(client, CheckRun("P", HEAD, "d", NOON, "failure", "t", "s", "https://x.test/run", annotations))
    first, second = server.check_runs[0]["annotations"]
    assert (first["start_column"], first["end_column"], len(first["title"]) <= 255) == (3, 9, True)
    assert "start_column" not in second
    assert len(second["message"].encode()) < 64 * 1024


def test_a_long_summary_is_cut(server: GitHubServer, client: GitHubClient) -> None:
    publish_check(client, check(summary="a line\n" * 20_000))
    assert len(server.check_runs[0]["summary"].encode()) < 65_536
    assert server.check_runs[0]["summary"].endswith(f"{NOTICE}\n")


def test_a_check_run_at_another_commit_is_an_error(server: GitHubServer, client: GitHubClient) -> None:
    server.answers("/check-runs", Reply(200, {"check_runs": []}), Reply(201, {"id": 1, "head_sha": "0" * 40}))
    with pytest.raises(ForgeError, match="another commit than the head"):
        publish_check(client, check())


def test_people_are_asked_for_their_review(server: GitHubServer, client: GitHubClient) -> None:
    asked = request_reviewers(client, REPOSITORY, 1, ["sre-1", "bob"], Person("ada"))
    assert asked == Requested(("sre-1", "bob"), (), ())
    assert server.requested == ["sre-1", "bob"]


def test_the_author_is_never_asked(server: GitHubServer, client: GitHubClient) -> None:
    assert request_reviewers(client, REPOSITORY, 1, ["ADA"], Person("ada")) == Requested((), (), ())
    assert server.seen == []


def test_who_was_asked_before_is_not_asked_again(server: GitHubServer, client: GitHubClient) -> None:
    server.requested = ["Bob"]
    assert request_reviewers(client, REPOSITORY, 1, ["bob", "eve"], Person("ada")) == Requested(("eve",), ("bob",), ())
    assert server.requested == ["Bob", "eve"]


def test_one_who_cannot_be_asked_keeps_nobody_else_from_it(server: GitHubServer, client: GitHubClient) -> None:
    server.unaskable = {"stranger"}
    asked = request_reviewers(client, REPOSITORY, 1, ["bob", "stranger", "eve"], Person("ada"))
    assert asked == Requested(("bob", "eve"), (), ("stranger",))
    assert server.requested == ["bob", "eve"]


def test_a_fault_while_asking_is_an_error(server: GitHubServer, client: GitHubClient) -> None:
    server.answers("/requested_reviewers", Reply(200, {"users": []}), Reply(403))
    with pytest.raises(ForgeError, match="403"):
        request_reviewers(client, REPOSITORY, 1, ["bob"], Person("ada"))
