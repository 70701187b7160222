"""The files that the review does not judge, in few words: who reads a plan must not take them for looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from penstock.diagnostics.grammar import counted, joined
from penstock.review.changes.unjudged_files import ROLES
from penstock.review.model import Plan
from penstock.review.policy.governing_files import unjudged

UNJUDGED = "not judged, as no spec leads there"
_SHOWN = 6
"""Paths and folders in one group."""


class UnjudgedGroup(NamedTuple):
    """Files of one role, or of none."""

    role: str
    """`other files` where nothing is known of them."""
    places: tuple[tuple[str, int], ...]
    """Paths of files, and folders that hold several, with how many."""
    more: str
    """How many files are not among these; empty where all are."""

    def said(self, as_code: Callable[[str], str]) -> str:
        """What they are, in one line; `as_code` writes a path as a format does."""
        told = (
            f"{as_code(place)} ({counted(count, 'file')})" if count > 1 else as_code(place)
            for place, count in self.places
        )
        return f"{self.role}: {', '.join((*told, self.more) if self.more else told)}"


def unjudged_groups(plan: Plan) -> tuple[UnjudgedGroup, ...]:
    """Those first that decide how something is built, run or reviewed."""
    found = unjudged(plan)
    groups = []
    for role in ROLES:
        paths = [one.path for one in found if one.role == role]
        groups += [_group(role, Counter(paths))] if paths else []
    others = [one.path for one in found if not one.role]
    return (*groups, *((_group("other files", _by_folder(others)),) if others else ()))


def unjudged_hint(plan: Plan) -> str:
    """What a policy could do about those that decide something; empty where there are none."""
    roles = joined(group.role for group in unjudged_groups(plan) if group.role in ROLES)
    return f"no rule of the policy asks about {roles}: one with `kind: [File]` would" if roles else ""


def _by_folder(paths: Iterable[str]) -> Counter[str]:
    """How many files are at each path, or in each folder at the top that holds several."""
    tops = Counter(path.partition("/")[0] for path in paths)
    return Counter(path if tops[top := path.partition("/")[0]] == 1 else f"{top}/" for path in paths)


def _group(role: str, places: Counter[str]) -> UnjudgedGroup:
    shown = tuple(places.items())[:_SHOWN]
    left = places.total() - sum(count for _, count in shown)
    return UnjudgedGroup(role, shown, f"{counted(left, 'more file')}" if left else "")
