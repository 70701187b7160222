"""Splits: labels within their horizon, and nothing for the learner but features."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.runtime.artifacts import Splits, write_json
from penstock.runtime.data.split import join, part_tables, read_features
from penstock.runtime.data.stored import StoredTable
from penstock.runtime.faults import InputError
from runtime.data.tables import at, run, table


def written(folder: Path, name: str, data: dict[str, Any], features: dict[str, str]) -> str:
    out = folder / name
    out.mkdir()
    pq.write_table(table(data), out / "data.parquet")
    write_json(out / "features.json", {"features": [{"name": each, "type": type_} for each, type_ in features.items()]})
    return f"{name}={out}"


def outcomes(folder: Path, columns: dict[str, Any]) -> Path:
    out = folder / "outcomes"
    out.mkdir()
    pq.write_table(table(columns), out / "data.parquet")
    write_json(out / "table.json", {"event_time": None, "known_at": None, "primary_key": ["id"]})
    return out


N = 60
BASE: dict[str, Any] = {
    "@entity.id": list(range(N)),
    "@event_time": [at(place) for place in range(N)],
    "@slice.sex": ["f", "m"] * (N // 2),
    "size": [float(place) for place in range(N)],
    "flag": [place % 3 == 0 for place in range(N)],
}
SPLIT = {"by": "time", "validation": "10h", "test": "10h", "gap": "2h"}


def split_step(
    folder: Path, late: list[int] | None = None, first: dict[str, Any] = BASE, **changed: Any
) -> tuple[int, Path]:
    sizes = written(folder, "first", first, {"size": "float", "flag": "bool"})
    later = [at(place + (100 if place == 59 else -1)) for place in reversed(range(N))]
    second = written(
        folder,
        "second",
        {"@entity.id": list(reversed(range(N))), "@event_time": later, "kind": ["k"] * N},
        {"kind": "string"},
    )
    labels = outcomes(folder, {"id": list(range(N)), "late": late or [place % 2 for place in range(N)]})
    flags = {
        "model": "m",
        "task": "binary",
        "features": [sizes, second],
        "choice": json.dumps({"first": "all", "second": ["kind"]}),
        "label": json.dumps({"dataset": "outcomes", "column": "late"}),
        "label_table": labels,
        "slices": '["sex"]',
        "split": json.dumps(SPLIT),
        **changed,
    }
    out = folder / "splits"
    return run("split", **flags, splits=out), out


def test_the_learner_gets_features_alone_and_everything_else_stays_beside_them(tmp_path: Path) -> None:
    code, out = split_step(tmp_path)
    assert code == 0
    splits = Splits.read(out)
    test = splits.rows("test")
    assert list(test.features.columns) == ["size", "flag", "kind"]
    assert (splits.numeric, splits.categorical, splits.slices) == (("size",), ("flag", "kind"), ("sex",))
    assert test.features["flag"].tolist()[:3] == ["false", "true", "false"]
    assert test.group("sex")[:2] == ["f", "m"]
    assert test.label.tolist() == [place % 2 for place in range(50, 60)]
    assert test.entity["id"].to_pylist() == list(range(50, 60))
    # The second set's last row is of a later time than the first's: it knows too much to be joined.
    assert test.features["kind"].tolist() == ["k"] * 9 + [None]
    assert {part: splits.facts["parts"][part]["rows"] for part in ("train", "validation", "test")} == {
        "train": 36,
        "validation": 10,
        "test": 10,
    }
    assert splits.facts["left_out"] == {"without_label": 0, "not_due": 0, "without_time": 0, "gap": 4}
    told = {"rows": 10, "from": at(50).isoformat(), "until": at(59).isoformat(), "label_mean": 0.5, "positives": 5}
    assert splits.facts["parts"]["test"] == told


def test_what_tells_clusters_apart_is_kept_as_numbers_beside_the_features(tmp_path: Path) -> None:
    code, out = split_step(tmp_path, clusters='["sex", "id"]')
    assert code == 0
    test = Splits.read(out).rows("test")
    assert test.clusters.column_names == ["sex", "id"]
    assert test.clusters["sex"].to_pylist() == [0, 1] * 5
    assert test.clusters["id"].to_pylist() == list(range(50, 60))
    assert list(test.features.columns) == ["size", "flag", "kind"]


def test_the_groups_of_a_split_are_clusters_that_nobody_has_to_name(tmp_path: Path) -> None:
    split = {"by": "group", "column": "id", "validation": "30%", "test": "30%"}
    code, out = split_step(tmp_path, split=json.dumps(split))
    assert code == 0
    assert Splits.read(out).clusters == ("id",)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"clusters": '["house"]'}, "`clusters`: the features do not carry the column `house` of their source"),
        ({"late": [1] * 50 + [0, 1] * 5},
         "Model/m.split: all 36 rows of the train split have the positive label; elsewhere 5 rows have another "
         "(Dataset/outcomes.columns.late): give the split more rows, or split so that each split has some of them"),
        ({"late": [0, 1] * 25 + [0] * 10}, "Model/m.split: none of 10 rows of the test split has the positive label; "),
        ({"late": [1] * 60},
         "Dataset/outcomes.columns.late: all 60 rows have the positive label, so there is nothing to learn: check "
         "whether the source has rows of any other label, and whether the model's `label` names the right column"),
        ({"late": ["a"] * 50 + ["a", "b"] * 5, "task": "multiclass"},
         "Model/m.split: all 36 rows of the train split have the label `a`; elsewhere 5 rows have another "),
        ({"late": ["a"] * 60, "task": "multiclass"}, "Dataset/outcomes.columns.late: all 60 rows have the label `a`, "),
        ({"late": [7] * 60, "task": "regression"},
         "Dataset/outcomes.columns.late: all 60 rows have the label 7, so there is nothing to learn: check whether"),
        ({"split": json.dumps({**SPLIT, "test": "100h"})},
         "Model/m.split: no row falls into the train split; of 60 rows that have a label, 60 into test: they range "
         "from 2026-01-01 00:00:00 to 2026-01-03 11:00:00, and `test`, `gap` and `validation` are cut from the end: "
         "shorten these, or read a longer period"),
        ({"split": '{"by": "random", "validation": 0.01, "test": 0.01}'},
         "Model/m.split: no row falls into the validation split; of 60 rows that have a label, 58 into train and 2 "
         "into test: provide more rows, or change the shares"),
        ({"choice": json.dumps({"first": ["sise"], "second": "all"})},
         "feature set `first` has no feature `sise`; it has size, flag"),
        ({"choice": json.dumps({"first": "all"})},
         "`--choice` does not say which features of `second` the model uses"),
        ({"slices": '["race"]'}, "`slices`: the features do not carry the column `race` of their source"),
        ({"split": '{"by": "group", "column": "house", "validation": 0.1, "test": 0.1}'},
         "the features do not carry the column `house`"),
        ({"split": '{"by": "random", "validation": 0.5, "test": 0.5}'}, "leave no rows to train on"),
    ],
)  # fmt: skip
def test_a_split_that_cannot_be_used_is_one_sentence_and_exit_code_2(
    changed: dict[str, Any], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = split_step(tmp_path, **changed)
    assert code == 2
    assert sentence in capsys.readouterr().err
    assert not (out / "splits.json").exists()


def test_features_are_read_once_and_no_two_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are nearly all of a table, which would otherwise be in memory before and after each join and choice."""
    asked: list[list[str]] = []
    read = StoredTable.read

    def listed(self: StoredTable) -> pa.Table:
        asked.append(self.column_names)
        return read(self)

    monkeypatch.setattr(StoredTable, "read", listed)
    code, _ = split_step(tmp_path)
    assert code == 0
    of_features = [names for names in asked if not all(name.startswith("@") for name in names)]
    assert of_features == [["size"], ["flag"], ["kind"]]


