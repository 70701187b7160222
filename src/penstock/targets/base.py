"""What a target is: a table of the plans that it renders, and of those that it does not, with reasons."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from penstock.source.writing.recurring import Recurring

__all__ = ["Capability", "Manifest", "Recurring", "Target", "Unsupported", "version"]


def version(text: str) -> tuple[int, ...]:
    """A version as numbers that compare; of none, what is older than any."""
    return tuple(int(part) for part in text.split(".") if part)


class Manifest(NamedTuple):
    """One generated file, as plain data: one document, or several."""

    file: str
    """Name of the file within its folder, such as ``serving.yaml``."""
    documents: tuple[dict[str, Any], ...]
    applied: bool
    """Whether the file is applied to the cluster, and so listed in the environment's kustomization."""
    comment: str
    """A line or two at the head of the file, for whoever opens it."""


class Unsupported(NamedTuple):
    """Why a target does not render a plan: ``never`` makes sense, ``notyet`` upstream, ``notimpl`` by us."""

    why: Literal["never", "notyet", "notimpl"]
    reason: str


class Capability(NamedTuple):
    """A field of the language that a target takes only under conditions; all else it takes always.

    `problem` looks at a plan and answers what the target would do with it (None where all is well), so that a field
    that would be ignored in silence is an error instead.
    """

    field: str
    """Path of the field below ``spec``, such as ``strategy.canary.abortOn``; ``environment.`` leads to the
    Environment's, ``metadata.`` to the spec's own head."""
    problem: Callable[[Any], str | None]
    instead: str | Callable[[Any], str]
    """What would work, as words that follow "use"; a function of the plan where that depends on the problem."""
    plans: type = object
    """Class of the plans that it speaks of, where the target renders several."""


class Target(NamedTuple):
    """A target: how it renders each class of plan, which it does not, and which fields it takes conditionally."""

    name: str
    renders: Mapping[type, Callable[[Any], Iterable[Manifest]]]
    unsupported: Mapping[type, Unsupported]
    capabilities: tuple[Capability, ...] = ()
