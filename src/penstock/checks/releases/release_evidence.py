"""The evidence of a release does not match it.

What it does: reads the attestation that a Release names, compares its digest, model, specs and datasets with those of
the release, and looks for blocking rules that failed. If the Release also names the attestation of its promotion, that
must be for this Release and refer to this gate attestation. Signatures, and whether an attestation is required, are
checked by the review, which knows the keys on the base.

Why: evidence of another model or run proves nothing about the served version.

Example: a version is rolled back by hand, but `evidence` still names the attestation of the newer one. Or the step of a
canary is edited by hand, but `promotion` still states the previous step.

Use instead: let `penstock promote` write the Release; it copies the attestation of the version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from penstock.catalog.model import View
from penstock.checks.rule import linked, rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.canonical import bytes_digest
from penstock.source.writing.findings import KEPT_LINE_ENDS
from penstock.specs.release import Release
from penstock.specs.rollout import Rollout

_AGAIN = "promote the version again: `penstock promote` copies from the evidence what the version was made from"


@rule("release-evidence")
def release_evidence(view: View, release: Release) -> Iterator[Diagnostic]:
    """Yields what does not fit between a release and its statement."""
    # What reads statements is loaded where there is a release; most repositories are checked without.
    from penstock.source.attestations.gates import GATES_TYPE
    from penstock.source.envelope import payload_of

    evidence = release.spec.evidence
    path = partial(view.span, release, ("evidence", "path"))
    data = view.read_file(evidence.path)
    if data is None:
        yield Diagnostic.error(
            "release-evidence",
            "the evidence of the release is not in the repository",
            path(),
            help=linked(view, [evidence.path]) or ("commit the file that `penstock promote` wrote, with the release",),
        )
        return
    digest = bytes_digest(data)
    if digest != evidence.digest:
        yield Diagnostic.error(
            "release-evidence",
            "the evidence file has changed since the release",
            view.span(release, ("evidence", "digest")),
            f"the file has {_short(digest)}",
            secondary=(Label(path(), "this file"),),
            help=_checked_out(data, evidence.digest) or ("promote the version again; evidence must not be edited",),
        )
        return
    statement = _statement(data)
    if statement is None:
        yield Diagnostic.error(
            "release-evidence", "the evidence is not a gate attestation", path(), f"expected the type `{GATES_TYPE}`"
        )
        return
    yield from _comparisons(view, release, statement)
    yield from _promotion(view, release, bytes_digest(payload_of(data)))


def _promotion(view: View, release: Release, gates: str) -> Iterator[Diagnostic]:
    """What does not fit between a release and the statement of its promotion; `gates` is what it is to rest on."""
    named = release.spec.promotion
    if named is None:
        return
    path = partial(view.span, release, ("promotion", "path"))
    data = view.read_file(named.path)
    again = ("let `penstock promote` write the release and its attestation",)
    if data is None:
        yield Diagnostic.error(
            "release-evidence",
            "the promotion attestation is not in the repository",
            path(),
            help=linked(view, [named.path]) or ("commit the file that `penstock promote` wrote, with the release",),
        )
        return
    if bytes_digest(data) != named.digest:
        yield Diagnostic.error(
            "release-evidence",
            "the promotion attestation has changed since the release",
            view.span(release, ("promotion", "digest")),
            f"the file has {_short(bytes_digest(data))}",
            secondary=(Label(path(), "this file"),),
            help=_checked_out(data, named.digest) or again,
        )
        return
    from penstock.source.attestations.promotion import Released, parse_promotion
    from penstock.source.attestations.statement import StatementError
    from penstock.source.envelope import EnvelopeError, payload_of

    try:
        promotion = parse_promotion(payload_of(data))
    except (EnvelopeError, StatementError) as error:
        yield Diagnostic.error(
            "release-evidence", "the promotion attestation is invalid", path(), str(error), help=again
        )
        return
    rollout = view.in_environment(release.spec.environment).find(Rollout, release.spec.rollout)
    if rollout is None or rollout.spec.model != promotion.of.model:
        # Of another model the evidence speaks too.
        return
    released = Released.of(release.name, release.plain_spec(), rollout.spec.model)
    wrong = tuple(promotion.contradictions(released, gates))
    if wrong:
        yield Diagnostic.error(
            "release-evidence",
            "the release differs from its promotion attestation",
            path(),
            wrong[0],
            help=(*wrong[1:], *again),
        )


def _checked_out(data: bytes, digest: str) -> tuple[str, ...]:
    """What mends a file that is the right one but for its line ends; nothing where it is another."""
    if bytes_digest(data.replace(b"\r\n", b"\n")) != digest:
        return ()
    return (f"git converted its line endings to CRLF: {KEPT_LINE_ENDS}",)


def _comparisons(view: View, release: Release, statement: dict[str, Any]) -> Iterator[Diagnostic]:
    path = partial(view.span, release, ("evidence", "path"))
    by_this = "by this evidence"
    subject: dict[str, Any] = next(iter(statement.get("subject") or [{}]), {})
    model = f"sha256:{subject.get('digest', {}).get('sha256', '')}"
    predicate = statement["predicate"]
    served_in = view.in_environment(release.spec.environment)
    rollout = served_in.find(Rollout, release.spec.rollout)
    trained = str(subject.get("name"))
    if rollout is not None and trained != (served := rollout.spec.model):
        yield Diagnostic.error(
            "release-evidence",
            f"the release is a version of `{trained}`, but its rollout serves `{served}`",
            served_in.span(rollout, ("model",)),
            f"the version belongs to `{trained}`",
            secondary=(Label(path(), by_this),),
            help=(
                f"declare `{served}` beside `{trained}`, train it, and change the rollout in the same pull "
                "request as the release that `penstock promote` writes",
            ),
        )
    if model != release.spec.version.digest:
        yield Diagnostic.error(
            "release-evidence",
            "the evidence is for another version",
            view.span(release, ("version", "digest")),
            f"the evidence is for {_short(model)}",
            secondary=(Label(path(), by_this),),
            help=("promote the version again, or release the version of the evidence",),
        )
    if predicate.get("specs") != release.spec.specs:
        yield Diagnostic.error(
            "release-evidence",
            "the evidence was made from different specs",
            view.span(release, ("specs",)),
            f"the evidence has {_short(str(predicate.get('specs')))}",
            secondary=(Label(path(), by_this),),
            help=(_AGAIN,),
        )
    stated = predicate.get("datasets")
    for name, fingerprint in release.spec.datasets.items():
        if isinstance(stated, dict) and stated.get(name) != fingerprint:
            yield Diagnostic.error(
                "release-evidence",
                f"the evidence was made from different data of `{name}`",
                view.span(release, ("datasets", name)),
                secondary=(Label(path(), by_this),),
                help=(_AGAIN,),
            )
    for gate in predicate.get("gates") or ():
        for one in gate.get("rules") or ():
            if one.get("outcome") == "fail":
                yield Diagnostic.error(
                    "release-evidence",
                    f"the version failed the rule `{one.get('id')}` of the gate `{gate.get('gate')}`",
                    path(),
                    help=("a version that fails a blocking rule cannot be released",),
                )


def _statement(data: bytes) -> dict[str, Any] | None:
    from penstock.source.attestations.gates import GATES_TYPE
    from penstock.source.envelope import payload_of

    try:
        value = json.loads(payload_of(data))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or value.get("predicateType") != GATES_TYPE:
        return None
    predicate = value.get("predicate")
    if not isinstance(predicate, dict):
        return None
    subjects, gates = _records(value.get("subject")), _records(predicate.get("gates"))
    rules = [_records(gate.get("rules")) for gate in gates or ()]
    well_formed = subjects is not None and gates is not None and None not in rules
    return value if well_formed and all(isinstance(one.get("digest", {}), dict) for one in subjects or ()) else None


def _records(value: Any) -> list[dict[str, Any]] | None:
    """A list of mappings, empty where there is nothing; None for anything else."""
    items = [] if value is None else value
    return items if isinstance(items, list) and all(isinstance(one, dict) for one in items) else None


def _short(digest: str) -> str:
    return f"{digest[:19]}…" if len(digest) > 20 else digest
