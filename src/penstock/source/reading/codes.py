"""The manual of what can be wrong with the text of a specification."""

from __future__ import annotations

from penstock.diagnostics.codes import WARNS, Code

READING = (
    Code(
        "ambiguous-scalar",
        """A plain value is ambiguous: YAML parsers disagree on it.

        YAML 1.1 reads `no` as false, `010` as 8 and `1:30` as 90; YAML 1.2 does not. kubectl, Argo CD and your editor
        do not all use the same version. The same holds for dates, `1e-3`, `1_000`, `0x1F`, `.5`, `~`, `True` and
        `.nan`.

            horizon: 010      # rejected
            horizon: 10       # a number
            horizon: "010"    # text
            rate: 1.0e-3      # a float to every parser, like 0.001
        """,
    ),
    Code(
        "number-out-of-range",
        """A number exceeds the range or precision that YAML parsers support.

        Integers have 64 bits and floats are IEEE doubles; anything beyond is silently rounded or becomes infinite.
        Write a smaller number, or quote it if it is an identifier.
        """,
    ),
    Code(
        "duplicate-key",
        """A mapping has a duplicate key.

        Most parsers silently keep the last value and drop the first. Keep one of them.
        """,
    ),
    Code(
        "missing-separator",
        """A document has a second `apiVersion` and `kind`.

        Documents in one file are separated by a line `---`. It is missing here, so the keys of one document would
        belong to the other. Write `---` between them.
        """,
    ),
    Code(
        "conflict-markers",
        """The file contains merge conflict markers.

        git writes `<<<<<<<`, `=======` and `>>>>>>>` around lines that two branches have changed in different ways.
        Keep the right lines, and delete the markers and the other lines.
        """,
    ),
    Code(
        "non-string-key",
        """A key is not text.

        In `2015: x` the key is a number, in `true: x` a boolean; in YAML even a mapping or a list can be a key. JSON
        has none of these. Quote the key: `"2015": x`.
        """,
    ),
    Code(
        "merge-key",
        """A mapping has a merge key (`<<`).

        Merge keys exist only in YAML 1.1, and hide the value of a key from the place where it is used. Write the keys
        out; use `overrides` for differences between environments. Anchors and aliases for whole values are allowed.
        """,
    ),
    Code(
        "empty-value",
        """A key, or an item of a list, has no value.

        YAML reads it as null, but usually a value was forgotten or has the wrong indentation. Write the value, or
        `null`, `{}`, `[]` or `""`.
        """,
    ),
    Code(
        "yaml-tag",
        """A value carries a YAML tag, such as `!!str` or `!include`.

        The meaning of a tag depends on the parser, and some parsers run code for tags. Delete the tag; quote text.
        """,
    ),
    Code(
        "yaml-directive",
        """A file has a directive (`%YAML` or `%TAG`).

        Directives are not supported. Delete the line.
        """,
    ),
    Code(
        "yaml-template",
        """A template (`{{ ... }}`) is used as a value.

        Specifications are data, not templates: use `overrides` for differences between environments, and quote text
        with braces.
        """,
    ),
    Code(
        "unknown-alias",
        """An alias (`*name`) has no anchor (`&name`) above it.

        Anchors are local to a document. Quote a value that starts with `*`:

            source: {parquet: "*.parquet"}
        """,
    ),
    Code(
        "duplicate-anchor",
        """A document has a duplicate anchor.

        The meaning of an alias would depend on its position. Use different names.
        """,
    ),
    Code(
        "recursive-alias",
        """An alias is inside of the value that it refers to.

        The value would be infinite. Write it out.
        """,
    ),
    Code(
        "too-many-values",
        """A document has too many values after its aliases are expanded.

        Nine lines of nested aliases can expand to a billion values. Split the document, or write it without aliases.
        """,
    ),
    Code(
        "too-deep",
        """Values are nested too deeply.

        The limit prevents a hostile file from exhausting the stack. Reduce the nesting.
        """,
    ),
    Code(
        "not-a-mapping",
        """A document is a list or a single value.

        A specification is a mapping that starts with `apiVersion` and `kind`. `key:value` without a space after the
        colon is a single string in YAML.
        """,
    ),
    Code(
        "empty-file",
        """A file contains no specification.

        It is empty, or has only comments. Write one, or delete the file.
        """,
        WARNS,
    ),
    Code(
        "empty-document",
        """A `---` is followed by no document.

        Usually it is left over at the end of a file. Delete the line.
        """,
        WARNS,
    ),
    Code(
        "unclosed-quote",
        """A quote is never closed.

        The value then continues to the end of the document. Close it; in double quotes, write `\\"` for a quote, in
        single ones, two of them.
        """,
    ),
    Code(
        "unclosed-bracket",
        """A bracket has no counterpart.

        Close it after the last item, or quote a value that contains a bracket.
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
        """There is no space after a colon.

        `key:value` is a single string in YAML. Write `key: value`.
        """,
    ),
    Code(
        "missing-colon",
        """A line of a mapping has no colon.

        Each line of a mapping is `key: value`. Text over several lines is indented more than its key, or starts with
        `|`.
        """,
    ),
    Code(
        "colon-in-value",
        """A plain value contains a colon and a space.

        YAML reads that as another key on the same line. Quote the value:

            description: "flights: one row each"
        """,
    ),
    Code(
        "bad-indentation",
        """The indentation of a line matches nothing above it.

        The keys of a mapping, and the items of a list, start in the same column; the value of a key is indented more
        than the key.
        """,
    ),
    Code(
        "tab-indentation",
        """A tab is used for indentation.

        YAML does not allow tabs for indentation. Use spaces.
        """,
    ),
    Code(
        "list-in-mapping",
        """A list item is among keys, a key among list items, or a list on the line of its key.

            rules:
              - {id: quality}
              - {id: speed}
        """,
    ),
    Code(
        "special-character",
        """A plain value starts with a reserved character.

        These are `* & ! | > % @` and the backtick. Quote the value: `"@daily"`, `"*.parquet"`.
        """,
    ),
    Code(
        "text-after-value",
        """There is text after a complete value.

        A value that starts with a quote or a bracket ends with its counterpart. Quote the whole value.
        """,
    ),
    Code(
        "bad-escape",
        """A backslash in double quotes starts an unknown escape.

        Write two backslashes, or use single quotes, which suit regular expressions: `'\\d+'`.
        """,
    ),
    Code(
        "missing-document-start",
        """There is text where only a new document can start.

        Documents in one file are separated by a line `---`.
        """,
    ),
    Code(
        "invalid-yaml",
        """The text is not valid YAML.

        The position is where parsing failed; the mistake may be before it.
        """,
    ),
    Code(
        "control-character",
        """The text contains a control character, or a line break that editors do not count.

        It is invisible in a review. Delete it, or write it as an escape in double quotes: `"\\x1B"`.
        """,
    ),
    Code(
        "hidden-character",
        """The text contains an invisible character that changes how text is shown.

        Bidirectional control characters make a review show different text than is compiled (CVE-2021-42574). Delete it,
        or write it as an escape in double quotes.
        """,
    ),
    Code(
        "byte-order-mark",
        """A file starts with a byte order mark.

        UTF-8 does not need one, and some tools read it as part of the first key. Save the file without it.
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
        """A file exceeds the size limit of a specification.

        Split it: the layout of files and folders has no meaning to the compiler.
        """,
    ),
    Code(
        "symbolic-link",
        """A specification is a symbolic link.

        Its target may be outside of the repository or in a loop, and git stores only its path, so a commit would not
        contain what the work tree does. Replace it with the file itself.
        """,
    ),
    Code(
        "unread-file",
        """A file or folder is ignored, although its name suggests that it holds specifications.

        Specifications are the files below `specs/` that end in `.yaml` or `.yml`, in lower case, since git and Linux
        distinguish case. `specs/model.YAML`, `Specs/model.yaml` and `specs/model.json` would silently be ignored.
        Rename it; JSON is valid YAML, so a file of JSON only needs another ending.
        """,
        WARNS,
    ),
    Code(
        "unreadable-file",
        """A file or folder cannot be read.

        You lack the permission, or it is a pipe or a device.
        """,
    ),
    Code(
        "bad-file-name",
        """A file name contains unprintable characters.

        A review cannot show which file it is. Rename it.
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
        "sparse-checkout",
        """A sparse checkout leaves out some of the specifications.

        git was told to keep only some folders of the branch in the work tree. References to the other specifications
        would look like mistakes, and `penstock compile` would delete what they compile to. A plan of two commits does
        not need the work tree.
        """,
    ),
    Code(
        "no-specifications",
        """The folder of specifications does not exist.

        Run the command in the folder that contains `specs/`, or pass that folder with `--root`, or `root` of the
        action.

        For two commits, neither has a specification there: a review of the wrong folder would find no changes, and
        approve.
        """,
    ),
)
