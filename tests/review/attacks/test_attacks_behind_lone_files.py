"""Files of the repository that one spec alone names, in a file of specs in which nothing else has them read."""

from __future__ import annotations

import pytest

from penstock.review.model import Direction
from review.repositories import Repository

ALONE = """\
apiVersion: penstock/v1
kind: {kind}
metadata: {{name: alone, owner: flight-data}}
spec:
  {spec}
"""
DATASET = "source: {}\n  primaryKey: [a]\n  columns: {{a: {{type: string}}}}"
MODEL = """task: binary
  features: {conditions: all}
  label: {dataset: arrivals, column: late, horizon: 12h}
  split: {by: time, validation: 30d, test: 30d, gap: 12h}
  estimator: {class: sklearn.ensemble.HistGradientBoostingClassifier}
  retrain: {schedule: "0 3 * * 1"}
  card: {purpose: None yet., riskTier: low}
  steps: [{name: prepare, command: [sh, data/alone.sh]}]"""


@pytest.mark.parametrize(
    ("kind", "spec", "path"),
    [
        ("Dataset", DATASET.format("{csv: data/alone.csv}"), "data/alone.csv"),
        ("Dataset", DATASET.format("{parquet: data/alone}"), "data/alone/part"),
        ("Dataset", DATASET.format('{csv: "file:///workspace/data/%61lone%2Ecsv"}'), "data/alone.csv"),
        ("Dataset", DATASET.format('{"c\\x73v": "data/alone.c\\x73v"}'), "data/alone.csv"),
        ("Dataset", DATASET.format('{python: "data.alone:rows"}'), "data/alone.py"),
        ("Dataset", DATASET.format('{python: "data.al\\x6fne:rows"}'), "data/alone.py"),
        ("Model", MODEL, "data/alone.sh"),
    ],
    ids=["csv", "parquet", "an encoded address", "hidden csv", "python", "hidden python", "command"],
)
def test_a_file_that_names_one_thing_alone_is_looked_at(
    repository: Repository, kind: str, spec: str, path: str
) -> None:
    """A file of specs in which nothing else stands that could have it read."""
    repository.write("specs/alone.yaml", ALONE.format(kind=kind, spec=spec))
    repository.write(path, "1\n")
    repository.commit()
    repository.branch()
    repository.write(path, "2\n")
    repository.commit()
    [change] = [one for one in repository.plan().changes if one.cause == "indirect" and one.address.name == "alone"]
    assert change.direction is Direction.UNKNOWN
