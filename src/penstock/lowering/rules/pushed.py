"""What pipelines push, as rules and their tests read it."""

from __future__ import annotations

from penstock.ir.monitoring import InputSeries, Labels
from penstock.lowering.rules.alerting import AlertSubject
from penstock.lowering.rules.testing import constant, series
from penstock.specs.series import JOB, Series

HOLD = "5m"
"""Pushed figures change once a run, so a few minutes suffice against a Pushgateway that restarts."""


def pushed(figure: Series, subject: AlertSubject, labels: Labels = ()) -> str:
    """The newest pushed value, without the labels that the Pushgateway and its scrape add.

    Those are ``job`` and ``instance``, or where the scrape honours no labels its own, and ``exported_job``.
    """
    return f"max by ({', '.join(figure.labels)}) ({selector(figure, subject, labels)})"


def selector(figure: Series, subject: AlertSubject, labels: Labels = ()) -> str:
    """The series themselves: one for each scrape of a Pushgateway that has them."""
    matchers = ",".join(f'{key}="{value}"' for key, value in (*subject.labels, *labels))
    return f"{figure.name}{{{matchers}}}"


def sample(figure: Series, subject: AlertSubject, labels: Labels, value: float) -> InputSeries:
    """A series of a test that keeps its value."""
    return as_scraped(figure, subject, labels, constant(value, 40))


def of_others(figure: Series, subject: AlertSubject, labels: Labels, values: str) -> tuple[InputSeries, ...]:
    """Series of a test that differ in one label each from those of the subject: they are somebody else's."""
    own = (*subject.labels, *labels)
    others = (tuple((key, f"{value}-2" if key == each else value) for key, value in own) for each, _ in own)
    return tuple(series(figure.name, (*other, ("job", JOB)), values) for other in others)


def as_scraped(
    figure: Series, subject: AlertSubject, labels: Labels, values: str, *, honoured: bool = True
) -> InputSeries:
    """A series of a test as a scrape of the Pushgateway brings it, whose labels are `honoured` or renamed."""
    added: Labels = (("job", JOB),) if honoured else (("exported_job", JOB), ("job", "pushgateway"))
    return series(figure.name, (*subject.labels, *added, *labels), values)
