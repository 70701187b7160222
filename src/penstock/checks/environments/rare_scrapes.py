"""Prometheus scrapes so rarely that alerts about requests have nothing to look at.

What it does: compares `prometheus.scrapeInterval` with the shortest window of the generated rules, five minutes, which
must hold two scrapes.

Why: a rate over fewer than two scrapes has no value. The burn-rate alerts of every objective would then be silent
whatever happens, and look like protection in every review.

Example: `prometheus: {scrapeInterval: 5m}`

Use instead: at most `2m30s`; with `30s` a scrape or two may fail and the alerts still work.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic
from penstock.specs.burn_windows import WINDOW_SECONDS
from penstock.specs.environment import Environment
from penstock.specs.units import Duration

_SHORTEST = Duration(1000 * min(WINDOW_SECONDS.values()))
_LONGEST_INTERVAL = Duration(_SHORTEST // 2)


@rule("rare-scrapes")
def rare_scrapes(view: View, environment: Environment) -> Iterator[Diagnostic]:
    """Yields an interval of which the shortest window does not hold two."""
    interval = environment.spec.prometheus.scrape_interval
    if environment.spec.cluster and interval > _LONGEST_INTERVAL:
        yield Diagnostic.error(
            "rare-scrapes",
            f"Prometheus scrapes too rarely for the alerts in `{environment.name}`",
            view.span(environment, ("prometheus", "scrapeInterval")),
            f"the shortest window of an alert, {_SHORTEST}, holds fewer than two scrapes",
            help=(f"scrape at least every `{_LONGEST_INTERVAL}`; `30s` is common",),
        )
