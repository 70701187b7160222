"""Every commit is read, and everyone who had a hand in one is somebody or nobody, never overlooked."""

from __future__ import annotations

import pytest

from forges.fake import object_id
from forges.github_server import GitHubServer, Reply
from forges.github_shapes import BASE, HEAD, REPOSITORY, account, commit
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.commits import MOST_COMMITS, read_commits
from penstock.forges.github.people import co_author_emails
from penstock.forges.protocol import ForgeError, Person

NOBODY = Person(None)
COMPARE = f"/compare/{BASE}...{HEAD}"


def read(client: GitHubClient):
    return read_commits(client, REPOSITORY, BASE, HEAD)


def co_authored(server: GitHubServer, client: GitHubClient, *trailers: str) -> tuple[Person, ...]:
    message = "Work\n\n" + "\n".join(trailers)
    server.commits = [commit(HEAD, account("ada"), message)]
    (only,) = read(client)
    return only.co_authors


@pytest.mark.parametrize("number", [0, 1, 100, 101, 250, 251, 700])
def test_all_commits_are_read(server: GitHubServer, client: GitHubClient, number: int) -> None:
    names = [object_id(str(index)) for index in range(number - 1)] + [HEAD] * min(number, 1)
    server.commits = [commit(name, account("ada")) for name in names]
    assert [one.sha for one in read(client)] == names


def test_fewer_commits_than_github_counts_are_an_error(server: GitHubServer, client: GitHubClient) -> None:
    listed = [commit(HEAD, account("ada"))]
    server.always_answers(COMPARE, Reply(200, {"total_commits": 2, "commits": listed}))
    with pytest.raises(ForgeError, match="counts 2 commits between base and head, but lists 1: run again later"):
        read(client)


def test_commits_without_the_head_are_an_error(server: GitHubServer, client: GitHubClient) -> None:
    server.commits = [commit(object_id("another"), account("ada"))]
    with pytest.raises(ForgeError, match="run again later"):
        read(client)


def test_more_commits_than_anyone_reviews_are_an_error(server: GitHubServer, client: GitHubClient) -> None:
    server.always_answers(COMPARE, Reply(200, {"total_commits": MOST_COMMITS + 1, "commits": []}))
    with pytest.raises(ForgeError, match="split it"):
        read(client)


def test_how_many_files_changed_does_not_matter_here(server: GitHubServer, client: GitHubClient) -> None:
    """Contents are read from git, whole; GitHub lists no more than 3,000 files of a pull request, and 300 here."""
    files = [{"filename": f"specs/{number}.yaml", "patch": "+x\n" * 50} for number in range(3000)]
    listed = [commit(HEAD, account("ada"))]
    server.always_answers(COMPARE, Reply(200, {"total_commits": 1, "commits": listed, "files": files}))
    assert len(read(client)) == 1


def test_both_parents_of_a_merge_are_kept(server: GitHubServer, client: GitHubClient) -> None:
    side = object_id("side")
    server.commits = [commit(side, account("eve")), commit(HEAD, account("ada"), parents=(BASE, side))]
    first, second = read(client)
    assert first.author == Person("eve")
    assert second.parents == (BASE, side)


@pytest.mark.parametrize("nobody", [None, {}])
def test_an_author_whom_github_does_not_know_is_nobody(
    server: GitHubServer, client: GitHubClient, nobody: dict | None
) -> None:
    server.commits = [commit(HEAD, nobody, committer=account("ada"))]
    (only,) = read(client)
    assert (only.author, only.committer) == (NOBODY, Person("ada"))


def test_github_itself_commits_only_with_its_signature(server: GitHubServer, client: GitHubClient) -> None:
    web = account("web-flow")
    server.commits = [commit(HEAD, account("ada"), committer=web, verified=True)]
    assert read(client)[0].committer == Person("web-flow", is_bot=True)
    server.commits = [commit(HEAD, account("ada"), committer=web, verified=False)]
    assert read(client)[0].committer == NOBODY


def test_a_private_email_belongs_to_the_number_in_it(server: GitHubServer, client: GitHubClient) -> None:
    server.accounts["4711"] = account("eve-renamed")
    found = co_authored(server, client, "Co-authored-by: Eve <4711+eve@users.noreply.127.0.0.1>")
    assert found == (Person("eve-renamed"),)


