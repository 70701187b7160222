"""Groups, fairness, perturbations, importance, latency."""

from __future__ import annotations

import gc
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from penstock.runtime.measures.fairness import MEASURED, fairness
from penstock.runtime.measures.importance import permutation_shares
from penstock.runtime.measures.latency import call_percentiles
from penstock.runtime.measures.perturb import with_missing, with_noise
from penstock.runtime.measures.predictions import binary, regression
from penstock.runtime.measures.slices import MISSING, Extremes, by_group, extremes, metric_by_group
from penstock.specs.metrics import FAIRNESS_METRICS

HMDA = pd.read_parquet(Path(__file__).parent / "hmda.parquet")
LOGISTIC = binary(HMDA.approved.to_numpy(), HMDA.logistic.to_numpy(), 0.88)


def test_every_fairness_measure_of_the_language_is_computed_and_no_other() -> None:
    assert set(FAIRNESS_METRICS) == MEASURED


def test_fairness_is_that_of_independent_implementations() -> None:
    groups = by_group(list(HMDA.afam), 100)
    assert fairness("demographic_parity_difference", LOGISTIC, groups) == pytest.approx(0.2730745383, abs=5e-11)
    assert fairness("equal_opportunity_difference", LOGISTIC, groups) == pytest.approx(0.1985330062, abs=5e-11)


def decisions(rows: str) -> tuple[list[str], object]:
    """``a11`` is a row of group a that is positive and selected."""
    parts = rows.split()
    truth, said = (np.array([int(part[place]) for part in parts]) for place in (1, 2))
    return [part[0] for part in parts], binary(truth, said.astype(float), 0.5)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("demographic_parity_difference", 3 / 4 - 1 / 2),
        ("demographic_parity_ratio", (1 / 2) / (3 / 4)),
        ("equal_opportunity_difference", 1 - 1 / 2),
        ("equalized_odds_difference", 1 / 2),
        ("equalized_odds_ratio", 1 / 2),
    ],
)
def test_fairness_measures_are_those_of_a_count_by_hand(measure: str, expected: float) -> None:
    names, made = decisions("a11 a11 a01 a00  b11 b10 b01 b00")
    assert fairness(measure, made, by_group(names, 1)) == pytest.approx(expected)  # type: ignore[arg-type]


def test_a_group_without_the_rows_that_a_rate_is_about_leaves_fairness_undefined() -> None:
    names, made = decisions("a11 a01 a00 b01 b00")
    groups = by_group(names, 1)
    assert np.isnan(fairness("equal_opportunity_difference", made, groups))  # type: ignore[arg-type]
    assert fairness("demographic_parity_difference", made, groups) == pytest.approx(2 / 3 - 1 / 2)  # type: ignore[arg-type]


@pytest.mark.parametrize("measure", ["equalized_odds_difference", "equalized_odds_ratio"])
@pytest.mark.parametrize("rows", ["a11 a01 a00  b01 b00", "a11 a01 a00  b11 b10"], ids=["positives", "negatives"])
def test_odds_are_about_the_rows_of_both_classes(measure: str, rows: str) -> None:
    names, made = decisions(rows)
    assert np.isnan(fairness(measure, made, by_group(names, 1)))  # type: ignore[arg-type]


def test_fairness_of_decisions_is_not_asked_of_numbers() -> None:
    numbers = regression(np.arange(4.0), np.arange(4.0))
    with pytest.raises(ValueError, match="does not apply to a regression task"):
        fairness("demographic_parity_difference", numbers, by_group(["a", "a", "b", "b"], 1))


def test_small_groups_are_named_and_do_not_count() -> None:
    names, made = decisions("a11 a01 b11 b00 c10")
    groups = by_group([*names[:-1], None], 2)
    assert groups.small == {MISSING: 1}
    assert metric_by_group("recall", made, groups) == {"a": 1, "b": 1}  # type: ignore[arg-type]
    assert np.isnan(fairness("demographic_parity_difference", made, by_group(names, 4)))  # type: ignore[arg-type]


def test_a_group_that_leaves_a_metric_undefined_is_an_extreme() -> None:
    assert extremes({"a": 0.5, "b": 0.7, "c": 0.1}) == Extremes("c", 0.1, "b", 0.7)
    for names in ("ab", "ba"):
        found = extremes({name: {"a": 0.5, "b": float("nan")}[name] for name in names})
        assert found is not None
        assert (found.lowest, found.highest) == ("b", "b"), "neither end hides it"
    assert extremes({}) is None


ROWS = pd.DataFrame({"number": np.arange(2000.0), "word": pd.Series(["x", "y"] * 1000, dtype=object)})


