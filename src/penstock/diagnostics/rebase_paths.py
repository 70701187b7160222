"""Rebases the paths of diagnostics from a folder of specs to the top of the git repository that the folder is in."""

from __future__ import annotations

from dataclasses import replace

from penstock.diagnostics.model import Diagnostic, Label, Span


def from_top(diagnostic: Diagnostic, folder: str) -> Diagnostic:
    """The diagnostic with all of its places, and those of its fix, from the top; `folder` is `""` for the top."""
    if not folder:
        return diagnostic

    def span(one: Span) -> Span:
        return one._replace(path=f"{folder}/{one.path}")

    def label(one: Label) -> Label:
        return one._replace(span=span(one.span))

    fix = diagnostic.fix
    if fix is not None:
        fix = replace(fix, edits=tuple(one._replace(span=span(one.span)) for one in fix.edits))
    return replace(
        diagnostic,
        primary=None if diagnostic.primary is None else label(diagnostic.primary),
        secondary=tuple(map(label, diagnostic.secondary)),
        fix=fix,
    )
