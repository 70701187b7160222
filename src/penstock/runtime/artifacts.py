"""The directories that steps pass to each other: tables as Parquet, facts as JSON, and the digests of both.

Times are UTC without a zone, in microseconds. A split's parts hold the features under their own names; everything else
in them carries the prefix ``@``, which no feature's name can have, so that nothing reaches the learner by accident.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import orjson

from penstock.runtime.faults import InputError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

PARTS = ("train", "validation", "test")
LABEL = "@label"
EVENT_TIME = "@event_time"
ENTITY_PREFIX = "@entity."
SLICE_PREFIX = "@slice."
CLUSTER_PREFIX = "@cluster."
DATA_FILE = "data.parquet"
SPILL = "spill-"
"""How folders are called, in a step's scratch directory, for what does not fit into memory; a killed step leaves them.
"""

Part = Literal["train", "validation", "test"]
FeatureType = Literal["int", "float", "string", "bool"]


def write_json(path: Path, value: Any) -> None:
    """Write `value` with sorted keys and an end of line: the same value gives the same bytes. NaN becomes null."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
    path.write_bytes(orjson.dumps(value, option=options))


def read_json(path: Path) -> Any:
    """The value that a JSON file holds; an `InputError` that names the file where there is none."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise InputError(f"`{path}` is missing: `{path.parent}` is not an output of the expected step") from None
    except ValueError as error:
        raise InputError(f"`{path}` is not JSON: {error}") from None


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as Parquet; the same table gives the same bytes with the same library."""
    import pyarrow.parquet as pq

    pq.write_table(table, path, compression="zstd", compression_level=3)


def read_table(path: Path) -> pa.Table:
    """The table of a Parquet file; an `InputError` that names the file where there is none."""
    with open_table(path) as file:
        return file.read()


def open_table(path: Path) -> pq.ParquetFile:
    """A Parquet file, to read one column after the other; an `InputError` that names the file where there is none."""
    # `pyarrow.parquet.read_table` would import pandas, which takes longer than most steps on data.
    import pyarrow.parquet as pq

    if not path.is_file():
        raise InputError(f"`{path}` is missing: `{path.parent}` is not an output of the expected step")
    return pq.ParquetFile(path)


