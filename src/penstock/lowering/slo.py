"""Service level objectives as rules: error ratios over each window, burn-rate alerts, and the tests of both.

The error ratio of a window is the share of its requests that were bad. Without requests there is no ratio: nothing is
recorded, nothing fires, and the mean over the objective's window counts only the moments that had requests. A service
that has stopped answering altogether is told by an alert of its own, over the scraping of its pods.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from penstock.ir.monitoring import Alert, ExpectedAlert, InputSeries, Labels, Recording, RuleGroup, RuleTest
from penstock.lowering.alerting import Fires, Subject, fires, rule_test, series, silent
from penstock.lowering.burn_rate import WINDOWS, WindowPair, error_budget, window_pairs
from penstock.lowering.numbers import exact_text, percent_text
from penstock.lowering.request_series import RequestSeries
from penstock.specs.rollout import Action, AvailabilityObjective, LatencyObjective
from penstock.specs.units import Duration

RATIO = "slo:sli_error:ratio_rate"
BUDGET_REMAINING = "slo:error_budget_remaining:ratio"

_SHORT = ("5m", "30m", "1h")
_HOLD = {"page": "2m", "ticket": "15m"}
_KEEP = {"page": "10m", "ticket": "30m"}
_VALUE = "{{ $value | humanizePercentage }}"


@dataclass(frozen=True, slots=True)
class Sli:
    """What one objective measures, and how a test makes it so."""

    slo: str
    alert: str
    bad: str
    """What a bad request did, as in "0.2% of requests failed"."""
    objective: Decimal
    window: Duration
    error_ratio: Callable[[str], str]
    """PromQL of the share of bad requests over a window."""
    samples: Callable[[str, str], tuple[InputSeries, ...]]
    """Series of a test from promtool's values of good and of bad requests."""


@dataclass(frozen=True, slots=True)
class SloRules:
    """The rules of one objective and their tests."""

    groups: tuple[RuleGroup, ...]
    tests: tuple[RuleTest, ...]


def availability(objective: AvailabilityObjective, requests: RequestSeries) -> Sli:
    """The share of requests that fail with a status of 5xx."""

    def error_ratio(window: str) -> str:
        # Before the first failure there is no series of failures, which is zero failures and not an unknown number.
        return f"({requests.failures(window)} or vector(0))\n/ ({requests.requests(window)} > 0)"

    def samples(good: str, bad: str) -> tuple[InputSeries, ...]:
        code = requests.code or ""
        return (
            series(requests.counter, (*requests.example, (code, "200")), good),
            series(requests.counter, (*requests.example, (code, "503")), bad),
        )

    return Sli(
        "availability",
        "ModelAvailabilityBudgetBurn",
        "failed",
        objective.objective,
        objective.window,
        error_ratio,
        samples,
    )


def latency(objective: LatencyObjective, requests: RequestSeries) -> Sli:
    """The share of requests that are answered, but too late. ValueError where no bucket ends at the bound."""
    milliseconds = int(objective.below)
    bucket = requests.bucket(milliseconds)

    def error_ratio(window: str) -> str:
        return f"1 - {requests.answered_within(milliseconds, window)}\n/ ({requests.answered(window)} > 0)"

    def samples(good: str, bad: str) -> tuple[InputSeries, ...]:
        labels = (*requests.example, *(((requests.code, "200"),) if requests.code else ()))
        late = (*requests.example, *(((requests.code, "201"),) if requests.code else (("pod", "late"),)))
        return (
            series(f"{requests.histogram}_bucket", (*labels, ("le", bucket)), good),
            series(f"{requests.histogram}_count", labels, good),
            series(f"{requests.histogram}_count", late, bad),
        )

    return Sli(
        "latency",
        "ModelLatencyBudgetBurn",
        f"took longer than {objective.below}",
        objective.objective,
        objective.window,
        error_ratio,
        samples,
    )