def test_noise_is_in_standard_deviations_and_leaves_categories_alone() -> None:
    noisy = with_noise(ROWS, {"number": 10.0}, 0.5, seed=1)
    assert (noisy.number - ROWS.number).std() == pytest.approx(5, rel=0.1)
    assert noisy.word.equals(ROWS.word)
    small = with_noise(ROWS, {"number": 0.1}, 0.5, seed=1).number - ROWS.number
    # Of 2,000 draws the mean lies within four of its standard errors.
    assert (small.mean(), small.std()) == (pytest.approx(0, abs=0.005), pytest.approx(0.05, rel=0.1))
    assert with_noise(ROWS, {"number": 10.0}, 0.5, seed=1).equals(noisy)


def test_values_are_taken_away_from_numbers_and_categories() -> None:
    holed = with_missing(ROWS, 0.25, seed=1)
    assert holed.isna().mean().to_numpy() == pytest.approx([0.25, 0.25], abs=0.03)
    assert holed.number.dtype == np.float64
    assert {each for each in holed.word if each is not None} == {"x", "y"}
    assert ROWS.notna().all().all()


def test_what_a_model_does_not_use_has_no_share() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(rng.normal(size=(3000, 3)), columns=["strong", "weak", "unused"])
    truth = 3 * rows.strong + rows.weak

    def skill(changed: pd.DataFrame) -> float:
        return -float(((3 * changed.strong + changed.weak - truth) ** 2).mean())

    shares = permutation_shares(skill, rows, {name: [name] for name in rows}, seed=0)
    assert shares["strong"] == pytest.approx(0.9, abs=0.02)
    assert shares["unused"] == 0
    assert sum(shares.values()) == pytest.approx(1)
    assert np.isnan(permutation_shares(lambda _: 1.0, rows, {"strong": ["strong"]}, seed=0)["strong"])
    # A model that gives no number for the shuffled values of one feature: nothing is known of any share.
    order = rows.weak.tolist()
    undefined = permutation_shares(
        lambda each: skill(each) if each.weak.tolist() == order else float("nan"),
        rows,
        {"strong": ["strong"], "weak": ["weak"]},
        seed=0,
    )
    assert np.isnan(list(undefined.values())).all()


def test_the_columns_of_a_vector_are_shuffled_together() -> None:
    """Two columns that say the same: without either one of them nothing is lost, without both everything."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"v_0": rng.normal(size=3000), "other": rng.normal(size=3000)})
    rows["v_1"] = rows["v_0"]
    truth = 3 * rows.v_0 + rows.other

    def skill(changed: pd.DataFrame) -> float:
        known = np.where(changed.v_0 == rows.v_0, changed.v_0, changed.v_1)
        return -float(((3 * known + changed.other - truth) ** 2).mean())

    apart = permutation_shares(skill, rows, {name: [name] for name in rows}, seed=0)
    assert apart["v_0"] == apart["v_1"] == 0
    together = permutation_shares(skill, rows, {"v": ["v_0", "v_1"], "other": ["other"]}, seed=0)
    assert together["v"] == pytest.approx(0.9, abs=0.02)


def test_a_slow_call_shows_in_the_tail_only(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    milliseconds = 0

    def call(number: int) -> None:
        nonlocal milliseconds
        calls.append(number)
        milliseconds += 4 if number % 20 == 0 else 1

    # A clock that goes on with the calls alone: on a busy machine every one of them would be slow.
    monkeypatch.setattr(time, "perf_counter_ns", lambda: milliseconds * 1_000_000)
    monkeypatch.setattr(time, "perf_counter", lambda: milliseconds / 1000)
    times = call_percentiles(call)
    monkeypatch.undo()
    assert (times["p50"], times["p99"]) == (1, 4)
    assert gc.isenabled()
    assert len(calls) > 500


class Clock:
    """Time that passes with calls alone: each of a round takes as many milliseconds as the round is given."""

    def __init__(self, *rounds: float) -> None:
        self.rounds, self.calls, self.now_ns, self.collecting = rounds, 0, 0, set[bool]()

    def call(self, number: int) -> None:
        number_of_round = (self.calls - 20) // 100
        if number_of_round >= 0:
            self.collecting.add(gc.isenabled())
        self.now_ns += int(self.rounds[max(0, number_of_round)] * 1e6)
        self.calls += 1

    def perf_counter(self) -> float:
        return self.now_ns / 1e9

    def perf_counter_ns(self) -> int:
        return self.now_ns


@pytest.mark.parametrize(
    ("rounds", "calls", "fastest"),
    [((5, 3, 1, 4, 2), 520, 1), ((20, 11, 1), 220, 11), ((40, 1), 120, 40)],
    ids=["all rounds", "two take three seconds", "one does"],
)
def test_the_figure_is_that_of_the_fastest_round_and_a_slow_call_gets_fewer(
    monkeypatch: pytest.MonkeyPatch, rounds: tuple[float, ...], calls: int, fastest: float
) -> None:
    clock = Clock(*rounds)
    monkeypatch.setattr("penstock.runtime.measures.latency.time", clock)
    assert call_percentiles(clock.call) == dict.fromkeys(("p50", "p95", "p99"), pytest.approx(fastest))
    assert clock.calls == calls
    assert clock.collecting == {False}
