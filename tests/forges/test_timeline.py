"""What was set aside, deleted or edited is told by GitHub elsewhere than where it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from forges.github_server import GitHubServer, Reply
from forges.github_shapes import REPOSITORY, account, comment, line_comment, review
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.pull_request import read_pull_request
from penstock.forges.github.timeline import read_timeline
from penstock.forges.protocol import Deletion, Dismissal, ForgeError, Person
from penstock.forges.recorded import dump, parse

AT = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
EDITED = "2026-03-02T10:06:00Z"


def user(login: str) -> dict[str, str]:
    return {"__typename": "User", "login": login}


def dismissed(number: object, was: str = "CHANGES_REQUESTED", by: str | None = "eve") -> dict[str, Any]:
    return {
        "__typename": "ReviewDismissedEvent",
        "createdAt": "2026-03-02T11:00:00Z",
        "actor": by and user(by),
        "previousReviewState": was,
        "review": {"fullDatabaseId": number},
    }


def deleted(author: str | None, by: str | None) -> dict[str, Any]:
    return {
        "__typename": "CommentDeletedEvent",
        "createdAt": "2026-03-02T11:00:00Z",
        "actor": by and user(by),
        "deletedCommentAuthor": author and user(author),
    }


def edit(minute: int, text: str | None) -> dict[str, Any]:
    return {"editedAt": f"2026-03-02T10:0{minute}:00Z", "diff": text}


def read(client: GitHubClient, own: str = ""):
    return read_pull_request(client, REPOSITORY, 1, own=own)


@pytest.mark.parametrize("number", ["30123456789", 30123456789])
def test_a_dismissed_review_says_what_it_was_and_who_dismissed_it(
    server: GitHubServer, client: GitHubClient, number: object
) -> None:
    server.reviews = [review(30123456789, "bob", "DISMISSED")]
    server.timeline = [dismissed(number)]
    [found] = read(client).reviews()
    assert (found.state, found.dismissal) == ("dismissed", Dismissal(Person("eve"), AT, "changes_requested"))


@pytest.mark.parametrize("event", [dismissed("1", was="DISMISSED"), dismissed("2"), dismissed("1") | {"review": None}])
def test_a_dismissal_that_github_does_not_tell_of_is_not_made_up(
    server: GitHubServer, client: GitHubClient, event: dict
) -> None:
    server.reviews = [review(1, "bob", "DISMISSED")]
    server.timeline = [event]
    assert read(client).reviews()[0].dismissal is None


def test_a_dismissal_by_a_deleted_account_is_by_nobody(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [review(1, "bob", "DISMISSED")]
    server.timeline = [dismissed("1", by=None)]
    found = read(client).reviews()[0].dismissal
    assert found is not None
    assert found.by == Person(None)


@pytest.mark.parametrize("number", ["1; drop", "-1", "", True, None, 1.5])
def test_a_number_that_is_none_is_an_error(server: GitHubServer, client: GitHubClient, number: object) -> None:
    server.timeline = [dismissed(number)]
    with pytest.raises(ForgeError, match="run again"):
        read(client)


def test_who_dismissed_is_asked_about(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [review(1, "ada", "DISMISSED")]
    server.timeline = [dismissed("1", by="sre-1"), deleted("bob", "eve")]
    assert read(client).facts.writers == ("ada", "bob", "sre-1")


def test_deleted_comments_are_known_by_whose_they_were(server: GitHubServer, client: GitHubClient) -> None:
    server.timeline = [deleted("bob", "eve"), deleted(None, None)]
    assert read(client).deletions() == (
        Deletion(AT, Person("bob"), Person("eve")),
        Deletion(AT, Person(None), Person(None)),
    )


def test_an_edited_comment_is_read_with_what_it_said_before(server: GitHubServer, client: GitHubClient) -> None:
    server.comments = [comment(1, account("bob"), "x", edited=EDITED), comment(2, account("bob"), "y")]
    server.history["IC_1"] = [edit(6, "x"), edit(5, "/penstock hold wait"), edit(4, None)]
    view = read(client)
    assert [one.earlier for one in view.comments()] == [(None, "/penstock hold wait", "x"), ()]
    assert [one.edited for one in view.comments()] == [True, False]
    assert parse(dump(view.facts)) == view


def test_more_edits_than_a_page_holds_are_edits_that_nobody_knows(
    server: GitHubServer, client: GitHubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.comments = [comment(1, account("bob"), "x", edited=EDITED)]
    edits = {"nodes": [edit(5, "a")], "pageInfo": {"hasNextPage": True}}
    monkeypatch.setattr(server, "_edits", lambda node_id: {"id": node_id, "userContentEdits": edits})
    assert read(client).comments()[0].earlier == (None, "a")


def test_an_edit_in_the_second_of_the_writing_is_one(server: GitHubServer, client: GitHubClient) -> None:
    """A program can be as fast as that: it makes an emergency of somebody's words, or takes a hold out of them."""
    server.comments = [
        comment(1, account("bob"), "/penstock break-glass all is on fire"),
        comment(2, account("bob"), "a"),
    ]
    server.line_comments = [line_comment(1, account("bob"), "b")]
    server.history["IC_1"] = [edit(5, "/penstock break-glass all is on fire"), edit(5, "looks good")]
    server.history["PRRC_1"] = [edit(5, "b"), edit(5, "/penstock hold wait")]
    view = read(client)
    assert [(one.edited, one.earlier[-1:]) for one in view.comments()] == [(True, ("looks good",)), (False, ())]
    assert [(one.edited, one.earlier[-1]) for one in view.line_comments()] == [(True, "/penstock hold wait")]


