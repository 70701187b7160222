"""A pull request on GitHub becomes a record of one moment, or a sentence that says why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from forges.conftest import Waits
from forges.fake import object_id
from forges.github_server import GitHubServer, Reply
from forges.github_shapes import BASE, HEAD, REPOSITORY, account, comment, commit, move, review
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.pull_request import find_open, read_pull_request
from penstock.forges.protocol import ForgeError, Person
from penstock.forges.recorded import dump, parse
from penstock.review.policy.separation import contributors

NOBODY = Person(None)


def read(client: GitHubClient, *people: str):
    return read_pull_request(client, REPOSITORY, 1, people)


def refused(client: GitHubClient) -> str:
    with pytest.raises(ForgeError) as caught:
        read(client)
    return str(caught.value)


def test_everything_is_read(server: GitHubServer, client: GitHubClient) -> None:
    view = read(client, "sre-1", "stranger")
    assert (view.repository, view.number, view.title) == (REPOSITORY, 1, "Raise the canary")
    assert (view.author, view.state, view.is_draft, view.is_fork) == (Person("ada"), "open", False, False)
    assert (view.base_ref, view.head_sha, view.labels) == ("main", HEAD, ("rollout",))
    assert [one.author for one in view.commits()] == [Person("ada")]
    assert [(one.kind, one.head) for one in view.pushes()] == [("opened", HEAD)]
    assert [(one.person, one.state) for one in view.reviews()] == [(Person("bob"), "approved")]
    assert view.facts.writers == ("bob", "sre-1")
    assert view.now() == datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_whoever_pushed_a_part_of_it_before_the_opening_is_known(server: GitHubServer, client: GitHubClient) -> None:
    """Mallory pushes a commit that names Ada as its author, Ada adds another and opens the pull request."""
    first = object_id("first")
    server.commits = [commit(first, account("ada"), parents=(BASE,)), commit(HEAD, account("ada"), parents=(first,))]
    server.activity = [
        move("2026-03-02T08:55:00Z", first, HEAD, by="ada"),
        move("2026-03-02T08:50:00Z", BASE, first, by="mallory"),
        move("2026-03-02T08:40:00Z", "0" * 40, BASE, "branch_creation", by="bob"),
    ]
    assert contributors(read(client)).people == {"ada", "mallory"}


def test_what_was_read_can_be_recorded(server: GitHubServer, client: GitHubClient) -> None:
    server.comments = [comment(1, account("bob"), "/penstock hold ⏸ \u202e<script>")]
    view = read(client)
    assert parse(dump(view.facts)) == view


def test_the_base_is_the_branch_of_now_and_not_the_one_of_the_last_push(
    server: GitHubServer, client: GitHubClient
) -> None:
    assert server.pull["base"]["sha"] != server.tip
    assert read(client).base_sha == server.tip


def test_a_renamed_base_branch_is_read_by_its_new_name(server: GitHubServer, client: GitHubClient) -> None:
    server.pull["base"]["ref"] = "release/ünter #1"
    assert read(client).base_ref == "release/ünter #1"
    assert any(one.path.endswith("/git/ref/heads%2Frelease%2F%C3%BCnter%20%231") for one in server.seen)


def test_a_head_branch_with_odd_letters_is_asked_for_whole(server: GitHubServer, client: GitHubClient) -> None:
    server.pull["head"]["ref"] = "a&actor=bob#1"
    read(client)
    asked = next(one for one in server.seen if one.path.endswith("/activity"))
    assert asked.query["ref"] == "refs/heads/a&actor=bob#1"
    assert "actor" not in asked.query


@pytest.mark.parametrize(("state", "merged", "seen"), [("closed", False, "closed"), ("closed", True, "merged")])
def test_a_pull_request_that_is_over_says_so(
    server: GitHubServer, client: GitHubClient, state: str, merged: bool, seen: str
) -> None:
    server.pull |= {"state": state, "merged": merged}
    assert read(client).state == seen


def test_a_draft_says_so(server: GitHubServer, client: GitHubClient) -> None:
    server.pull["draft"] = True
    assert read(client).is_draft


def test_a_fork_is_seen_and_its_own_pushes_are_read(server: GitHubServer, client: GitHubClient) -> None:
    server.pull["head"]["repo"] = {"id": 8, "full_name": "eve/models"}
    assert read(client).is_fork
    assert server.count("/repos/eve/models/activity") == 1


def test_a_fork_that_may_not_be_read_leaves_no_guess(server: GitHubServer, client: GitHubClient) -> None:
    server.pull["head"]["repo"] = {"id": 8, "full_name": "eve/models"}
    server.always_answers("/activity", Reply(404, {"message": "Not Found"}))
    said = refused(client)
    assert "it is unknown which approvals came after the last push" in said
    assert "let it read that repository's contents" in said


def test_a_deleted_fork_leaves_no_guess(server: GitHubServer, client: GitHubClient) -> None:
    server.pull["head"]["repo"] = None
    assert "open a new pull request with the same commits" in refused(client)


def test_a_deleted_user_is_nobody(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [review(1, None), review(2, "ghost")]
    server.comments = [comment(1, None, "gone"), comment(2, account("mannequin", "Mannequin"), "imported")]
    server.pull["user"] = None
    view = read(client)
    assert {one.person for one in (*view.reviews(), *view.comments())} == {NOBODY}
    assert view.author == NOBODY


def test_a_look_alike_login_is_nobody(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [review(1, "bоb"), review(2, "ⅼucy"), review(3, "bob\u200b")]
    server.collaborators += [{**account("bоb"), "permissions": {"push": True}}]
    view = read(client, "bоb")
    assert {one.person for one in view.reviews()} == {NOBODY}
    assert not view.may_write("bоb")
    assert not view.may_write("bob")


def test_a_login_is_the_same_in_upper_and_lower_case(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [review(1, "BOB")]
    view = read(client)
    assert view.may_write("bob")
    assert view.reviews()[0].person.key == "bob"


def test_reviews_keep_the_state_that_the_server_gives_them(server: GitHubServer, client: GitHubClient) -> None:
    states = ["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"]
    server.reviews = [review(number, "bob", state) for number, state in enumerate(states)]
    assert [one.state for one in read(client).reviews()] == [state.lower() for state in states]


def test_a_review_that_was_not_submitted_is_none(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [{**review(1, "bob", "PENDING"), "submitted_at": None}]
    assert read(client).reviews() == ()


def test_a_review_in_a_state_nobody_knows_is_an_error(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [review(1, "bob", "BLESSED")]
    assert "update Penstock" in refused(client)


def test_an_edited_comment_is_known(server: GitHubServer, client: GitHubClient) -> None:
    server.comments = [comment(1, account("bob"), "a"), comment(2, account("bob"), "b", edited="2026-03-02T10:06:00Z")]
    assert [one.edited for one in read(client).comments()] == [False, True]


def test_a_bot_is_a_bot(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [{**review(1, "x"), "user": account("renovate[bot]", "Bot")}]
    assert read(client).reviews()[0].person == Person("renovate[bot]", is_bot=True)
    assert not read(client).may_write("renovate[bot]")


def test_many_reviews_are_read_to_the_last(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [review(number, "bob") for number in range(250)]
    assert len(read(client).reviews()) == 250


def test_who_may_write_is_asked_one_by_one_where_the_list_is_closed(server: GitHubServer, client: GitHubClient) -> None:
    server.always_answers("/collaborators", Reply(403, {"message": "Must have push access"}))
    assert read(client, "sre-1", "stranger").facts.writers == ("bob", "sre-1")


def test_who_is_in_the_list_without_the_right_may_not_write(server: GitHubServer, client: GitHubClient) -> None:
    server.collaborators = [{**account("bob"), "permissions": {"push": False}}]
    assert not read(client).may_write("bob")


def test_nobody_may_write_where_it_cannot_be_known(server: GitHubServer, client: GitHubClient) -> None:
    server.always_answers("/collaborators", Reply(403))
    server.always_answers("/collaborators/bob/permission", Reply(404))
    assert not read(client).may_write("bob")
    server.always_answers("/collaborators/bob/permission", Reply(403))
    assert "403" in refused(client)


def test_a_push_while_it_is_read_makes_it_be_read_again(
    server: GitHubServer, client: GitHubClient, waits: Waits
) -> None:
    before = {**server.pull, "updated_at": "2026-03-02T09:30:00Z"}
    server.answers("/pulls/1", Reply(200, before))
    assert read(client).head_sha == HEAD
    assert waits == [2.0]


def test_a_pull_request_that_never_rests_is_an_error(server: GitHubServer, client: GitHubClient, waits: Waits) -> None:
    moments = [{**server.pull, "updated_at": f"2026-03-02T09:00:{second:02}Z"} for second in range(8)]
    server.answers("/pulls/1", *(Reply(200, moment) for moment in moments))
    assert "changed while it was read: run again in a minute" in refused(client)
    assert waits == [2.0, 4.0, 8.0]


def test_a_base_that_moves_while_it_is_read_is_seen(server: GitHubServer, client: GitHubClient, waits: Waits) -> None:
    server.answers("/git/ref/heads%2Fmain", Reply(200, {"object": {"sha": object_id("before")}}))
    assert read(client).base_sha == BASE
    assert waits == [2.0]


def test_a_push_that_github_does_not_show_yet_is_waited_for(
    server: GitHubServer, client: GitHubClient, waits: Waits
) -> None:
    server.answers("/activity", Reply(200, []))
    assert read(client).pushes()
    assert waits == [2.0]


def test_a_head_that_nobody_pushed_is_an_error(server: GitHubServer, client: GitHubClient) -> None:
    server.activity = [move("2026-03-02T08:55:00Z", "0" * 40, object_id("other"), "branch_creation")]
    assert "does not lead to the head of the pull request: run again in a minute; if it persists, push again" in (
        refused(client)
    )


@pytest.mark.parametrize(
    "path",
    [
        "/pulls/1",
        "/reviews",
        "/comments",
        "/activity",
        "/graphql",
        f"/compare/{BASE}...{HEAD}",
        "/git/ref/heads%2Fmain",
    ],
)
@pytest.mark.parametrize("status", [404, 500])
def test_one_part_that_fails_fails_the_whole(
    server: GitHubServer, client: GitHubClient, path: str, status: int
) -> None:
    server.always_answers(path, Reply(status, {"message": "no"}))
    assert refused(client)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/pulls/1", {}),
        ("/pulls/1", []),
        ("/pulls/1", {"base": {"ref": 1}}),
        ("/reviews", [{"id": 1, "state": "APPROVED", "user": {"login": "bob"}}]),
        ("/reviews", [{**review(1, "bob"), "submitted_at": "yesterday"}]),
        ("/reviews", [{**review(1, "bob"), "submitted_at": "2026-03-02T10:00:00"}]),
        ("/reviews", [{**review(1, "bob"), "id": True}]),
        ("/comments", [None]),
        ("/activity", [{**move("2026-03-02T08:55:00Z", BASE, HEAD), "after": "main"}]),
        ("/activity", [{"pushed_at": "2011-01-26T19:06:43Z", "push_type": "normal"}]),
        ("/git/ref/heads%2Fmain", {"object": {"sha": "HEAD"}}),
        ("/graphql", {"data": {"repository": None}}),
        ("/graphql", {"data": {"repository": {"pullRequest": {"timelineItems": {"nodes": [None]}}}}}),
        (f"/compare/{BASE}...{HEAD}", {"total_commits": 1, "commits": [{"sha": HEAD}]}),
    ],
)
def test_what_github_does_not_document_is_an_error(
    server: GitHubServer, client: GitHubClient, path: str, body: object
) -> None:
    server.always_answers(path, Reply(200, body))
    assert "run again" in refused(client)


@pytest.mark.parametrize("repository", ["acme", "acme/models/x", "../x", "acme/..", "acme/mo dels", "acme/mödels", ""])
def test_what_is_no_repository_is_not_asked_for(server: GitHubServer, client: GitHubClient, repository: str) -> None:
    with pytest.raises(ForgeError, match="write it as owner/name"):
        read_pull_request(client, repository, 1)
    assert server.seen == []


def test_a_run_in_a_fork_finds_its_pull_request(server: GitHubServer, client: GitHubClient) -> None:
    assert find_open(client, REPOSITORY, "eve", "topic", HEAD) == (1,)
    assert server.seen[-1].query["head"] == "eve:topic"
    assert find_open(client, REPOSITORY, "eve", "topic", object_id("older")) == ()


def test_two_spellings_in_the_record_are_one_person(server: GitHubServer, client: GitHubClient) -> None:
    view = read(client)
    record = replace(view, facts=replace(view.facts, writers=("Bob",)))
    assert record.may_write("bOB")


def test_a_hundred_commits_and_one_of_everyone(server: GitHubServer, client: GitHubClient) -> None:
    server.commits = [commit(object_id(str(number)), account("ada")) for number in range(99)] + [
        commit(HEAD, account("bob"))
    ]
    assert len(read(client).commits()) == 100


def test_where_nobody_is_asked_about_github_is_not_asked_either(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = []
    assert read(client, "dependabot[bot]", "", "bоb").facts.writers == ()
    assert not any("/collaborators" in one.path for one in server.seen)


def test_a_permission_that_cannot_be_asked_for_fails_the_whole(server: GitHubServer, client: GitHubClient) -> None:
    server.always_answers("/collaborators", Reply(403, {"message": "Must have push access"}))
    server.always_answers("/permission", Reply(401, {"message": "Bad credentials"}))
    assert "pass a valid one" in refused(client)
