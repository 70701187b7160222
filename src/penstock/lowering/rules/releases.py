"""Whether a release goes on: the controller of Argo Rollouts stops one by itself, and nobody has to be looking.

A step that a person is to end can be forgotten, with either controller. KServe has no metric of its canary, so there
the alert stands in the rules for as long as the Release is at a step.

Source: Argo Rollouts, `controller/metrics/rollouts.go` (1.6 to 1.9): the gauge ``rollout_info`` has the labels
``name``, ``namespace`` and ``phase``. Its phases are not those of the Rollout's status: what `kubectl` calls degraded
is ``Abort``, ``Timeout``, ``Error`` or ``InvalidSpec`` here, and what it calls healthy ``Completed``. A scrape that
honours no labels of its target gives them ``namespace`` as ``exported_namespace``, so both are looked for. Where
nothing scrapes the controller nothing fires.
"""

from __future__ import annotations

from collections.abc import Iterable

from penstock.ir.monitoring import Alert, ExpectedAlert, Labels, RuleTest
from penstock.lowering.numbers import percent_text
from penstock.lowering.rules.alerting import ServedSubject
from penstock.lowering.rules.testing import (
    MINUTES_OF_A_DAY,
    Fires,
    after,
    evaluated,
    evaluated_every,
    fires,
    series,
    silent,
)
from penstock.specs.canary import Canary, CanaryStep
from penstock.specs.release import Release
from penstock.specs.rollout import Rollout
from penstock.specs.units import Duration

STOPPED = "ModelReleaseStopped"
WAITING = "ModelReleaseWaiting"
FORGOTTEN = "ModelReleaseForgotten"
_METRIC = "rollout_info"
COMPLETED = "Completed"
"""The phase of a rollout that no release is under way of, or the last one has ended well."""
_STOPPED_PHASES = ("Abort", "Error", "InvalidSpec", "Timeout")
# A paused canary whose copies are counted anew is progressing for a moment, which must not begin the count again. One
# whose route the controller may not write is progressing for ever: no status, no deadline gets past that error.
_UNDER_WAY_PHASES = ("Paused", "Progressing")
_NAMESPACE_LABELS = ("namespace", "exported_namespace")
_MINUTE = 60_000
_SLACK_MINUTES = 30
"""What a release may take beyond its holds, for pods to start and steps to be judged, before it counts as waiting."""
_PATIENCE_MINUTES = 3 * MINUTES_OF_A_DAY
"""How long a step may wait for the person who is to end it: over a weekend."""


def release_rules(rollout: Rollout, release: Release, subject: ServedSubject) -> tuple[list[Alert], list[RuleTest]]:
    """The alerts of a rollout that is released in steps, with their tests; none where nothing can stop."""
    canary = rollout.spec.strategy.canary
    if rollout.spec.serve.target != "argo-rollouts":
        return _left_at_a_step(canary, release.spec.step, subject)
    stopped, proofs = _stopped(subject)
    waiting, more = _waiting(canary, subject)
    if canary is None or not any(map(_is_by_hand, canary.steps)):
        return [stopped, waiting], proofs + more
    forgotten, rest = _left_paused(canary, subject)
    return [stopped, waiting, forgotten], proofs + more + rest


def phases(subject: ServedSubject) -> str:
    """The phase that the rollout is in, by the label ``phase``."""
    return f"max by (phase) ({_counted(subject)}) > 0"


def _is_by_hand(step: CanaryStep) -> bool:
    return step.hold is None and step.weight < 1


