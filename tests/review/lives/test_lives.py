"""Random lives of a pull request: the engine says what an oracle says that knows what really happened."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forges.fake import object_id, person
from penstock.forges.protocol import Comment, ForgeError, Review
from penstock.forges.recorded import PullRequestFacts, RecordedPullRequest
from penstock.review.model import VerdictState
from penstock.review.policy.evaluate import evaluate
from penstock.review.record.inputs import VerdictInputs, verdict_bytes
from review.lives.chapters import CHAPTERS, LIVES, STRANGERS, TEXTS, lives
from review.lives.life import Life
from review.lives.oracle import CHANGES
from review.lives.world import World

Story = tuple[str, list[tuple[Any, ...]]]
GREENEST_LAST = ["error", "disapproved", "pending", "approved"]
a_few = settings(max_examples=40, deadline=None, derandomize=True)
many = settings(a_few, max_examples=120)


def lived(world: World, story: Story) -> Life:
    """The life, of which the review saw everything at once."""
    content, acts = story
    life = Life(world, content)
    for act in acts:
        life.do(*act)
        life.look()
    return life


def state(life: Life, facts: PullRequestFacts | None = None) -> str:
    return life.asked(facts).verdict().state.value


def is_greener(one: str, other: str) -> bool:
    return GREENEST_LAST.index(one) > GREENEST_LAST.index(other)


def is_right_every_time(world: World, story: Story) -> None:
    """Who reviews after every event says what is so."""
    content, acts = story
    life = Life(world, content)
    for act in [("wait", 0), *acts]:
        life.do(*act)
        assert (act, life.look().state.value) == (act, life.truth.verdict())


@pytest.mark.parametrize("chapter", CHAPTERS)
@settings(a_few, max_examples=80)
@given(data=st.data())
def test_it_is_right_after_every_event_of_a_kind(world: World, chapter: str, data: st.DataObject) -> None:
    is_right_every_time(world, data.draw(lives(CHAPTERS[chapter], 2)))


@many
@given(story=LIVES)
def test_it_is_right_after_every_event_whatever_comes_together(world: World, story: Story) -> None:
    is_right_every_time(world, story)


@many
@given(story=LIVES, looks=st.lists(st.sampled_from((False, False, True)), min_size=3, max_size=7))
def test_who_reviews_late_lets_nothing_pass_either(world: World, story: Story, looks: list[bool]) -> None:
    content, acts = story
    life = Life(world, content)
    for act, does_look in zip(acts, cycle(looks)):
        life.do(*act)
        if does_look:
            life.look()
    if state(life) == "approved":
        assert life.truth.verdict() == "approved"


@a_few
@given(story=LIVES, content=st.sampled_from(sorted(CHANGES)), agree_unseen=st.booleans())
def test_in_a_queue_nothing_passes_that_was_not_reviewed(
    world: World, story: Story, content: str, agree_unseen: bool
) -> None:
    life = lived(world, story)
    if agree_unseen:
        life.do("all_agree")
    in_queue = replace(life.truth, content=content)
    assert life.queued(content).state.value == in_queue.verdict()


@a_few
@given(
    story=LIVES,
    who=st.sampled_from(STRANGERS),
    says=st.sampled_from(("approved", "changes_requested", "commented")),
    body=st.sampled_from(("", *TEXTS)),
)
def test_what_a_stranger_says_changes_nothing(world: World, story: Story, who: str, says: Any, body: str) -> None:
    life = lived(world, story)
    facts = life.forge.facts
    if who in life.truth.contributors:
        return
    review = Review("r99", person(who), says, facts.now, facts.head_sha, body)
    comment = Comment("c99", person(who), facts.now, None, body)
    assert state(life, replace(facts, reviews=(*facts.reviews, review))) == state(life)
    assert state(life, replace(facts, comments=(*facts.comments, comment))) == state(life)
    assert state(life, replace(facts, line_comments=(*facts.line_comments, comment))) == state(life)


@a_few
@given(story=LIVES)
def test_an_approval_less_or_a_hold_more_makes_nothing_greener(world: World, story: Story) -> None:
    life = lived(world, story)
    facts, before = life.forge.facts, state(life)
    for review in facts.reviews:
        if review.state == "approved":
            fewer = tuple(one for one in facts.reviews if one is not review)
            assert not is_greener(state(life, replace(facts, reviews=fewer)), before)
    held = Comment("c99", person("eve"), facts.now, None, "/penstock hold")
    assert state(life, replace(facts, comments=(*facts.comments, held))) in ("disapproved", before)
    if before == "approved" and not life.truth.is_glass_broken():
        assert state(life, replace(facts, comments=(*facts.comments, held))) == "disapproved"


@a_few
@given(story=LIVES, seed=st.integers(0, 99))
def test_the_order_in_which_it_was_read_means_nothing(world: World, story: Story, seed: int) -> None:
    life = lived(world, story)
    facts = life.forge.facts
    lists = ("reviews", "comments", "line_comments", "deletions", "commits", "writers", "labels")
    read = {name: tuple(Random(seed).sample(got := getattr(facts, name), len(got))) for name in lists}
    one, other = life.asked().verdict(), life.asked(replace(facts, **read)).verdict()
    assert (one.state, one.headline, one.suggested) == (other.state, other.headline, other.suggested)


@a_few
@given(story=LIVES)
def test_the_same_record_gives_the_same_bytes(world: World, story: Story) -> None:
    inputs = lived(world, story).asked()
    written = inputs.as_parts()
    again = VerdictInputs.of_parts(written)
    assert again.as_parts() == written
    assert verdict_bytes(again.verdict()) == verdict_bytes(again.verdict()) == verdict_bytes(inputs.verdict())


class Failing(RecordedPullRequest):
    """A forge that cannot answer one question."""

    question = ""

    def __getattribute__(self, name: str) -> Any:
        if name == type(self).question:
            raise ForgeError("the forge answered with 403.")
        return super().__getattribute__(name)


QUESTIONS = (
    "commits",
    "pushes",
    "reviews",
    "comments",
    "line_comments",
    "deletions",
    "author",
    "head_sha",
    "may_write",
)


@a_few
@given(story=LIVES, question=st.sampled_from(QUESTIONS))
def test_what_is_not_known_is_an_error(world: World, story: Story, question: str) -> None:
    life = lived(world, story)
    inputs, facts = life.asked(), life.forge.facts
    failing = type("FailingOnce", (Failing,), {"question": question})(facts)
    verdict = evaluate(inputs.plan, inputs.policy, inputs.organisation, failing, memory=inputs.known, now=inputs.now)
    if question != "may_write" or facts.reviews or facts.comments:
        assert verdict.state is VerdictState.ERROR
    nobody = replace(facts.commits[-1], author=person(None))
    unknown = (
        replace(facts, pushes=()),
        replace(facts, pushes=(*facts.pushes[:-1], replace(facts.pushes[-1], head=object_id("other")))),
        replace(facts, commits=facts.commits[:-1]),
        replace(facts, commits=(*facts.commits, nobody)),
        replace(facts, author=person(None)),
    )
    assert {state(life, one) for one in unknown} == {"error"}
