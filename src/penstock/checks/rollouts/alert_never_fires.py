"""An alert can never fire.

What it does: reports windows that cover fewer than two scrapes, drift bounds above the range of their distance, drift
monitors that exclude every feature, more `breaches` than windows, counted windows over rows without an event time,
quality windows that end before labels are due, anomalies that become normal before they have lasted long enough, canary
error rates above 100%, canary burn rates that no share of bad requests comes to or whose objective is missing,
objectives without an error budget or too low for their fastest alert, and objectives whose window is shorter than that
of the fastest burn-rate alert (an hour).

Why: an alert that cannot fire looks like protection in every review.

Example:

    drift: [{id: drift, test: ks, above: 1.5, window: 1d}]

Use instead: a bound within the range; Kolmogorov-Smirnov and Jensen-Shannon are between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction as ExactFraction

from penstock.catalog.model import View
from penstock.checks.models.feature_names import feature_names
from penstock.checks.rollouts.window_without_time import timeless_source
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Pointer
from penstock.specs.burn_windows import BURN_WINDOWS
from penstock.specs.canary import BurnRateBound
from penstock.specs.environment import Environment
from penstock.specs.model import Model
from penstock.specs.monitor import AnomalyMonitor, DriftMonitor, QualityMonitor
from penstock.specs.rollout import Rollout
from penstock.specs.units import Duration

_UP_TO_ONE = {"ks": "Kolmogorov-Smirnov", "jensen_shannon": "Jensen-Shannon"}


@rule("alert-never-fires")
def alert_never_fires(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    """Yields each alert that cannot fire."""
    monitor = rollout.spec.monitor
    model = view.find(Model, rollout.spec.model)
    for position, drift in enumerate(monitor.drift if monitor is not None else ()):
        yield from _drift(view, rollout, drift, ("monitor", "drift", position))
        features = feature_names(view, model) if model is not None and drift.of == "features" else None
        if features is not None and features <= set(drift.except_):
            yield Diagnostic.error(
                "alert-never-fires",
                f"the monitor `{drift.id}` can never fire: it excludes every feature of the model",
                view.span(rollout, ("monitor", "drift", position, "except")),
                help=("leave at least one feature in, or use `of: prediction`",),
            )
        if model is not None and drift.persist is not None:
            yield from _timeless(view, rollout, model, ("monitor", "drift", position, "persist"))
    for position, quality in enumerate(monitor.quality if monitor is not None else ()):
        if model is not None:
            yield from _undue(view, rollout, model, quality, ("monitor", "quality", position, "window"))
    for position, anomaly in enumerate(monitor.anomalies if monitor is not None else ()):
        yield from _anomaly(view, rollout, anomaly, ("monitor", "anomalies", position))
    yield from _objectives(view, rollout)
    yield from _aborts(view, rollout)
    environment = view.environment
    if environment is not None:
        yield from _windows(view, rollout, environment)


def _drift(view: View, rollout: Rollout, drift: DriftMonitor, where: Pointer) -> Iterator[Diagnostic]:
    if drift.test in _UP_TO_ONE and drift.above >= 1:
        yield Diagnostic.error(
            "alert-never-fires",
            f"the monitor `{drift.id}` can never fire: {_UP_TO_ONE[drift.test]} distances are at most 1",
            view.span(rollout, (*where, "above")),
            help=("a common threshold is 0.1",),
        )
    if drift.persist is not None and drift.persist.breaches > drift.persist.of:
        yield Diagnostic.error(
            "alert-never-fires",
            f"the monitor `{drift.id}` can never fire: it needs {drift.persist.breaches} breaches in "
            f"{drift.persist.of} windows",
            view.span(rollout, (*where, "persist", "breaches")),
            secondary=(Label(view.span(rollout, (*where, "persist", "of")), "the number of windows"),),
        )


def _timeless(view: View, rollout: Rollout, model: Model, where: Pointer) -> Iterator[Diagnostic]:
    """Of rows without a time, every window would hold the same ones."""
    source = timeless_source(view, model)
    if source is not None:
        yield Diagnostic.error(
            "alert-never-fires",
            f"windows cannot be counted: the rows of `{source.name}` have no event time",
            view.span(rollout, where, "key"),
            help=("remove `persist`, or add `eventTime` to the dataset",),
        )


def _undue(view: View, rollout: Rollout, model: Model, monitor: QualityMonitor, where: Pointer) -> Iterator[Diagnostic]:
    """A label counts once its row is due: none of a window that is no longer than that takes."""
    horizon = model.spec.label.horizon
    if horizon is not None and monitor.window <= horizon:
        yield Diagnostic.error(
            "alert-never-fires",
            f"the monitor `{monitor.id}` can never fire: no label is due within its window",
            view.span(rollout, where),
            secondary=(Label(view.span(model, ("label", "horizon")), f"labels are due after {horizon}"),),
            help=(f"use a window longer than `{horizon}`: only older rows are measured",),
        )


def _anomaly(view: View, rollout: Rollout, monitor: AnomalyMonitor, where: Pointer) -> Iterator[Diagnostic]:
    """Half a season of deviations is what usually happens in it."""
    half = Duration(Duration.parse(monitor.season) // 2)
    if monitor.hold >= half:
        yield Diagnostic.error(
            "alert-never-fires",
            f"the monitor `{monitor.id}` can never fire: a level that lasts for {half} is normal",
            view.span(rollout, (*where, "hold")),
            help=("an hour or two are common",),
        )
    if monitor.beyond == "below" and monitor.metric is not None and monitor.min_width >= 1:
        yield Diagnostic.error(
            "alert-never-fires",
            f"the monitor `{monitor.id}` can never fire: `{monitor.metric}` is never below zero",
            view.span(rollout, (*where, "minWidth")),
            help=("`20%` is the default",),
        )


def _aborts(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    canary = rollout.spec.strategy.canary
    for position, condition in enumerate(canary.abort_on if canary is not None else ()):
        rates = {"errorRate": condition.error_rate, "excessErrorRate": condition.excess_error_rate}
        for key, rate in rates.items():
            if rate is not None and rate >= 1:
                yield Diagnostic.error(
                    "alert-never-fires",
                    f"`{condition.id}` can never abort the canary: the error rate is at most 100%",
                    view.span(rollout, ("strategy", "canary", "abortOn", position, key)),
                    help=("a share is written as `1%` or `0.01`",),
                )
        if condition.burn_rate is not None:
            where = ("strategy", "canary", "abortOn", position, "burnRate")
            yield from _burn_rate(view, rollout, condition.id, condition.burn_rate, where)


def _burn_rate(view: View, rollout: Rollout, name: str, burn: BurnRateBound, where: Pointer) -> Iterator[Diagnostic]:
    objective = rollout.spec.slos.of(burn.slo)
    if objective is None:
        yield Diagnostic.error(
            "alert-never-fires",
            f"`{name}` can never abort the canary: the rollout has no objective `{burn.slo}`",
            view.span(rollout, where, "key"),
            help=(f"declare `slos.{burn.slo}`, whose error budget it measures",),
        )
        return
    budget = 1 - ExactFraction(objective.objective)
    # Without a budget, the objective itself is an error.
    if budget and ExactFraction(str(burn.above)) * budget >= 1:
        fastest = f"{float(1 / budget):g}"
        yield Diagnostic.error(
            "alert-never-fires",
            f"`{name}` can never abort the canary: the burn rate is at most {fastest}",
            view.span(rollout, (*where, "above")),
            secondary=(Label(view.span(rollout, ("slos", burn.slo, "objective")), "the objective"),),
            help=(f"if all requests are bad, the burn rate is {fastest}: use a lower bound",),
        )


def _objectives(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    slos = rollout.spec.slos
    for key, objective in (("availability", slos.availability), ("latency", slos.latency)):
        if objective is None:
            continue
        where = ("slos", key, "objective")
        fastest = BURN_WINDOWS[0]
        seconds = int(objective.window) // 1000
        factor = float(fastest.factor(seconds))
        if not fastest.fits(seconds):
            yield Diagnostic.error(
                "alert-never-fires",
                f"the window of `{key}` is too short for any burn-rate alert",
                view.span(rollout, ("slos", key, "window")),
                f"the window of the fastest alert is {fastest.long}",
                help=(f"write a window of at least `{fastest.long}`; `28d` and `30d` are common",),
            )
        elif objective.objective == 1:
            yield Diagnostic.error(
                "alert-never-fires",
                f"the objective of `{key}` leaves no error budget",
                view.span(rollout, where),
                help=("use an objective below 100%, such as 99.9%",),
            )
        elif fastest.factor(seconds) * (1 - ExactFraction(objective.objective)) >= 1:
            yield Diagnostic.error(
                "alert-never-fires",
                f"the objective of `{key}` is so low that its fastest burn-rate alert can never fire",
                view.span(rollout, where),
                f"if all requests fail, the burn rate is {1 / (1 - float(objective.objective)):.1f}",
                help=(f"the alert fires from a burn rate of {factor:g}: use an objective above {_lowest(factor)}",),
            )


def _lowest(factor: float) -> str:
    """The share of good requests at which all bad ones burn the budget by exactly the factor."""
    return f"{100 - 100 / factor:.1f}%"


def _windows(view: View, rollout: Rollout, environment: Environment) -> Iterator[Diagnostic]:
    interval = environment.spec.prometheus.scrape_interval
    monitor = rollout.spec.monitor
    if monitor is not None:
        named: list[tuple[str, Pointer, Duration]] = [
            (one.id, ("monitor", "quality", position, "window"), one.window)
            for position, one in enumerate(monitor.quality)
        ]
        named += [
            (one.id, ("monitor", "drift", position, "window"), one.window) for position, one in enumerate(monitor.drift)
        ]
        for name, pointer, window in named:
            if window < 2 * interval:
                yield Diagnostic.error(
                    "alert-never-fires",
                    f"the window of `{name}` is shorter than two scrapes",
                    view.span(rollout, pointer),
                    f"`{environment.name}` scrapes every {interval}",
                    help=(f"use at least `{Duration(2 * interval)}`; drift and quality need hours or days of rows",),
                )
