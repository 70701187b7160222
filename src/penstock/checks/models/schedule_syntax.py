"""A schedule is not a valid cron schedule, never fires, or fires every minute.

What it does: parses the five fields (minute, hour, day of the month, month, day of the week) as Kubernetes does, and
looks for dates that do not exist.

Why: `0 3 31 2 *` is accepted by every tool and never fires; `* 3 * * *` starts sixty pipelines. Kubernetes rejects
`0 3 * * 7`, which other programs read as Sunday.

Example:

    schedule: "* 3 * * 1"

Use instead:

    schedule: "0 3 * * 1"      # Mondays at 03:00 UTC
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.embedded_code import embedded_code
from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic
from penstock.specs.base import Resource
from penstock.specs.cron import CronError, parse

_MOST_AN_HOUR = 12


@rule("schedule-syntax", severities=MAY_WARN)
def schedule_syntax(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each schedule that is not what its author meant."""
    for found in embedded_code(view, resource, "schedule"):
        below = found.pointer[1:]
        try:
            cron = parse(found.text)
        except CronError as error:
            yield Diagnostic.error(
                "schedule-syntax",
                f"`{found.text}` is not a valid cron schedule",
                view.span(resource, below, within=error.at),
                str(error),
                help=("write five fields: minute, hour, day of the month, month, day of the week",),
            )
            continue
        if not cron.ever_fires:
            yield Diagnostic.error(
                "schedule-syntax",
                f"`{found.text}` never fires",
                view.span(resource, below),
                "this day does not exist in any of these months",
            )
        elif len(cron.minutes) > _MOST_AN_HOUR:
            fixed = " ".join(["0", *found.text.split()[1:]])
            yield Diagnostic.warning(
                "schedule-syntax",
                f"`{found.text}` starts {len(cron.minutes)} pipelines an hour",
                view.span(resource, below),
                help=(f"to start one an hour, write `{fixed}`",),
            )