def slo_rules(sli: Sli, subject: Subject, interval: str) -> SloRules:
    """Recordings, alerts and tests of one objective."""
    labels: Labels = (*subject.labels, ("slo", sli.slo))
    selector = f'{{environment="{subject.environment}",rollout="{subject.rollout}",slo="{sli.slo}"}}'
    pairs = window_pairs(sli.objective, int(sli.window) // 1000)
    by_severity: dict[Action, list[WindowPair]] = {}
    for pair in pairs:
        by_severity.setdefault(pair.severity, []).append(pair)
    alerts = tuple(_alert(sli, subject, severity, found, selector) for severity, found in by_severity.items())
    name = f"{subject.rollout}.{sli.slo}"
    groups = (
        RuleGroup(f"{name}.short", interval, tuple(_ratio(sli, window, labels) for window in _SHORT)),
        RuleGroup(
            f"{name}.long",
            "2m",
            (
                *(_ratio(sli, window, labels) for window in WINDOWS if window not in _SHORT),
                *_budget(sli, labels, selector),
            ),
        ),
        RuleGroup(f"{name}.alerts", interval, alerts),
    )
    return SloRules(groups, tuple(_tests(sli, pairs, alerts)))


def _ratio(sli: Sli, window: str, labels: Labels) -> Recording:
    return Recording(f"{RATIO}{window}", sli.error_ratio(window), labels)


def _budget(sli: Sli, labels: Labels, selector: str) -> tuple[Recording, Recording]:
    recent, whole = f"{RATIO}5m{selector}", f"{RATIO}{sli.window}"
    budget = exact_text(error_budget(sli.objective))
    return (
        Recording(whole, f"sum_over_time({recent}[{sli.window}])\n/ count_over_time({recent}[{sli.window}])", labels),
        Recording(BUDGET_REMAINING, f"1 - {whole}{selector} / {budget}", labels),
    )


def _alert(sli: Sli, subject: Subject, severity: Action, pairs: list[WindowPair], selector: str) -> Alert:
    conditions = [
        f"(\n  {RATIO}{pair.short}{selector} > ({pair.bound})\n  and {RATIO}{pair.long}{selector} > ({pair.bound})\n)"
        for pair in pairs
    ]
    allowed = exact_text(error_budget(sli.objective) * 100)
    pace = " or ".join(f"{pair.factor}x over {pair.long}" for pair in pairs)
    return subject.alert(
        sli.alert,
        "\nor ".join(conditions),
        severity,
        hold=_HOLD[severity],
        keep_firing=_KEEP[severity],
        labels=(("slo", sli.slo),),
        summary=f"{subject.rollout} in {subject.environment} is spending its {sli.slo} budget too fast",
        description=(
            f"{_VALUE} of the newest requests to {subject.rollout} (model {subject.model}, namespace "
            f"{subject.namespace}) {sli.bad}; {allowed}% may over {sli.window}. The budget is being spent faster than "
            f"it lasts ({pace}). If a version was released lately, take its Release back first."
        ),
    )


def _tests(sli: Sli, pairs: tuple[WindowPair, ...], alerts: tuple[Alert, ...]) -> list[RuleTest]:
    no_requests = rule_test(f"{sli.slo}: no requests", sli.samples("0x40", "0x40"), silent("30m", sli.alert))
    no_series = rule_test(f"{sli.slo}: no series", (), silent("30m", sli.alert))
    if not pairs:
        return [no_requests, no_series]
    load = _load(error_budget(sli.objective))
    fast = load.bad((max(pair.threshold for pair in pairs) + 1) / 2)
    slow = load.bad(min(pair.threshold for pair in pairs) / 2)
    tests = [_steady(sli, alerts, pairs, load, fast, "burns its budget fast")]
    pages = [pair.threshold for pair in pairs if pair.severity == "page"]
    tickets = [pair.threshold for pair in pairs if pair.severity == "ticket"]
    if tickets and pages:
        between = load.bad((min(tickets) + min(pages)) / 2)
        tests.append(_steady(sli, alerts, pairs, load, between, "burns its budget slowly"))
        tests.append(_ended(sli, alerts, pairs, load, fast))
    tests.append(_steady(sli, alerts, pairs, load, slow, "burns its budget slower than any alert minds"))
    return [*tests, no_requests, no_series]


@dataclass(frozen=True, slots=True)
class _Load:
    """Requests a minute in a test: so many that every share of bad ones is a whole number of them.

    Whole numbers matter: a sum of fractions may fall short of their product by a bit, and a counter that falls is
    taken for one that was reset.
    """

    requests: int

    def bad(self, ratio: Fraction) -> int:
        return int(self.requests * ratio)


@lru_cache(maxsize=256)
def _load(budget: Fraction) -> _Load:
    return _Load(10 ** (len(str(budget.denominator)) + 2))


def _steady(
    sli: Sli, alerts: tuple[Alert, ...], pairs: tuple[WindowPair, ...], load: _Load, bad: int, title: str
) -> RuleTest:
    """A constant share of bad requests: every window sees the same ratio."""
    ratio = Fraction(bad, load.requests)
    severities = {pair.severity for pair in pairs if ratio > pair.threshold}
    expected = _firing(sli, alerts, severities, ratio, "30m")
    return rule_test(f"{sli.slo}: {title}", sli.samples(f"0+{load.requests - bad}x40", f"0+{bad}x40"), expected)


def _ended(sli: Sli, alerts: tuple[Alert, ...], pairs: tuple[WindowPair, ...], load: _Load, bad: int) -> RuleTest:
    """Half an hour of bad requests, then an hour of good ones: the short windows take the page back, a ticket stays."""
    good = load.requests - bad
    given = sli.samples(f"0+{good}x90", f"0+{bad}x30 {30 * bad}+0x59")
    seen = Fraction(30 * bad, 30 * bad + 90 * good)
    severities: set[Action] = {"ticket"} if any(p.severity == "ticket" and seen > p.threshold for p in pairs) else set()
    return rule_test(f"{sli.slo}: a burn that has ended", given, _firing(sli, alerts, severities, seen, "90m"))


def _firing(sli: Sli, alerts: tuple[Alert, ...], severities: set[Action], ratio: Fraction, at: str) -> ExpectedAlert:
    fill = ((_VALUE, percent_text(ratio)),)
    firing = [Fires(alert, fill=fill) for alert in alerts if dict(alert.labels)["severity"] in severities]
    return fires(at, *firing) if firing else silent(at, sli.alert)