def test_a_text_and_a_number_that_look_alike_are_no_one_entity(tmp_path: Path) -> None:
    numbers = read_features(
        "f", Path(written(tmp_path, "f", {"@entity.id": [1, 2]}, {}).partition("=")[2]), {"f": "all"}
    )
    texts = {"@entity.id": ["1", "01"], "kind": ["a", "b"]}
    other = read_features("g", Path(written(tmp_path, "g", texts, {"kind": "string"}).partition("=")[2]), {"g": "all"})
    with pytest.raises(InputError, match="feature set `g`: rows never match, because `id` is string and `id` is int"):
        join([numbers, other])


@pytest.mark.parametrize(
    ("ids", "sentence"),
    [
        ([1, None], "1 row lacks its entity `id`, so it is unknown what to join them with"),
        ([None, None], "2 rows lack their entity `id`"),
        ([1, 1], "has several rows for one entity"),
    ],
)
def test_rows_without_an_entity_are_told_from_those_of_one(
    tmp_path: Path, ids: list[int | None], sentence: str
) -> None:
    written(tmp_path, "f", {"@entity.id": [1, 2], "x": [1, 2]}, {"x": "int"})
    written(tmp_path, "g", {"@entity.id": pa.array(ids, pa.int64()), "y": [1, 2]}, {"y": "int"})
    with pytest.raises(InputError, match=sentence):
        join([read_features(name, tmp_path / name, {name: "all"}) for name in ("f", "g")])


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (
            {"@entity.room": [1, 2], "y": [1, 2]},
            "feature set `g` is not of the entity `id`, on which the model's other features are joined",
        ),
        (
            {"@entity.id": [1, 2], "@entity.room": [1, 2], "y": [1, 2]},
            "feature set `g` is not of the entity `id`, on which the model's other features are joined",
        ),
        ({"@entity.id": [1, 2], "x": [1, 2]}, "feature `x` comes from both `f` and `g`"),
    ],
    ids=["of another", "of more", "a feature twice"],
)
def test_features_that_cannot_be_joined_are_named(tmp_path: Path, other: dict[str, Any], sentence: str) -> None:
    written(tmp_path, "f", {"@entity.id": [1, 2], "x": [1, 2]}, {"x": "int"})
    written(tmp_path, "g", other, {name: "int" for name in other if not name.startswith("@")})
    with pytest.raises(InputError, match=re.escape(sentence)):
        join([read_features(name, tmp_path / name, {name: "all"}) for name in ("f", "g")])


