"""A gate needs clustered intervals, but the test set has too few clusters, or no event time to form them.

What it does: computes an upper limit for the number of clusters in the test set: the length of the test period divided
by `every`, or the number of values in `oneOf` of the cluster column (for a split by group, of its column). Fewer than
20 are an error if a rule needs an interval (`confidence`, `compare`). So is `every` if the rows have no event time.

Why: rows of a cluster are not independent, so an interval counts clusters. A few of them do not show how much clusters
differ, however many rows they have, and no model can pass such a rule.

Example:

    split: {by: time, validation: 14d, test: 14d}
    clusters: {every: 1d}                               # 15 days, the first and the last of them cut

Use instead: a test set with more clusters; shorter periods, if rows of different periods are independent; or rules
without `confidence`, which compare only the estimate with the bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from penstock.catalog.lineage import rows_dataset
from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Pointer
from penstock.specs.base import Resource
from penstock.specs.gate import FEWEST_CLUSTERS, CompareRule, Gate, MetricRule, PythonRule
from penstock.specs.model import GroupSplit, Model, TimeSplit

Place = tuple[Resource, Pointer]
"""A place in a spec; where its file has it is looked up for errors alone."""


class Most(NamedTuple):
    """How many clusters the test rows can be at most, and what says so."""

    clusters: int
    at: Place
    """What asks for clusters."""
    declared: Place
    because: str
    """What is declared there."""


@rule("too-few-clusters")
def too_few_clusters(view: View, gate: Gate) -> Iterator[Diagnostic]:
    """Yields a gate whose intervals no test part can give."""
    model = view.find(Model, gate.spec.model)
    if model is None or not is_clustered(model, gate):
        return
    rows = rows_dataset(view, model)
    clusters = gate.spec.clusters
    if clusters is not None and clusters.every is not None and rows is not None and rows.spec.event_time is None:
        yield Diagnostic.error(
            "too-few-clusters",
            "clusters by period need rows with an event time",
            view.span(gate, ("clusters", "every")),
            secondary=(Label(view.span(rows, ("columns",), "key"), f"`{rows.name}` has no `eventTime`"),),
            help=(f"add `eventTime` to `{rows.name}`, or cluster by a `column`",),
        )
        return
    most = most_clusters(view, model, gate)
    position = next((number for number, one in enumerate(gate.spec.rules) if _needs_interval(one)), None)
    if most is None or most.clusters >= FEWEST_CLUSTERS or position is None:
        return
    asks = Label(view.span(gate, ("rules", position, "id")), "needs an interval")
    yield Diagnostic.error(
        "too-few-clusters",
        f"no model can pass: the test set has at most {counted(most.clusters, 'cluster')}, and an interval needs "
        f"{FEWEST_CLUSTERS}",
        view.span(*most.at),
        secondary=(Label(view.span(*most.declared), most.because), asks),
        help=("use a test set with more clusters, or remove `confidence` and `compare`, which need an interval",),
    )


def is_clustered(model: Model, gate: Gate) -> bool:
    """Whether the gate's intervals are over clusters of rows."""
    return gate.spec.clusters is not None or isinstance(model.spec.split, GroupSplit)


def most_clusters(view: View, model: Model, gate: Gate) -> Most | None:
    """The least of what is declared; None where nothing is."""
    split, clusters = model.spec.split, gate.spec.clusters
    found: list[Most | None] = []
    if isinstance(split, GroupSplit):
        found.append(_values(view, model, split.column, (model, ("split", "column"))))
    if clusters is not None and clusters.column is not None:
        found.append(_values(view, model, clusters.column, (gate, ("clusters", "column"))))
    if clusters is not None and clusters.every is not None and isinstance(split, TimeSplit):
        # The test period begins and ends within a period, which the rows of the other parts have the rest of.
        count = -(-int(split.test) // int(clusters.every)) + 1
        because = "the length of the test period"
        found.append(Most(count, (gate, ("clusters", "every")), (model, ("split", "test")), because))
    return min((each for each in found if each is not None), key=lambda each: each.clusters, default=None)


def _values(view: View, model: Model, name: str, at: Place) -> Most | None:
    """What the contract says of a column: its values, and one cluster more of the rows without one."""
    rows = rows_dataset(view, model)
    column = rows.spec.columns.get(name) if rows is not None else None
    if rows is None or column is None or column.one_of is None:
        return None
    declared = (rows, ("columns", name, "oneOf"))
    return Most(len(column.one_of) + bool(column.nullable), at, declared, "the values of the column")


def _needs_interval(one: object) -> bool:
    return isinstance(one, CompareRule) or (isinstance(one, MetricRule | PythonRule) and one.confidence is not None)
