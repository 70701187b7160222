"""Service level objectives as rules: error ratios over each window, burn-rate alerts, and the tests of both.

The error ratio of a window is the share of its requests that were bad. Without requests there is no ratio: nothing is
recorded, nothing fires. Over the objective's whole window it is the bad requests over all of them, too, summed from
rates: a mean of ratios would weigh a lone request at night like the thousands of a minute at noon. A service that has
stopped answering altogether has an alert of its own, over the scraping of its pods.

Of few requests one bad one is a large share: a single failure of a quiet hour would page. So an alert also needs more
bad requests in its long window than chance may make.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from typing import NamedTuple

from penstock.ir.monitoring import Alert, InputSeries, Labels, Recording, RuleGroup, RuleTest, Unobserved
from penstock.lowering.endpoints.request_series import CHANCE, RequestSeries
from penstock.lowering.numbers import exact_text
from penstock.lowering.rules.alerting import Fires, ServedSubject, fires, rule_test, series_name, severity_of, silent
from penstock.lowering.rules.burn_rate import WINDOWS, WindowPair, error_budget, window_pairs
from penstock.lowering.rules.burn_scenarios import scenarios
from penstock.specs.monitor import Action
from penstock.specs.rollout import AvailabilityObjective, LatencyObjective, Slos
from penstock.specs.units import Duration

RATIO = "slo:sli_error:ratio_rate"
BAD_REQUESTS = "slo:sli_bad_requests:increase"
REQUESTS_RATE = "slo:sli_requests:rate5m"
BAD_REQUESTS_RATE = "slo:sli_bad_requests:rate5m"
BUDGET_REMAINING = "slo:error_budget_remaining:ratio"

LATENCY_UNMEASURED = "ModelLatencyUnmeasured"

_RECENT = "5m"
_SHORT = (_RECENT, "30m", "1h")
_HOLD = {"page": "2m", "ticket": "15m"}
_KEEP = {"page": "10m", "ticket": "30m"}
_VALUE = "{{ $value | humanizePercentage }}"
_ONCE = "1x90"
_IDLE, _OF_OTHERS, _TWICE_OF_OTHERS = "0x1600", "0+10000000x1600", "0+20000000x1600"
"""Counters of the tests beside those of a scenario, for as long as it may last: they change no alert of this one."""


class Blind(NamedTuple):
    """How to tell that a server counts requests without the figure that an objective reads."""

    expr: str
    """PromQL that has a value then."""
    lacks: str
    """What is missing, as in "have no bucket"."""
    without: tuple[InputSeries, ...]
    """Series of a test that lack it."""
    whole: tuple[InputSeries, ...]
    """Series of a test that do not."""


class Sli(NamedTuple):
    """What one objective measures, and how a test makes it so."""

    slo: str
    alert: str
    bad: str
    """What a bad request did, as in "0.2% of requests failed"."""
    objective: Decimal
    window: Duration
    error_ratio: Callable[[str], str]
    """PromQL of the share of bad requests over a window."""
    bad_requests: Callable[[str], str]
    """PromQL of the number of bad requests in a window."""
    rate: str
    """PromQL of the requests each second over five minutes."""
    bad_rate: str
    """PromQL of the bad ones among them."""
    samples: Callable[[str, str], tuple[InputSeries, ...]]
    """Series of a test from promtool's values of good and of bad requests."""
    blind: Blind | None = None
    """When there are requests that it cannot judge; None where it can judge all."""


class SloRules(NamedTuple):
    """The rules of one objective and their tests."""

    groups: tuple[RuleGroup, ...]
    tests: tuple[RuleTest, ...]


def indicators(slos: Slos, requests: RequestSeries | str) -> tuple[list[Sli], tuple[Unobserved, ...]]:
    """What is measured, and what was asked for that no series measures."""
    slis: list[Sli] = []
    unobserved: list[Unobserved] = []
    if slos.availability is not None:
        if isinstance(requests, str):
            unobserved.append(Unobserved("slos.availability", requests))
        elif requests.code is None:
            reason = f"`{requests.counter}` does not distinguish failures"
            unobserved.append(Unobserved("slos.availability", reason))
        elif slos.availability.objective >= 1:
            unobserved.append(Unobserved("slos.availability.objective", "100% leaves no error budget to alert on"))
        else:
            slis.append(availability(slos.availability, requests))
    if slos.latency is not None:
        if isinstance(requests, str):
            unobserved.append(Unobserved("slos.latency", requests))
        elif slos.latency.objective >= 1:
            unobserved.append(Unobserved("slos.latency.objective", "100% leaves no error budget to alert on"))
        else:
            try:
                slis.append(latency(slos.latency, requests))
            except ValueError as error:
                unobserved.append(Unobserved("slos.latency.below", str(error)))
    return slis, tuple(unobserved)