def file_digest(path: Path) -> str:
    """``sha256:`` and the hexadecimal digest of a file's bytes."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def directory_digest(directory: Path) -> str:
    """The digest of a directory: SHA-256 over ``relative path NUL file digest NUL`` of its files, sorted by path.

    Paths use ``/`` on every system; file digests are hexadecimal without a prefix; empty directories do not count.
    """
    overall = hashlib.sha256()
    files = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    for name in sorted(files):
        overall.update(f"{name}\0{file_digest(files[name]).removeprefix('sha256:')}\0".encode())
    return f"sha256:{overall.hexdigest()}"


@dataclass(frozen=True, slots=True)
class FeatureColumn:
    """A feature as the learner sees it."""

    name: str
    type: FeatureType
    set: str
    """Feature set that it comes from."""
    vector: str = ""
    """The vector that it is a number of; empty where it is a feature by itself."""

    @classmethod
    def of_json(cls, plain: Mapping[str, str]) -> FeatureColumn:
        """What `as_json` gave."""
        return cls(plain["name"], cast("FeatureType", plain["type"]), plain["set"], plain.get("vector", ""))

    @property
    def feature(self) -> str:
        """The feature as specs name it."""
        return self.vector or self.name

    @property
    def numeric(self) -> bool:
        """Whether it is a number to the learner; strings and booleans are categories."""
        return self.type in ("int", "float")

    def as_json(self) -> dict[str, str]:
        """The form in which it stands in ``splits.json``."""
        vector = {"vector": self.vector} if self.vector else {}
        return {"name": self.name, "type": self.type, "set": self.set, "kind": _kind(self), **vector}


def _kind(feature: FeatureColumn) -> str:
    return "numeric" if feature.numeric else "categorical"


@dataclass(frozen=True, slots=True)
class Splits:
    """The output of the step ``split``: three tables and what is known of them (see `penstock.runtime.data.split`)."""

    directory: Path
    features: tuple[FeatureColumn, ...]
    slices: tuple[str, ...]
    """Columns kept beside the features for evaluation by group."""
    clusters: tuple[str, ...]
    """Columns whose values say which rows belong together."""
    entity: tuple[str, ...]
    task: str
    classes: tuple[str, ...]
    """Multiclass tasks: the classes, sorted; empty for the others."""
    facts: Mapping[str, Any]
    """All of ``splits.json``."""

    @classmethod
    def read(cls, directory: Path) -> Splits:
        """The splits in a directory; an `InputError` where it holds none."""
        facts = read_json(directory / "splits.json")
        return cls(
            directory=directory,
            features=tuple(map(FeatureColumn.of_json, facts["features"])),
            slices=tuple(facts["slices"]),
            clusters=tuple(facts.get("clusters", ())),
            entity=tuple(facts["entity"]),
            task=facts["task"],
            classes=tuple(facts["label"]["classes"]),
            facts=facts,
        )

    @property
    def numeric(self) -> tuple[str, ...]:
        """Names of the features that are numbers."""
        return tuple(feature.name for feature in self.features if feature.numeric)

    @property
    def categorical(self) -> tuple[str, ...]:
        """Names of the features that are categories."""
        return tuple(feature.name for feature in self.features if not feature.numeric)

    def rows(self, part: Part) -> Rows:
        """The rows of one part."""
        with self._open(part) as file:
            table = file.read(columns=[name for name in file.schema_arrow.names if name.startswith("@")])
        clusters = [CLUSTER_PREFIX + name for name in self.clusters]
        return Rows(
            features=self.frame(part, self.features),
            label=table[LABEL].to_numpy(),
            slices=table.select([SLICE_PREFIX + name for name in self.slices]).rename_columns(list(self.slices)),
            clusters=table.select(clusters).rename_columns(list(self.clusters)),
            entity=table.select([ENTITY_PREFIX + name for name in self.entity]).rename_columns(list(self.entity)),
            event_time=table[EVENT_TIME] if EVENT_TIME in table.column_names else None,
        )

    def count(self, part: Part) -> int:
        """How many rows a part has."""
        with self._open(part) as file:
            return int(file.metadata.num_rows)

    def label(self, part: Part) -> np.ndarray[Any, Any]:
        """The labels of one part, in the form of `Rows.label`."""
        with self._open(part) as file:
            return cast("np.ndarray[Any, Any]", file.read(columns=[LABEL])[LABEL].to_numpy())

    def frame(
        self, part: Part, features: Sequence[FeatureColumn], chosen: np.ndarray[Any, Any] | None = None
    ) -> pd.DataFrame:
        """Some features of one part in the form of `learner_frame`, of all rows or of those at the `chosen` places."""
        import pandas as pd

        return pd.DataFrame(
            {
                name: column if chosen is None else column.iloc[chosen].reset_index(drop=True)
                for name, column in self.columns(part, features)
            },
            copy=False,
        )

    def columns(self, part: Part, features: Sequence[FeatureColumn]) -> Iterator[tuple[str, pd.Series[Any]]]:
        """Some features of one part by name, one after the other, so that no more than one has to be in memory."""
        with self._open(part) as file:
            for feature in features:
                # One column is read by one thread anyway; Arrow's own threads let go of its pages some time later.
                yield feature.name, learner_column(file.read(columns=[feature.name], use_threads=False)[0], feature)

    def _open(self, part: Part) -> pq.ParquetFile:
        return open_table(self.directory / f"{part}.parquet")


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a part, apart by who may see them; all in the same order."""

    features: pd.DataFrame
    """What the learner sees, in the form of `learner_frame`."""
    label: np.ndarray[Any, Any]
    """Binary: int64, 0 or 1. Multiclass: the class as text. Regression: float64."""
    slices: pa.Table
    clusters: pa.Table
    """For each column that says which rows belong together, the number of each row's value; null where it has none."""
    entity: pa.Table
    event_time: pa.ChunkedArray | None
    """Timestamps in UTC; None where the rows have no time."""

    def group(self, column: str) -> list[str | None]:
        """Each row's group by a slice or a feature, as text; None where it is missing."""
        if column in self.slices.column_names:
            return list(texts(self.slices[column]))
        if column in self.features.columns:
            series = self.features[column]
            return [None if missing else str(value) for value, missing in zip(series, series.isna(), strict=True)]
        known = ", ".join(f"`{name}`" for name in (*self.slices.column_names, *self.features.columns))
        raise InputError(f"`{column}` is neither a slice nor a feature of the model; known: {known}")


def learner_frame(table: pa.Table, features: Sequence[FeatureColumn]) -> pd.DataFrame:
    """The features of a table in the one form that every learner and every server gets.

    Numbers are float64 with NaN where missing; categories are Python text (``"true"`` and ``"false"`` for booleans)
    with None where missing, in columns of type object. Columns stand in the order of `features`.
    """
    import pandas as pd

    columns = {feature.name: learner_column(table[feature.name], feature) for feature in features}
    # Each column stays where it is: together in one block, all numbers would be copied.
    return pd.DataFrame(columns, copy=False)


def learner_column(values: pa.ChunkedArray, feature: FeatureColumn) -> pd.Series[Any]:
    """One column of `learner_frame`."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    if feature.numeric:
        numbers = pc.cast(values, pa.float64(), safe=False).to_numpy()
        # Arrow's own memory must not be written to, as code of the repository may do.
        return pd.Series(numbers if numbers.flags.writeable else numbers.copy(), copy=False)
    return pd.Series(texts(values), dtype=object, copy=False)


def texts(values: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """Values as Python text, None where missing. Equal ones are one object: a text for each row would take 60 bytes."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    coded = pc.dictionary_encode(pc.cast(values, pa.string())).combine_chunks()
    different = np.array([*coded.dictionary.to_pylist(), None], dtype=object)
    return np.asarray(different[coded.indices.fill_null(len(different) - 1).to_numpy()])
