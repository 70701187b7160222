"""Dataset: a contract for rows from a source, or derived from other datasets by SQL."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from penstock.specs.base import Choosing, Distinct, Function, Holds, Node, Resource, Slug, Sql, field, note
from penstock.specs.base import Column as ColumnName
from penstock.specs.choices import at_least_one, exactly_one
from penstock.specs.review import Area, Loosens
from penstock.specs.units import Fraction, PositiveDuration

SENSITIVITIES = ("public", "internal", "sensitive", "pii")


def _one_is_no_list(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


_Path = Annotated[str, Holds("path"), StringConstraints(min_length=1)]
Paths = Annotated[_Path | Annotated[list[_Path], Field(min_length=1)] | None, AfterValidator(_one_is_no_list)]
"""One path, or several; a list of one is that one, so that writing it otherwise changes nothing."""


class Dialect(Node):
    """Format of CSV files that are not UTF-8 with commas as delimiters and decimal points."""

    delimiter: Literal[",", ";", "\t", "|"] = field(
        'Delimiter between values; a tab is written as `"\\t"`.',
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=",",
    )
    decimal: Literal[".", ","] = field(
        "Decimal separator; thousands separators are not supported.",
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
        "Unquoted texts that mean a missing value, such as `NA`, besides an empty field.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=[],
    )


class Source(Choosing):
    """Source of the rows: exactly one of the fields, and `dialect` only with `csv`."""

    chosen = exactly_one("parquet", "csv", "python", "sql")

    parquet: Paths = field(
        "Path, glob or `s3://` address of Parquet files; relative paths start at the repository's root.",
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
        "Function in the repository that returns a table (pandas or Arrow).",
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
        "Format of the CSV files; if absent, UTF-8 with commas and decimal points.",
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
    description: str = note("Description of the values, with their unit.", default="")
    nullable: bool | Fraction = field(
        "Whether values may be missing: `true`, `false`, or the maximum share of missing values.",
        loosens=Loosens.HIGHER,
        area=Area.DATA,
        default=False,
    )
    one_of: Distinct[str | int] | None = field(
        "Allowed values.", loosens=Loosens.ADDED, area=Area.DATA, default=None, min_length=1
    )
    min: float | None = field("Minimum value.", loosens=Loosens.LOWER, area=Area.DATA, default=None)
    max: float | None = field("Maximum value.", loosens=Loosens.HIGHER, area=Area.DATA, default=None)
    matches: str | None = field(
        "Regular expression (RE2) that the whole value must match.",
        loosens=Loosens.REMOVED,
        area=Area.DATA,
        default=None,
    )
    unique: bool = field("Whether values must be unique.", loosens=Loosens.LOWER, area=Area.DATA, default=False)
    sensitivity: Literal["public", "internal", "sensitive", "pii"] = field(
        "Sensitivity of the values; it applies to every feature derived from the column.",
        loosens=Loosens.LATER,
        area=Area.PRIVACY,
        order=("pii", "sensitive", "internal", "public"),
        default="internal",
    )


class RowCount(Choosing):
    """Bounds on the number of rows: one or both of the fields."""

    chosen = at_least_one("at_least", "at_most")

    at_least: int | None = field("Minimum number of rows.", loosens=Loosens.LOWER, area=Area.DATA, default=None, ge=0)
    at_most: int | None = field("Maximum number of rows.", loosens=Loosens.HIGHER, area=Area.DATA, default=None, ge=0)


class Check(Choosing):
    """A rule over the whole dataset: exactly one of `rows`, `sql`, `python`."""

    chosen = exactly_one("rows", "sql", "python")

    id: Slug = field("Name of the check.", loosens=Loosens.ANY, area=Area.DATA)
    rows: RowCount | None = field(
        "Bounds on the number of rows.", loosens=Loosens.REMOVED, area=Area.DATA, default=None
    )
    sql: Sql | None = field(
        "SELECT over the table `this` that returns the violating rows: the check passes if there are none.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    python: Function | None = field(
        "Function that takes an Arrow table and returns the violating rows.",
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
    """What happens if the source's columns differ from the contract."""

    added: Literal["fail", "warn", "ignore"] = field(
        "Action for a column that is not in the contract.",
        loosens=Loosens.LATER,
        area=Area.DATA,
        order=("fail", "warn", "ignore"),
        default="warn",
    )
    removed: Literal["fail", "warn"] = field(
        "Action for a column of the contract that the source lacks and nothing downstream reads.",
        loosens=Loosens.LATER,
        area=Area.DATA,
        order=("fail", "warn"),
        default="fail",
    )
    retyped: Literal["fail", "warn"] = field(
        "Action for a column of another type that converts without loss.",
        loosens=Loosens.LATER,
        area=Area.DATA,
        order=("fail", "warn"),
        default="fail",
    )


class DatasetSpec(Node):
    """Source, keys, times and contract of the rows."""

    source: Source = field("Source of the rows.", loosens=Loosens.ANY, area=Area.DATA)
    primary_key: Distinct[ColumnName] = field(
        "Columns that identify a row.", loosens=Loosens.ANY, area=Area.DATA, default=[]
    )
    surrogate_key: ColumnName | None = field(
        "Column that is added to rows without a key: a digest of the row's other values, which a number follows where "
        "rows are equal. Declare it in `columns` as `string`.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
        # Releases carry the digest of what a model is trained from, which a key that says nothing must not change.
        exclude_if=lambda value: value is None,
    )
    event_time: ColumnName | None = field(
        "Event time column. A date means 00:00 UTC.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    known_at: ColumnName | None = field(
        "Column with the time at which a row became available; if absent, the event time. Features never read a "
        "row earlier.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    freshness: PositiveDuration | None = field(
        "Maximum age of the newest row when a pipeline reads the dataset.",
        loosens=Loosens.HIGHER,
        area=Area.DATA,
        default=None,
    )
    columns: dict[str, Column] = field(
        "Contract of each column.", loosens=Loosens.REMOVED, area=Area.DATA, min_length=1
    )
    checks: list[Check] = field("Checks of the whole dataset.", loosens=Loosens.REMOVED, area=Area.DATA, default=[])
    on_schema_change: SchemaChange = field(
        "What happens if the source's columns change.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default={},
        validate_default=True,
    )
    on_violation: Literal["fail", "quarantine", "warn"] = field(
        "What happens to rows that violate a column's contract: stop the pipeline, quarantine them, or only warn.",
        loosens=Loosens.LATER,
        area=Area.DATA,
        order=("fail", "quarantine", "warn"),
        default="fail",
    )

    @model_validator(mode="after")
    def _has_rows_of_its_own(self) -> Self:
        if self.surrogate_key is not None and self.source.sql is not None:
            raise PydanticCustomError("surrogate_key_of_sql", "expected no `surrogateKey` beside `sql`")
        return self


class Dataset(Resource):
    """A contract for rows: their source, keys, times and columns."""

    kind_name = "Dataset"
    summary = "a contract for rows: their source, keys, times and columns"

    kind: Literal["Dataset"] = note("Kind.", area=Area.GOVERNANCE)
    spec: DatasetSpec = field("The dataset.", loosens=Loosens.ANY, area=Area.DATA)
