"""What must hold before a version is released: its gates, the specs of today, and the stages before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from penstock.catalog.digests import find_spec_digest
from penstock.catalog.model import View
from penstock.promotion.candidate import Candidate
from penstock.promotion.refusal import RefusalError
from penstock.specs.environment import STAGES, Environment
from penstock.specs.release import Release
from penstock.specs.rollout import Rollout

_CLOCKS_DIFFER = timedelta(minutes=5)


def goes_back(present: Release | None, candidate: Candidate) -> bool:
    """Whether the version is the one that the Release replaces, or has replaced.

    It was served on the evidence that it has, so the review lets it come back on that, whatever the specs say by now.
    """
    previous = present.spec.previous if present is not None else None
    return previous is not None and previous.digest == candidate.digest and previous.model in (None, candidate.model)


def refuse_failed(candidate: Candidate) -> None:
    """No gate said no.

    Raises:
        RefusalError: one did.
    """
    if failed := candidate.statement.refusals():
        raise RefusalError(f"`{candidate.model}` did not pass {', '.join(f'`{each}`' for each in failed)}")


def refuse_unproven(view: View, rollout: Rollout, candidate: Candidate, now: datetime) -> None:
    """The version has passed the rollout's gate and every other of its gates, and not too long ago.

    Raises:
        RefusalError: it has not.
    """
    statement = candidate.statement
    wanted = rollout.spec.gate
    if wanted is not None and statement.predicate.gate(wanted) is None:
        raise RefusalError(
            f"the rollout `{rollout.name}` requires the gate `{wanted}`, which has not evaluated this version"
        )
    created = statement.predicate.created
    if created > now + _CLOCKS_DIFFER:
        raise RefusalError(f"the evidence is dated in the future, {created:%Y-%m-%d %H:%M}; check the clocks")
    for gate in view.gates_of(candidate.model):
        judged = statement.predicate.gate(gate.name)
        if judged is None:
            raise RefusalError(
                f"the gate `{gate.name}` of `{candidate.model}` has not evaluated this version; train it again"
            )
        blocking = (rule.id for rule in gate.spec.rules if rule.severity == "block")
        unheld = [rule for rule in blocking if judged.outcome(rule) not in ("pass", "skip")]
        if unheld:
            raise RefusalError(
                f"the evidence does not say that these rules of the gate `{gate.name}` hold: "
                f"{', '.join(f'`{rule}`' for rule in unheld)}; train `{candidate.model}` again"
            )
        valid = gate.spec.evidence_valid
        if valid is not None and now - created > timedelta(milliseconds=int(valid)):
            raise RefusalError(
                f"the evidence is of {created.astimezone(UTC):%Y-%m-%d %H:%M} UTC, and the gate `{gate.name}` accepts "
                f"evidence for {valid}; train it again, locally with `penstock run {candidate.model} --fresh`"
            )


def refuse_stale(view: View, candidate: Candidate) -> None:
    """The specs are those that the version was trained from, in the environment of one of the repository's trainings.

    Raises:
        RefusalError: they have changed since.
    """
    trained_from = candidate.statement.predicate.specs
    for environment in view.catalog.environments():
        if find_spec_digest(view.in_environment(environment), candidate.model) == trained_from:
            return
    raise RefusalError(
        f"the specs of `{candidate.model}` have changed since this version was trained; train it again, or check out "
        "the commit that it was trained from; to go back to a version that was served, restore its "
        "Release file, such as by `git revert` of the commit that replaced it"
    )


def refuse_skipped_stages(view: View, rollout: Rollout, candidate: Candidate) -> None:
    """Every earlier stage that serves the rollout serves this version with all of its traffic.

    Raises:
        RefusalError: one does not.
    """
    for name, release in earlier_releases(view, rollout).items():
        if release is None or release.spec.version.digest != candidate.digest or release.spec.step is not None:
            reached = f"{'serves nothing yet' if release is None else 'serves another version'} of `{rollout.name}`"
            instead = f"promote to `{name}` first"
            if release is not None and release.spec.version.digest == candidate.digest:
                reached = f"has not finished the canary of this version of `{rollout.name}`"
                instead = f"let `penstock promote {candidate.model} --to {name} --advance` finish it first"
            raise RefusalError(
                f"`{name}` comes before `{_stage_of(view).name}`, and {reached}; {instead}, or pass --skip-stages, "
                "which the review will show"
            )


def earlier_releases(view: View, rollout: Rollout) -> dict[str, Release | None]:
    """What each environment of an earlier stage serves of the rollout, by the environment's name; None for nothing."""
    limit = STAGES.index(_stage_of(view).spec.stage)
    found: dict[str, Release | None] = {}
    for name in view.catalog.environments():
        earlier = view.in_environment(name)
        stage = earlier.environment
        if stage is None or STAGES.index(stage.spec.stage) >= limit:
            continue
        if name in rollout.spec.environments and earlier.find(Rollout, rollout.name) is not None:
            found[name] = earlier.release_of(rollout.name)
    return found


def _stage_of(view: View) -> Environment:
    if view.environment is None:
        raise ValueError("a stage is an environment's")
    return view.environment
