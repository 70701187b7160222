"""What is said where head and base conflict: in which files, and how to get on from there."""

from __future__ import annotations

from penstock.diagnostics.grammar import counted, joined
from penstock.diagnostics.model import Diagnostic
from penstock.review.changes.references.changed_files import shown_path
from penstock.review.warnings.irregular_paths import is_generated
from penstock.source.git.repository import GitRepository

_SHOWN = 3


def merge_conflict(repository: GitRepository, base: str, head: str) -> Diagnostic:
    """The error of a head that does not merge into its base. GitError where git fails.

    What is generated merges by being compiled again, whatever git thinks of it.
    """
    paths = repository.conflicts(base, head)
    shown = [f"`{shown_path(path)}`" for path in paths[:_SHOWN]]
    shown += [counted(len(paths) - _SHOWN, "other file")] if len(paths) > _SHOWN else []
    generated = [path for path in paths if is_generated(path)]
    steps = ["merge the base into the branch"]
    if len(generated) < len(paths) or not paths:
        steps.append("resolve the conflicts in other files" if generated else "resolve the conflicts")
    if generated:
        steps.append("run `penstock compile`, which writes generated/ anew")
    where = f"conflict in {joined(shown)}" if shown else "have a merge conflict"
    return Diagnostic.error("merge-conflict", f"the head and its base {where}", help=(f"{', '.join(steps)}, and push",))
