"""The manual of what can be wrong with the directory of generated files."""

from __future__ import annotations

from penstock.diagnostics.codes import WARNS, Code

WRITING = (
    Code(
        "output-locked",
        """Another `penstock compile` is at work in this checkout.

        Two that write at once would each take the other's files for their own or for foreign ones. The second waits
        half a minute for the first. The lock is the operating system's and ends with the process that holds it: a
        compile that was killed leaves nothing to clean up.
        """,
    ),
    Code(
        "output-conflict",
        """A file that Penstock did not write stands where a generated file belongs.

        Nothing is overwritten that the directory's index does not list. Move or delete the file, then compile
        again. Where any file is in the way, nothing at all is written.
        """,
    ),
    Code(
        "output-not-a-directory",
        """The place of the generated files is a file or a symbolic link.

        Artifacts are written only into a directory of the repository itself. Remove what stands there.
        """,
    ),
    Code(
        "unreadable-index",
        """The index of the generated files is damaged, so that nobody knows which files are Penstock's.

        A merge that left conflict marks in it does that: generated files are not merged by hand. Put the specs
        right, delete the whole directory of generated files and compile again. Where something else damaged it,
        bring back the committed one.
        """,
    ),
    Code(
        "artifact-collision",
        """Two generated files have names that differ in case alone.

        A clone on macOS or Windows holds only one of them. Give the specifications names that differ in more.
        """,
    ),
    Code(
        "missing-artifact",
        """A generated file is missing.

        The specifications were changed, or the file was deleted, and nobody compiled. Run `penstock compile`.
        """,
    ),
    Code(
        "stale-artifact",
        """A generated file is not what the specifications say.

        The specifications were changed and nobody compiled. Run `penstock compile` and commit the result.
        """,
    ),
    Code(
        "edited-artifact",
        """A generated file was changed by hand.

        The next compile writes it anew. Change the specification; for what the language does not say there is a
        raw patch on the generated manifest, which a review shows as what it is. Where git gave the file other line
        ends than it is committed with, let `.gitattributes` say `* text=auto eol=lf`, and clone again.
        """,
    ),
    Code(
        "orphaned-artifact",
        """A generated file belongs to no specification any more.

        Run `penstock compile`, which deletes it.
        """,
    ),
    Code(
        "unowned-file",
        """A file among the generated ones was not written by Penstock.

        It is never changed or deleted, but a cluster that syncs the directory may apply it. Move it elsewhere.
        """,
        WARNS,
    ),
)
