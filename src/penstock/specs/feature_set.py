"""FeatureSet: features of the rows of one dataset, each computed as of that row's own time."""

from typing import Literal

from penstock.specs.base import (
    Choosing,
    Column,
    DatasetRef,
    Distinct,
    Function,
    Identifier,
    Node,
    Resource,
    Sql,
    field,
    note,
)
from penstock.specs.choices import exactly_one
from penstock.specs.review import Area, Loosens
from penstock.specs.units import PositiveDuration

MATCH = "Columns on which rows meet: names that both sides share, or `{theirs: ours}`."


class Latest(Node):
    """The newest value in another dataset that could be known at the row's time.

    The row that happened last counts, and of several versions of it the one that became known last, even where its
    value is missing.
    """

    of: DatasetRef = field("Dataset that holds the value.", loosens=Loosens.ANY, area=Area.DATA)
    column: Column = field("Column that holds the value.", loosens=Loosens.ANY, area=Area.DATA)
    match: Distinct[Column] | dict[str, Column] = field(MATCH, loosens=Loosens.ANY, area=Area.DATA)
    max_age: PositiveDuration | None = field(
        "A value that happened longer before the row's time than this counts as missing.",
        loosens=Loosens.HIGHER,
        area=Area.DATA,
        default=None,
    )


class Lookup(Node):
    """A value of another dataset that does not change with time, by a key that no two of its rows share."""

    of: DatasetRef = field("Dataset that holds the value.", loosens=Loosens.ANY, area=Area.DATA)
    column: Column = field("Column that holds the value.", loosens=Loosens.ANY, area=Area.DATA)
    match: Distinct[Column] | dict[str, Column] = field(MATCH, loosens=Loosens.ANY, area=Area.DATA)


class Aggregate(Node):
    """An aggregate over the rows of another dataset (or the same) that were known in a window before the row's time."""

    of: DatasetRef = field("Dataset whose rows are aggregated.", loosens=Loosens.ANY, area=Area.DATA)
    sql: Sql = field(
        "Aggregate expression over its columns, such as `avg(delay)`.", loosens=Loosens.ANY, area=Area.DATA
    )
    where: Sql | None = field("Rows that count.", loosens=Loosens.ANY, area=Area.DATA, default=None)
    match: Distinct[Column] | dict[str, Column] = field(MATCH, loosens=Loosens.ANY, area=Area.DATA)
    window: PositiveDuration = field(
        "How far back rows count, by the time they became known: one of exactly that long ago does not, "
        "one of the row's own moment does.",
        loosens=Loosens.ANY,
        area=Area.DATA,
    )


class Feature(Choosing):
    """One feature: exactly one of `sql`, `latest`, `lookup`, `aggregate`, `python`."""

    chosen = exactly_one("sql", "latest", "lookup", "aggregate", "python")

    type: Literal["int", "float", "string", "bool"] = field(
        "Type of the values; strings and booleans are categories to a model.",
        loosens=Loosens.ANY,
        area=Area.DATA,
    )
    description: str = note("What a value means, and its unit.", default="")
    sql: Sql | None = field(
        "Scalar expression over the source's columns.", loosens=Loosens.ANY, area=Area.DATA, default=None
    )
    latest: Latest | None = field(
        "Newest value known at the row's time.", loosens=Loosens.ANY, area=Area.DATA, default=None
    )
    lookup: Lookup | None = field(
        "Value of a table without time, by its key.", loosens=Loosens.ANY, area=Area.DATA, default=None
    )
    aggregate: Aggregate | None = field(
        "Aggregate over a window before the row's time.", loosens=Loosens.ANY, area=Area.DATA, default=None
    )
    python: Function | None = field(
        "Function from the source's Arrow table to one value a row.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    reads: Distinct[Column] | None = field(
        "For `python`: the source's columns that the function reads; lineage cannot see into it.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )


class FeatureSetSpec(Node):
    """Rows, entity and features."""

    source: DatasetRef = field(
        "Dataset that gives the rows, their keys and their time.", loosens=Loosens.ANY, area=Area.DATA
    )
    entity: Distinct[Column] = field(
        "Columns of the source that identify a row; feature sets of one model are joined on them.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        min_length=1,
    )
    features: dict[Identifier, Feature] = field(
        "The features, by name.", loosens=Loosens.ANY, area=Area.DATA, min_length=1
    )


class FeatureSet(Resource):
    """Features of the rows of one dataset, each computed as of that row's own time."""

    kind_name = "FeatureSet"
    summary = "features of the rows of one dataset, each computed as of that row's own time"

    kind: Literal["FeatureSet"] = note("Kind.", area=Area.GOVERNANCE)
    spec: FeatureSetSpec = field("The features.", loosens=Loosens.ANY, area=Area.DATA)
