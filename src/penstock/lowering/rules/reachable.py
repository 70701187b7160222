"""Whether any pod answers at all: ratios say nothing about a service that no longer counts its requests.

A service that was reachable and is not pages within minutes. One that never was gets more time: a first release has to
pull an image and load a model, and nobody is paged for that. A single pod that does not answer is a ticket: the others
do its work, and it may be the first of a new version that will never be ready.
"""

from __future__ import annotations

from penstock.ir.monitoring import Alert, ExpectedAlert, InputSeries, Labels, RuleTest
from penstock.lowering.rules.alerting import ServedSubject, series_name
from penstock.lowering.rules.testing import Fires, fires, rule_test, series, silent

UNREACHABLE = "ModelUnreachable"
NOT_READY = "ModelNotReady"
POD_UNREACHABLE = "ModelPodUnreachable"
_POD = "{{ $labels.pod }}"
_NOW_AND_THEN = " ".join("0001" * 10)
"""Up in one scrape of four, as a pod that starts again and again is."""
_REMEMBERED, _FORGOTTEN = "1d", "23h"
"""How far back it counts whether a pod was reached. The one alert takes over before the other ends: a resolved page
would say that an outage of a day is over."""


def reachable_rules(subject: ServedSubject) -> tuple[list[Alert], list[RuleTest]]:
    """The alerts about a service of which Prometheus reaches no pod, with their tests."""
    target: Labels = (("namespace", subject.namespace), ("rollout", subject.rollout))
    up = series_name("up", target)
    unreachable, not_ready = _unreachable(subject, up), _not_ready(subject, up)
    lost = _pod_unreachable(subject, up)
    job = ("job", f"{subject.namespace}/{subject.rollout}")
    neighbour = (("namespace", subject.namespace), ("rollout", f"{subject.rollout}-2"))
    namesake = (("namespace", f"{subject.namespace}-2"), ("rollout", subject.rollout))
    # Whatever becomes of this one's pods, those of others answer.
    others = tuple(series("up", (*other, ("pod", "c")), "1x70") for other in (neighbour, namesake))

    def pod(name: str, values: str) -> InputSeries:
        return series("up", (*target, job, ("pod", name)), values)

    def case(name: str, given: tuple[InputSeries, ...], *expect: ExpectedAlert) -> RuleTest:
        return rule_test(f"reachable: {name}", given, *expect)

    gone, unready = Fires(unreachable), Fires(not_ready)
    pod_gone = Fires(lost, (("pod", "a"),), ((_POD, "a"),))
    return [unreachable, not_ready, lost], [
        case(
            "no pod answers any more",
            (pod("a", "1x9 0x60"), pod("b", "0x70"), *others),
            silent("15m", UNREACHABLE),
            fires("30m", gone),
            silent("1h", NOT_READY),
            silent("1h", POD_UNREACHABLE),
        ),
        case("no pod is scraped any more", (pod("a", "1x9 _x60"),), fires("30m", gone), silent("1h", NOT_READY)),
        case("a pod answers intermittently", (pod("a", _NOW_AND_THEN),), fires("30m", gone), silent("1h", NOT_READY)),
        case(
            "one of two pods answers",
            (pod("a", "0x60"), pod("b", "1x60")),
            silent("15m", UNREACHABLE),
            silent("15m", POD_UNREACHABLE),
            fires("45m", pod_gone),
        ),
        case(
            "pods take turns",
            (pod("a", "1x10 0x9"), pod("b", "_x10 0x9 1x30"), pod("c", "_x40 0x19")),
            silent("45m", POD_UNREACHABLE),
        ),
        case("a first release starts slowly", (pod("a", "0x20 1x40"),), silent("15m", NOT_READY), *_never("1h")),
        case("no pod ever answers", (pod("a", "0x60"), *others), silent("30m", UNREACHABLE), fires("45m", unready)),
        case("no pod was ever scraped", others, silent("30m", UNREACHABLE), fires("45m", unready)),
        case("an outage of more than a day", (pod("a", "1x9 0x1600"),), *_always(gone, unready)),
    ]


def _unreachable(subject: ServedSubject, up: str) -> Alert:
    return subject.alert(
        UNREACHABLE,
        f"(max(avg_over_time({up}[5m])) or vector(0)) < 0.5\nand max(max_over_time({up}[{_REMEMBERED}])) > 0",
        "page",
        hold="5m",
        keep_firing="10m",
        labels=(),
        summary=f"{subject.rollout} in {subject.environment} is unreachable",
        description=(
            f"For five minutes Prometheus has reached no pod of {subject.rollout} (model {subject.model}, namespace "
            f"{subject.namespace}) in more than half of its scrapes: no pod runs, they crash repeatedly, "
            "or they are not scraped. The endpoint's own metrics are unreliable now."
        ),
    )


def _not_ready(subject: ServedSubject, up: str) -> Alert:
    return subject.alert(
        NOT_READY,
        f"(max(max_over_time({up}[{_FORGOTTEN}])) or vector(0)) == 0",
        "page",
        hold="30m",
        keep_firing="10m",
        labels=(),
        summary=f"{subject.rollout} in {subject.environment} has no pod that answers",
        description=(
            f"Prometheus has not reached a pod of {subject.rollout} (model {subject.model}, namespace "
            f"{subject.namespace}) once in the last {_FORGOTTEN[:-1]} hours. After a first release: the pods do not "
            "start (the image, the memory, the model's files), or they are not scraped."
        ),
    )


def _pod_unreachable(subject: ServedSubject, up: str) -> Alert:
    return subject.alert(
        POD_UNREACHABLE,
        f"max by (pod) (avg_over_time({up}[15m])) < 0.5\nand on () max(avg_over_time({up}[5m])) >= 0.5",
        "ticket",
        hold="30m",
        keep_firing="10m",
        labels=(),
        summary=f"A pod of {subject.rollout} in {subject.environment} does not answer",
        description=(
            f"For half an hour Prometheus has not reached the pod {_POD} of {subject.rollout} (model {subject.model}, "
            f"namespace {subject.namespace}) in more than half of its scrapes, while others answer: a new version that "
            f"does not start, or a broken node. `kubectl describe pod {_POD} -n {subject.namespace}` shows its events."
        ),
    )


def _never(at: str) -> tuple[ExpectedAlert, ExpectedAlert]:
    """Neither alert fires."""
    return silent(at, UNREACHABLE), silent(at, NOT_READY)


def _always(gone: Fires, unready: Fires) -> tuple[ExpectedAlert, ...]:
    """The first alert ends only when the second one fires."""
    return (
        fires("23h", gone),
        silent("23h", NOT_READY),
        fires("24h", gone),
        fires("24h", unready),
        fires("26h", unready),
    )