def _held_minutes(canary: Canary | None) -> int:
    """How long all steps together are held, apart from those that a person is to end."""
    return sum(-(-int(step.hold or 0) // _MINUTE) for step in canary.steps) if canary is not None else 0


def _stopped(subject: ServedSubject) -> tuple[Alert, list[RuleTest]]:
    alert = subject.alert(
        STOPPED,
        _in_phase(subject, _STOPPED_PHASES),
        "ticket",
        hold="2m",
        keep_firing="10m",
        labels=(),
        summary=f"The release of {subject.rollout} in {subject.environment} was aborted",
        description=(
            f"Argo Rollouts aborted the release of {subject.rollout} (model {subject.model}, namespace "
            f"{subject.namespace}): the canary exceeded a bound, its pods did not start in time, or the manifest is "
            "not valid. The previous version, if there is one, has all traffic. `kubectl argo rollouts get rollout "
            f"{subject.rollout} -n {subject.namespace}` shows the measurements. Roll the Release back, or train a "
            "better version. If no release was in progress, pods of the current version have been missing for 15 "
            "minutes."
        ),
    )
    return alert, _proofs(subject, alert, "stopped", "Abort", COMPLETED, 2)


def _waiting(canary: Canary | None, subject: ServedSubject) -> tuple[Alert, list[RuleTest]]:
    """Where a person is to end a step, only the controller's own part can take too long."""
    by_hand = canary is not None and any(map(_is_by_hand, canary.steps))
    phase, phases = ("Progressing", _UNDER_WAY_PHASES[1:]) if by_hand else ("Paused", _UNDER_WAY_PHASES)
    minutes = _SLACK_MINUTES if by_hand else _SLACK_MINUTES + _held_minutes(canary)
    lasted = f"more than {minutes} minutes for a step" if by_hand else "longer than all of its steps together"
    causes = ["a step had too few requests to decide on"] if canary is not None and canary.abort_on else []
    causes += [] if by_hand else ["somebody paused it"]
    alert = subject.alert(
        WAITING,
        _in_phase(subject, phases),
        "ticket",
        hold=str(Duration(minutes * _MINUTE)),
        keep_firing="10m",
        labels=(),
        summary=f"The release of {subject.rollout} in {subject.environment} is stuck",
        description=(
            f"The release of {subject.rollout} (model {subject.model}, namespace {subject.namespace}) has taken "
            f"{lasted}: {', '.join(causes)}{', ' if causes else ''}pods are missing, or the weights of its route "
            f"cannot be set. `kubectl argo rollouts get rollout {subject.rollout} -n {subject.namespace}` shows the "
            f"step, `kubectl describe rollout {subject.rollout} -n {subject.namespace}` the errors. "
            "Promote or abort it."
        ),
    )
    return alert, _proofs(subject, alert, "waiting", phase, COMPLETED, minutes)


def _left_paused(canary: Canary, subject: ServedSubject) -> tuple[Alert, list[RuleTest]]:
    """A canary of Argo Rollouts at a step that a person is to end; the others are paused as long as they are held."""
    minutes = _PATIENCE_MINUTES + _held_minutes(canary)
    alert = _forgotten(
        subject,
        _in_phase(subject, ("Paused",)),
        minutes,
        (),
        f"has been paused for {Duration(minutes * _MINUTE)}. `kubectl argo rollouts get rollout {subject.rollout} -n "
        f"{subject.namespace}` shows the step. Promote or abort it.",
    )
    return alert, _proofs(subject, alert, "forgotten", "Paused", COMPLETED, minutes)


def _left_at_a_step(
    canary: Canary | None, step: int | None, subject: ServedSubject
) -> tuple[list[Alert], list[RuleTest]]:
    """A canary of KServe that pull requests advance, and the last one has not come; the next one is another alert."""
    if canary is None or step is None or step >= len(canary.steps):
        return [], []
    alert = _forgotten(
        subject,
        "vector(1)",
        _PATIENCE_MINUTES,
        (("step", str(step)),),
        f"has had {percent_text(canary.steps[step].weight)} of the requests for {Duration(_PATIENCE_MINUTES * _MINUTE)}"
        f", at step {step}. `penstock promote {subject.model} --to {subject.environment} --advance` writes the pull "
        "request of the next step; revert the Release to roll it back.",
    )
    minutes = after(60 * _PATIENCE_MINUTES, MINUTES_OF_A_DAY)
    early = f"{minutes - 2 * MINUTES_OF_A_DAY}m"
    expected = (silent(early, FORGOTTEN), fires(f"{minutes}m", Fires(alert)))
    return [alert], [RuleTest("forgotten: at one step all the time", "1d", (), expected, evaluated(MINUTES_OF_A_DAY))]


def _forgotten(subject: ServedSubject, expression: str, minutes: int, labels: Labels, what: str) -> Alert:
    return subject.alert(
        FORGOTTEN,
        expression,
        "ticket",
        hold=str(Duration(minutes * _MINUTE)),
        keep_firing="10m",
        labels=labels,
        summary=f"A canary of {subject.rollout} in {subject.environment} waits for a person",
        description=f"The canary of {subject.rollout} (model {subject.model}, namespace {subject.namespace}) {what}",
    )


def _in_phase(subject: ServedSubject, phases: tuple[str, ...]) -> str:
    return f"max({_counted(subject, phases)}) > 0"


def _counted(subject: ServedSubject, phases: tuple[str, ...] = ()) -> str:
    """The controller's series of the rollout, in any phase or in one of several."""
    phase = f'phase=~"{"|".join(phases)}",' if phases else ""
    names = (f'{label}="{subject.namespace}"' for label in _NAMESPACE_LABELS)
    return " or ".join(f'{_METRIC}{{name="{subject.rollout}",{phase}{name}}}' for name in names)


def _proofs(subject: ServedSubject, alert: Alert, what: str, phase: str, other: str, hold: int) -> list[RuleTest]:
    every = evaluated_every(hold)
    spacing = every if every == MINUTES_OF_A_DAY else 1
    minutes = after(60 * hold, every)
    at, earlier, values = f"{minutes}m", f"{minutes - 2 * every}m", f"1x{minutes // spacing + 5}"
    elsewhere = f"{subject.namespace}-2"

    def given(phase: str, label: str, name: str = subject.rollout, namespace: str = subject.namespace) -> Labels:
        return (("name", name), (label, namespace), ("phase", phase))

    def case(name: str, found: Iterable[Labels], *expect: ExpectedAlert) -> RuleTest:
        samples = tuple(series(_METRIC, labels, values) for labels in found)
        return RuleTest(f"{what}: {name}", f"{spacing}m", samples, expect, evaluated(every))

    never, in_time = silent(at, alert.alert), (silent(earlier, alert.alert), fires(at, Fires(alert)))
    return [
        case(f"{phase.lower()} all the time", [given(phase, "namespace")], *in_time),
        case("scraped without honouring labels", [given(phase, "exported_namespace")], *in_time),
        case(other.lower(), (given(other, label) for label in _NAMESPACE_LABELS), never),
        case("another rollout", (given(phase, label, f"{subject.rollout}-2") for label in _NAMESPACE_LABELS), never),
        case("another namespace", (given(phase, label, namespace=elsewhere) for label in _NAMESPACE_LABELS), never),
    ]
