"""The manual of what can be wrong with the directory of generated files."""

from __future__ import annotations

from penstock.diagnostics.codes import WARNS, Code

WRITING = (
    Code(
        "output-locked",
        """Another `penstock compile` is running in this checkout.

        Only one process may write the output at a time. The second waits 30 seconds for the first. The lock is one of
        the operating system and ends with its process: a killed compile leaves nothing to clean up.
        """,
    ),
    Code(
        "output-conflict",
        """A file that Penstock did not write is at the path of a generated file, or of one that it would delete.

        Only files in the directory's index are overwritten. Of those that no longer belong to a specification, one that
        was changed by hand is not deleted. Move or delete the file, then compile again. If any file is in the way,
        nothing is written.
        """,
    ),
    Code(
        "output-not-a-directory",
        """The output directory is a file or a symbolic link.

        Artifacts are only written to a real directory in the repository. Remove the file or link.
        """,
    ),
    Code(
        "unreadable-index",
        """The index of the generated files is damaged, so it is not known which files are Penstock's.

        Restore the committed one, or delete the output directory and compile again. The conflict markers of a merge are
        no damage: once the specs are resolved, `penstock compile` writes the files of both sides anew.
        """,
    ),
    Code(
        "artifact-collision",
        """Two generated files have the same name on case-insensitive file systems.

        A clone on macOS or Windows contains only one of them. Use specification names that differ in more than case.
        """,
    ),
    Code(
        "missing-artifact",
        """A generated file is missing.

        The specifications were changed, or the file was deleted, without compiling. Run `penstock compile`.
        """,
    ),
    Code(
        "stale-artifact",
        """A generated file is out of date.

        The specifications were changed without compiling. Run `penstock compile` and commit the result.
        """,
    ),
    Code(
        "edited-artifact",
        """A generated file was changed by hand.

        The next compile overwrites it. Change the specification; for what the language does not cover, use a raw patch
        on the generated manifest, which reviews show. If git converted the line endings, add `* text=auto eol=lf` to
        `.gitattributes`, and clone again.
        """,
    ),
    Code(
        "orphaned-artifact",
        """A generated file no longer belongs to a specification.

        Run `penstock compile`, which deletes it.
        """,
    ),
    Code(
        "unowned-file",
        """A file among the generated ones was not written by Penstock.

        Penstock never changes or deletes it, but a cluster that syncs the directory may apply it. Move it elsewhere.
        """,
        WARNS,
    ),
)
