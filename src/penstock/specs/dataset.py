"""Dataset: a contract over rows that somebody else makes, or that SQL derives from other datasets."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from penstock.specs.base import Choosing, Distinct, Function, Holds, Node, Resource, Slug, Sql, field, note
from penstock.specs.base import Column as ColumnName
from penstock.specs.choices import exactly_one
from penstock.specs.review import Area, Loosens
from penstock.specs.units import Fraction, PositiveDuration

SENSITIVITIES = ("public", "internal", "sensitive", "pii")


def _one_is_no_list(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


_Path = Annotated[str, Holds("path"), StringConstraints(min_length=1)]
Paths = Annotated[_Path | Annotated[list[_Path], Field(min_length=1)] | None, AfterValidator(_one_is_no_list)]
"""One path, or several; a list of one is that one, so that writing it otherwise changes nothing."""


class Dialect(Node):
    """How CSV files are written, where it is not in UTF-8 with commas between values and points in numbers."""

    delimiter: Literal[",", ";", "\t", "|"] = field(
        'What parts the values of a line; a tab is written as `"\\t"`.',
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=",",
    )
    decimal: Literal[".", ","] = field(
        "What parts a number from its decimals; signs for thousands are not read.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=".",
    )
    encoding: Literal[
        "utf-8",
        "utf-16",
        "iso-8859-1",
        "iso-8859-2",
        "iso-8859-15",
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "shift-jis",
        "gb18030",
    ] = field("Encoding of the text.", loosens=Loosens.ANY, area=Area.DATA, default="utf-8")
    missing: Distinct[str] = field(
        "Texts without quotes that stand for a missing value, as an empty field does: `NA`, for one.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=[],
    )


class Source(Choosing):
    """Where the rows come from: exactly one of the fields but `dialect`, which goes with `csv`."""

    chosen = exactly_one("parquet", "csv", "python", "sql")

    parquet: Paths = field(
        "Path, glob or `s3://` address of Parquet files; a relative path starts at the repository's root.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    csv: Paths = field(
        "Path, glob or `s3://` address of CSV files with a header.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    python: Function | None = field(
        "Function of the repository that returns a table (pandas or Arrow).",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    sql: Sql | None = field(
        "One SELECT over other datasets, named as tables (quote a name with dashes).",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    dialect: Dialect | None = field(
        "How the CSV files are written: UTF-8, commas between values and points in numbers where absent.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )

    @model_validator(mode="after")
    def _is_csv(self) -> Self:
        if self.dialect is not None and self.csv is None:
            raise PydanticCustomError("dialect_of_nothing", "expected `csv` beside `dialect`")
        return self


class Column(Node):
    """The contract of one column."""

    type: Literal["int", "float", "string", "bool", "timestamp", "date"] = field(
        "Type of the values.", loosens=Loosens.ANY, area=Area.DATA
    )
    description: str = note("What a value means, and its unit.", default="")
    nullable: bool | Fraction = field(
        "Whether values may be missing: `true`, `false`, or the largest share that may.",
        loosens=Loosens.HIGHER,
        area=Area.DATA,
        default=False,
    )
    one_of: Distinct[str | int] | None = field(
        "The only values allowed.", loosens=Loosens.ADDED, area=Area.DATA, default=None, min_length=1
    )
    min: float | None = field("Smallest value allowed.", loosens=Loosens.LOWER, area=Area.DATA, default=None)
    max: float | None = field("Largest value allowed.", loosens=Loosens.HIGHER, area=Area.DATA, default=None)
    matches: str | None = field(
        "Regular expression (RE2) that a whole value must match.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    unique: bool = field("Whether no value may repeat.", loosens=Loosens.LOWER, area=Area.DATA, default=False)
    sensitivity: Literal["public", "internal", "sensitive", "pii"] = field(
        "How sensitive a value is; it follows the column through every feature derived from it.",
        loosens=Loosens.LATER,
        area=Area.PRIVACY,
        order=("pii", "sensitive", "internal", "public"),
        default="internal",
    )


class RowCount(Node):
    """Bounds on the number of rows."""

    at_least: int | None = field("Fewest rows allowed.", loosens=Loosens.LOWER, area=Area.DATA, default=None, ge=0)
    at_most: int | None = field("Most rows allowed.", loosens=Loosens.HIGHER, area=Area.DATA, default=None, ge=0)


class Check(Choosing):
    """A rule over the whole dataset: exactly one of `rows`, `sql`, `python`."""

    chosen = exactly_one("rows", "sql", "python")

    id: Slug = field("Name of the check.", loosens=Loosens.ANY, area=Area.DATA)
    rows: RowCount | None = field(
        "Bounds on the number of rows.", loosens=Loosens.REMOVED, area=Area.DATA, default=None
    )
    sql: Sql | None = field(
        "SELECT over the table `this`; the rows it returns are the violations.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    python: Function | None = field(
        "Function over an Arrow table that returns the violating rows.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    severity: Literal["fail", "warn"] = field(
        "Whether a violation stops the pipeline.",
        loosens=Loosens.LATER,
        area=Area.DATA,
        order=("fail", "warn"),
        default="fail",
    )


class SchemaChange(Node):
    """What happens when the source's columns are not those of the contract."""

    added: Literal["fail", "warn", "ignore"] = field(
        "A column that the contract does not name.",
        loosens=Loosens.LATER,
        area=Area.DATA,
        order=("fail", "warn", "ignore"),
        default="warn",
    )
    removed: Literal["fail", "warn"] = field(
        "A column of the contract that the source lacks, where nothing downstream reads it.",
        loosens=Loosens.LATER,
        area=Area.DATA,
        order=("fail", "warn"),
        default="fail",
    )
    retyped: Literal["fail", "warn"] = field(
        "A column whose type differs but converts without loss.",
        loosens=Loosens.LATER,
        area=Area.DATA,
        order=("fail", "warn"),
        default="fail",
    )


