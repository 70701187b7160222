"""What an anomaly band is: the metric's own past says where it should be at this time of the day or of the week.

Expected is the median of the same time in the last three seasons, so that one bad day among them moves it little. The
deviation is the median absolute one of the last season, scaled to a standard deviation, which an incident in that
season does not widen. Some metrics vary by the same amount at all hours, others in proportion to their level: the
deviations are taken of differences and of ratios, and the wider edge counts. A ratio is the same downwards as upwards
(half is as far as double), so that the lower edge of a noisy metric does not reach zero, and an outage is outside.

Source of the approach: A. Newdigate, "Anomaly detection using Prometheus" (2019), and Grafana's anomaly detection in
PromQL (a least width). Both take standard deviations, which a single incident widens for as long as they look back.
"""

from __future__ import annotations

from functools import lru_cache
from statistics import median
from typing import Literal

Side = Literal["above", "below"]

ANOMALY = "ModelAnomaly"
UNMEASURED = "ModelAnomalyUnmeasured"
SEASONS = 3
"""Seasons that are looked back at."""
FEWEST_SEASONS = 2
"""With an outage in one, two are left."""
SCALE = 1.4826
"""A normal distribution's standard deviation in median absolute deviations (Rousseeuw and Croux, 1993)."""


@lru_cache(maxsize=1024)
def outside(values: tuple[float, ...], step: int, season: int, bands: float, min_width: float) -> Side | None:
    """On which side of its band a metric with these values is in a step; None if it is within, or if there is no band.

    A season has so many steps. A band is `bands` deviations wide on each side, and at least a share of what is
    expected, `min_width`. Many rollouts have the same tests, so that it is computed once.
    """
    if step < (FEWEST_SEASONS + 1) * season:
        return None
    known = range(max(step - season + 1, FEWEST_SEASONS * season), step + 1)
    expected = {each: median(_past(values, each, season)) for each in known}
    level = abs(expected[step])
    absolute = bands * SCALE * median(abs(values[each] - expected[each]) for each in known)
    # Of nothing there is no proportion.
    ratios = [abs(values[each] / expected[each] - 1) for each in known if expected[each]]
    relative = bands * SCALE * median(ratios) if ratios else 0.0
    if values[step] > expected[step] + max(absolute, relative * level, min_width * level):
        return "above"
    if values[step] < expected[step] - max(absolute, relative / (1 + relative) * level, min_width * level):
        return "below"
    return None


def _past(values: tuple[float, ...], step: int, season: int) -> list[float]:
    """The values in the same step of the last seasons, as far as there were any."""
    return [values[step - ago * season] for ago in range(1, SEASONS + 1) if step >= ago * season]