def test_features_that_differ_in_case_alone_are_told_apart(tmp_path: Path) -> None:
    plain = {"@entity.id": [3, 1, 2], "x": [30, 10, 20], "X": [-3, -1, -2]}
    written(tmp_path, "f", plain, {"x": "int", "X": "int"})
    written(tmp_path, "g", {"@entity.id": [1, 2, 3], "y": [1, 2, 3], "Y": [4, 5, 6]}, {"y": "int", "Y": "int"})
    sets = [read_features(name, tmp_path / name, {name: "all"}) for name in ("f", "g")]
    joined = join(sets).append_column("@label", [[1, 1, 1]])
    train = part_tables(joined, pa.chunked_array([["train"] * 3]), sets, ["X"])["train"]
    assert train.to_pydict() == {
        "@entity.id": [1, 2, 3],
        "@label": [1, 1, 1],
        "x": [10, 20, 30],
        "X": [-1, -2, -3],
        "y": [1, 2, 3],
        "Y": [4, 5, 6],
        "@slice.X": [-1, -2, -3],
    }


def test_a_row_without_a_time_is_in_no_part_and_counted_as_that(tmp_path: Path) -> None:
    first = written(tmp_path, "first", BASE | {"@event_time": [None, *BASE["@event_time"][1:]]}, {"size": "float"})
    choice = json.dumps({"first": "all"})
    folder = tmp_path / "more"
    folder.mkdir()
    code, out = split_step(folder, features=[first], choice=choice)
    assert code == 0
    left_out = Splits.read(out).facts["left_out"]
    assert left_out == {"without_label": 0, "not_due": 0, "without_time": 1, "gap": 4}


