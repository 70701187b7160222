"""The Release that a promotion writes: a new version, or the next step of a canary."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from penstock.catalog.model import SpecId, View
from penstock.promotion.candidate import Candidate
from penstock.promotion.refusal import RefusalError
from penstock.source.emit_yaml import emit_yaml
from penstock.specs.release import Release, Version
from penstock.specs.rollout import Rollout

FOLDER = "specs/releases"
HEADER = """\
# Written by `penstock promote`. It says what {environment} serves; a pull request that changes it is the release.
"""
_LONGEST_NAME = 50


@dataclass(frozen=True, slots=True)
class Promotion:
    """The files that a promotion writes, by path, and one sentence of what it does."""

    files: dict[str, bytes]
    summary: str


def release_version(view: View, rollout: Rollout, candidate: Candidate, step: int | None) -> Promotion:
    """Release `candidate` to the view's environment: from the first step of a canary that pull requests advance.

    `step` starts at another step. What is replaced is the version that has all the traffic now, which is the older one
    while a canary is under way.

    Raises:
        RefusalError: the version is released already, or the canary has no such step.
    """
    present = view.release_of(rollout.name)
    environment = str(view.environment_name)
    if present is not None and present.spec.version.digest == candidate.digest and step is None:
        raise RefusalError(
            f"`{environment}` serves this version of `{candidate.model}` by `{rollout.name}` already; --advance or "
            "--complete moves its canary"
        )
    previous = _stable(present, candidate.digest)
    spec: dict[str, Any] = {
        "rollout": rollout.name,
        "environment": environment,
        "version": {"digest": candidate.digest, "registered": candidate.registered},
        "specs": candidate.statement.specs,
        "datasets": dict(sorted(candidate.statement.datasets.items())),
        "evidence": {"path": candidate.evidence_path, "digest": candidate.evidence_digest},
    }
    if previous is not None:
        spec["previous"] = previous.model_dump(mode="json", by_alias=True, exclude_none=True)
    reached = _first_step(rollout, previous, step)
    if reached is not None:
        spec["step"] = reached
    path, text = _file(view, rollout, present, spec)
    words = f"version {candidate.registered} ({candidate.digest[:19]}…) of `{candidate.model}`"
    start = "" if reached is None else f", step {reached} of its canary: {_share(rollout, reached)} of the traffic"
    return Promotion(
        {candidate.evidence_path: candidate.evidence, path: text},
        f"{rollout.name} in {environment} gets {words}{start}",
    )


def move_canary(view: View, rollout: Rollout, step: int | None, *, complete: bool) -> Promotion:
    """Move the canary that is under way: to the next step, to `step`, or to its end.

    Raises:
        RefusalError: no canary is under way, or it has no such step.
    """
    present = view.release_of(rollout.name)
    environment = str(view.environment_name)
    if present is None or present.spec.step is None:
        raise RefusalError(f"no canary of `{rollout.name}` is under way in `{environment}`")
    last = len(_steps(rollout)) - 1
    wanted = present.spec.step + 1 if step is None else step
    if step is not None and step > last:
        raise RefusalError(f"the canary of `{rollout.name}` has the steps 0 to {last}, and no step {step}")
    spec = present.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    if complete or wanted > last:
        del spec["step"]
        reached = "all of the traffic"
    else:
        spec["step"] = wanted
        reached = f"step {wanted}: {_share(rollout, wanted)} of the traffic"
    path, text = _file(view, rollout, present, spec)
    return Promotion({path: text}, f"{rollout.name} in {environment} goes to {reached}")


def _stable(present: Release | None, digest: str) -> Version | None:
    """The version that keeps the traffic while the one of `digest` gets its first share."""
    if present is None:
        return None
    under_way = present.spec.step is not None or present.spec.version.digest == digest
    return present.spec.previous if under_way else present.spec.version


def _first_step(rollout: Rollout, previous: Version | None, step: int | None) -> int | None:
    """Where the canary starts; None where there is none, or nothing that would keep the rest of the traffic."""
    steps = _steps(rollout)
    if step is not None and (not steps or step >= len(steps)):
        have = f"the steps 0 to {len(steps) - 1}" if steps else "no canary that pull requests advance"
        raise RefusalError(f"`{rollout.name}` has {have}, and no step {step}")
    if not steps or previous is None:
        if step is not None:
            raise RefusalError(f"`{rollout.name}` serves nothing yet, so the first version gets all of the traffic")
        return None
    return step or 0


def _steps(rollout: Rollout) -> list[Any]:
    """The steps that pull requests advance: those of KServe; Argo Rollouts advances by itself."""
    canary = rollout.spec.strategy.canary
    return list(canary.steps) if canary is not None and rollout.spec.serve.target == "kserve" else []


def _share(rollout: Rollout, step: int) -> str:
    return str(_steps(rollout)[step].weight)


def _file(view: View, rollout: Rollout, present: Release | None, spec: dict[str, Any]) -> tuple[str, bytes]:
    """Path and text of the Release's file; metadata that people have added stays."""
    environment = str(view.environment_name)
    path = f"{FOLDER}/{environment}-{rollout.name}.yaml"
    metadata: dict[str, Any] = {
        "name": _name(environment, rollout.name),
        "owner": rollout.metadata.owner,
        "description": f"What {environment} serves for {rollout.name}.",
    }
    if present is not None:
        found = view.catalog.span(SpecId("Release", present.name)).path
        if found != path:
            raise RefusalError(
                f"the Release `{present.name}` stands in {found}; move it to {path}, which this command rewrites"
            )
        metadata = present.metadata.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    value = {"apiVersion": "penstock/v1", "kind": "Release", "metadata": metadata, "spec": spec}
    return path, (HEADER.format(environment=environment) + emit_yaml(value)).encode()


def _name(environment: str, rollout: str) -> str:
    name = f"{environment}-{rollout}"
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:41].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
