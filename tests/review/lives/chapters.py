"""Chapters of a pull request's life: each tries one thing, with who does it and what comes of it left to chance."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from review.lives.life import PEOPLE
from review.lives.oracle import CHANGES, GLASS, WAIVE

STRANGERS = ("mallory", "deploy[bot]")
"""Who may not write, and had no hand in it."""
TEXTS = (
    "Looks good.",
    "> /penstock hold as somebody wrote",
    "/penstock hold the dashboard is red",
    "  /Penstock HOLD: wait for me",
    "/penstock unhold",
    "/penstock unhold Sam",
    "/penstock unhold @rita",
    GLASS,
    "/penstock break-glass",
    WAIVE,
)

Acts = list[tuple[Any, ...]]
_anybody = st.sampled_from(PEOPLE)
_content = st.sampled_from(sorted(CHANGES))
_which = st.sampled_from((-1, -1, -1, 0, 3))
"""Which of several: mostly the last."""


def _some(draw: st.DrawFn, *acts: tuple[Any, ...]) -> Acts:
    """Those of the acts that happen."""
    return [act for act in acts if draw(st.booleans())]


@st.composite
def _commits(draw: st.DrawFn) -> Acts:
    """Somebody pushes; perhaps what they wrote with another, perhaps in the place of what was there."""
    by = draw(st.sampled_from(("eve", "eve", "rita", "sam", "deploy[bot]")))
    author = draw(st.sampled_from(("eve", by, "ada", "paul")))
    content = draw(_content)
    moves = [("push", content, by, author, draw(st.booleans())), ("push_that_reviews_follow", content)]
    late = [("review_of_before", person) for person in ("ada", "rita", "sam")]
    branch = draw(st.sampled_from(("main", "release")))
    return _some(draw, ("base_moves",), *moves, ("retarget", branch, "eve"), *late)


@st.composite
def _objects(draw: st.DrawFn) -> Acts:
    """Somebody whom the others can do without requests changes, and that is dismissed, or taken back."""
    who = draw(st.sampled_from(("remo", "sven", "pia", "rita")))
    by = draw(st.sampled_from((who, "eve", "paul", "sam")))
    word = draw(st.sampled_from(("object", "object", "approve")))
    more = _some(draw, ("dismiss", -1, by), ("review", who, "approve", ""), ("dismiss", draw(_which), by))
    return [("review", who, word, ""), *more]


@st.composite
def _talks(draw: st.DrawFn) -> Acts:
    """Whatever comment or review, which may be edited or deleted."""
    who = draw(st.sampled_from(("sam", "rita", "eve", "paul", *STRANGERS)))
    text = draw(st.sampled_from(TEXTS))
    said = ("review", who, "approve", text), ("say", who, text, True), ("say", who, text, False)
    first = draw(st.sampled_from(said[1:] if who in STRANGERS else said))
    edit = ("edit", draw(_which), draw(st.sampled_from(TEXTS)), draw(st.booleans()))
    delete = ("delete", draw(_which), draw(st.sampled_from((None, "sam", "eve"))))
    return [first, *_some(draw, edit, delete)]


@st.composite
def _holds(draw: st.DrawFn) -> Acts:
    """A hold, and what becomes of it: released, edited and deleted in any order, by whom it may be or may not."""
    who = draw(st.sampled_from(("sam", "rita", "eve", "paul", "deploy[bot]")))
    other = draw(st.sampled_from((who, who, "sam", "eve", "paul")))
    hold = ("say", who, draw(st.sampled_from(TEXTS[2:4])), draw(st.sampled_from((False, False, True))))
    release = ("say", other, draw(st.sampled_from(("/penstock unhold", f"/penstock unhold {who}"))), False)
    last = draw(st.sampled_from((-1, -2)))
    edit = ("edit", last, draw(st.sampled_from((TEXTS[0], release[2]))), draw(st.booleans()))
    delete = ("delete", last, draw(st.none() | st.just(other)))
    fates = draw(st.lists(st.sampled_from((release, edit, delete)), min_size=1, max_size=4))
    return [*_some(draw, release), hold, *fates]


@st.composite
def _asks_for_an_exception(draw: st.DrawFn) -> Acts:
    """Two people break the glass or waive a rule; or one does so twice, or too late, or had a hand in it."""
    one, other = draw(st.sampled_from((("sven", "paul"), ("sven", "paul"), ("sam", "petra"), ("sven", "sven"))))
    text = draw(st.sampled_from((GLASS, GLASS, WAIVE, WAIVE, "/penstock break-glass")))
    first, second = ("say", one, text, False), ("say", other, text, False)
    before = _some(draw, ("draft", True), ("push", "gate and step", "eve", "eve", False))
    after = _some(draw, ("edit", -1, text, True), ("wait", draw(st.integers(1, 5))), ("access", other, False))
    return [*before, first, *_some(draw, ("push", "gate and step", other, "eve", False)), second, *after]


@st.composite
def _changes_around_it(draw: st.DrawFn) -> Acts:
    who = draw(_anybody)
    labels = draw(st.sampled_from(((), ("wide",))))
    access, later = ("access", who, draw(st.booleans())), ("wait", draw(st.integers(1, 5)))
    return _some(draw, ("draft", draw(st.booleans())), ("label", *labels), access, later)


@st.composite
def _some_agree(draw: st.DrawFn) -> Acts:
    who = draw(st.lists(st.sampled_from(("ada", "bela", "rita", "sam", "paul", "petra")), min_size=1, unique=True))
    return [("review", person, "approve", "") for person in who]


CHAPTERS = {
    "commits": _commits(),
    "objections": _objects(),
    "talk": _talks(),
    "holds": _holds(),
    "exceptions": _asks_for_an_exception(),
    "circumstances": _changes_around_it(),
    "approvals": _some_agree(),
}


@st.composite
def lives(draw: st.DrawFn, chapters: st.SearchStrategy[Acts], most: int) -> tuple[str, Acts]:
    """What a pull request changes when it is opened, and what happens then: so many chapters."""
    acts: Acts = []
    for chapter in draw(st.lists(chapters, min_size=1, max_size=most)):
        acts += [*_some(draw, ("all_agree",)), *chapter]
    return draw(_content), [*acts, *_some(draw, ("let_go",)), *_some(draw, ("all_agree",))]


LIVES = lives(st.one_of(*CHAPTERS.values()), 4)