def test_the_history_of_bots_and_of_ones_own_comment_is_not_read(server: GitHubServer, client: GitHubClient) -> None:
    users = [account("penstock[bot]", "Bot"), account("review-account")]
    server.reviews = []
    server.comments = [comment(number, one, "x", edited=EDITED) for number, one in enumerate(users)]
    read(client, own="Review-Account")
    assert not any("query History" in one.body["query"] for one in server.seen if one.path == "/graphql")


def test_the_history_of_an_account_that_is_gone_is_read(server: GitHubServer, client: GitHubClient) -> None:
    server.comments = [comment(1, None, "x", edited=EDITED)]
    server.history["IC_1"] = [edit(6, "x"), edit(5, "/penstock hold wait")]
    [only] = read(client).comments()
    assert only.earlier == ("/penstock hold wait", "x")


def test_a_history_that_lacks_a_comment_is_an_error(
    server: GitHubServer, client: GitHubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.comments = [comment(1, account("bob"), "x", edited=EDITED)]
    answer = server.reply_to
    monkeypatch.setattr(
        server,
        "reply_to",
        lambda seen: (
            Reply(body={"data": {"nodes": []}}) if seen.body and "History" in seen.body["query"] else answer(seen)
        ),
    )
    with pytest.raises(ForgeError, match="history of the comments is incomplete"):
        read(client)


def test_a_timeline_of_more_pages_than_are_read_is_an_error(
    server: GitHubServer, client: GitHubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.forges.github.timeline._MOST_PAGES", 2)
    server.page_size = 1
    server.timeline = [deleted("bob", "bob"), deleted("bob", "ada")]
    assert [one.by for one in read_timeline(client, REPOSITORY, 1).deletions] == [Person("bob"), Person("ada")]
    server.timeline.append(deleted("bob", "eve"))
    with pytest.raises(ForgeError, match="the timeline is longer than Penstock reads"):
        read_timeline(client, REPOSITORY, 1)


def test_pages_of_a_timeline_that_lead_in_a_circle_are_an_error(server: GitHubServer, client: GitHubClient) -> None:
    page = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "same"}}
    answer = {"data": {"repository": {"pullRequest": {"timelineItems": page}}}}
    server.always_answers("/graphql", Reply(200, answer))
    with pytest.raises(ForgeError, match="form a loop"):
        read_timeline(client, REPOSITORY, 1)
    assert server.count("/graphql") == 2


def test_comments_on_lines_are_read_with_what_they_said_before(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [review(1, "bob", at="2026-03-02T10:30:00Z")]
    server.line_comments = [
        line_comment(1, account("bob"), "x", edited=EDITED),
        line_comment(2, account("sre-1"), "not an edit, but counted as an update", 9, edited=EDITED),
    ]
    server.history["PRRC_1"] = [edit(6, "x"), edit(5, "/penstock hold wait")]
    view = read(client)
    assert [(one.id, one.earlier, one.edited) for one in view.line_comments()] == [
        ("2", (), False),
        ("1", ("/penstock hold wait", "x"), True),
    ]
    assert view.line_comments()[1].at == view.reviews()[0].submitted, "nobody sees it before the review is submitted"
    assert view.may_write("sre-1")
    assert parse(dump(view.facts)) == view


def test_an_edited_review_is_read_with_what_it_said_before(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [review(1, "bob"), review(2, "helper[bot]")]
    server.reviews[1]["user"]["type"] = "Bot"
    server.history["PRR_1"] = [edit(6, "x"), edit(5, "/penstock hold wait")]
    first, second = read(client).reviews()
    assert first.earlier == ("/penstock hold wait", "x")
    assert first.edited_at == datetime(2026, 3, 2, 10, 6, tzinfo=UTC)
    assert second.edited_at is None


def test_a_review_whose_history_github_does_not_tell_is_an_error(
    server: GitHubServer, client: GitHubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_edits", lambda _: None)
    with pytest.raises(ForgeError, match="does not tell what the review PRR_1 said before"):
        read(client)