@pytest.mark.parametrize("first", [{"except": ["flag"]}, ["size"]], ids=["all but one", "one by name"])
def test_leaving_features_out_leaves_them_out_of_the_files(tmp_path: Path, first: Any) -> None:
    code, out = split_step(tmp_path, choice=json.dumps({"first": first, "second": "all"}))
    assert code == 0
    assert "flag" not in pq.read_schema(out / "train.parquet").names


def test_what_a_model_leaves_out_need_not_have_been_computed(tmp_path: Path) -> None:
    """The step before it computes the chosen features alone."""
    code, out = split_step(tmp_path, choice=json.dumps({"first": {"except": ["shade"]}, "second": "all"}))
    assert code == 0
    assert [feature.name for feature in Splits.read(out).features] == ["size", "flag", "kind"]


def test_a_class_that_the_training_rows_do_not_show_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    late: Any = ["a", "b"] * 25 + ["a", "b"] * 4 + ["c", "a"]
    code, _ = split_step(tmp_path, late=late, task="multiclass")
    assert code == 0
    assert caplog.messages[0] == (
        "warning: Dataset/outcomes.columns.late: the train split has no row of the class `c`, so the model never "
        "predicts it (rows of it: 1 in test)"
    )


@pytest.mark.parametrize(("labelled", "is_told"), [(24, True), (30, False)])
def test_rows_that_mostly_have_no_label_are_told(
    labelled: int, is_told: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    late: Any = [None] * (N - labelled) + [0, 1] * (labelled // 2)
    code, _ = split_step(tmp_path, late=late, split='{"by": "random", "validation": 0.3, "test": 0.3}')
    assert code == 0
    told = [message for message in caplog.messages if message.startswith("warning: ")]
    expected = (
        "warning: Model/m.label: 36 of 60 rows have no label and are left out: check that both datasets name an entity "
        "and its times alike"
    )
    assert told == ([expected] if is_told else [])


def test_a_feature_that_a_whole_part_lacks_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    size: list[float | None] = [float(place) for place in range(48)] + [None] * 12
    code, _ = split_step(tmp_path, first={**BASE, "size": size, "flag": [None] * N})
    assert code == 0
    assert [message for message in caplog.messages if message.startswith("warning: ")] == [
        "warning: feature `first.size`: no row of the test split has a value, but rows of train and validation have: "
        "check whether what it is computed from has ended or not yet begun"
    ]


@pytest.mark.parametrize(("hours", "told"), [(0, True), (1, False)])
def test_labels_that_are_known_when_their_rows_are_seen_by_their_own_features(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, hours: int, told: bool
) -> None:
    labels = outcomes(
        tmp_path,
        {"id": list(range(N)), "closed": [at(place + hours) for place in range(N)], "late": [n % 2 for n in range(N)]},
    )
    write_json(labels / "table.json", {"event_time": "closed", "known_at": None, "primary_key": ["id"]})
    sizes = written(tmp_path, "other", BASE, {"size": "float", "flag": "bool"})
    features = [{"name": "flag", "type": "bool", "sees": "weather"}]
    features += [{"name": "size", "type": "float", "sees": "outcomes"}]
    write_json(tmp_path / "other" / "features.json", {"features": features})
    made = {"features": [sizes], "choice": '{"other": "all"}', "label_table": labels}
    label = {"dataset": "outcomes", "column": "late", "horizon": "2h"}
    flags = {"model": "m", "task": "binary", "label": json.dumps(label), "slices": "[]", "split": json.dumps(SPLIT)}
    assert run("split", **made, **flags, splits=tmp_path / "splits") == 0
    warned = [message for message in caplog.messages if message.startswith("warning: ")]
    assert warned == (
        [
            "warning: Model/m.label: 58 of 58 rows have a label that counts as known at their own time, so that "
            "features see it that read `outcomes` by `latest` or `aggregate`, such as `other.size`: declare `knownAt` "
            "of `outcomes` with the time at which a label becomes known"
        ]
        if told
        else []
    )
