"""Python that a spec names reads data that no spec declares.

What it does: follows the function of a feature, of a gate's rule or of a dataset's check, and the class or function of
an estimator, through all that they call in the repository, and reports each place that reads a file, a database or an
address: `open`, `pathlib`, `pandas.read_csv`, DuckDB's SQL, `requests` and the like. Not reported is configuration: a
file of the repository under a name that is written out (`open("systems/vocabulary.json")`,
`Path(__file__).with_name("weights.npy")`), unless it is a table (CSV, Parquet, a database) or of a Dataset. Code that
no import statement names may do any of that, so a place that runs some is reported as well: `importlib`, `exec`,
`subprocess`, `pickle`, `getattr` by a name that is put together. The source of a Dataset may read what it likes,
because its columns are declared. Custom steps are reported only where their Python reads the rows of a Dataset.

Why: lineage, labels of sensitivity, point-in-time joins and approvals follow what specs declare. A column that a
function fetches by itself gets past all of them. If a feature or an estimator reads the rows of a Dataset, each
sensitive column of that Dataset counts as reaching the model and needs a purpose.

Example, in the function of a feature:

    people = pandas.read_csv("data/people.csv")

Use instead: a Dataset over the file, and a feature that reads it:

    age: {type: int, lookup: {of: people, column: age, match: [person_id]}}

An estimator gets such columns as features, a gate's rule as features or `slices`. For configuration, write the file's
name where it is read.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.embedded_code import embedded_code
from penstock.catalog.marked_texts import CODE
from penstock.catalog.model import View
from penstock.catalog.python.functions import Place
from penstock.catalog.python.reads import CodeReads, DataRead, code_reads, command_reads
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.grammar import listed
from penstock.diagnostics.model import Diagnostic, Label, Span
from penstock.source.model import Pointer
from penstock.specs.base import Resource
from penstock.specs.model import Model

_INSTEAD = {
    "FeatureSet": "read its columns with `lookup`, `latest` or `aggregate`",
    "Model": "pass its columns to the estimator as features",
    "Gate": "pass its columns to the function as features or `slices` of the model",
    "Dataset": "check a Dataset of `sql` that joins the two",
}
_WHY = "lineage, labels and approvals see only what specs declare"


@rule("undeclared-read", severities=WARNS)
def undeclared_read(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each place at which code that the spec names reads data by itself, or may."""
    reported: set[DataRead | Place] = set()
    for found in (each for what in CODE for each in embedded_code(view, resource, what)):
        # What a dataset is read from is declared by its columns.
        if found.pointer[1:3] != ("source", "python"):
            reads = code_reads(view, found.text)
            yield from _of_code(view, resource, found.pointer[1:], f"`{found.text}`", reads, reported)
    for position, step in enumerate(resource.spec.steps if isinstance(resource, Model) else ()):
        for name, place in command_reads(view, step.command).datasets:
            yield _of_rows(view, resource, ("steps", position, "command"), f"the step `{step.name}`", place, name)


def _of_code(
    view: View, resource: Resource, below: Pointer, code: str, found: CodeReads, reported: set[DataRead | Place]
) -> Iterator[Diagnostic]:
    places = {read.at for read in found.reads}
    for read in found.reads:
        if read not in reported:
            reported.add(read)
            names = [name for name, place in found.datasets if place == read.at]
            yield _diagnostic(view, resource, below, code, read, names)
    # A file that is no Python is reported as such.
    if found.unfollowed is not None and found.unfollowed[1] and found.unfollowed not in reported:
        reported.add(found.unfollowed)
        yield _of_any_code(view, resource, below, code, found.unfollowed)
    # A name that is written elsewhere than it is read, and a dataset's own function.
    for name, place in found.datasets:
        if place not in places:
            yield _of_rows(view, resource, below, code, place, name)


def _diagnostic(
    view: View, resource: Resource, below: Pointer, code: str, read: DataRead, names: list[str]
) -> Diagnostic:
    label = f"`{read.by}` reads {listed(read.targets)}" if read.targets else f"`{read.by}` reads under a computed name"
    instead = _INSTEAD[resource.kind_name]
    helps = [f"declare a Dataset over it, and {instead}: {_WHY}"]
    if names:
        helps = [f"it is declared as the Dataset {listed(names)}: {instead}, since {_WHY}"]
    elif read.targets is None:
        helps.append("if it is configuration in the repository, write the file's name out where it is read")
    return Diagnostic.warning(
        "undeclared-read",
        f"{code} reads data by itself",
        _line(view, read.at),
        label,
        secondary=(Label(view.span(resource, below), "a spec leads here"),),
        help=tuple(helps),
    )


def _of_any_code(view: View, resource: Resource, below: Pointer, code: str, place: Place) -> Diagnostic:
    return Diagnostic.warning(
        "undeclared-read",
        f"{code} may read data by itself: nobody can follow what it runs",
        _line(view, place),
        "this may lead to any code",
        secondary=(Label(view.span(resource, below), "a spec leads here"),),
        help=(
            "import what it needs by name, and write out the names of attributes: until then each change of any Python "
            "of the repository counts as one of this",
        ),
    )


def _of_rows(view: View, resource: Resource, below: Pointer, code: str, place: Place, dataset: str) -> Diagnostic:
    return Diagnostic.warning(
        "undeclared-read",
        f"{code} reads the rows of the Dataset `{dataset}` by itself",
        _line(view, place),
        "",
        secondary=(Label(view.span(resource, below), "a spec leads here"),),
        help=(f"{_INSTEAD[resource.kind_name]}: {_WHY}",),
    )


def _line(view: View, place: Place) -> Span:
    """The line at a place of a Python file, from its first to its last letter."""
    path, number = place
    lines = (view.read_file(path) or b"").decode("utf-8", "replace").split("\n")
    text = lines[number - 1].rstrip() if number <= len(lines) else ""
    return Span(path, number, len(text) - len(text.lstrip()) + 1, number, len(text) + 1)
