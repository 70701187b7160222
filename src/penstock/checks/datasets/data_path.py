"""A data path is outside of the repository, or no step can read it.

What it does: checks every path of a `csv` or `parquet` source for `..` that leaves the repository, the scheme of an
address and its two slashes, backslashes, and variables. `penstock check` also warns of a missing file if one with a
similar name exists; a missing file alone is not reported, since data is rarely committed.

Why: a step in a container sees only the repository, and files outside of it are not reviewed. A shell's `~`, its
variables, and schemes that Arrow does not know would fail only in the cluster.

Example:

    source: {csv: ../exports/arrivals.csv}
    source: {parquet: s4://exports/arrivals/*.parquet}

Use instead: a path relative to the repository's root, an absolute path that exists in the image of the steps, or an
address of an object store:

    source: {csv: data/arrivals.csv}
    source: {parquet: s3://exports/arrivals/*.parquet}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from posixpath import normpath
from typing import Any

from penstock.catalog.embedded_code import embedded_code
from penstock.catalog.model import Catalog, View
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Safety
from penstock.diagnostics.suggest import did_you_mean, is_certain
from penstock.source.model import Pointer
from penstock.specs.dataset import Dataset

_SCHEMES = ("abfs", "abfss", "file", "gs", "gcs", "hdfs", "s3", "viewfs")
"""Those of Arrow's file systems (https://arrow.apache.org/docs/python/filesystems.html)."""
_VARIABLE = re.compile(r"\$\{[^}]*\}|\$[A-Za-z_]\w*|%[A-Z_]+%")
"""A variable of a shell, as other tools replace it."""
_ONE_SLASH = re.compile(rf"({'|'.join(_SCHEMES)}):/*")
_FROM_THE_ROOT = "paths are relative to the repository's root"


@rule("data-path", severities=MAY_WARN)
def data_path(view: View, dataset: Dataset) -> Iterator[Diagnostic]:
    """Yields each path that leads nowhere."""
    for found in embedded_code(view, dataset, "path"):
        below, path = found.pointer[1:], found.text
        scheme, sign, _ = path.partition("://")
        variable = _VARIABLE.search(path)
        if variable is not None:
            yield Diagnostic.error(
                "data-path",
                f"`{variable[0]}` stays as it is: variables are not replaced",
                view.span(dataset, below, within=variable.span()),
                help=("write the path itself; to read another per environment, override `source`",),
            )
        elif sign:
            if scheme not in _SCHEMES:
                at = view.span(dataset, below, within=(0, len(scheme)))
                yield unknown_word("data-path", f"`{scheme}://` addresses are not supported", at, scheme, _SCHEMES)
        elif (one_slash := _ONE_SLASH.match(path)) is not None:
            at = view.span(dataset, below, within=one_slash.span())
            meant = f"{one_slash[1]}://"
            yield Diagnostic.error(
                "data-path",
                f"`{path}` is not an address, but a path in the folder `{one_slash[1]}:`",
                at,
                help=(f"did you mean `{meant}`?",),
                fix=Fix(Safety.UNSAFE, f"write `{meant}`", (Edit(at, meant),)),
            )
        elif "\\" in path:
            yield Diagnostic.error(
                "data-path",
                f"`{path}` has backslashes, which do not separate folders in the container of a step",
                view.span(dataset, below),
                help=(f"write `/` between folders: {_FROM_THE_ROOT}",),
            )
        elif path.startswith("~"):
            yield Diagnostic.error(
                "data-path",
                f"`{path}` is in a home folder",
                view.span(dataset, below),
                help=(_FROM_THE_ROOT,),
            )
        elif normpath(path).startswith(".."):
            yield Diagnostic.error(
                "data-path",
                f"`{path}` is outside of the repository",
                view.span(dataset, below),
                help=(f"{_FROM_THE_ROOT}, and steps see nothing outside of it",),
            )


def misspelt_files(catalog: Catalog) -> Iterator[Diagnostic]:
    """Yields each path of which a part is missing where another of nearly the same name is.

    It asks what lies there now, which is no part of what a spec says: no commit and no remembered run is asked.
    """
    listing = cache(catalog.repository.listing)
    for spec_id in catalog.ids("Dataset"):
        document = catalog.document(spec_id)
        for below, path in _plain_paths(document.value if document is not None else None):
            found = _misspelt(path, listing)
            if found is not None:
                start, folder, part, meant = found
                span = catalog.span(spec_id, ("spec", "source", *below), within=(start, start + len(part)))
                yield Diagnostic.warning(
                    "data-path",
                    f"there is no `{part}` in `{folder}`" if folder else f"there is no `{part}` in the repository",
                    span,
                    help=(f"did you mean `{meant}`, which is there?",),
                    fix=Fix(Safety.UNSAFE, f"write `{meant}`", (Edit(span, meant),)),
                )


def _plain_paths(data: Any) -> Iterator[tuple[Pointer, str]]:
    """The paths of a source below the repository's root, which may be no valid spec."""
    spec = data.get("spec") if isinstance(data, dict) else None
    source = spec.get("source") if isinstance(spec, dict) else None
    for form in ("csv", "parquet"):
        value = source.get(form) if isinstance(source, dict) else None
        listed = enumerate(value) if isinstance(value, list) else ()
        for below, path in [((form,), value), *(((form, position), one) for position, one in listed)]:
            if isinstance(path, str) and "://" not in path and not {"", ".", "..", "~"} & set(path.split("/")):
                yield below, path


def _misspelt(path: str, listing: Callable[[str], tuple[str, ...]]) -> tuple[int, str, str, str] | None:
    """Where the first part of a path that is missing starts, its folder, the part, and what was meant instead."""
    folder = ""
    start = 0
    for part in path.split("/"):
        there = listing(folder)
        if any(sign in part for sign in "*?["):
            return None
        if part not in there:
            near = [one for one in did_you_mean(part, there) if is_certain(part, [one])]
            packed = [one for one in there if one.startswith(f"{part}.") or part.startswith(f"{one}.")]
            meant = near or packed
            return (start, folder, part, meant[0]) if len(meant) == 1 else None
        folder = f"{folder}/{part}".lstrip("/")
        start += len(part) + 1
    return None