def availability(objective: AvailabilityObjective, requests: RequestSeries) -> Sli:
    """The share of requests that fail with a status of 5xx."""

    def error_ratio(window: str) -> str:
        # Before the first failure there is no series of failures, which is zero failures and not an unknown number.
        return f"({requests.failures(window)} or vector(0))\n/ ({requests.requests(window)} > 0)"

    code = requests.code or ""

    def counted(labels: Labels, status: str, values: str) -> InputSeries:
        return InputSeries(series_name(requests.counter, (*labels, (code, status))), values)

    def samples(good: str, bad: str) -> tuple[InputSeries, ...]:
        own = counted(requests.example, "200", good), counted(requests.example, "503", bad)
        idle = (*requests.example, ("pod", "idle"))
        others = (counted(other, "503", _OF_OTHERS) for other in requests.others)
        return *own, counted(idle, "200", _IDLE), counted(idle, "503", _IDLE), *others

    return Sli(
        "availability",
        "ModelAvailabilityBudgetBurn",
        "failed",
        objective.objective,
        objective.window,
        error_ratio,
        requests.counted_failures,
        requests.requests(_RECENT),
        f"{requests.failures(_RECENT)} or vector(0)",
        samples,
    )


def latency(objective: LatencyObjective, requests: RequestSeries) -> Sli:
    """The share of requests that are answered, but too late. ValueError where no bucket ends at the bound."""
    milliseconds = int(objective.below)
    bucket = requests.bucket(milliseconds)
    le = requests.le(milliseconds)

    def error_ratio(window: str) -> str:
        return f"1 - {requests.answered_within(le, window)}\n/ ({requests.answered(window)} > 0)"

    def bad_requests(window: str) -> str:
        return f"{requests.counted_answered(window)}\n- {requests.counted_within(le, window)}"

    status: Labels = ((requests.code, "200"),) if requests.code else ()

    def counted(labels: Labels, values: str) -> InputSeries:
        return InputSeries(series_name(f"{requests.histogram}_count", (*labels, *status)), values)

    def in_time(labels: Labels, values: str, end: str = bucket) -> InputSeries:
        return InputSeries(series_name(f"{requests.histogram}_bucket", (*labels, *status, ("le", end))), values)

    def samples(good: str, bad: str) -> tuple[InputSeries, ...]:
        own, late = requests.example, (*requests.example, ("pod", "late"))
        # Of others half are in time: whoever took either count of theirs for the endpoint's would see it.
        others = (each for o in requests.others for each in (in_time(o, _OF_OTHERS), counted(o, _TWICE_OF_OTHERS)))
        return in_time(own, good), counted(own, good), in_time(late, _IDLE), counted(late, bad), *others

    return Sli(
        "latency",
        "ModelLatencyBudgetBurn",
        f"took longer than {objective.below}",
        objective.objective,
        objective.window,
        error_ratio,
        bad_requests,
        requests.answered(_RECENT),
        f"{requests.answered(_RECENT)}\n- {requests.answered_within(le, _RECENT)}",
        samples,
        Blind(
            f"{requests.timed()} > 0\nunless {requests.timed_within(le)} > 0",
            f"`{requests.histogram}` has no bucket that ends at {objective.below}",
            (
                counted(requests.example, _ONCE),
                in_time(requests.example, _ONCE, "+Inf"),
                *(in_time(other, _ONCE) for other in requests.others),
            ),
            (counted(requests.example, _ONCE), in_time(requests.example, _ONCE)),
        ),
    )


def selector_of(sli: Sli, subject: ServedSubject) -> str:
    """What picks the recorded series of one objective."""
    return f'{{environment="{subject.environment}",rollout="{subject.rollout}",slo="{sli.slo}"}}'


def slo_rules(sli: Sli, subject: ServedSubject, interval: str) -> SloRules:
    """Recordings, alerts and tests of one objective."""
    labels: Labels = (*subject.labels, ("slo", sli.slo))
    selector = selector_of(sli, subject)
    pairs = window_pairs(sli.objective, int(sli.window) // 1000)
    by_severity: dict[Action, list[WindowPair]] = {}
    for pair in pairs:
        (severity,) = subject.severities([pair.severity])
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
    return SloRules(groups, (*_tests(sli, subject, burning), *proofs))


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
    (severity,) = subject.severities(["ticket"])
    alert = subject.alert(
        LATENCY_UNMEASURED,
        blind.expr,
        severity,
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
        expected = fires(scenario.at, *firing) if firing else silent(scenario.at, sli.alert)
        yield rule_test(f"{sli.slo}: {scenario.title}", sli.samples(scenario.good, scenario.bad), expected)
    yield rule_test(f"{sli.slo}: no requests", sli.samples("0x40", "0x40"), silent("30m", sli.alert))
    yield rule_test(f"{sli.slo}: no series", (), silent("30m", sli.alert))
