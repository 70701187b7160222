"""Service level objectives as rules: error ratios over each window, burn-rate alerts, and the tests of both.

The error ratio of a window is the share of its requests that were bad. Without requests there is no ratio: nothing is
recorded, nothing fires. Over the objective's whole window it is the bad requests over all of them, too, summed from
rates: a mean of ratios would weigh a lone request at night like the thousands of a minute at noon. A service that has
stopped answering altogether has an alert of its own, over the scraping of its pods.

Of few requests one bad one is a large share: a single failure of a quiet hour would page. So an alert also needs more
bad requests in its long window than chance may make.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from penstock.ir.monitoring import Alert, Labels, Recording, RuleGroup, RuleTest
from penstock.lowering.endpoints.request_series import CHANCE
from penstock.lowering.numbers import exact_text
from penstock.lowering.rules.alerting import Rules, ServedSubject, severity_of
from penstock.lowering.rules.objectives.burn_rate import WINDOWS, WindowPair, error_budget, window_pairs
from penstock.lowering.rules.objectives.burn_scenarios import scenarios
from penstock.lowering.rules.objectives.indicators import RECENT, Blind, Sli
from penstock.lowering.rules.testing import Fires, fires, rule_test, silent
from penstock.specs.monitor import Action

RATIO = "slo:sli_error:ratio_rate"
BAD_REQUESTS = "slo:sli_bad_requests:increase"
REQUESTS_RATE = "slo:sli_requests:rate5m"
BAD_REQUESTS_RATE = "slo:sli_bad_requests:rate5m"
BUDGET_REMAINING = "slo:error_budget_remaining:ratio"

LATENCY_UNMEASURED = "ModelLatencyUnmeasured"

_SHORT = (RECENT, "30m", "1h")
_HOLD = {"page": "2m", "ticket": "15m"}
_KEEP = {"page": "10m", "ticket": "30m"}
_VALUE = "{{ $value | humanizePercentage }}"


def selector_of(sli: Sli, subject: ServedSubject) -> str:
    """What picks the recorded series of one objective."""
    return f'{{environment="{subject.environment}",rollout="{subject.rollout}",slo="{sli.slo}"}}'


def slo_rules(sli: Sli, subject: ServedSubject, interval: str) -> Rules:
    """Recordings, alerts and tests of one objective."""
    labels: Labels = (*subject.labels, ("slo", sli.slo))
    selector = selector_of(sli, subject)
    pairs = window_pairs(sli.objective, int(sli.window) // 1000)
    by_severity: dict[Action, list[WindowPair]] = {}
    for pair in pairs:
        severity = subject.severity(pair.severity)
        by_severity.setdefault(severity, []).append(pair)
    burning = tuple(_alert(sli, subject, severity, found, selector) for severity, found in by_severity.items())
    blind, proofs = _blind(sli, sli.blind, subject) if sli.blind is not None else ((), ())
    name = f"{subject.rollout}.{sli.slo}"
    recorded = _recorded(sli, labels, {pair.long for pair in pairs})
    short = tuple(rule for window, rules in recorded.items() if window in _SHORT for rule in rules)
    long = tuple(rule for window, rules in recorded.items() if window not in _SHORT for rule in rules)
    groups = (
        RuleGroup(f"{name}.short", interval, (*short, *_rates(sli, labels))),
        RuleGroup(f"{name}.long", "2m", (*long, *_budget(sli, labels, selector))),
        RuleGroup(f"{name}.alerts", interval, (*burning, *blind)),
    )
    return Rules(groups, (*_tests(sli, subject, burning), *proofs))


def _recorded(sli: Sli, labels: Labels, long: Collection[str]) -> dict[str, list[Recording]]:
    """For each window the error ratio, and for those that are a pair's `long` one the number of bad requests."""
    found = {window: [Recording(f"{RATIO}{window}", sli.error_ratio(window), labels)] for window in WINDOWS}
    for window in WINDOWS:
        if window in long:
            found[window].append(Recording(f"{BAD_REQUESTS}{window}", sli.bad_requests(window), labels))
    return found


