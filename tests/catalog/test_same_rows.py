"""Two sources have the same rows where one function, or one file, gives both."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.catalog.same_rows import same_rows
from penstock.specs.dataset import Source


@pytest.mark.parametrize(
    ("source", "other", "expected"),
    [
        ({"python": "systems.a:rows"}, {"python": "systems.a:rows"}, "sure"),
        ({"python": "systems.a:rows"}, {"python": "systems.a:others"}, None),
        ({"csv": "data/a.csv"}, {"csv": "./data/a.csv"}, "sure"),
        ({"csv": "data/a.csv"}, {"csv": "data/b.csv"}, None),
        ({"csv": ["data/a.csv", "data/b.csv"]}, {"csv": ["data/b.csv", "data/c.csv"]}, "sure"),
        ({"parquet": "data/*.parquet"}, {"parquet": "data/*.parquet"}, "sure"),
        ({"csv": "data/2024.csv"}, {"csv": "data/20??.csv"}, "sure"),
        ({"csv": "data/202[!3].csv"}, {"csv": "data/2024.csv"}, "sure"),
        # The steps find nothing deeper down by one star, and what lies there is looked for by two.
        ({"csv": "data/people/2024.csv"}, {"csv": "data/*.csv"}, "possible"),
        ({"csv": "data/people/2024.csv"}, {"csv": "data/**/*.csv"}, "sure"),
        ({"csv": "data/people/old/2024.csv"}, {"csv": "data/**/*.csv"}, "possible"),
        ({"csv": "data/20*.csv"}, {"csv": "data/*24.csv"}, "possible"),
        ({"csv": "data/20*.csv"}, {"csv": "data/20*.tsv"}, None),
        ({"csv": "data/20*.csv"}, {"csv": "other/20*.csv"}, None),
        ({"parquet": "s3://lake/people/*.parquet"}, {"parquet": "s3://lake/people/1.parquet"}, "sure"),
        ({"parquet": "s3://lake/people/1.parquet"}, {"parquet": "s3://lake/people/%31%2Eparquet"}, "sure"),
        ({"parquet": "s3://lake/people/1.parquet"}, {"parquet": "s3://who:what@lake/people/1.parquet"}, "sure"),
        ({"parquet": "s3://lake/people/1.parquet"}, {"parquet": "gs://lake/people/1.parquet"}, None),
        ({"parquet": "gs://lake/people/*.parquet"}, {"parquet": "gcs://lake/people/1.parquet"}, "sure"),
        ({"parquet": "gs://lake/people/1.parquet"}, {"parquet": "gs://anonymous@lake/people/1.parquet"}, "sure"),
        (
            {"parquet": "abfs://lake@who.host/people/1.parquet"},
            {"parquet": "abfss://lake@who.host/people/1.parquet"},
            "sure",
        ),
        (
            {"parquet": "abfs://lake@who.host/people/1.parquet"},
            {"parquet": "abfs://who.host/lake/people/1.parquet"},
            "sure",
        ),
        (
            {"parquet": "abfs://lake@who.host/people/1.parquet"},
            {"parquet": "abfs://pond@who.host/people/1.parquet"},
            None,
        ),
        ({"csv": "data/a.csv"}, {"csv": "file:///workspace/data/%61.csv"}, "sure"),
        # A path is no address.
        ({"csv": "data/a.csv"}, {"csv": "data/%61.csv"}, None),
        ({"sql": "select * from people"}, {"sql": "select * from people"}, None),
        ({"sql": "select * from people"}, {"csv": "data/people.csv"}, None),
    ],
)
def test_rows_are_the_same_where_one_function_or_one_file_gives_them(
    source: dict[str, Any], other: dict[str, Any], expected: str | None
) -> None:
    one, two = Source.model_validate(source), Source.model_validate(other)
    assert same_rows(one, two) == same_rows(two, one) == expected
