"""The step ``gate``: what figures and bounds decide, and how it is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from penstock.runtime.artifacts import write_json
from penstock.runtime.evaluation.figures import figure_as_json
from penstock.runtime.evaluation.verdict import verdict
from penstock.runtime.faults import EXIT_REJECTED
from penstock.specs.decision import Figure
from penstock.specs.gate import AnyRule
from penstock.specs.limits import limits
from runtime.evaluation.worlds import gate, outcomes
from runtime.evaluation.worlds import verdict as written

FORMS: dict[str, tuple[dict[str, Any], str]] = {
    "metric": ({"metric": "roc_auc", "atLeast": 0.7}, "value"),
    "sure": ({"metric": "roc_auc", "atLeast": 0.7, "confidence": "95%"}, "value"),
    "gap": ({"metric": "recall", "by": "g", "maxGap": 0.1}, "gap"),
    "worst": ({"metric": "recall", "by": "g", "atLeast": 0.1}, "lowest"),
    "best": ({"metric": "brier_score", "by": "g", "atMost": 0.1}, "highest"),
    "compare": ({"compare": {"to": "champion", "metric": "roc_auc"}}, "advantage"),
    "fair": ({"fairness": "demographic_parity_ratio", "by": "g", "atLeast": 0.8}, "value"),
    "steady": ({"perturb": {"noise": 0.1}, "metric": "roc_auc", "maxDrop": 0.02}, "drop"),
    "spread": ({"explain": "permutation", "maxShare": "60%"}, "share"),
    "clean": ({"explain": "permutation", "forbid": ["x"]}, "forbidden"),
    "fast": ({"latency": {"p95": "20ms"}}, "p95"),
    "own": ({"python": "m:f", "atMost": 3}, "value"),
}


def rule(form: str, **more: Any) -> Any:
    return TypeAdapter(AnyRule).validate_python({"id": form, **FORMS[form][0], **more})


def figure(part: str, estimate: float | None, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    found = {"name": part, "estimate": estimate, "low": low, "high": high}
    return {"figures": {part: found}, "skipped": None, "notes": [], "details": {}}


@pytest.mark.parametrize("form", FORMS)
def test_a_rule_whose_figure_is_missing_or_no_number_does_not_pass(form: str) -> None:
    part = FORMS[form][1]
    nothing = {"figures": {}, "skipped": None, "notes": [], "details": {}}
    for measured in (None, nothing, figure(part, None), figure("other", 1.0)):
        assert verdict(rule(form), measured).outcome == "fail"
        assert verdict(rule(form, severity="warn"), measured).outcome == "warn"
        assert "could not be measured" in verdict(rule(form), measured).reasons()[0]


@pytest.mark.parametrize(
    ("fields", "found", "is_told"),
    [
        ({"metric": "accuracy", "atLeast": 0.98}, figure("value", 1.0, 0.9455, 1.0), True),
        ({"metric": "brier_score", "atMost": 0.01}, figure("value", 0.0, 0.0, 0.02), True),
        ({"metric": "accuracy", "atLeast": 0.98}, figure("value", 0.99, 0.9455, 1.0), False),
        ({"metric": "accuracy", "atLeast": 0.98}, figure("value", 1.0), False),
    ],
)
def test_a_bound_that_even_a_perfect_model_misses_is_told(
    fields: dict[str, Any], found: dict[str, Any], is_told: bool
) -> None:
    one = TypeAdapter(AnyRule).validate_python({"id": "sure", "why": "Why.", "confidence": "95%", **fields})
    (reason,) = verdict(one, found).reasons()
    advice = "; no model is better, so the test set is too small for this bound and confidence (Why.)"
    assert reason.endswith(advice) == is_told


@pytest.mark.parametrize("form", FORMS)
def test_a_figure_passes_on_its_bound_and_fails_beyond(form: str) -> None:
    (limit,) = limits(rule(form))
    (bound,) = limit.bounds
    beyond = -1e-9 if bound.kind == "at_least" else 1e-9
    on, off = (bound.value, bound.value + beyond)
    assert verdict(rule(form), figure(limit.part, on, on, on)).outcome == "pass"
    assert verdict(rule(form), figure(limit.part, off, off, off)).outcome == "fail"


@pytest.mark.parametrize("form", ["sure", "compare"])
def test_the_nearer_end_of_the_interval_is_judged_even_where_it_is_not_known(form: str) -> None:
    part = FORMS[form][1]
    assert verdict(rule(form), figure(part, 0.9, 0.69 if form == "sure" else -0.01, 0.99)).outcome == "fail"
    assert verdict(rule(form), figure(part, 0.9, 0.71, 0.99)).outcome == "pass"
    assert verdict(rule(form), figure(part, 0.9, None, None)).outcome == "fail"


def test_the_end_that_breaks_a_bound_is_told_as_the_end_that_it_is() -> None:
    at_most = TypeAdapter(AnyRule).validate_python(
        {"id": "sure", "metric": "brier_score", "atMost": 0.1, "confidence": "95%"}
    )
    [reason] = verdict(at_most, figure("value", 0.09, 0.08, 0.12)).reasons()
    assert "value is 0.09, the upper end of its interval 0.12, but must be <= 0.1" in reason


def test_of_two_bounds_the_one_that_does_not_hold_is_told() -> None:
    between = TypeAdapter(AnyRule).validate_python({"id": "own", "python": "m:f", "atLeast": 1, "atMost": 3})
    assert verdict(between, figure("value", 2.0)).outcome == "pass"
    for estimate, bound in ((0.5, ">= 1"), (3.5, "<= 3")):
        found = verdict(between, figure("value", estimate))
        assert found.outcome == "fail"
        assert found.reasons() == (f"rule `own`: value is {estimate}, but must be {bound}",)


def test_a_model_that_is_not_better_than_another_is_told_with_the_end_of_its_interval() -> None:
    [reason] = verdict(rule("compare"), figure("advantage", 0.02, -0.01, 0.05)).reasons()
    assert reason == ("rule `compare`: advantage is 0.02, the lower end of its interval -0.01, but must be >= 0")


def test_notes_are_told_with_what_is_not_known_and_with_nothing_else() -> None:
    small = {"notes": ["too few rows"]}
    [unknown] = verdict(rule("sure"), figure("value", 0.9) | small).reasons()
    assert unknown == (
        "rule `sure`: value is 0.9, its interval could not be computed, but must be >= 0.7: too few rows"
    )
    [known] = verdict(rule("metric"), figure("value", 0.6) | small).reasons()
    assert known == "rule `metric`: value is 0.6, but must be >= 0.7"


def test_latency_is_judged_in_milliseconds() -> None:
    assert verdict(rule("fast"), figure("p95", 20.0)).outcome == "pass"
    assert verdict(rule("fast"), figure("p95", 20.1)).reasons() == ("rule `fast`: p95 is 20.1, but must be <= 20 ms",)


def test_a_rule_with_several_figures_has_the_worst_outcome() -> None:
    both = rule("gap", atLeast=0.5)
    measured = figure("gap", 0.01)
    measured["figures"]["lowest"] = {"name": "recall[a]", "estimate": 0.4, "low": None, "high": None}
    assert verdict(both, measured).outcome == "fail"
    assert [judgement.outcome for judgement in verdict(both, measured).judgements] == ["pass", "fail"]
    assert verdict(rule("gap", atLeast=0.5, severity="warn"), measured).outcome == "warn"


def evaluation(folder: Path, measured: dict[str, Any]) -> Path:
    facts = {"model": "made", "digest": "sha256:0", "champion": None, "metrics": {}, "gates": {"release": measured}}
    (folder / "evaluation").mkdir()
    write_json(folder / "evaluation" / "figures.json", facts)
    return folder


def test_a_failing_gate_names_rule_figure_and_bound_and_exits_1(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    skipped = figure("advantage", None) | {"skipped": "the registry has no champion of `made` yet", "figures": {}}
    world = evaluation(
        tmp_path,
        {"sure": figure("value", 0.712, 0.688, 0.73), "steady": figure("drop", 0.05), "compare": skipped},
    )
    rules = [
        {"id": "sure", "why": "Below, half of the warnings are wrong.", **FORMS["sure"][0]},
        {"id": "steady", "severity": "warn", **FORMS["steady"][0]},
        {"id": "compare", **FORMS["compare"][0]},
    ]
    with caplog.at_level("INFO"):
        assert gate(world, rules) == EXIT_REJECTED
    said = capfd.readouterr().err
    assert (
        "gate `release`, rule `sure`: value is 0.712, the lower end of its interval 0.688, but must be >= 0.7 "
        "(Below, half of the warnings are wrong.)" in said
    )
    assert [line.split() for line in caplog.messages[:5]] == [
        ["rule", "figure", "value", "interval", "bound", "outcome"],
        ["sure", "value", "0.712", "[0.688,", "0.73]", ">=", "0.7", "fail"],
        ["steady", "drop", "0.05", "-", "<=", "0.02", "warn"],
        ["compare", "-", "-", "-", "-", "skip"],
        ["the", "registry", "has", "no", "champion", "of", "`made`", "yet"],
    ]
    assert outcomes(world) == {"sure": "fail", "steady": "warn", "compare": "skip"}
    assert written(world)["passed"] is False


def test_a_table_has_the_notes_of_a_rule_below_its_last_figure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    times = {"latency": {"p50": "5ms", "p95": "20ms"}}
    of_two = figure("p50", 4.0, None) | {"notes": ["it was a busy machine"]}
    of_two["figures"] |= figure("p95", 18.5)["figures"]
    world = evaluation(tmp_path, {"fast": of_two, "metric": figure("value", 0.8)})
    with caplog.at_level("INFO"):
        assert gate(world, [{"id": "fast", **times}, {"id": "metric", **FORMS["metric"][0]}]) == 0
    assert caplog.messages[:5] == [
        "rule    figure  value    interval  bound     outcome",
        "fast    p50     4 ms     -         <= 5 ms   pass",
        "fast    p95     18.5 ms  -         <= 20 ms  pass",
        "    it was a busy machine",
        "metric  value   0.8      -         >= 0.7    pass",
    ]


def test_a_zero_has_no_sign() -> None:
    # A champion that is the model itself, in a metric of which less is better.
    assert str(figure_as_json(Figure("brier_score better than champion", -0.0, -0.0, -0.0))).count("-0") == 0
    assert figure_as_json(Figure("roc_auc", 0.5)) == {"name": "roc_auc", "estimate": 0.5, "low": None, "high": None}


def test_a_warning_does_not_stop_a_gate(tmp_path: Path) -> None:
    world = evaluation(tmp_path, {"steady": figure("drop", 0.05)})
    assert gate(world, [{"id": "steady", "severity": "warn", **FORMS["steady"][0]}]) == 0
    assert written(world)["passed"] is True
    assert written(world)["outcomes"] == {"warn": 1}


def test_bounds_are_those_of_the_gate_and_not_of_the_evaluation(tmp_path: Path) -> None:
    world = evaluation(tmp_path, {"metric": figure("value", 0.72)})
    assert gate(world, [{"id": "metric", "metric": "roc_auc", "atLeast": 0.7}]) == 0
    assert gate(world, [{"id": "metric", "metric": "roc_auc", "atLeast": 0.73}]) == EXIT_REJECTED


def test_a_gate_that_was_not_evaluated_is_a_fault_of_the_caller(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    world = evaluation(tmp_path, {})
    facts = json.loads((world / "evaluation" / "figures.json").read_text())
    write_json(world / "evaluation" / "figures.json", facts | {"gates": {"other": {}}})
    assert gate(world, [{"id": "metric", "metric": "roc_auc", "atLeast": 0.7}]) == 2
    assert "the evaluation has no gate `release`; known: `other`" in capfd.readouterr().err