def _rates(sli: Sli, labels: Labels) -> tuple[Recording, ...]:
    """What the error ratio over the objective's whole window is summed from; none where a burn rate already has it."""
    if str(sli.window) in WINDOWS:
        return ()
    return Recording(REQUESTS_RATE, sli.rate, labels), Recording(BAD_REQUESTS_RATE, sli.bad_rate, labels)


def _budget(sli: Sli, labels: Labels, selector: str) -> tuple[Recording, ...]:
    """The error ratio over the objective's whole window, and how much of the budget is left."""
    whole = f"{RATIO}{sli.window}"
    budget = exact_text(error_budget(sli.objective))
    remaining = Recording(BUDGET_REMAINING, f"1 - {whole}{selector} / {budget}", labels)
    if str(sli.window) in WINDOWS:
        return (remaining,)
    bad, asked = (f"sum_over_time({rate}{selector}[{sli.window}])" for rate in (BAD_REQUESTS_RATE, REQUESTS_RATE))
    return Recording(whole, f"{bad}\n/ ({asked} > 0)", labels), remaining


def _alert(sli: Sli, subject: ServedSubject, severity: Action, pairs: list[WindowPair], selector: str) -> Alert:
    conditions = [
        f"(\n  {RATIO}{pair.short}{selector} > ({pair.bound})\n  and {RATIO}{pair.long}{selector} > ({pair.bound})"
        f"\n  and {BAD_REQUESTS}{pair.long}{selector} > {CHANCE}\n)"
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
        summary=f"{subject.rollout} in {subject.environment} is burning its {sli.slo} error budget too fast",
        description=(
            f"{_VALUE} of recent requests to {subject.rollout} (model {subject.model}, namespace "
            f"{subject.namespace}) {sli.bad}; the objective allows {allowed}% over {sli.window}. The burn rate is "
            f"above {pace}. If a version was released recently, roll it back first."
        ),
    )


def _blind(sli: Sli, blind: Blind, subject: ServedSubject) -> tuple[tuple[Alert, ...], tuple[RuleTest, ...]]:
    """The alert about an objective that can never be missed, since nothing measures it, and its tests."""
    alert = subject.alert(
        LATENCY_UNMEASURED,
        blind.expr,
        "ticket",
        hold="1h",
        keep_firing="10m",
        labels=(("slo", sli.slo),),
        summary=f"The {sli.slo} objective of {subject.rollout} in {subject.environment} is not measured",
        description=(
            f"The server of {subject.rollout} (model {subject.model}, namespace {subject.namespace}) times requests, "
            f"but {blind.lacks}: no burn-rate alert of this objective can fire. Choose a bound that is one of its "
            "buckets, or serve with an image whose buckets are those that Penstock knows."
        ),
    )
    return (alert,), (
        rule_test(f"{sli.slo}: other buckets", blind.without, silent("45m", alert.alert), fires("75m", Fires(alert))),
        rule_test(f"{sli.slo}: the bucket is there", blind.whole, silent("75m", alert.alert)),
    )


def _tests(sli: Sli, subject: ServedSubject, alerts: tuple[Alert, ...]) -> Iterator[RuleTest]:
    for scenario in scenarios(sli.objective, int(sli.window) // 1000):
        fill = ((_VALUE, scenario.shown),)
        severities = subject.severities(scenario.severities)
        firing = [Fires(alert, fill=fill) for alert in alerts if severity_of(alert) in severities]
        given = sli.samples(scenario.good, scenario.bad) + (sli.others if scenario.among_others else ())
        expected = fires(scenario.at, *firing) if firing else silent(scenario.at, sli.alert)
        yield rule_test(f"{sli.slo}: {scenario.title}", given, expected)
    yield rule_test(f"{sli.slo}: no requests", sli.samples("0x40", "0x40"), silent("30m", sli.alert))
    yield rule_test(f"{sli.slo}: no series", (), silent("30m", sli.alert))
