"""The Release that a promotion writes: a new version, or the next step of a canary."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from penstock.catalog.model import SpecId, View
from penstock.lowering.endpoints.endpoint import is_remote, model_uri
from penstock.promotion.attested import Promoter, attested
from penstock.promotion.candidate import Candidate
from penstock.promotion.refusal import AlreadyServedError, RefusalError
from penstock.source.attestations.gates import parse_gates
from penstock.source.attestations.promotion import Origin, Released, parse_promotion
from penstock.source.attestations.statement import StatementError
from penstock.source.canonical import bytes_digest
from penstock.source.envelope import EnvelopeError, payload_of
from penstock.source.writing.emit_yaml import emit_yaml
from penstock.specs.release import PreviousVersion, Release, Version
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
    note: str = ""
    """What else has to be done before it can take effect."""


def release_version(view: View, rollout: Rollout, candidate: Candidate, step: int | None, by: Promoter) -> Promotion:
    """Release `candidate` to the view's environment: from the first step of a canary that pull requests advance.

    `step` starts at another step. What is replaced is the version that has all the traffic now, which is the older one
    while a canary is under way. A version that is served already stays where it is, and gets its evidence anew, where
    that has changed or its promotion has no statement that fits.

    Raises:
        AlreadyServedError: the version is served already, with the same evidence.
        RefusalError: the canary has no such step, the Release was edited since it was promoted, or its file holds
            something else.
    """
    present = view.release_of(rollout.name)
    environment = str(view.environment_name)
    evidence = _evidence_file(view, candidate, by)
    named = {"path": candidate.evidence_path, "digest": bytes_digest(evidence)}
    number = "" if candidate.registered is None else f" {candidate.registered}"
    words = f"version{number} ({candidate.digest[:19]}…) of `{candidate.model}`"
    if present is not None and present.spec.version.digest == candidate.digest:
        if _is_covered(view, present, candidate):
            is_canary = present.spec.step is not None
            next_ = "--advance or --complete moves its canary" if is_canary else "train a new version to release one"
            raise AlreadyServedError(
                f"`{environment}` already serves this version of `{candidate.model}` through `{rollout.name}`; {next_}"
            )
        predicate = candidate.statement.predicate
        spec = present.plain_spec() | {
            "specs": predicate.specs,
            "datasets": dict(sorted(predicate.datasets.items())),
            "evidence": named,
        }
        summary = f"{rollout.name} in {environment} keeps {words}, with a new promotion statement"
    else:
        _refuse_edited(view, present)
        spec, start = _first_serving(view, rollout, candidate, named, present, step)
        summary = f"{rollout.name} in {environment} gets {words}{start}"
    files = {candidate.evidence_path: evidence}
    made = _promotion(view, rollout, present, spec, candidate.payload, candidate.origin, by, files, summary)
    return replace(made, note=_whereabouts(view, candidate))


def _whereabouts(view: View, candidate: Candidate) -> str:
    """That a model which was trained here is not where the environment loads it from."""
    environment = view.environment
    if environment is None or candidate.origin.kind != "run" or not is_remote(environment.spec.model_store):
        return ""
    uri = model_uri(environment.spec.model_store, candidate.model, candidate.digest)
    where = f"{environment.name} loads it from {uri}"
    return f"The model was trained locally; {where}. Promote again with `--upload` to copy it there."


def move_canary(view: View, rollout: Rollout, step: int | None, by: Promoter, *, complete: bool) -> Promotion:
    """Move the canary that is under way: to the next step, to `step`, or to its end.

    Raises:
        RefusalError: no canary is under way, it has no such step, its Release was edited since it was promoted, or its
            evidence is not in the repository.
    """
    present = view.release_of(rollout.name)
    environment = str(view.environment_name)
    if present is None or present.spec.step is None:
        raise RefusalError(f"no canary of `{rollout.name}` is running in `{environment}`")
    _refuse_edited(view, present)
    last = len(_steps(rollout)) - 1
    wanted = present.spec.step + 1 if step is None else step
    if step is not None and step > last:
        raise RefusalError(f"the canary of `{rollout.name}` has the steps 0 to {last}, and no step {step}")
    spec = present.plain_spec()
    origin = Origin("release", Released.of(present.name, spec, rollout.spec.model).content)
    if complete or wanted > last:
        del spec["step"]
        reached = "all of the traffic"
    else:
        spec["step"] = wanted
        reached = f"step {wanted}: {_share(rollout, wanted)} of the traffic"
    summary = f"{rollout.name} in {environment} goes to {reached}"
    return _promotion(view, rollout, present, spec, _gates_of(view, present), origin, by, {}, summary)


def _first_serving(
    view: View,
    rollout: Rollout,
    candidate: Candidate,
    evidence: dict[str, str],
    present: Release | None,
    step: int | None,
) -> tuple[dict[str, Any], str]:
    """The spec by which a version gets its first traffic, and in words how much, where it is not all."""
    version: dict[str, Any] = {"digest": candidate.digest}
    if candidate.registered is not None:
        version["registered"] = candidate.registered
    previous = _stable(present)
    ends = ""
    if previous is not None and previous.digest == candidate.digest:
        # The version that has the traffic gets the rest of it back from the canary beside it.
        if step is not None:
            raise RefusalError(
                f"`{rollout.name}` already gives this version the rest of the traffic, and no canary step"
            )
        previous, ends = None, ", and the canary beside it ends"
    predicate = candidate.statement.predicate
    spec: dict[str, Any] = {
        "rollout": rollout.name,
        "environment": str(view.environment_name),
        "version": version,
        "specs": predicate.specs,
        "datasets": dict(sorted(predicate.datasets.items())),
        "evidence": evidence,
    }
    if previous is not None:
        spec["previous"] = previous.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"model"})
    reached = _first_step(rollout, previous, step)
    if reached is None:
        return spec, ends
    spec["step"] = reached
    if present is not None and previous is not None:
        # What keeps the traffic is found in the store by its model, which the rollout may have served until now.
        named = previous.model if isinstance(previous, PreviousVersion) else None
        model = named or _model_of(_gates_of(view, present), present)
        spec["previous"] |= {"model": model} if model != candidate.model else {}
    return spec, f", step {reached} of its canary: {_share(rollout, reached)} of the traffic"


def _promotion(
    view: View,
    rollout: Rollout,
    present: Release | None,
    spec: dict[str, Any],
    gates: bytes,
    origin: Origin,
    by: Promoter,
    files: dict[str, bytes],
    summary: str,
) -> Promotion:
    """The promotion to what `spec` says: its statement, and the Release that names it."""
    metadata = _metadata(view, rollout, present)
    if present is None and view.find(Release, metadata["name"]) is not None:
        raise _same_name(view, rollout, metadata["name"])
    complete, statement = attested(metadata["name"], spec, rollout.spec.model, gates, origin, by)
    path, text = _file(view, rollout, metadata, complete)
    return Promotion({**files, **statement, path: text}, summary)


def _evidence_file(view: View, candidate: Candidate, by: Promoter) -> bytes:
    """The gates' statement as the repository is to hold it.

    A file that is there already stays, with whatever signatures it has: other releases carry its digest. The
    statement of a run on this machine is signed by whoever promotes it; one from elsewhere is vouched for by those who
    signed it there, or by nobody.
    """
    there = view.catalog.repository.read(candidate.evidence_path)
    if there is not None and _payload(there) == candidate.payload:
        return there
    if by.sign is not None and candidate.origin.kind == "run":
        return by.sign(candidate.payload)
    return candidate.evidence


def _is_covered(view: View, present: Release, candidate: Candidate) -> bool:
    """Whether a Release rests on the candidate's statement already, by a promotion that fits it."""
    named = present.spec.promotion
    evidence = view.catalog.repository.read(present.spec.evidence.path)
    data = view.catalog.repository.read(named.path) if named is not None else None
    if named is None or data is None or bytes_digest(data) != named.digest:
        return False
    if evidence is None or _payload(evidence) != candidate.payload:
        return False
    released = Released.of(present.name, present.plain_spec(), candidate.model)
    try:
        promotion = parse_promotion(payload_of(data))
    except (EnvelopeError, StatementError):
        return False
    return not any(promotion.contradictions(released, bytes_digest(candidate.payload)))