class DatasetSpec(Node):
    """Source, keys, times and contract of the rows."""

    source: Source = field("Where the rows come from.", loosens=Loosens.ANY, area=Area.DATA)
    primary_key: Distinct[ColumnName] = field(
        "Columns that identify a row.", loosens=Loosens.ANY, area=Area.DATA, default=[]
    )
    event_time: ColumnName | None = field(
        "Timestamp column: when what the row tells happened. A date stands for its midnight, UTC.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    known_at: ColumnName | None = field(
        "Timestamp column: when the row could first be read; the event time where absent. "
        "Features never see a row earlier.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    freshness: PositiveDuration | None = field(
        "How old the newest row may be when a pipeline reads it.",
        loosens=Loosens.HIGHER,
        area=Area.DATA,
        default=None,
    )
    columns: dict[str, Column] = field(
        "The contract, a column each.", loosens=Loosens.REMOVED, area=Area.DATA, min_length=1
    )
    checks: list[Check] = field("Rules over the whole dataset.", loosens=Loosens.REMOVED, area=Area.DATA, default=[])
    on_schema_change: SchemaChange = field(
        "What happens when the source's columns change.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default={},
        validate_default=True,
    )
    on_violation: Literal["fail", "quarantine", "warn"] = field(
        "What happens to rows that break a column's contract: stop, set them aside, or only say so.",
        loosens=Loosens.LATER,
        area=Area.DATA,
        order=("fail", "quarantine", "warn"),
        default="fail",
    )


class Dataset(Resource):
    """A contract over rows: where they come from, their keys and times, what each column holds."""

    kind_name = "Dataset"
    summary = "a contract over rows: where they come from, their keys and times, what each column holds"

    kind: Literal["Dataset"] = note("Kind.", area=Area.GOVERNANCE)
    spec: DatasetSpec = field("The dataset.", loosens=Loosens.ANY, area=Area.DATA)
