"""What the reader says about YAML that is well formed and still refused."""

from __future__ import annotations

import yaml

from penstock.diagnostics.model import Diagnostic, Edit, Fix, Label, Safety, Span
from penstock.source.model import SourceFile
from penstock.source.reading.composition import MAX_NODES
from penstock.source.reading.node_spans import line_text, node_span
from penstock.source.reading.scalars import Ambiguous

_LONGEST_SHOWN = 40


def shown(text: str) -> str:
    """A user's text for a headline: on one line, cut where it is long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST_SHOWN else flat[: _LONGEST_SHOWN - 1] + "…"


def quoted(text: str) -> str:
    """The text in double quotes, as one would write it in YAML."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def ambiguous(span: Span, text: str, found: Ambiguous, *, is_key: bool = False) -> Diagnostic:
    """A plain scalar that readers disagree on, or a number that they cannot hold. A key is always text."""
    quote = quoted(text)
    if found.out_of_range:
        return Diagnostic.error(
            "number-out-of-range",
            f"the number `{shown(text)}` is out of range",
            span,
            found.readings,
            help=(f"write a smaller number, or quote it if text is meant: {shown(quote)}",),
        )
    advice = f"quote it: {quote}"
    if found.instead and not is_key:
        advice = f"write {found.instead}, or quote it if text is meant: {quote}"
    rewrite = found.rewrite if found.instead and not is_key else quote
    return Diagnostic.error(
        "ambiguous-scalar",
        f"`{shown(text)}` is ambiguous: YAML parsers disagree on it",
        span,
        found.readings,
        help=(advice,),
        fix=Fix(Safety.UNSAFE, f"write `{rewrite}`", (Edit(span, rewrite),)) if rewrite else None,
    )


def repeated_key(span: Span, key: str, first: Label) -> Diagnostic:
    """A mapping that holds one key twice."""
    return Diagnostic.error(
        "duplicate-key",
        f"duplicate key `{shown(key)}`",
        span,
        "again here",
        secondary=(first,),
        help=("keep one of them: other parsers silently use the last",),
    )


def missing_separator(span: Span) -> Diagnostic:
    """A mapping that goes on with the keys of another document."""
    return Diagnostic.error(
        "missing-separator",
        "missing `---` before another document",
        span,
        help=("write `---` on its own line above it",),
    )


def key_not_text(span: Span, text: str) -> Diagnostic:
    """A key that is a number, a boolean or null."""
    return Diagnostic.error(
        "non-string-key",
        f"the key `{shown(text)}` is not text",
        span,
        help=(f"quote it: {quoted(text)}",),
        fix=Fix(Safety.SAFE, f"write `{quoted(text)}`", (Edit(span, quoted(text)),)),
    )


def collection_as_key(file: SourceFile, span: Span) -> Diagnostic:
    """A mapping or a list as a key, which an unquoted template is too."""
    before = line_text(file.text, span.line)[: span.column - 1]
    if before.rstrip().endswith("{"):
        return template(Span(span.path, span.line, span.column - 1, span.end_line, span.end_column))
    return Diagnostic.error(
        "non-string-key",
        "a mapping or a list cannot be a key",
        span,
        help=("a key is text on one line, before a colon and a space",),
    )


def template(span: Span) -> Diagnostic:
    """`{{ ... }}`, from which YAML makes a mapping that is a key."""
    return Diagnostic.error(
        "yaml-template",
        "templates are not supported",
        span,
        help=(
            "use `overrides` for differences between environments",
            "quote the value if the braces are text",
        ),
    )


def empty_key(span: Span) -> Diagnostic:
    """A colon, or a question mark, with no key."""
    return Diagnostic.error("non-string-key", "a key is missing", span, help=("write the key before the colon",))


def merge_key(span: Span) -> Diagnostic:
    """`<<`, which YAML 1.2 has dropped."""
    return Diagnostic.error(
        "merge-key",
        "merge keys are not supported",
        span,
        help=(
            "write the keys out",
            "use `overrides` for differences between environments",
        ),
    )


def empty_value(span: Span, key: str) -> Diagnostic:
    """A key with nothing behind its colon."""
    return Diagnostic.error(
        "empty-value",
        f"`{shown(key)}` has no value",
        span,
        "nothing after the colon, or indented below it",
        help=('write the value, or `null`, `{}`, `[]` or `""`',),
    )


def empty_item(span: Span) -> Diagnostic:
    """A list item with nothing in it."""
    return Diagnostic.error(
        "empty-value",
        "an item of a list is empty",
        span,
        help=("write the item or `null`, or delete the line",),
    )