def _refuse_edited(view: View, present: Release | None) -> None:
    """Stop where a Release says something else than its promotion: a digest that somebody wrote would be vouched for.

    What cannot be read, or names no promotion, shows no such edit; the review looks at what the base serves.
    """
    named = present.spec.promotion if present is not None else None
    data = view.catalog.repository.read(named.path) if named is not None else None
    if present is None or data is None:
        return
    try:
        promoted = parse_promotion(payload_of(data)).of
    except (EnvelopeError, StatementError):
        return
    if promoted.content != Released.of(present.name, present.plain_spec(), promoted.model).content:
        file = view.catalog.span(SpecId("Release", present.name)).path
        raise RefusalError(
            f"the Release `{present.name}` has been edited since it was promoted; restore {file}, or promote the "
            "version that it names first"
        )


def _gates_of(view: View, present: Release) -> bytes:
    """The payload of the gates' statement that a Release names."""
    named = present.spec.evidence
    data = view.catalog.repository.read(named.path)
    if data is None or bytes_digest(data) != named.digest:
        found = "is not in the repository" if data is None else "does not have the digest that the Release names"
        raise RefusalError(f"the evidence {named.path} of `{present.name}` {found}; promote the version again")
    payload = _payload(data)
    if payload is None:
        raise RefusalError(f"the evidence {named.path} of `{present.name}` cannot be read; promote the version again")
    return payload


