"""A range in PromQL holds fewer than two scrapes.

What it does: compares each range in the PromQL expressions of a rollout with the `prometheus.scrapeInterval` of its
environments. Ranges of subqueries, such as `[5m:30s]`, are not scraped and not looked at.

Why: a rate over fewer than two samples has no value. An alert over it never fires, and a canary whose query has no
value is neither aborted nor advanced.

Example, with `prometheus: {scrapeInterval: 30s}` in the Environment:

    abortOn: [{id: doubt, query: {promql: 'rate(doubts_total{revision="$canary"}[30s])', above: 1}}]

Use instead: `[1m]`, or `[2m]`, with which a scrape or two may fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.catalog.embedded_code import embedded_code
from penstock.catalog.model import View
from penstock.checks.rollouts.newer_promql import without_texts
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic
from penstock.specs.rollout import Rollout
from penstock.specs.units import Duration

_RANGE = re.compile(r"\[\s*((?:\d+(?:ms|[smhdw]))+)\s*\]")


@rule("short-range")
def short_range(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    """Yields each range that is too short for the scrapes of the view's environment."""
    environment = view.environment
    if environment is None:
        return
    interval = environment.spec.prometheus.scrape_interval
    for code in embedded_code(view, rollout, "promql"):
        for found in _RANGE.finditer(without_texts(code.text)):
            if Duration.parse(found[1]) < 2 * interval:
                yield Diagnostic.error(
                    "short-range",
                    f"the range `{found[0]}` holds fewer than two scrapes",
                    view.span(rollout, code.pointer[1:], within=found.span()),
                    f"`{environment.name}` scrapes every {interval}",
                    help=(f"use `[{Duration(4 * interval)}]`, so that a scrape or two may fail",),
                )
