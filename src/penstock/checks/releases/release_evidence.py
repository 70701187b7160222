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

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from penstock.catalog.model import View
from penstock.checks.rule import linked, rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.canonical import bytes_digest
from penstock.source.model import Pointer
from penstock.source.writing.findings import KEPT_LINE_ENDS
from penstock.specs.model import Model
from penstock.specs.release import Evidence, PromotionStatement, Release
from penstock.specs.rollout import Rollout

if TYPE_CHECKING:
    from penstock.source.attestations.gates import GateStatement


class _Words(NamedTuple):
    """What is said of a file that a release names where it is not the file that was named."""

    missing: str
    changed: str
    again: str


_EVIDENCE = _Words(
    "the evidence of the release is not in the repository",
    "the evidence file has changed since the release",
    "promote the version again; evidence must not be edited",
)
_PROMOTION = _Words(
    "the promotion attestation is not in the repository",
    "the promotion attestation has changed since the release",
    "let `penstock promote` write the release and its attestation",
)
_AGAIN = "promote the version again: `penstock promote` copies from the evidence what the version was made from"


@rule("release-evidence")
def release_evidence(view: View, release: Release) -> Iterator[Diagnostic]:
    """Yields what does not fit between a release and its statements."""
    data = _file(view, release, "evidence", release.spec.evidence, _EVIDENCE)
    if isinstance(data, Diagnostic):
        yield data
        return
    # What reads statements is loaded where there is a release; most repositories are checked without.
    from penstock.source.attestations.gates import parse_gates
    from penstock.source.attestations.statement import StatementError
    from penstock.source.envelope import EnvelopeError, payload_of

    try:
        payload = payload_of(data)
        statement = parse_gates(payload)
    except (EnvelopeError, StatementError) as error:
        yield Diagnostic.error(
            "release-evidence",
            "the evidence is not a valid gate attestation",
            view.span(release, ("evidence", "path")),
            str(error),
            help=(_EVIDENCE.again,),
        )
        return
    yield from _served_model(view, release, statement)
    yield from _differences(view, release, statement)
    yield from _refusals(view, release, statement)
    yield from _promotion(view, release, statement, bytes_digest(payload))


def _file(
    view: View,
    release: Release,
    key: Literal["evidence", "promotion"],
    named: Evidence | PromotionStatement,
    words: _Words,
) -> bytes | Diagnostic:
    """The bytes of a file that the release names under a key, or why they are not the ones that it names."""
    path = partial(view.span, release, (key, "path"))
    data = view.read_file(named.path)
    if data is None:
        commit = "commit the file that `penstock promote` wrote, with the release"
        helps = linked(view, [named.path]) or (commit,)
        return Diagnostic.error("release-evidence", words.missing, path(), help=helps)
    digest = bytes_digest(data)
    if digest == named.digest:
        return data
    return Diagnostic.error(
        "release-evidence",
        words.changed,
        view.span(release, (key, "digest")),
        f"the file has {_short(digest)}",
        secondary=(Label(path(), "this file"),),
        help=_checked_out(data, named.digest) or (words.again,),
    )


def _checked_out(data: bytes, digest: str) -> tuple[str, ...]:
    """What mends a file that is the right one but for its line ends; nothing where it is another."""
    if bytes_digest(data.replace(b"\r\n", b"\n")) != digest:
        return ()
    return (f"git converted its line endings to CRLF: {KEPT_LINE_ENDS}",)


def _served_model(view: View, release: Release, statement: GateStatement) -> Iterator[Diagnostic]:
    """Evidence of a model that the rollout does not serve."""
    served_in = view.in_environment(release.spec.environment)
    rollout = served_in.find(Rollout, release.spec.rollout)
    if rollout is None or rollout.spec.model == statement.model or served_in.find(Model, rollout.spec.model) is None:
        return
    served, trained = rollout.spec.model, statement.model
    environment = release.spec.environment
    # A promotion goes through the environments one after the other, and here the rollout has only one model.
    later = (
        f"for `{environment}` to follow later, keep the former model and its gate there: "
        f"`overrides: {{{environment}: {{model: {trained}, gate: ...}}}}`"
    )
    yield Diagnostic.error(
        "release-evidence",
        f"the release is a version of `{trained}`, but its rollout serves `{served}`",
        served_in.span(rollout, ("model",)),
        f"the version belongs to `{trained}`",
        secondary=(_by_this(view, release),),
        help=(
            f"declare `{served}` beside `{trained}`, train it, and change the rollout in the same pull "
            "request as the release that `penstock promote` writes",
            *((later,) if len(rollout.spec.environments) > 1 else ()),
        ),
    )