def _model_of(gates: bytes, present: Release) -> str:
    try:
        return parse_gates(gates).model
    except StatementError as error:
        raise RefusalError(
            f"the evidence {present.spec.evidence.path} of `{present.name}` cannot be read: {error}"
        ) from None


def _payload(data: bytes) -> bytes | None:
    try:
        return payload_of(data)
    except EnvelopeError:
        return None


def _stable(present: Release | None) -> Version | None:
    """The version that keeps the traffic while another one gets its first share."""
    if present is None:
        return None
    return present.spec.version if present.spec.step is None else present.spec.previous


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


def _metadata(view: View, rollout: Rollout, present: Release | None) -> dict[str, Any]:
    """Who the Release is; what people have added stays."""
    environment = str(view.environment_name)
    if present is not None:
        return present.metadata.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {
        "name": _name(environment, rollout.name),
        "owner": rollout.metadata.owner,
        "description": f"What {environment} serves for {rollout.name}.",
    }


def _file(view: View, rollout: Rollout, metadata: dict[str, Any], spec: dict[str, Any]) -> tuple[str, bytes]:
    """Path and text of the Release's file."""
    environment = str(view.environment_name)
    path = f"{FOLDER}/{environment}-{rollout.name}.yaml"
    release_id = SpecId("Release", metadata["name"])
    if view.catalog.document(release_id) is not None:
        found = view.catalog.span(release_id).path
        if found != path:
            raise RefusalError(
                f"the Release `{release_id.name}` is in {found}; move it to {path}, which this command rewrites"
            )
    documents = ((spec_id, view.catalog.document(spec_id)) for spec_id in view.catalog.ids())
    others = [each for each, document in documents if document is not None and document.file.path == path]
    if strangers := [str(each) for each in others if each != release_id]:
        raise RefusalError(f"{path} also holds `{strangers[0]}`, and this command rewrites the file; move it elsewhere")
    value = {"apiVersion": "penstock/v1", "kind": "Release", "metadata": metadata, "spec": spec}
    return path, (HEADER.format(environment=environment) + emit_yaml(value)).encode()


def _same_name(view: View, rollout: Rollout, name: str) -> RefusalError:
    """Of `a-b` in `c` and of `b` in `c-a` the Releases would have one name, and the newer would replace the older."""
    other = view.release(name).spec
    return RefusalError(
        f"the Release of `{rollout.name}` in `{view.environment_name}` would be named `{name}`, as is that of "
        f"`{other.rollout}` in `{other.environment}`; rename one of the rollouts"
    )


def _name(environment: str, rollout: str) -> str:
    name = f"{environment}-{rollout}"
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:41].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
