"""What a rule makes of a figure."""

from __future__ import annotations

import pytest

from penstock.specs.decision import Figure, bounds, judge

NAN = float("nan")


@pytest.mark.parametrize(
    ("figure", "at_least", "at_most", "severity", "outcome"),
    [
        (Figure("auc", 0.70), 0.70, None, "block", "pass"),
        (Figure("auc", 0.69), 0.70, None, "block", "fail"),
        (Figure("auc", 0.69), 0.70, None, "warn", "warn"),
        (Figure("auc", 0.75, low=0.69, high=0.81), 0.70, None, "block", "fail"),
        (Figure("auc", 0.75, low=0.71, high=0.79), 0.70, None, "block", "pass"),
        (Figure("ece", 0.04, low=0.02, high=0.06), None, 0.05, "block", "fail"),
        (Figure("ece", 0.04), None, 0.05, "block", "pass"),
        (Figure("rate", 0.5), 0.4, 0.6, "block", "pass"),
        (Figure("rate", 0.7), 0.4, 0.6, "block", "fail"),
        (Figure("auc", NAN), 0.0, None, "block", "fail"),
        (Figure("auc", NAN), None, 1.0, "warn", "warn"),
    ],
)
def test_the_end_of_the_interval_that_is_nearer_to_breaking_decides(
    figure: Figure, at_least: float | None, at_most: float | None, severity: str, outcome: str
) -> None:
    assert judge(figure, bounds(at_least, at_most), severity) == outcome