def test_an_old_private_email_belongs_to_its_login(server: GitHubServer, client: GitHubClient) -> None:
    server.accounts["eve"] = account("Eve")
    assert co_authored(server, client, "co-authored-by: E <Eve@users.noreply.127.0.0.1>") == (Person("Eve"),)


def test_a_bot_in_a_trailer_is_a_bot(server: GitHubServer, client: GitHubClient) -> None:
    server.accounts["49699333"] = account("dependabot[bot]", "Bot")
    found = co_authored(server, client, "Co-authored-by: d <49699333+dependabot[bot]@users.noreply.127.0.0.1>")
    assert found == (Person("dependabot[bot]", is_bot=True),)


def test_a_private_email_of_an_account_that_is_gone_is_nobody(server: GitHubServer, client: GitHubClient) -> None:
    assert co_authored(server, client, "Co-authored-by: E <99+eve@users.noreply.127.0.0.1>") == (NOBODY,)


def test_a_private_email_of_another_github_is_nobody(server: GitHubServer, client: GitHubClient) -> None:
    server.accounts["4711"] = account("eve")
    assert co_authored(server, client, "Co-authored-by: E <4711+eve@users.noreply.github.com>") == (NOBODY,)


def test_any_other_email_is_whose_github_says_it_is(server: GitHubServer, client: GitHubClient) -> None:
    server.authors[HEAD] = [{"email": "Eve@x.test", "user": {"__typename": "User", "login": "eve"}}]
    found = co_authored(server, client, "Co-authored-by: E <eve@x.test>", "Co-authored-by: M <mallory@x.test>")
    assert found == (Person("eve"), NOBODY)


def test_emails_are_asked_for_fifty_commits_at_once(server: GitHubServer, client: GitHubClient) -> None:
    named = [object_id(str(index)) for index in range(119)] + [HEAD]
    server.commits = [
        commit(name, account("ada"), f"x\n\nCo-authored-by: E <{name}@x.test>") for index, name in enumerate(named)
    ]
    server.authors = {
        name: [{"email": f"{name}@x.test", "user": {"__typename": "User", "login": f"u{index}"}}]
        for index, name in enumerate(named)
    }
    assert [one.co_authors for one in read(client)] == [(Person(f"u{index}"),) for index in range(120)]
    assert server.count("/graphql") == 3


@pytest.mark.parametrize("login", ["еve", "eve\u200b", "eve/../bob", ""])
def test_a_look_alike_in_a_private_email_is_nobody(server: GitHubServer, client: GitHubClient, login: str) -> None:
    server.accounts["eve"] = account("eve")
    assert co_authored(server, client, f"Co-authored-by: E <{login}@users.noreply.127.0.0.1>") == (NOBODY,)


@pytest.mark.parametrize(
    ("message", "emails"),
    [
        ("Work", ()),
        ("Work\n\nCo-authored-by: E <e@x.test>", ("e@x.test",)),
        ("Work\n\nCO-AUTHORED-BY: E <E@X.test>\n\nMore text", ("e@x.test",)),
        ("Work\n  co-authored-by : E < e@x.test >\r\nSigned-off-by: F <f@x.test>", ("e@x.test",)),
        ("Work\n\nCo-authored-by: Eve", ("",)),
        ("Work\n\nCo-authored-by: E <e@x.test>\nCo-authored-by: F <f@x.test>", ("e@x.test", "f@x.test")),
        ("Work\n\nCo-authored-by: E <e@x.test>\nCo-authored-by: E <E@x.test>", ("e@x.test",)),
        ("Not co-authored-by: E <e@x.test>", ()),
    ],
)
def test_trailers_are_found_wherever_they_stand(message: str, emails: tuple[str, ...]) -> None:
    assert co_author_emails(message) == emails


def test_an_account_that_cannot_be_asked_for_is_an_error_and_nobody_else(
    server: GitHubServer, client: GitHubClient
) -> None:
    server.always_answers("/user/7", Reply(401, {"message": "Bad credentials"}))
    with pytest.raises(ForgeError, match="pass a valid one"):
        co_authored(server, client, "Co-authored-by: Bob <7+bob@users.noreply.127.0.0.1>")


def test_the_authors_of_a_commit_that_graphql_does_not_show_are_nobody(
    server: GitHubServer, client: GitHubClient
) -> None:
    server.always_answers("/graphql", Reply(200, {"data": {"repository": {"c0": None}}}))
    assert co_authored(server, client, "Co-authored-by: Bob <bob@example.com>") == (NOBODY,)
