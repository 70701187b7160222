"""The manual of what can be wrong with the text of a specification."""

from __future__ import annotations

from penstock.diagnostics.codes import WARNS, Code

READING = (
    Code(
        "ambiguous-scalar",
        """A plain value is read differently by different YAML readers.

        YAML 1.1 takes `no` for false, `010` for 8 and `1:30` for 90; YAML 1.2 does not. kubectl, Argo CD and
        your editor do not all read the same version. Dates, `1e-3`, `1_000`, `0x1F`, `.5`, `~`, `True`, `.nan`
        are of the same sort.

            horizon: 010        # refused
            horizon: 10         # a number
            horizon: "010"      # text
            rate: 1.0e-3        # a float to every reader, as is 0.001
        """,
    ),
    Code(
        "number-out-of-range",
        """A number has more digits than a reader can be relied on to keep.

        Integers have 64 bits and floats are IEEE doubles; anything beyond is rounded, or becomes infinite,
        without a word. Write a smaller number, or quote it where it is an identifier.
        """,
    ),
    Code(
        "duplicate-key",
        """A mapping holds one key twice.

        Most readers keep the last value and drop the first, so that a line of the file has no effect and
        nobody notices. Keep one of the two.
        """,
    ),
    Code(
        "missing-separator",
        """A document goes on with `apiVersion` and `kind` a second time.

        Several documents may stand in one file, each but the first below a line of three dashes. That line is
        missing here, so that the keys of one document would be keys of another. Write `---` between them.
        """,
    ),
    Code(
        "conflict-markers",
        """A merge or a rebase has left its marks in the file.

        git writes `<<<<<<<`, `=======` and `>>>>>>>` around lines that two branches have changed in different
        ways. Keep the lines that are right, and delete the marks and the other lines.
        """,
    ),
    Code(
        "non-string-key",
        """A key is not text.

        `2015: x` has a number as its key and `true: x` a boolean; a mapping or a list can be a key in YAML as
        well. None of them survives JSON. Quote the key: `"2015": x`.
        """,
    ),
    Code(
        "merge-key",
        """A merge key (`<<`) stands in a mapping.

        It belongs to YAML 1.1 alone, and what a value is would stand somewhere else than where it is used.
        Write the keys out; what differs by environment goes into `overrides`. Anchors and aliases for whole
        values are allowed.
        """,
    ),
    Code(
        "empty-value",
        """A key, or an item of a list, has no value.

        YAML reads it as null, but mostly a value was forgotten, or stands at the wrong indentation. Write the
        value, or `null`, `{}`, `[]` or `""`.
        """,
    ),
    Code(
        "yaml-tag",
        """A value carries a YAML tag, such as `!!str` or `!include`.

        Tags make the meaning of a value depend on the reader, and some readers run code for them. Delete the
        tag; quote what is text.
        """,
    ),
    Code(
        "yaml-directive",
        """A file holds a directive (`%YAML` or `%TAG`).

        Every specification is read in the same way. Delete the line.
        """,
    ),
    Code(
        "yaml-template",
        """A template (`{{ ... }}`) stands where a value belongs.

        Specifications are data, not templates: what differs by environment goes into `overrides`, and text
        with braces is quoted.
        """,
    ),
    Code(
        "unknown-alias",
        """An alias (`*name`) names no anchor (`&name`) above it.

        Anchors hold within one document. A value that is meant to start with `*` is quoted:

            source: {parquet: "*.parquet"}
        """,
    ),
    Code(
        "duplicate-anchor",
        """An anchor is declared twice in one document.

        Which of the two an alias means would depend on where it stands. Give each a name of its own.
        """,
    ),
    Code(
        "recursive-alias",
        """An alias stands inside of the value that it names.

        A specification is a tree; this one would have no end. Write the value out.
        """,
    ),
    Code(
        "too-many-values",
        """A document has more values than any specification needs, once its aliases are written out.

        Nine lines of nested aliases can stand for a billion values. Split the document, or write it without
        aliases.
        """,
    ),
    Code(
        "too-deep",
        """Values are nested deeper than any specification needs.

        The bound keeps a hostile file from exhausting the stack. Write it flatter.
        """,
    ),
    Code(
        "not-a-mapping",
        """A document is a list or a single value.

        A specification is a mapping that starts with `apiVersion` and `kind`. `key:value` without a space after
        the colon is a single text to YAML.
        """,
    ),
    Code(
        "empty-file",
        """A file holds no specification.

        It is empty, or holds comments alone. Write one, or delete the file.
        """,
        WARNS,
    ),
    Code(
        "empty-document",
        """A `---` is followed by no document.

        Mostly it is left over at the end of a file. Delete the line.
        """,
        WARNS,
    ),
    Code(
        "unclosed-quote",
        """A quote is opened and never closed.

        The value then runs on to the end of the document. Close it; in double quotes, write `\\"` for a quote, in
        single ones, two of them.
        """,
    ),
    Code(
        "unclosed-bracket",
        """A bracket is opened and never closed, or closed and never opened.

        Close it behind the last item, or quote a value that holds a bracket as text.
        """,
    ),
    Code(
        "missing-comma",
        """Two items in brackets have no comma between them, or a comma has no item before it.

            keys: [origin, hour]
        """,
    ),
    Code(
        "missing-space",
        """A colon has no space behind it.

        `key:value` is one word to YAML. Write `key: value`.
        """,
    ),
    Code(
        "missing-colon",
        """A line of a mapping has no colon.

        Each line of a mapping is `key: value`. Text that goes on over several lines is indented further than
        its key, or starts with `|`.
        """,
    ),
    Code(
        "colon-in-value",
        """A plain value holds a colon and a space.

        YAML reads that as another key on the same line. Quote the value:

            description: "flights: one row each"
        """,
    ),
    Code(
        "bad-indentation",
        """A line is indented so that it belongs to nothing above it.

        The keys of one mapping, and the items of one list, start in the same column; what belongs to a key
        starts further to the right.
        """,
    ),
    Code(
        "tab-indentation",
        """A tab stands where YAML wants spaces.

        How far a tab goes is a matter of the editor, so YAML refuses it for indentation. Use spaces.
        """,
    ),
    Code(
        "list-in-mapping",
        """A list item stands among keys, a key among list items, or a list on the line of its key.

            rules:
              - {id: quality}
              - {id: speed}
        """,
    ),
    Code(
        "special-character",
        """A plain value starts with a character that YAML keeps for itself.

        These are `* & ! | > % @` and the backtick. Quote the value: `"@daily"`, `"*.parquet"`.
        """,
    ),
    Code(
        "text-after-value",
        """Text stands behind a value that is already complete.

        A value that starts with a quote or a bracket ends with its counterpart. Quote the whole of it.
        """,
    ),
    Code(
        "bad-escape",
        """A backslash in double quotes starts no escape that YAML knows.

        Write two backslashes, or use single quotes, where a backslash is plain text; that suits regular
        expressions: `'\\d+'`.
        """,
    ),
    Code(
        "missing-document-start",
        """Text stands where only a new document can start.

        Documents of one file are divided by a line `---`.
        """,
    ),
    Code(
        "invalid-yaml",
        """The text is not YAML.

        The place is where reading could not go on; the mistake may stand before it.
        """,
    ),
    Code(
        "control-character",
        """The text holds a control character, or a line end that editors do not count.

        It cannot be seen in a review. Delete it, or write it as an escape in double quotes: `"\\x1B"`.
        """,
    ),
    Code(
        "hidden-character",
        """The text holds a character that is not shown but changes what is.

        Controls of the writing direction make a review show another text than the one that is compiled
        (CVE-2021-42574). Delete it, or write it as an escape in double quotes.
        """,
    ),
    Code(
        "byte-order-mark",
        """A file starts with a byte order mark.

        UTF-8 needs none, and other tools take it for a part of the first key. Save the file without it.
        """,
    ),
    Code(
        "not-utf8",
        """A file is not UTF-8.

        Save it as UTF-8.
        """,
    ),
    Code(
        "file-too-large",
        """A file is larger than a specification may be.

        Split it: folders and files mean nothing to the compiler.
        """,
    ),
    Code(
        "symbolic-link",
        """A symbolic link stands where a specification belongs.

        It may lead out of the repository or round in a circle, and git keeps only where it points, so that a
        commit could not be read as the work tree is. Put the file itself there.
        """,
    ),
    Code(
        "unread-file",
        """A file or folder is passed over, since its name differs in case from those that are read.

        Specifications are the files below `specs/` that end in `.yaml` or `.yml`, in lower case as git and Linux tell
        them apart. What stands in `specs/model.YAML` or `Specs/model.yaml` would be no part of the system, and nobody
        would notice. Rename it.
        """,
        WARNS,
    ),
    Code(
        "unreadable-file",
        """A file or folder cannot be read.

        Its permissions forbid it, or it is a pipe or a device.
        """,
    ),
    Code(
        "bad-file-name",
        """The name of a file holds characters that cannot be shown.

        Nobody could see in a review which file it is. Rename it.
        """,
    ),
    Code(
        "case-collision",
        """Two files or folders have the same name on a case-insensitive file system.

        Their names differ only in case or in the Unicode form of a letter. On macOS and Windows a clone keeps only
        one of two such files, so it compiles to something else. A folder that is `specs` or `generated` there puts
        its files among the reviewed ones, but no review reads them. Rename one.
        """,
    ),
    Code(
        "no-specifications",
        """The folder of specifications does not exist.

        Run the command in the folder that holds `specs/`, or name that folder by `--root`, and by `root` of the action.

        Of two commits, neither has a specification there: a review of the wrong folder would find that nothing changes,
        and approve it.
        """,
    ),
)
