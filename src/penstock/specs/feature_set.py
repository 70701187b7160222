"""FeatureSet: features for the rows of a dataset, computed as of each row's event time."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from penstock.specs.base import (
    Choosing,
    Column,
    DatasetRef,
    Distinct,
    Function,
    Holds,
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

VECTOR_PATTERN = r"^float\[([2-9]|[1-9][0-9]{1,2}|10[01][0-9]|102[0-4])\]$"
Vector = Annotated[str, StringConstraints(pattern=VECTOR_PATTERN), Holds("vector")]

MATCH = "Join columns: names that both sides share, or `{theirs: ours}`."


class Latest(Node):
    """The newest value in another dataset that was known at the row's time.

    The row with the latest event time is used, and of several versions of it the one that became known last, even if
    its value is missing.
    """

    of: DatasetRef = field("Dataset with the value.", loosens=Loosens.ANY, area=Area.DATA)
    column: Column = field("Column with the value.", loosens=Loosens.ANY, area=Area.DATA)
    match: Distinct[Column] | dict[str, Column] = field(MATCH, loosens=Loosens.ANY, area=Area.DATA)
    max_age: PositiveDuration | None = field(
        "Maximum age of the value at the row's time; an older one counts as missing.",
        # A shorter one makes more values missing than the served version has learned from.
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )


class Lookup(Node):
    """A value of another dataset that does not change over time, by a unique key."""

    of: DatasetRef = field("Dataset with the value.", loosens=Loosens.ANY, area=Area.DATA)
    column: Column = field("Column with the value.", loosens=Loosens.ANY, area=Area.DATA)
    match: Distinct[Column] | dict[str, Column] = field(MATCH, loosens=Loosens.ANY, area=Area.DATA)


class Aggregate(Node):
    """An aggregate over the rows of a dataset that became known in a window before the row's time."""

    of: DatasetRef = field("Dataset whose rows are aggregated.", loosens=Loosens.ANY, area=Area.DATA)
    sql: Sql = field(
        "Aggregate expression over its columns, such as `avg(delay)`.", loosens=Loosens.ANY, area=Area.DATA
    )
    where: Sql | None = field("Condition for the rows to aggregate.", loosens=Loosens.ANY, area=Area.DATA, default=None)
    match: Distinct[Column] | dict[str, Column] = field(MATCH, loosens=Loosens.ANY, area=Area.DATA)
    window: PositiveDuration = field(
        "Length of the window before the row's time, by the time at which rows became known; the start is "
        "excluded, the row's time included.",
        loosens=Loosens.ANY,
        area=Area.DATA,
    )


class Feature(Choosing):
    """One feature: exactly one of `sql`, `latest`, `lookup`, `aggregate`, `python`."""

    chosen = exactly_one("sql", "latest", "lookup", "aggregate", "python")

    type: Literal["int", "float", "string", "bool"] | Vector = field(
        "Type of the values; strings and booleans are categorical. `float[8]` is a vector of 8 numbers, such as an "
        "embedding: the model sees each of them as a column, `NAME_0` to `NAME_7`.",
        loosens=Loosens.ANY,
        area=Area.DATA,
    )
    description: str = note("What a value means, and its unit.", default="")
    sql: Sql | None = field(
        "Scalar expression over the source's columns.", loosens=Loosens.ANY, area=Area.DATA, default=None
    )
    latest: Latest | None = field(
        "Newest value of another dataset known at the row's time.", loosens=Loosens.ANY, area=Area.DATA, default=None
    )
    lookup: Lookup | None = field(
        "Value of a dataset without an event time, by its key.", loosens=Loosens.ANY, area=Area.DATA, default=None
    )
    aggregate: Aggregate | None = field(
        "Aggregate over a window before the row's time.", loosens=Loosens.ANY, area=Area.DATA, default=None
    )
    python: Function | None = field(
        "Function that takes the source's Arrow table and returns one value per row, made of no later rows; for a "
        "vector, an array of shape (rows, length) or a list per row.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    reads: Distinct[Column] | None = field(
        "Columns of the source that the `python` function reads; lineage cannot analyze the function.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )

    @property
    def length(self) -> int | None:
        """How many numbers a vector has; None of a feature with one value."""
        return int(self.type[len("float[") : -1]) if self.type.endswith("]") else None

    def columns(self, name: str) -> tuple[str, ...]:
        """The columns of the model's table that hold the feature, where it is called `name`."""
        return (name,) if self.length is None else tuple(f"{name}_{place}" for place in range(self.length))


class FeatureSetSpec(Node):
    """Rows, entity and features."""

    source: DatasetRef = field(
        "Dataset that provides the rows, their keys and their time.", loosens=Loosens.ANY, area=Area.DATA
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
    """Features for the rows of a dataset, computed as of each row's event time (point-in-time correct)."""

    kind_name = "FeatureSet"
    summary = "features for the rows of a dataset, computed as of each row's event time"

    kind: Literal["FeatureSet"] = note("Kind.", area=Area.GOVERNANCE)
    spec: FeatureSetSpec = field("The features.", loosens=Loosens.ANY, area=Area.DATA)
