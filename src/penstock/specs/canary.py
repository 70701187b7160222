"""How a new version takes the traffic of the old one: the steps of a canary, and what aborts it."""

from typing import Literal

from penstock.specs.base import Choosing, Node, Promql, Slug, field
from penstock.specs.choices import exactly_one
from penstock.specs.review import Area, Loosens
from penstock.specs.units import Fraction, PositiveDuration, PositiveFraction, WholeSeconds


class CanaryStep(Node):
    """A step of a canary: a share of the traffic, and how long it is held."""

    weight: Fraction = field("Share of the traffic.", loosens=Loosens.HIGHER, area=Area.ROLLOUT)
    hold: WholeSeconds | None = field(
        "Duration of the step; if absent, it is advanced manually. With `abortOn`, the next step starts if all "
        "conditions were within their bounds during this time; if the canary had too few requests to decide, the "
        "release waits for manual action.",
        loosens=Loosens.LOWER,
        area=Area.ROLLOUT,
        default=None,
        absent="unordered",
    )


class LatencyBound(Choosing):
    """A percentile of the canary's response time and its upper bound. Exactly one of `above`, `aboveStable`."""

    chosen = exactly_one("above", "above_stable")

    percentile: Literal["p50", "p90", "p95", "p99"] = field(
        "Percentile of the response time.", loosens=Loosens.ANY, area=Area.ROLLOUT, default="p95"
    )
    above: PositiveDuration | None = field("Upper bound.", loosens=Loosens.HIGHER, area=Area.ROLLOUT, default=None)
    above_stable: Fraction | None = field(
        "How much slower than the stable version the canary may be, relative to it, such as `10%`. The two are "
        "compared over up to twenty windows of each step; the canary is slower if it is in so many of them that chance "
        "explains it in at most 2% of all steps. Each window needs as many requests of either as `above` does.",
        loosens=Loosens.HIGHER,
        area=Area.ROLLOUT,
        default=None,
    )


class BurnRateBound(Node):
    """How fast the canary may use up the error budget of one of the rollout's objectives.

    A burn rate of 1 uses it up in exactly the objective's window: the share of bad requests, divided by the share that
    the objective allows.
    """

    slo: Literal["availability", "latency"] = field(
        "The objective; the rollout declares it in `slos`.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default="availability",
    )
    above: float = field("Upper bound, such as 14.4.", loosens=Loosens.HIGHER, area=Area.ROLLOUT, gt=0)


class QueryBound(Choosing):
    """A PromQL expression and the bound beyond which it aborts.

    Exactly one of `above`, `below`, `aboveStable`, `belowStable`.
    """

    chosen = exactly_one("above", "below", "above_stable", "below_stable")

    promql: Promql = field(
        'PromQL expression; `revision="$canary"` selects the series of the canary\'s pods. If it returns several, the '
        "worst one counts.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
    )
    above: float | None = field("Upper bound.", loosens=Loosens.HIGHER, area=Area.ROLLOUT, default=None)
    below: float | None = field("Lower bound.", loosens=Loosens.LOWER, area=Area.ROLLOUT, default=None)
    above_stable: Fraction | None = field(
        "How much higher than of the stable version it may be, relative to it. The same expression with the stable "
        "version in place of `$canary` is compared with it as for `latency.aboveStable`.",
        loosens=Loosens.HIGHER,
        area=Area.ROLLOUT,
        default=None,
    )
    below_stable: Fraction | None = field(
        "How much lower than of the stable version it may be, relative to it.",
        loosens=Loosens.HIGHER,
        area=Area.ROLLOUT,
        default=None,
    )


class AbortCondition(Choosing):
    """A condition that aborts a canary: exactly one of `errorRate`, `excessErrorRate`, `latency`, `burnRate`, `query`.

    It aborts, and rolls back the traffic, if it was beyond its bound in two consecutive windows, of two minutes or four
    scrapes each, or, at the end of a step, over the whole step. A comparison with the stable version is made at the end
    of each step that leaves it traffic.
    """

    chosen = exactly_one("error_rate", "excess_error_rate", "latency", "burn_rate", "query")

    id: Slug = field("Name of the condition.", loosens=Loosens.ANY, area=Area.ROLLOUT)
    error_rate: Fraction | None = field(
        "Upper bound on the share of failed canary requests. Three failures count as chance: an abort needs "
        "more, and a step needs enough requests that three would be within the bound (400 for 1%).",
        loosens=Loosens.HIGHER,
        area=Area.ROLLOUT,
        default=None,
    )
    excess_error_rate: PositiveFraction | None = field(
        "How far the share of failed canary requests may be above the stable version's, in points: with `0.5%`, up to "
        "2.5% where 2% of the stable version's requests fail. An abort needs an excess that chance explains in at most "
        "2% of all steps; a step needs so many requests of either that three failures are within the bound (800 for "
        "0.5%).",
        loosens=Loosens.HIGHER,
        area=Area.ROLLOUT,
        default=None,
    )
    latency: LatencyBound | None = field(
        "Upper bound on the canary's response time; it needs enough requests that three slow ones are within the "
        "percentile (80 for p95).",
        loosens=Loosens.REMOVED,
        area=Area.ROLLOUT,
        default=None,
    )
    burn_rate: BurnRateBound | None = field(
        "Upper bound on how fast the canary uses up the error budget of an objective; it needs enough requests that "
        "three bad ones are within the bound (56 for 14.4 times the budget of 99.5%).",
        loosens=Loosens.REMOVED,
        area=Area.ROLLOUT,
        default=None,
    )
    query: QueryBound | None = field("Custom metric.", loosens=Loosens.REMOVED, area=Area.ROLLOUT, default=None)

    @property
    def is_comparison(self) -> bool:
        """Whether its bound is what the stable version does."""
        latency, query = self.latency, self.query
        return (
            self.excess_error_rate is not None
            or (latency is not None and latency.above_stable is not None)
            or (query is not None and (query.above_stable is not None or query.below_stable is not None))
        )


class Canary(Node):
    """A release that shifts traffic in steps."""

    steps: list[CanaryStep] = field(
        "Steps in order, each with more traffic than the one before.",
        loosens=Loosens.REMOVED,
        area=Area.ROLLOUT,
        min_length=1,
    )
    abort_on: list[AbortCondition] = field(
        "Conditions that abort the canary.", loosens=Loosens.REMOVED, area=Area.ROLLOUT, default=[]
    )


class Strategy(Node):
    """How a new version replaces the old one; without a canary, by a rolling update."""

    canary: Canary | None = field(
        "Canary that shifts the traffic in steps.", loosens=Loosens.REMOVED, area=Area.ROLLOUT, default=None
    )
