"""`penstock init` writes specs that are right at once, and nothing where it cannot, or over what is there."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from penstock.cli.main import main

SHOPS = "shop_id,opened,size,town,rent,grade\n"


def rows(count: int = 60) -> str:
    """Shops whose rent depends on their size, with a missing town here and there."""
    chance = random.Random(0)
    lines = [SHOPS]
    for number in range(count):
        size = chance.randint(10, 99)
        town = chance.choice(["Ayr", "Bath", ""])
        day = f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}"
        lines.append(f"{number + 100},{day},{size},{town},{size * 2.5 + chance.random():.2f},{'ABC'[size % 3]}\n")
    return "".join(lines)


def csv_of(table: dict[str, Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return text.getvalue()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty repository with a file of rows."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "shops.csv").write_text(rows(), encoding="utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def _here(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def spec(root: Path, name: str) -> dict[str, Any]:
    """The `spec` of the document in a file below specs/."""
    found: dict[str, Any] = yaml.safe_load((root / "specs" / name).read_text(encoding="utf-8"))["spec"]
    return found


def test_it_writes_specs_without_an_error_or_a_warning(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(repository)
    assert main(["init", "data/shops.csv", "--target", "rent"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "6 specs, no errors" in said.out
    assert "`rent` is predicted (regression) from 3 columns; rows are split at random" in said.out
    assert "penstock run shops-rent" in said.out
    after = tree(repository)
    assert after.items() >= before.items()
    assert sorted(after.keys() - before.keys()) == [
        ".gitattributes",
        *(f"specs/platform/{name}.yaml" for name in ("environments", "teams")),
        *(f"specs/shops/{name}.yaml" for name in ("dataset", "features", "gate", "model")),
    ]
    assert main(["check"]) == 0
    assert main(["compile"]) == 0
    assert (repository / "generated/local/shops-rent/training.yaml").is_file()


def test_what_it_writes_is_what_the_data_says(repository: Path) -> None:
    assert main(["init", "data/shops.csv", "--target", "rent"]) == 0
    dataset = spec(repository, "shops/dataset.yaml")
    assert dataset["primaryKey"] == ["shop_id"]
    assert dataset["columns"] == {
        "shop_id": {"type": "int", "unique": True},
        "opened": {"type": "date"},
        "size": {"type": "int", "min": 0},
        "town": {"type": "string", "nullable": True, "oneOf": ["Ayr", "Bath"]},
        "rent": {"type": "float", "min": 0},
        "grade": {"type": "string", "oneOf": ["A", "B", "C"]},
    }
    features = spec(repository, "shops/features.yaml")
    assert list(features["features"]) == ["size", "town", "grade"]
    assert features["entity"] == ["shop_id"]
    text = (repository / "specs/shops/features.yaml").read_text()
    assert "# Left out: `shop_id` tells rows apart." in text
    assert "# Left out: `opened` is a time" in text
    assert "# Tells rent almost by itself: is it known before?\n    size:" in text
    (rule,) = spec(repository, "shops/gate.yaml")["rules"]
    assert rule["compare"] == {"to": "baseline", "metric": "mean_absolute_error"}
    assert "`penstock init --time`" in (repository / "specs/shops/model.yaml").read_text()


def test_a_time_parts_the_rows(repository: Path) -> None:
    assert main(["init", "data/shops.csv", "--target", "grade", "--time", "opened", "--id", "shop_id"]) == 0
    assert spec(repository, "shops/dataset.yaml")["eventTime"] == "opened"
    split = spec(repository, "shops/model.yaml")["split"]
    assert split["by"] == "time"
    assert all(60 <= int(split[part].removesuffix("d")) <= 90 for part in ("validation", "test"))


def test_a_column_that_is_called_a_key_is_one_before_a_time_that_has_not_recurred_yet(repository: Path) -> None:
    table = {
        "order id": range(40),
        "placed": [f"2026-01-01 00:{minute:02}:00" for minute in range(40)],
        "y": [0, 1] * 20,
    }
    (repository / "data" / "orders.csv").write_text(csv_of({**table, "x": range(7, 47)}), encoding="utf-8")
    assert main(["init", "data/orders.csv", "--target", "y", "--time", "placed"]) == 0
    assert spec(repository, "orders/dataset.yaml")["primaryKey"] == ["order id"]


def test_a_second_call_refuses_and_changes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "data/shops.csv", "--target", "rent"]) == 0
    before = tree(repository)
    capsys.readouterr()
    assert main(["init", "data/shops.csv", "--target", "rent"]) == 2
    assert capsys.readouterr().err == "error: there is a Dataset `shops` already; choose another name with --name\n"
    assert tree(repository) == before


def test_a_second_model_uses_the_team_and_the_environment_that_are_there(repository: Path) -> None:
    assert main(["init", "data/shops.csv", "--target", "rent", "--owner", "estates"]) == 0
    before = tree(repository)
    assert main(["init", "data/shops.csv", "--target", "grade", "--name", "grades"]) == 0
    after = tree(repository)
    assert after.items() >= before.items()
    assert {path.rpartition("/")[0] for path in after.keys() - before.keys()} == {"specs/grades"}
    assert "owner: estates" in (repository / "specs/grades/gate.yaml").read_text()


@pytest.mark.parametrize("there", ["specs/shops/gate.yaml", "specs/platform/teams.yaml"])
def test_no_file_is_overwritten(there: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = repository / there
    path.parent.mkdir(parents=True)
    path.write_text("# mine\n")
    before = tree(repository)
    assert main(["init", "data/shops.csv", "--target", "rent"]) == 2
    assert f"`{there}` is there already, and no file is overwritten" in capsys.readouterr().err
    assert tree(repository) == before


def test_a_file_of_attributes_stays_as_it_is(repository: Path) -> None:
    (repository / ".gitattributes").write_text("*.py text\n")
    assert main(["init", "data/shops.csv", "--target", "rent"]) == 0
    assert (repository / ".gitattributes").read_text() == "*.py text\n"


@pytest.mark.parametrize("folder", [".", "ml"])
def test_workflows_lie_at_the_top_of_the_git_repository(folder: str, repository: Path) -> None:
    (repository / "ml" / "specs").mkdir(parents=True)
    (repository / "ml" / "shops.csv").write_text(rows(), encoding="utf-8")
    action = f"our-fork/penstock@{'ab' * 20}"
    words = ["init", str(Path(folder) / "shops.csv"), "--target", "rent", "--root", folder, "--action", action]
    (repository / "shops.csv").write_text(rows(), encoding="utf-8")
    assert main(words) == 0
    text = (repository / ".github/workflows/penstock.yml").read_text()
    assert f"uses: {action}" in text
    assert ("root: ml" in text) == (folder == "ml")
    assert (repository / ".github/workflows/review-submitted.yml").is_file()
    assert main([*words, "--name", "again"]) == 2


def test_it_says_which_extra_reads_data(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.cli.init.find_spec", lambda name: None if name == "duckdb" else True)
    assert main(["init", "data/shops.csv", "--target", "rent"]) == 2
    assert "duckdb is missing: reading data needs the extra `runtime`" in capsys.readouterr().err


def test_where_a_file_cannot_be_written_none_is_left(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "specs").mkdir()
    (repository / "specs" / "platform").write_text("in the way")
    before = tree(repository)
    assert main(["init", "data/shops.csv", "--target", "rent"]) == 70
    assert "specs/platform" in capsys.readouterr().err
    assert tree(repository) == before


REFUSALS: list[tuple[list[str], str]] = [
    ([], "which file? `penstock init DATA --target COLUMN` writes the specs of a model from a CSV or Parquet file; "
         "here are `data/shops.csv`"),
    (["data/shop.csv"], "`data/shop.csv` does not exist; did you mean `shops.csv`?"),
    (["data"], "`data` is a folder; expected one file"),
    (["s3://shops/rows.csv"], "is an address; expected a file of this machine"),
    (["/dev/null"], "`/dev/null` does not exist"),
    (["data/shops.csv"], "--target is missing: which column is to be predicted?"),
    (["data/shops.csv"], "  --target rent     regression"),
    (["data/shops.csv"], "  --target grade    3 classes"),
    (["data/shops.csv", "--target", "rents"], "`data/shops.csv` has no column `rents`; did you mean `rent`?"),
    (["data/shops.csv", "--target", "opened"], "the target `opened` is a time, which no task predicts"),
    (["data/shops.csv", "--target", "rent", "--task", "multiclass"], "the target `rent` holds fractions"),
    (["data/shops.csv", "--target", "grade", "--task", "regression"], "`regression` needs numbers"),
    (["data/shops.csv", "--target", "grade", "--task", "binary"], "has 3 different values; `binary` needs two"),
    (["data/shops.csv", "--target", "rent", "--time", "size"],
     "--time: `size` holds ints, not times such as `2026-01-31` or `2026-01-31 06:00:00`; these columns are: `opened`"),
    (["data/shops.csv", "--target", "rent", "--time", "open"], "--time: `data/shops.csv` has no column `open`"),
    (["data/shops.csv", "--target", "rent", "--id", "town"], "--id: `town` does not tell the rows apart: "),
    (["data/shops.csv", "--target", "rent", "--id", "town", "--id", "grade", "--time", "opened"],
     "--id: `town` and `grade` do not tell the rows apart, even with the time: "),
    (["data/shops.csv", "--target", "shop_id", "--id", "shop_id"], "`shop_id` is the target, so it cannot be the key"),
    (["data/shops.csv", "--target", "rent", "--name", "My Shops"], "--name: `My Shops` is no name: give one"),
    (["data/shops.csv", "--target", "rent", "--action", "us/penstock@main"], "a branch or a tag can be moved"),
    (["data/shops.csv", "--target", "rent", "--owner", "My Team"], "--owner: `My Team` is no name"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "said"), REFUSALS)
def test_what_cannot_be_done_is_said_and_writes_nothing(
    words: list[str], said: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(repository)
    assert main(["init", *words]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.err.startswith("error: ")
    assert told.out == ""
    assert tree(repository) == before


@pytest.mark.parametrize(
    ("name", "table", "target", "said"),
    [
        ("a.csv", {"x": [1, 2], "y": ["a", "a"]}, "y", "the target `y` has one value, so there is nothing to learn"),
        ("a.csv", {"x": [1, 2], "y": ["", ""]}, "y", "the target `y` has no value"),
        ("a.csv", {"x": [1, 2, 3, 4], "y": ["a", "b", "c", "d"]}, "y", "4 different values in 4 rows, too few of each"),
        ("a.csv", {"y": [0, 1] * 9}, "y", "has one column, `y`, and so none to predict it from; columns are parted by"),
        (
            "a.csv",
            {"y": [0, 1] * 9, "x": [1] * 18},
            "y",
            "no column is left to predict `y` from: `x` has the same value",
        ),
        ("a.csv", {"@label": [0, 1] * 9, "x": range(18)}, "@label", "`@label` has a name that steps use themselves"),
        ("a.csv", {"": [0, 1] * 9, "x": range(18)}, "", "--target needs the name of a column; give one to those of"),
        ("a.csv", {"y": [0, 1] * 9, "copy": ["no", "yes"] * 9}, "y", "`copy` tells `y` by itself"),
        ("a[1].csv", {"y": [0, 1] * 9, "x": range(18)}, "y", "has a `[` in its name, which means something else"),
        ("数.csv", {"y": [0, 1] * 9, "x": range(18)}, "y", "no name can be made of `数.csv`: give one"),
    ],
)
def test_data_of_which_no_model_can_be_made(
    name: str,
    table: dict[str, Sequence[object]],
    target: str,
    said: str,
    repository: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (repository / name).write_text(csv_of(table), encoding="utf-8")
    assert main(["init", name, "--target", target]) == 2
    assert said in capsys.readouterr().err
    assert not (repository / "specs").exists()


def test_a_file_outside_of_the_repository_is_refused(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path_factory.mktemp("elsewhere") / "shops.csv"
    path.write_text(rows(), encoding="utf-8")
    assert main(["init", str(path), "--target", "rent"]) == 2
    assert f"is outside of the repository at {repository}: copy it there" in capsys.readouterr().err


def test_specs_with_errors_are_mended_first(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "specs").mkdir()
    (repository / "specs" / "a.yaml").write_text("kind: Team\n")
    assert main(["init", "data/shops.csv", "--target", "rent"]) == 1
    assert "fix the errors above" in capsys.readouterr().err


STRANGE = {
    "target": ["no", "yes"] * 30,
    "no": [n % 17 for n in range(60)],
    "mean radius": [float(n % 7) for n in range(60)],
    "größe": ["ä" if n % 3 else "ö" for n in range(60)],
    "年": [n % 11 for n in range(60)],
    "select": [n % 13 for n in range(60)],
    'say "hi"': [n % 5 for n in range(60)],
    "it's": [n % 4 for n in range(60)],
    "a\nb: c # d": [n % 3 for n in range(60)],
    "2026-01-31": [n % 9 for n in range(60)],
    "@label": [n % 8 for n in range(60)],
    "constant": ["1_000"] * 60,
    "empty": [""] * 60,
    "remark": [f"text {n}" for n in range(60)],
    "null": ["true" if n % 5 else "false" for n in range(60)],
    "": range(60),
    "x" * 300: range(60),
    "customer_email": [f"{n % 50}@example.com" for n in range(60)],
    "row_key": [n % 3 for n in range(60)],
}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_strange_names_of_columns_are_written_so_that_everything_reads_them(
    form: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = repository / f"strange.{form}"
    if form == "csv":
        path.write_text(csv_of({name: list(values) for name, values in STRANGE.items()}), encoding="utf-8")
    else:
        pq.write_table(pa.table({name: list(values) for name, values in STRANGE.items()}), path)
    assert main(["init", path.name, "--target", "target"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "no errors" in said.out
    assert main(["compile"]) == 0
    dataset = spec(repository, "strange/dataset.yaml")
    assert dataset["surrogateKey"] == "row_key_2"
    assert dataset["columns"]["customer_email"]["sensitivity"] == "pii"
    assert dataset["columns"].keys() >= STRANGE.keys() - {"", "@label", "x" * 300}
    features = spec(repository, "strange/features.yaml")["features"]
    left_out = (repository / "specs/strange/features.yaml").read_text()
    for name in ("constant", "empty", "remark", "customer_email"):
        assert f"# Left out: `{name}` " in left_out
        assert name not in features
    assert features["mean_radius"]["sql"] == '"mean radius"'
    # Without quotes it would have no value in any row.
    assert features["null"]["sql"] == '"null"'
    assert spec(repository, "strange/model.yaml")["label"]["positive"] == "yes"


def test_a_table_of_300_columns_is_written_and_checked(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(1)
    table: dict[str, Sequence[object]] = {f"gene {n}": [chance.random() for _ in range(60)] for n in range(300)}
    (repository / "genes.csv").write_text(csv_of({**table, "ill": [n % 2 for n in range(60)]}))
    assert main(["init", "genes.csv", "--target", "ill"]) == 0
    assert capsys.readouterr().err == ""
    assert len(spec(repository, "genes/features.yaml")["features"]) == 300