def _differences(view: View, release: Release, statement: GateStatement) -> Iterator[Diagnostic]:
    """Digests of the release that are not those of the evidence."""
    spec, predicate = release.spec, statement.predicate

    def differs(pointer: Pointer, headline: str, label: str = "", advice: str = _AGAIN) -> Diagnostic:
        at = view.span(release, pointer)
        secondary = (_by_this(view, release),)
        return Diagnostic.error("release-evidence", headline, at, label, secondary=secondary, help=(advice,))

    if statement.digest != spec.version.digest:
        label = f"the evidence is for {_short(statement.digest)}"
        advice = "promote the version again, or release the version of the evidence"
        yield differs(("version", "digest"), "the evidence is for another version", label, advice)
    if predicate.specs != spec.specs:
        label = f"the evidence has {_short(predicate.specs)}"
        yield differs(("specs",), "the evidence was made from different specs", label)
    for name, fingerprint in spec.datasets.items():
        if predicate.datasets.get(name) != fingerprint:
            yield differs(("datasets", name), f"the evidence was made from different data of `{name}`")


def _refusals(view: View, release: Release, statement: GateStatement) -> Iterator[Diagnostic]:
    """Blocking rules that failed, and gates that did not pass although none of their rules did."""
    path = partial(view.span, release, ("evidence", "path"))
    for gate in statement.predicate.gates:
        failed = [one.id for one in gate.rules if one.outcome == "fail"]
        headlines = [f"the version failed the rule `{name}` of the gate `{gate.gate}`" for name in failed]
        if not gate.passed and not failed:
            headlines.append(f"the version did not pass the gate `{gate.gate}`")
        for headline in headlines:
            advice = "a version that fails a blocking rule cannot be released"
            yield Diagnostic.error("release-evidence", headline, path(), help=(advice,))


def _promotion(view: View, release: Release, evidence: GateStatement, digest: str) -> Iterator[Diagnostic]:
    """What does not fit between a release and the statement of its promotion, which is to rest on the evidence."""
    if release.spec.promotion is None:
        return
    data = _file(view, release, "promotion", release.spec.promotion, _PROMOTION)
    if isinstance(data, Diagnostic):
        yield data
        return
    from penstock.source.attestations.promotion import Released, parse_promotion
    from penstock.source.attestations.statement import StatementError
    from penstock.source.envelope import EnvelopeError, payload_of

    path = partial(view.span, release, ("promotion", "path"))
    try:
        promotion = parse_promotion(payload_of(data))
    except (EnvelopeError, StatementError) as error:
        headline = "the promotion attestation is invalid"
        yield Diagnostic.error("release-evidence", headline, path(), str(error), help=(_PROMOTION.again,))
        return
    rollout = view.in_environment(release.spec.environment).find(Rollout, release.spec.rollout)
    if rollout is None or rollout.spec.model != evidence.model:
        # That the evidence is of another model is told already.
        return
    released = Released.of(release.name, release.plain_spec(), rollout.spec.model)
    wrong = tuple(promotion.contradictions(released, digest))
    if wrong:
        yield Diagnostic.error(
            "release-evidence",
            "the release differs from its promotion attestation",
            path(),
            wrong[0],
            help=(*wrong[1:], _PROMOTION.again),
        )


def _by_this(view: View, release: Release) -> Label:
    return Label(view.span(release, ("evidence", "path")), "by this evidence")


def _short(digest: str) -> str:
    return f"{digest[:19]}…"