def tag(file: SourceFile, span: Span, name: str) -> Diagnostic:
    """A value with a YAML tag; `span` is the value's, the tag stands before it."""
    line = line_text(file.text, span.line)
    start = line.rfind("!", 0, span.column) if span.column else -1
    while start > 0 and line[start - 1] not in " \t,[{:":
        start -= 1
    at = span
    written = name
    if start >= 0:
        end = start
        while end < len(line) and line[end] not in " \t,]}":
            end += 1
        at = Span(file.path, span.line, start + 1, span.line, end + 1)
        written = line[start:end]
    return Diagnostic.error(
        "yaml-tag",
        f"the YAML tag `{shown(written)}` is not supported",
        at,
        help=(
            "quote the value if `!` is a part of it"
            if written[:2] != "!!"
            else "delete the tag: quote text, and write other values plainly",
        ),
    )


def directives(file: SourceFile) -> list[Diagnostic]:
    """A diagnostic for each line that is a YAML directive rather than part of a value."""
    found = []
    for number, line in enumerate(file.text.split("\n"), 1):
        if line.startswith(("%YAML", "%TAG")):
            span = Span(file.path, number, 1, number, len(line.rstrip("\r")) + 1)
            found.append(
                Diagnostic.error(
                    "yaml-directive",
                    f"the directive `{shown(line)}` is not supported",
                    span,
                    help=("delete the line",),
                )
            )
    return found


def empty_file(file: SourceFile) -> Diagnostic:
    """A file without any document: empty, or comments alone."""
    return Diagnostic.warning(
        "empty-file",
        "file contains no specification",
        Span.point(file.path),
        help=("write a specification into it, or delete it",),
    )


def empty_document(file: SourceFile, root: yaml.Node, offset: int) -> Diagnostic:
    """A `---` with nothing between it and the next one."""
    line = root.start_mark.line + offset + 1
    marker = next((n for n in range(line, 0, -1) if _marks_document(file, n)), line)
    return Diagnostic.warning(
        "empty-document",
        "empty document",
        Span(file.path, marker, 1, marker, len(line_text(file.text, marker)) + 1),
        help=("delete this line",),
    )


def _marks_document(file: SourceFile, line: int) -> bool:
    return line_text(file.text, line).startswith("---")


def not_a_mapping(file: SourceFile, root: yaml.Node, offset: int) -> Diagnostic:
    """A document whose root is a list or a scalar."""
    span = node_span(file, root, offset)
    what = "a list" if type(root) is yaml.SequenceNode else "a single value"
    advice = "start it with `apiVersion: penstock/v1` and `kind:`"
    text = line_text(file.text, span.line)
    key, colon, rest = text.strip().partition(":")
    if colon and rest and type(root) is yaml.ScalarNode and not root.style:
        advice = f"put a space after the colon: `{shown(key)}: {shown(rest)}`"
    return Diagnostic.error("not-a-mapping", f"the document is {what}, not a mapping", span, help=(advice,))


def aliases(file: SourceFile, root: yaml.Node, offset: int) -> Diagnostic:
    """Aliases that never end, or that end after more values than a document may have."""
    at = _last_alias(file, root.start_mark.line + offset) or Span.point(file.path, root.start_mark.line + offset + 1)
    if _contains_itself(root):
        return Diagnostic.error(
            "recursive-alias",
            "an alias is inside of the value that it refers to",
            at,
            help=("write the value out",),
        )
    return Diagnostic.error(
        "too-many-values",
        f"the document has more than {MAX_NODES:,} values after its aliases are expanded",
        at,
        help=("remove aliases, or split the document",),
    )


def _contains_itself(root: yaml.Node) -> bool:
    """Whether the graph of nodes has a circle; without recursion, each node entered once."""
    open_nodes: set[int] = set()
    done: set[int] = set()
    stack: list[tuple[yaml.Node, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        if leaving:
            open_nodes.discard(id(node))
            done.add(id(node))
            continue
        if id(node) in open_nodes:
            return True
        if id(node) in done or type(node) is yaml.ScalarNode:
            continue
        open_nodes.add(id(node))
        stack.append((node, True))
        for child in node.value:
            stack.extend((one, False) for one in (child if type(child) is tuple else (child,)))
    return False


def _last_alias(file: SourceFile, first_line: int) -> Span | None:
    """The last alias of the document that starts at or below `first_line` (from 0)."""
    found = None
    try:
        for event in yaml.parse(file.text, yaml.CSafeLoader):
            start, end = event.start_mark, event.end_mark
            if start is None or end is None or start.line < first_line:
                continue
            if type(event) is yaml.AliasEvent:
                found = Span(file.path, start.line + 1, start.column + 1, end.line + 1, end.column + 1)
            elif type(event) is yaml.DocumentEndEvent and found:
                break
    except yaml.YAMLError:
        return found
    return found
