"""What there is to say about a directory of generated files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.diagnostics.model import Diagnostic, Label, Span
from penstock.source.case_folding import colliding

MENDED_BY_COMPILING = frozenset({"missing-artifact", "stale-artifact", "orphaned-artifact"})
"""Codes of generated files that are only out of date: nobody has written into them."""


KEPT_LINE_ENDS = "add `* text=auto eol=lf` to `.gitattributes`, and clone again"
"""How a clone gets the line ends that are committed, whatever its git would put there."""


def output_locked(holder: int | None, seconds: float) -> Diagnostic:
    """Another process writes into the directory, and did not end in time."""
    who = f"process {holder}" if holder is not None else "another process"
    return Diagnostic.error(
        "output-locked",
        f"{who} is compiling in this checkout, and did not finish within {seconds:g} seconds",
        help=("wait for it, or stop it; `penstock compile --check` writes nothing and needs no lock",),
    )


def not_a_directory(path: str, is_link: bool) -> Diagnostic:
    """The output directory is something else."""
    return Diagnostic.error(
        "output-not-a-directory",
        f"`{path}` is not a directory",
        Span.point(path),
        "a symbolic link" if is_link else "a file",
        help=("remove it: artifacts are only written to a real directory in the repository",),
    )


def unreadable_index(path: str, directory: str, why: str) -> Diagnostic:
    """The record of what Penstock owns is lost."""
    return Diagnostic.error(
        "unreadable-index",
        "the index of the generated files is damaged",
        Span.point(path),
        why,
        help=(
            f"restore the committed one: git checkout HEAD -- {path}",
            f"or delete `{directory}/` and compile again",
        ),
    )


def in_the_way(path: str, why: str) -> Diagnostic:
    """A file of somebody else stands where an artifact belongs."""
    return Diagnostic.error(
        "output-conflict",
        "a file that Penstock did not write is at the path of a generated file",
        Span.point(path),
        why,
        help=("move or delete it, then compile again",),
    )


def edited_and_orphaned(path: str) -> Diagnostic:
    """An artifact that nothing asks for any more, with what somebody has written into it."""
    return Diagnostic.error(
        "output-conflict",
        "a generated file that no longer belongs to a specification was changed by hand",
        Span.point(path),
        help=("move or delete it, then compile again: `penstock compile` deletes only what it wrote itself",),
    )


def collisions(paths: Iterable[str]) -> Iterator[Diagnostic]:
    """Paths that some file systems take for one."""
    for path, other in colliding(sorted(paths)):
        yield Diagnostic.error(
            "artifact-collision",
            "two artifacts have the same name on case-insensitive file systems",
            Span.point(path),
            secondary=(Label(Span.point(other), "the other one"),),
            help=("use specification names that differ in more than case",),
        )


def missing(path: str) -> Diagnostic:
    """An artifact that is not there."""
    return Diagnostic.error(
        "missing-artifact",
        "missing generated file",
        Span.point(path),
        help=("run `penstock compile`",),
    )


def stale(path: str) -> Diagnostic:
    """An artifact of other specifications."""
    return Diagnostic.error(
        "stale-artifact",
        "a generated file is out of date",
        Span.point(path),
        help=("run `penstock compile`",),
    )


def edited(path: str) -> Diagnostic:
    """An artifact that is not as it was written."""
    return Diagnostic.error(
        "edited-artifact",
        "a generated file was changed by hand",
        Span.point(path),
        help=(
            "change the specification; use a raw patch for what the language does not cover",
            "then run `penstock compile`, which overwrites this file",
        ),
    )


def checked_out_otherwise(path: str) -> Diagnostic:
    """An artifact to which a checkout gave line ends that no artifact has."""
    return Diagnostic.error(
        "edited-artifact",
        "a generated file has CRLF line endings: git converts them on some machines",
        Span.point(path),
        help=(KEPT_LINE_ENDS,),
    )


def surplus(path: str) -> Diagnostic:
    """An artifact that nothing asks for any more."""
    return Diagnostic.error(
        "orphaned-artifact",
        "a generated file no longer belongs to a specification",
        Span.point(path),
        help=("run `penstock compile`, which deletes it",),
    )


def unowned(path: str) -> Diagnostic:
    """A file that Penstock neither wrote nor needs."""
    return Diagnostic.warning(
        "unowned-file",
        "a file among the generated ones was not written by Penstock",
        Span.point(path),
        help=("move it elsewhere: `penstock compile` does not change it, and in a pull request it is an error",),
    )
