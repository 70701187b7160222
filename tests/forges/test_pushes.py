"""When the head moved is what the server saw, as far back as that is known without a gap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from forges.fake import object_id
from forges.github_server import GitHubServer, Reply
from forges.github_shapes import move
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.pushes import Move, UnsettledError, joined, read_moves
from penstock.forges.github.timeline import Event, read_timeline
from penstock.forges.protocol import ForgeError, Person

ADA, EVE = Person("ada"), Person("eve")
A, B, C, D, NONE = object_id("a"), object_id("b"), object_id("c"), object_id("d"), "0" * 40


def at(minute: int) -> datetime:
    return datetime(2026, 3, 2, 9, minute, tzinfo=UTC)


def moved(minute: int, before: str, after: str, forced: bool = False) -> Move:
    return Move(at(minute), before, after, forced, EVE)


def pushes(moves: list[Move], events: list[Event] = (), head: str = B, opened: int = 5) -> list[tuple[str, int, str]]:
    """Kind, minute and head of what is known; the moves are given oldest first."""
    found = joined(moves[::-1], events, at(opened), EVE, head)
    return [(one.kind, one.at.minute, one.head) for one in found]


def test_a_push_is_when_the_server_saw_it() -> None:
    assert pushes([moved(1, NONE, A), moved(7, A, B)]) == [("opened", 5, A), ("push", 7, B)]


def test_pushes_before_the_opening_are_one_with_it() -> None:
    assert pushes([moved(1, NONE, A), moved(3, A, B)]) == [("opened", 5, B)]


def test_a_push_says_who_pushed_whoever_wrote_the_commit() -> None:
    found = joined([moved(7, A, B), moved(1, NONE, A)], (), at(5), EVE, B)
    assert [one.actor for one in found] == [EVE, EVE]


def test_whoever_pushed_what_somebody_else_opened_had_a_hand_in_it() -> None:
    found = joined([moved(3, A, B), moved(1, NONE, A)], (), at(5), ADA, B)
    assert [(one.kind, one.at.minute, one.actor) for one in found] == [("push", 3, EVE), ("opened", 5, ADA)]


def test_so_had_whoever_pushed_a_part_of_it_before_another_added_to_it() -> None:
    """Commits name whom their maker likes as their author, so that the first of two pushes says nothing of itself."""
    first, second = moved(1, NONE, A), replace(moved(3, A, B), actor=ADA)
    found = joined([second, first], (), at(5), ADA, B, {A, B})
    assert [(one.kind, one.at.minute, one.actor) for one in found] == [("push", 1, EVE), ("opened", 5, ADA)]
    found = joined([second, first], (), at(5), ADA, B, {B})
    assert [one.actor for one in found] == [ADA], "what was there before is none of the pull request's commits"
    merged = replace(first, is_merge=True)
    assert [one.actor for one in joined([second, merged], (), at(5), ADA, B, {A, B})] == [ADA]


def test_nor_is_that_forgotten_when_the_one_who_opened_it_pushes_too() -> None:
    found = joined([replace(moved(7, A, B), actor=ADA), moved(1, NONE, A)], (), at(5), ADA, B)
    assert [(one.kind, one.at.minute, one.actor) for one in found] == [
        ("push", 1, EVE),
        ("opened", 5, ADA),
        ("push", 7, ADA),
    ]


def test_whoever_merged_into_a_branch_that_is_then_opened_had_none() -> None:
    found = joined([replace(moved(3, A, B), is_merge=True), moved(1, NONE, A)], (), at(5), ADA, B)
    assert [(one.kind, one.actor) for one in found] == [("opened", ADA)]


def test_a_force_push_is_one() -> None:
    forced = Event(at(7), "force-push", B, EVE)
    assert pushes([moved(1, NONE, A), moved(7, A, B, forced=True)], [forced]) == [
        ("opened", 5, A),
        ("force-push", 7, B),
    ]


def test_back_to_an_earlier_head_is_a_push_of_its_own() -> None:
    moves = [moved(1, NONE, B), moved(6, B, A, forced=True), moved(8, A, B)]
    assert pushes(moves) == [("opened", 5, B), ("force-push", 6, A), ("push", 8, B)]


def test_a_change_of_base_keeps_the_head_of_its_time() -> None:
    events = [Event(at(6), "base-changed", "", ADA), Event(at(8), "base-changed", "", ADA)]
    found = pushes([moved(1, NONE, A), moved(7, A, B)], events)
    assert found == [("opened", 5, A), ("base-changed", 6, A), ("push", 7, B), ("base-changed", 8, B)]


def test_what_was_pushed_while_it_was_closed_is_there_at_its_reopening() -> None:
    found = pushes([moved(1, NONE, A), moved(7, A, B)], [Event(at(9), "reopened", "", ADA)])
    assert found[-1] == ("reopened", 9, B)


def test_a_branch_deleted_and_restored_keeps_its_head() -> None:
    moves = [moved(1, NONE, B), moved(6, B, NONE), moved(8, NONE, B)]
    found = pushes(moves, [Event(at(7), "base-changed", "", ADA)])
    assert found == [("opened", 5, B), ("base-changed", 7, B), ("push", 8, B)]


def test_before_a_gap_nothing_is_known() -> None:
    moves = [moved(1, NONE, A), moved(6, A, B), moved(8, C, D), moved(9, D, B)]
    assert pushes(moves) == [("push", 8, D), ("push", 9, B)]


def test_a_branch_whose_beginning_is_forgotten_is_known_from_its_first_push() -> None:
    assert pushes([moved(7, A, B)]) == [("push", 7, B)]


def test_a_force_push_that_the_activity_lacks_is_a_gap() -> None:
    moves = [moved(1, NONE, A), moved(6, A, B), moved(9, B, C)]
    assert pushes(moves, [Event(at(7), "force-push", D, EVE)], head=C) == [("push", 9, C)]
    assert pushes(moves, [Event(at(7), "force-push", "", EVE)], head=C) == [("push", 9, C)]


def test_a_last_force_push_that_the_activity_lacks_leaves_nothing() -> None:
    with pytest.raises(UnsettledError, match="lacks a force-push"):
        pushes([moved(1, NONE, A), moved(6, A, B)], [Event(at(7), "force-push", D, EVE)])


@pytest.mark.parametrize("moves", [[], [moved(1, NONE, A)], [moved(1, NONE, B), moved(6, B, NONE)]])
def test_moves_that_lead_elsewhere_leave_nothing(moves: list[Move]) -> None:
    with pytest.raises(UnsettledError, match="does not lead to the head"):
        pushes(moves)


def test_the_past_before_the_opening_is_read_no_further_than_needed(server: GitHubServer, client: GitHubClient) -> None:
    ids = [object_id(str(number)) for number in range(300)]
    server.activity = [
        move(f"2026-03-02T{9 - number // 60:02}:{59 - number % 60:02}:00Z", ids[number + 1], ids[number])
        for number in range(299)
    ]
    moves = read_moves(client, "acme/models", "topic", datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    assert (len(moves), server.count("/activity")) == (120, 2)
    since = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    assert len(read_moves(client, "acme/models", "topic", since, set(ids[100:130]))) == 131
    assert all(newer.before == older.after for newer, older in pairwise(moves))


def test_a_fault_is_no_end_of_the_past(server: GitHubServer, client: GitHubClient) -> None:
    server.always_answers("/activity", Reply(422, {"message": "Validation Failed"}))
    with pytest.raises(ForgeError) as refused:
        read_moves(client, "acme/models", "topic", at(0))
    assert "422" in str(refused.value)
    assert "let it read" not in str(refused.value)


def timeline_event(kind: str, minute: int, **more: object) -> dict:
    actor = {"__typename": "User", "login": "eve"}
    return {"__typename": kind, "createdAt": f"2026-03-02T09:{minute:02}:00Z", "actor": actor, **more}


def test_a_long_timeline_is_read_to_its_end(server: GitHubServer, client: GitHubClient) -> None:
    server.timeline = [timeline_event("ReopenedEvent", number % 60) for number in range(250)]
    assert len(read_timeline(client, "acme/models", 1).events) == 250
    assert server.count("/graphql") == 3


def test_events_have_the_kinds_that_the_review_knows(server: GitHubServer, client: GitHubClient) -> None:
    server.timeline = [
        timeline_event("HeadRefForcePushedEvent", 1, afterCommit={"oid": A}),
        timeline_event("HeadRefForcePushedEvent", 2, afterCommit=None, actor=None),
        timeline_event("BaseRefChangedEvent", 3),
        timeline_event("BaseRefForcePushedEvent", 4, actor={"__typename": "Bot", "login": "mergify"}),
        timeline_event("AutomaticBaseChangeSucceededEvent", 5),
        timeline_event("ReopenedEvent", 6),
    ]
    assert read_timeline(client, "acme/models", 1).events == (
        Event(at(1), "force-push", A, EVE),
        Event(at(2), "force-push", "", Person(None)),
        Event(at(3), "base-changed", "", EVE),
        Event(at(4), "base-changed", "", Person("mergify[bot]", is_bot=True)),
        Event(at(5), "base-changed", "", EVE),
        Event(at(6), "reopened", "", EVE),
    )


def test_a_timeline_that_goes_in_a_circle_is_an_error(server: GitHubServer, client: GitHubClient) -> None:
    items = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "same"}}
    page = {"data": {"repository": {"pullRequest": {"timelineItems": items}}}}
    server.always_answers("/graphql", Reply(200, page))
    with pytest.raises(ForgeError, match="form a loop"):
        read_timeline(client, "acme/models", 1)


def test_an_event_that_was_not_asked_for_is_an_error(server: GitHubServer, client: GitHubClient) -> None:
    server.timeline = [timeline_event("LabeledEvent", 1)]
    with pytest.raises(ForgeError, match="not requested"):
        read_timeline(client, "acme/models", 1)
