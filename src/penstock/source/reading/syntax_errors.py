"""libyaml's errors in the words of somebody who writes YAML, at the place that they have to change."""

from __future__ import annotations

from collections.abc import Callable

from penstock.diagnostics.model import Diagnostic
from penstock.source.model import SourceFile
from penstock.source.reading import layout_errors, token_errors
from penstock.source.reading.composition import MAX_DEPTH, MAX_NODES, Broken, TooDeepError, TooManyNodesError
from penstock.source.reading.refusals import shown
from penstock.source.reading.syntax_failure import Failure, containing, failure_of


def explain(file: SourceFile, broken: Broken) -> Diagnostic:
    """The diagnostic for a place where composing stopped."""
    failure = failure_of(file, broken)
    if (conflict := layout_errors.merge_conflict(failure)) is not None:
        return conflict
    if isinstance(broken.error, TooDeepError):
        return Diagnostic.error(
            "too-deep",
            f"values are nested more than {MAX_DEPTH} levels deep",
            failure.at,
            help=("reduce the nesting",),
        )
    if isinstance(broken.error, TooManyNodesError):
        return Diagnostic.error(
            "too-many-values",
            f"the document has more than {MAX_NODES:,} values",
            failure.at,
            help=("split it into several specifications",),
        )
    for problem, context, explanation in _EXPLANATIONS:
        if problem in failure.problem and context in failure.context:
            return explanation(failure)
    return Diagnostic.error(
        "invalid-yaml",
        "this is not valid YAML" + (f": {shown(failure.problem)}" if failure.problem else ""),
        failure.at,
        secondary=containing(failure),
    )


_EXPLANATIONS: tuple[tuple[str, str, Callable[[Failure], Diagnostic]], ...] = (
    ("found unexpected end of stream", "quoted scalar", token_errors.unclosed_quote),
    ("found unexpected document indicator", "quoted scalar", token_errors.unclosed_quote),
    ("did not find expected ',' or", "", token_errors.unclosed_bracket),
    ("mapping values are not allowed", "", layout_errors.mapping_not_allowed),
    ("could not find expected ':'", "", layout_errors.simple_key),
    ("did not find expected key", "", layout_errors.block_mapping),
    ("did not find expected '-' indicator", "", layout_errors.block_sequence),
    ("block sequence entries are not allowed", "", layout_errors.item_not_allowed),
    ("found a tab character", "", token_errors.tab),
    ("found character that cannot start any token", "", token_errors.odd_start),
    ("did not find expected alphabetic or numeric", "", token_errors.bad_alias),
    ("found undefined alias", "", token_errors.unknown_alias),
    ("second occurrence", "", token_errors.repeated_anchor),
    ("escape character", "", token_errors.bad_escape),
    ("hexdecimal number", "quoted scalar", token_errors.bad_escape),
    ("Unicode character escape", "", token_errors.bad_escape),
    ("did not find expected node content", "", token_errors.no_content),
    ("did not find expected comment or line break", "block scalar", token_errors.block_header),
    ("tag", "", token_errors.tag_handle),
    ("", "tag", token_errors.tag_handle),
    ("directive", "", token_errors.directive),
    ("", "directive", token_errors.directive),
    ("incompatible YAML document", "", token_errors.directive),
    ("expected <document start>", "", layout_errors.document_start),
)
"""(part of libyaml's problem, part of its context, who explains it); the first that fits."""
