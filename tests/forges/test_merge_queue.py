"""A merge group holds its own pull request and all that are ahead of it, as the queue itself says."""

from __future__ import annotations

import pytest

from forges.fake import object_id
from forges.github_server import GitHubServer, Reply
from forges.github_shapes import REPOSITORY
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.merge_queue import QueuedPullRequest, groups_with, read_group
from penstock.forges.protocol import ForgeError


def entry(position: int) -> dict:
    return {
        "position": position,
        "headCommit": {"oid": object_id(f"group {position}")},
        "pullRequest": {"number": position * 10, "headRefOid": object_id(f"pull {position}")},
    }


def group(client: GitHubClient, position: int) -> list[QueuedPullRequest]:
    return list(read_group(client, REPOSITORY, "main", object_id(f"group {position}")))


def test_a_group_holds_what_is_ahead_of_it(server: GitHubServer, client: GitHubClient) -> None:
    server.queue = [entry(3), entry(1), entry(2)]
    assert group(client, 2) == [
        QueuedPullRequest(10, object_id("pull 1")),
        QueuedPullRequest(20, object_id("pull 2")),
    ]


def test_the_groups_with_a_pull_request_are_its_own_and_those_behind_it(
    server: GitHubServer, client: GitHubClient
) -> None:
    server.queue = [entry(3), entry(1), entry(2), {**entry(4), "headCommit": None}]
    assert groups_with(client, REPOSITORY, "main", 20) == (object_id("group 2"), object_id("group 3"))
    assert groups_with(client, REPOSITORY, "main", 7) == ()


def test_without_a_queue_there_is_no_group(server: GitHubServer, client: GitHubClient) -> None:
    server.always_answers("/graphql", Reply(200, {"data": {"repository": {"mergeQueue": None}}}))
    assert groups_with(client, REPOSITORY, "main", 10) == ()


def test_a_long_queue_is_read_to_its_end(server: GitHubServer, client: GitHubClient) -> None:
    server.queue = [entry(number) for number in range(1, 251)]
    assert len(group(client, 250)) == 250


def test_an_entry_without_a_commit_yet_is_no_group(server: GitHubServer, client: GitHubClient) -> None:
    server.queue = [entry(1), {**entry(2), "headCommit": None}]
    assert len(group(client, 1)) == 1


def test_a_group_that_was_rebuilt_is_an_error(server: GitHubServer, client: GitHubClient) -> None:
    server.queue = [entry(1)]
    with pytest.raises(ForgeError, match="the group was rebuilt in the meantime"):
        group(client, 2)


def test_a_branch_without_a_queue_is_an_error(server: GitHubServer, client: GitHubClient) -> None:
    server.always_answers("/graphql", Reply(200, {"data": {"repository": {"mergeQueue": None}}}))
    with pytest.raises(ForgeError, match="has no merge queue that the token may see"):
        group(client, 1)


def test_a_queue_without_end_is_an_error(server: GitHubServer, client: GitHubClient) -> None:
    page = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "same"}}
    server.always_answers("/graphql", Reply(200, {"data": {"repository": {"mergeQueue": {"entries": page}}}}))
    with pytest.raises(ForgeError, match="too many pages"):
        group(client, 1)


def test_an_entry_whose_pull_request_is_hidden_is_an_error(server: GitHubServer, client: GitHubClient) -> None:
    server.queue = [{**entry(1), "pullRequest": None}, entry(2)]
    with pytest.raises(ForgeError, match="run again"):
        group(client, 2)


def test_a_queue_of_more_pages_than_are_read_is_an_error(
    server: GitHubServer, client: GitHubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.forges.github.merge_queue._MOST_PAGES", 2)
    server.queue = [entry(number) for number in range(1, 201)]
    assert len(group(client, 200)) == 200
    server.queue.append(entry(201))
    with pytest.raises(ForgeError, match="too many pages"):
        group(client, 1)
