"""`penstock explain Gate.rules`: the language by itself, as `kubectl explain` shows Kubernetes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from penstock.cli.language import NoFieldError, as_data, as_text, find
from penstock.cli.main import OK, WRONG_USE, main
from penstock.specs.kinds import KINDS
from penstock.specs.shapes import Entries, Field, Items, Mapping, Shape, Tagged, mapping_of


def test_a_field_has_its_type_its_words_and_what_a_change_means() -> None:
    text = as_text(find("Rollout.strategy.canary.steps"))
    assert text.startswith("Rollout.strategy.canary.steps: a list, each item a mapping\nSteps in order")
    assert "weight: a percentage such as `25%` or a number from 0 to 1 (required)\n    Share of the traffic.\n" in text
    assert "    review: raising it increases risk (rollout)" in text
    assert all(len(line) <= 100 for line in text.splitlines())


def test_forms_are_listed_and_each_is_a_step_further() -> None:
    text = as_text(find("Gate.rules"))
    assert "\n  fairness  A group fairness metric" in text
    assert "Its fields: penstock explain Gate.rules.metric, and likewise slice, compare, fairness, perturb," in text
    assert "minSupport: a whole number (default `100`)" in as_text(find("Gate.rules.fairness"))
    assert find("Gate.rules.fairness.minSupport").description.startswith("Minimum number of rows of a group")


def test_metrics_are_listed_by_task() -> None:
    assert "Its fields: penstock explain Gate.rules.metric.metric" in as_text(find("Gate.rules.metric"))
    text = as_text(find("Gate.rules.metric.metric"))
    assert "\n  multiclass: log_loss, accuracy, balanced_accuracy, macro_f1\n" in text
    assert "\n  binary: roc_auc, average_precision" in text


@pytest.mark.parametrize("path", ["Gate.rules.fairness.fairness", "ApprovalPolicy.rules.when.area", "Model.estimator"])
def test_no_line_is_wider_than_a_terminal(path: str) -> None:
    assert all(len(line) <= 100 for line in as_text(find(path)).splitlines())


def test_who_names_the_spec_as_well_comes_to_the_same_place() -> None:
    assert find("Gate.spec.rules") == find("Gate.rules")
    assert find("Gate.spec") == find("Gate")


def test_a_single_value_says_the_same_of_itself() -> None:
    assert as_text(find("Environment.stage")) == (
        "Environment.stage: `development`, `staging` or `production`\n"
        "Stage, which approval rules and checks refer to.\n"
        "required\n"
        "review: from strictest to loosest `production`, `staging`, `development` (governance)\n"
    )
    assert as_text(find("Environment.prometheus.runbooks")).splitlines()[-1] == "optional"


def test_every_field_of_the_language_can_be_asked_for() -> None:
    asked = [path for kind in KINDS for path in paths(kind, mapping_of(KINDS[kind]).fields["spec"].shape)]
    assert len(asked) > 300
    for path in asked:
        place = find(path)
        assert place.description, path
        assert as_data(place)["path"] == path


def paths(at: str, shape: Shape, seen: frozenset[type] = frozenset()) -> Iterator[str]:
    """Every way down from a place, without going round in circles."""
    while isinstance(shape, Items | Entries):
        shape = shape.item if isinstance(shape, Items) else shape.value
    if isinstance(shape, Tagged):
        for tag, member in shape.members:
            yield from paths(f"{at}.{tag}", member, seen)
    elif isinstance(shape, Mapping) and shape.cls not in seen:
        for field in shape.fields.values():
            yield from one(at, field, seen | {shape.cls})


def one(at: str, field: Field, seen: frozenset[type]) -> Iterator[str]:
    yield f"{at}.{field.key}"
    yield from paths(f"{at}.{field.key}", field.shape, seen)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Gat", "there is no kind `Gat`; did you mean `Gate`?"),
        ("Gate.rulez", "`Gate` has no `rulez`; did you mean `rules`?"),
        ("Gate.metadat", "`Gate` has no `metadat`; did you mean `metadata`?"),
        ("Gate.zzz", "`Gate` has no `zzz`; known: `model`, `clusters`, `rules`, `evidenceValid` and `tests`"),
        ("Gate.model.name", "`Gate.model` has no fields: it is the name of a Model"),
        ("Gate.rules.faireness", "did you mean `fairness`?"),
        ("Gate.rules.compare.margin", "did you mean `Gate.rules.compare.compare.margin`?"),
        ("Gate.", "`Gate` has no ``"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(text: str, message: str) -> None:
    with pytest.raises(NoFieldError) as refused:
        find(text)
    assert message in str(refused.value)


def test_the_command_needs_no_repository(capsys: pytest.CaptureFixture[str], tmp_path: object) -> None:
    assert main(["explain", "Team", "--root", str(tmp_path)]) == OK
    assert "members: " in capsys.readouterr().out
    assert main(["explain", "Gate.rules", "--format", "json"]) == OK
    told = json.loads(capsys.readouterr().out)
    assert [form["name"] for form in told["forms"]][:2] == ["metric", "slice"]
    assert main(["explain", "Gate.metadata", "--format", "json"]) == OK
    (name, *_) = json.loads(capsys.readouterr().out)["fields"]
    assert (name["key"], name["required"], name["review"]["area"]) == ("name", True, "governance")
    assert main(["explain", "Gaet"]) == WRONG_USE
    assert "did you mean `Gate`" in capsys.readouterr().err
