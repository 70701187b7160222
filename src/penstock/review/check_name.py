"""What the check is called that says the verdict: whoever requires it, and whoever writes it, mean the same one."""

from __future__ import annotations

from penstock.review.rendering.text_safety import visible

CHECK_NAME = "penstock"
"""The check that a ruleset requires of the default branch."""


def check_name(branch: str, default: str, folder: str) -> str:
    """The check that lets a pull request into a branch; each folder that is reviewed by itself has its own.

    A check stands at a commit, for every pull request that has it as its head. One of a branch that anybody may make,
    with a policy of its own, must not let the same commit into the default branch.
    """
    name = default_check(folder)
    return name if branch == default else f"{name} ({visible(branch)})"


def default_check(folder: str) -> str:
    """That of the default branch."""
    return f"{CHECK_NAME}/{folder}" if folder else CHECK_NAME
