"""A path of data leads out of the repository, or to a place that no step can reach.

What it does: looks at every path of a `csv` or `parquet` source: at where `..` leads, and at the scheme of an address.

Why: a step in a container sees the repository alone, and what lies outside of it is no part of what was reviewed. A
shell's `~` and schemes that Arrow does not know would fail in the cluster only.

Example:

    source: {csv: ../exports/arrivals.csv}
    source: {parquet: s4://exports/arrivals/*.parquet}

Use instead: a path that starts at the repository's root, an absolute one that the image of the steps has, or an
address of an object store:

    source: {csv: data/arrivals.csv}
    source: {parquet: s3://exports/arrivals/*.parquet}
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import normpath

from penstock.catalog.model import View
from penstock.catalog.texts import texts
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.model import Diagnostic
from penstock.specs.dataset import Dataset

_SCHEMES = ("abfs", "abfss", "file", "gs", "gcs", "hdfs", "s3", "viewfs")
"""Those of Arrow's file systems (https://arrow.apache.org/docs/python/filesystems.html)."""
_FROM_THE_ROOT = "a path starts at the repository's root"


@rule("data-path", Dataset)
def data_path(view: View, dataset: Dataset) -> Iterator[Diagnostic]:
    """Yields each path that leads nowhere."""
    for found in texts(view, dataset, "path"):
        below, path = found.pointer[1:], found.text
        scheme, sign, _ = path.partition("://")
        if sign:
            if scheme not in _SCHEMES:
                at = view.span(dataset, below, within=(0, len(scheme)))
                yield unknown_word("data-path", f"nothing reads addresses of `{scheme}://`", at, scheme, _SCHEMES)
        elif path.startswith("~"):
            yield Diagnostic.error(
                "data-path",
                f"`{path}` starts at somebody's home folder",
                view.span(dataset, below),
                help=(_FROM_THE_ROOT,),
            )
        elif normpath(path).startswith(".."):
            yield Diagnostic.error(
                "data-path",
                f"`{path}` leads out of the repository",
                view.span(dataset, below),
                help=(f"{_FROM_THE_ROOT}, and a step sees nothing above it",),
            )
