"""The card: a document that a person reads, made of nothing but what was measured and declared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from golden_files import Golden
from penstock.runtime.artifacts import read_json
from penstock.runtime.documents.card import card_facts
from penstock.runtime.documents.card_text import render
from penstock.specs.model import Card, SensitiveUse

CARDS = Path(__file__).parent / "cards"
GOLDEN = CARDS / "flight-delay.md"
OF_CLASSES = CARDS / "wine.md"


def facts(
    splits: dict[str, Any] | None = None,
    inputs: str = "inputs.json",
    uses: Sequence[dict[str, Any]] = (),
    training: dict[str, Any] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    made = read_json(CARDS / inputs)
    declared = {
        "purpose": "Warn passengers of a late arrival before boarding.",
        "riskTier": "medium",
        "limitations": ["Not valid for airports outside New York."],
        "outOfScope": ["Crew planning."],
    }
    return card_facts(
        declared=Card.model_validate_json(json.dumps(declared | changes)),
        sensitive_uses=[SensitiveUse(**use) for use in uses],
        digest="sha256:" + "a" * 64,
        specs="sha256:" + "b" * 64,
        tables={
            "weather": {"rows": 26115, "fingerprint": "sha256:" + "d" * 64},
            "flights": {"rows": 336776, "fingerprint": "sha256:" + "c" * 64},
        },
        splits=splits or made["splits"],
        training=training or made["training"],
        figures=made["figures"],
        verdicts=made["verdicts"],
    )


def test_the_card_reads_as_the_golden_file(golden: Golden) -> None:
    golden(GOLDEN, render(facts()))


def test_a_vector_is_one_feature_of_the_card_with_as_many_numbers_as_were_kept() -> None:
    made = read_json(CARDS / "inputs.json")["training"]
    columns = [{"name": f"place_{at}", "type": "float", "set": "plan", "vector": "place"} for at in (0, 2, 5)]
    text = render(facts(training={**made, "features": [columns[0], *made["features"], *columns[1:]]}))
    assert "The learner reads 3 features:" in text
    assert "| `place` | float\\[3\\] | plan |" in " ".join(text.split())
    assert text.count("place_") == text.count("such as `place_0`") == 1


def test_a_request_names_each_number_of_a_vector_and_writes_booleans_as_text() -> None:
    made = read_json(CARDS / "inputs.json")["training"]
    flag = {"name": "holiday", "type": "bool", "set": "plan"}
    place = {"name": "place_0", "type": "float", "set": "plan", "vector": "place"}
    text = render(facts(training={**made, "features": [flag, place], "dropped_features": ["tail", "gate"]}))
    assert "each number of a vector by one of its own, such as `place_0`" in text
    assert "Features of the type bool are text (BYTES), in which a boolean is `true` or `false`" in text
    assert "`tail`, `gate`." in text


def test_the_card_of_a_model_of_classes_reads_as_the_golden_file(golden: Golden) -> None:
    golden(OF_CLASSES, render(facts(inputs="wine.json", purpose="Tell the cultivars of wines apart.")))


def test_sensitive_columns_are_told_with_what_they_are_for() -> None:
    use = {"column": "persons.sex", "use": "slice", "purpose": "Both sexes are to be served alike."}
    lines = render(facts(uses=[use])).splitlines()
    assert "| `persons.sex` | slice | Both sexes are to be served alike. |" in lines
    assert not any("Sensitive columns" in line for line in render(facts()).splitlines())


def test_no_column_of_the_parts_is_empty() -> None:
    lines = render(facts(inputs="wine.json")).splitlines()
    header = next(line for line in lines if line.startswith("| Part "))
    assert header.split("|")[1:-1] == [" Part       ", " Rows "]
    assert all(each in render(facts()) for each in ("Share of positives", "Period (UTC)"))


def test_of_many_classes_the_commonest_mistakes_are_listed() -> None:
    inputs = facts(inputs="wine.json")
    names, one = [f"c{number:02}" for number in range(20)], inputs["classes"][0]
    inputs["classes"] = [
        one | {"class": name, "rows": 100, "said": [(60 if number == row else number % 3) for number in range(20)]}
        for row, name in enumerate(names)
    ]
    text = render(inputs)
    assert "said c00" not in text
    assert "the 15 most frequent of 247 confusions are listed." in text
    assert "| c00        | c02             |    2 |                    2.0% |" in text


def test_a_model_of_many_classes_without_a_mistake_says_so() -> None:
    inputs = facts(inputs="wine.json")
    one = inputs["classes"][0]
    inputs["classes"] = [one | {"said": [9 * (number == row) for number in range(20)]} for row in range(20)]
    assert "The model predicts every test row correctly." in render(inputs)


def test_names_of_classes_format_nothing() -> None:
    inputs = facts(inputs="wine.json")
    inputs["classes"][0]["class"] = "<b>*|x*"
    assert r"\<b\>\*\|x\*" in render(inputs)
    assert "<b>" not in render(inputs)


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ({"by": "random", "validation": "20%", "test": "20%"}, "Rows are split at random, by a hash of their entity."),
        ({"by": "group", "column": "ward"}, "Rows are split by ward."),
        ({"by": "time", "validation": "7d", "test": "7d"}, "Rows are split by time, without gaps."),
    ],
)
def test_how_rows_were_split_reads_as_a_sentence(split: dict[str, Any], said: str) -> None:
    made = read_json(Path(__file__).parent / "cards" / "inputs.json")["splits"]
    assert said in render(facts(splits=made | {"split": split, "left_out": {}}))


@pytest.mark.parametrize(
    ("horizon", "said"), [({}, "1 without a label."), ({"horizon": "2h"}, "1 without a label in time.")]
)
def test_a_label_is_in_time_only_where_there_is_a_time(horizon: dict[str, str], said: str) -> None:
    made = read_json(Path(__file__).parent / "cards" / "inputs.json")["splits"]
    label = {"dataset": "rows", "column": "late", **horizon}
    assert f"1 row is in no split: {said}" in render(
        facts(splits=made | {"label": label, "left_out": {"without_label": 1}})
    )


def test_what_people_write_formats_nothing() -> None:
    text = render(facts(purpose="<img src=x onerror=alert(1)> # Big | [x](y)", limitations=["- one\n## two"]))
    assert "<img" not in text.replace(r"\<", "")
    assert r"\<img src=x onerror=alert(1)\> \# Big \| \[x\](y)" in text
    assert "\n## two" not in text
    assert "\n- \\- one \\#\\# two" in text


def test_a_model_without_gates_says_so() -> None:
    inputs = facts() | {"gates": [], "slices": []}
    assert "No gate evaluates this model." in render(inputs)


@pytest.mark.parametrize("missing", ["estimate", "low", "high"])
def test_a_figure_that_could_not_be_measured_is_a_dash(missing: str) -> None:
    inputs = facts()
    inputs["metrics"]["roc_auc"][missing] = None
    assert "| roc_auc " in render(inputs)
    assert "None" not in render(inputs)


def test_the_parts_stand_in_the_order_of_time() -> None:
    inputs = facts()
    inputs["parts"] = dict(sorted(inputs["parts"].items()))
    text = render(inputs)
    assert text.index("| train ") < text.index("| validation ") < text.index("| test ")


def test_an_estimate_is_rounded_as_its_interval_is() -> None:
    inputs = facts()
    inputs["metrics"]["roc_auc"] |= {"estimate": 0.0236412, "low": 0.0204249, "high": 22.3456}
    (row,) = (line for line in render(inputs).splitlines() if line.startswith("| roc_auc "))
    assert "| 0.02364 | 0.02042 to 22.35 " in " ".join(row.split())
