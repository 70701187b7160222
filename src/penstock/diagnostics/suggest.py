"""Which known word an unknown one was probably meant to be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-_\s./]+")
_MOST_LISTED = 12
_DIGITS = re.compile(r"\d+")
_SURE_LENGTH = 4
"""Letters from which on two words that differ by one are hardly both meant."""


def did_you_mean(word: str, candidates: Iterable[str], *, most: int = 3) -> list[str]:
    """The candidates that `word` may be a slip of, the likeliest first; at most `most`.

    A candidate that differs in case or word separators alone (`primary_key`, `primaryKey`,
    `primary-key`) comes alone, before all slips of the hand (a letter left out, doubled,
    changed or swapped with its neighbour). Of names that differ in a number alone the nearer number is the likelier.
    Deterministic for any order of candidates.
    """
    known = sorted(set(candidates) - {word})
    squeezed = _squeeze(word)
    same = [candidate for candidate in known if _squeeze(candidate) == squeezed]
    if same:
        return same[:most]
    allowed = max(1, len(squeezed) // 3)
    ranked = []
    for candidate in known:
        other = _squeeze(candidate)
        if not _may_be_near(squeezed, other, allowed):
            continue
        distance = _distance(squeezed, other, allowed)
        if distance <= allowed and distance < max(len(squeezed), len(other)) - 1:
            ranked.append((distance, _apart(squeezed, other), candidate))
    ranked.sort()
    if not ranked:
        return _completions(squeezed, known)[:most]
    return [candidate for distance, _, candidate in ranked if distance <= ranked[0][0] + 1][:most]


def meant_or_known(near: Sequence[str], known: Iterable[str] = ()) -> str:
    """The end of a sentence on an unknown word: what was probably meant, or else a short list of what there is."""
    if near:
        return f"; did you mean {' or '.join(f'`{word}`' for word in near)}?"
    listed = [f"`{word}`" for word in known]
    return f"; known: {', '.join(listed)}" if 0 < len(listed) <= _MOST_LISTED else ""


def is_certain(word: str, guesses: Sequence[str]) -> bool:
    """Whether `word` can only have been meant to be the one of `guesses`, which `did_you_mean` has made of it.

    It can where case or word separators alone differ, or where one letter is left out, doubled, changed or swapped in
    a part of at least four letters. Other digits, and a part as short as that of `team-a` and `team-b`, may be meant.
    """
    if len(guesses) != 1:
        return False
    guess = guesses[0]
    if _squeeze(word) == _squeeze(guess):
        return True
    mine, theirs = _WORD_BREAK.sub(" ", word).lower().split(), _WORD_BREAK.sub(" ", guess).lower().split()
    if len(mine) != len(theirs) or _DIGITS.findall(word) != _DIGITS.findall(guess):
        return False
    differing = [pair for pair in zip(mine, theirs, strict=True) if pair[0] != pair[1]]
    return len(differing) == 1 and min(map(len, differing[0])) >= _SURE_LENGTH and _distance(*differing[0], 1) == 1


def _squeeze(word: str) -> str:
    return _WORD_BREAK.sub("", word).lower()


def _apart(left: str, right: str) -> int:
    """How far the numbers of two words lie apart that are the same otherwise."""
    if _DIGITS.sub("0", left) != _DIGITS.sub("0", right):
        return 0
    pairs = zip(_DIGITS.findall(left), _DIGITS.findall(right), strict=True)
    return sum(abs(int(mine) - int(theirs)) for mine, theirs in pairs)


def _may_be_near(left: str, right: str, limit: int) -> bool:
    """A cheap lower bound: one edit changes the length by one and the letters used by two."""
    return abs(len(left) - len(right)) <= limit and len(set(left) ^ set(right)) <= 2 * limit


def _completions(squeezed: str, known: list[str]) -> list[str]:
    """Names that the word is the beginning of, or one whole part of."""
    if len(squeezed) < 3:
        return []
    starts = [name for name in known if _squeeze(name).startswith(squeezed)]
    parts = [name for name in known if squeezed in _WORD_BREAK.sub(" ", name).lower().split()]
    return list(dict.fromkeys(starts + parts))


def _distance(left: str, right: str, limit: int) -> int:
    """Optimal string alignment distance (edits and swaps of neighbours), or `limit + 1` if above.

    The recurrence is Damerau's with the restriction that no pair is edited after its swap.
    """
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, mine in enumerate(left, 1):
        current = [row]
        for column, theirs in enumerate(right, 1):
            cost = min(
                previous[column] + 1,
                current[column - 1] + 1,
                previous[column - 1] + (mine != theirs),
            )
            if row > 1 and column > 1 and mine == right[column - 2] and left[row - 2] == theirs:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit and min(previous) > limit:
            return limit + 1
        before, previous = previous, current
    return previous[-1]
