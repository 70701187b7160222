"""A recorded pull request, the scripted one of tests, and what it would be if somebody approved."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest

from forges.fake import START, FakePullRequest, commit, object_id, person
from penstock.forges.overlay import pretend_approved_by
from penstock.forges.protocol import ForgeError, Person, PullRequestView, Push
from penstock.forges.recorded import dump, parse

A, B = object_id("a"), object_id("b")


def lived() -> FakePullRequest:
    """A pull request to which everything has happened once."""
    pull = FakePullRequest.opened("ada", writers=["bob", "sre-1"], labels=["rollout"])
    pull.approve("bob")
    pull.push(A, commits=[commit(A, None, committer="ada", co_authors=["eve", None], parents=[B], message="Ω\n")])
    pull.comment("bob", "/penstock hold not before Monday")
    pull.force_push(B, by="eve")
    pull.retarget("release", object_id("release"))
    pull.request_changes("sre-1", "no")
    return pull


def test_a_record_is_the_same_after_writing_and_reading() -> None:
    view = lived().view
    assert parse(dump(view.facts)) == view
    assert dump(parse(dump(view.facts)).facts) == dump(view.facts)


def test_a_record_can_be_read_by_people() -> None:
    text = dump(lived().view.facts)
    assert text.endswith("}\n")
    assert json.loads(text)["pushes"][0] == {
        "at": "2026-03-02T09:00:00Z",
        "head": object_id("head"),
        "kind": "opened",
        "actor": {"login": "ada", "is_bot": False},
    }


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda record: record.pop("head_sha"), "head_sha"),
        (lambda record: record.update(heads=1), "heads"),
        (lambda record: record.update(state="blessed"), "state"),
        (lambda record: record.update(version=1), "version"),
        (lambda record: record["pushes"][0].update(kind="guess"), "pushes.0.kind"),
        (lambda record: record["reviews"][0].update(submitted="soon"), "reviews.0.submitted"),
        (lambda record: record["reviews"][0].update(state="pending"), "reviews.0.state"),
    ],
)
def test_a_record_with_something_wrong_names_the_place(change, place: str) -> None:
    record = json.loads(dump(lived().view.facts))
    change(record)
    with pytest.raises(ForgeError, match=rf"^pull-7\.json is not a saved pull request \(at {place}: .*save it"):
        parse(json.dumps(record), "pull-7.json")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"number": 1}', b"\xff"])
def test_what_is_no_record_is_refused(text: str | bytes) -> None:
    with pytest.raises(ForgeError, match="save it again"):
        parse(text)


def test_a_time_without_a_zone_is_refused() -> None:
    text = dump(lived().view.facts).replace('"submitted": "2026-03-02T09:01:00Z"', '"submitted": "2026-03-02T09:01:00"')
    with pytest.raises(ForgeError, match="a time without a time zone"):
        parse(text)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"])
def test_a_time_at_an_end_of_the_calendar_is_refused(moment: str) -> None:
    text = dump(lived().view.facts).replace('"submitted": "2026-03-02T09:01:00Z"', f'"submitted": "{moment}"')
    with pytest.raises(ForgeError, match="a time beyond the calendar"):
        parse(text)


def test_a_look_alike_in_a_record_is_nobody() -> None:
    text = dump(lived().view.facts).replace('"bob"', '"bоb"')
    view = parse(text)
    assert view.reviews()[0].person == Person(None)
    assert not view.may_write("bob")


@pytest.mark.parametrize("login", ["bоb", "bob\u200b", "b b", "", "bob\n", "ｂob", "@bob", "a" * 101, "[bot]"])
def test_what_is_no_login_is_nobody(login: str) -> None:
    assert Person(login) == Person(None)
    assert Person(login).key is None


@pytest.mark.parametrize("login", ["bob", "Bob-2", "bob_acme", "renovate[bot]", "-odd--old-", "a" * 100])
def test_what_is_a_login_is_somebody(login: str) -> None:
    assert Person(login).key == login.lower()


def test_every_act_takes_a_minute() -> None:
    pull = FakePullRequest.opened()
    pull.push(A)
    pull.approve("bob")
    assert [one.at for one in pull.view.pushes()] == [START, START + timedelta(minutes=1)]
    assert pull.view.reviews()[0].submitted == pull.view.now() == START + timedelta(minutes=2)


def test_a_force_push_replaces_the_commits_and_a_push_adds_to_them() -> None:
    pull = FakePullRequest.opened("ada")
    pull.push(A)
    assert [one.sha for one in pull.view.commits()] == [object_id("head"), A]
    pull.force_push(B, by="eve")
    assert [(one.sha, one.author) for one in pull.view.commits()] == [(B, Person("eve"))]
    assert pull.view.pushes()[-1] == Push(START + timedelta(minutes=2), B, "force-push", Person("eve"))
    assert pull.view.head_sha == B


def test_a_view_that_was_taken_stays_as_it_was() -> None:
    pull = FakePullRequest.opened()
    before = pull.view
    pull.approve("bob")
    assert before.reviews() == ()
    assert len(pull.view.reviews()) == 1


def test_a_review_can_be_dismissed_and_a_comment_edited() -> None:
    pull = FakePullRequest.opened()
    pull.dismiss(pull.approve("bob"))
    pull.edit_comment(pull.comment("bob", "a"), "b")
    assert [one.state for one in pull.view.reviews()] == ["dismissed"]
    assert [(one.body, one.edited) for one in pull.view.comments()] == [("b", True)]


def test_a_bot_is_known_by_its_name() -> None:
    assert person("renovate[bot]") == Person("renovate[bot]", is_bot=True)
    assert person(None) == Person(None)


def test_an_approval_that_nobody_gave_comes_after_everything() -> None:
    view = lived().view
    pretended = pretend_approved_by(view, ["sre-1", "eve"])
    assert [one.person.login for one in pretended.reviews()[-2:]] == ["sre-1", "eve"]
    assert all(one.submitted > push.at for one in pretended.reviews()[-2:] for push in view.pushes())
    assert pretended.now() > view.now()
    assert len(view.reviews()) == 2


def test_to_pretend_gives_nobody_the_right_to_write() -> None:
    assert not pretend_approved_by(lived().view, ["eve"]).may_write("eve")


def test_nobody_approves_under_a_look_alike() -> None:
    with pytest.raises(ForgeError, match=r"'b\\u043eb' is not a valid login"):
        pretend_approved_by(lived().view, ["bоb"])


def test_all_of_them_are_views() -> None:
    views: list[PullRequestView] = [lived().view, pretend_approved_by(lived().view, ["bob"])]
    assert all(view.number == 1 for view in views)


def test_the_rooms_around_a_forge_load_no_library() -> None:
    """What speaks to GitHub, and what reads records, is loaded when it is used."""
    program = """
import importlib, pkgutil, sys
before = set(sys.modules)  # what an installation of Python customizes itself with
import penstock.forges
names = [one.name for one in pkgutil.walk_packages(penstock.forges.__path__, "penstock.forges.")]
for name in names:
    importlib.import_module(name)
tops = {name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)
print(len(names), sorted(top for top in tops if not top.startswith(("_", "penstock"))))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    number, _, loaded = run.stdout.strip().partition(" ")
    assert int(number) > 15
    assert loaded == "[]"
