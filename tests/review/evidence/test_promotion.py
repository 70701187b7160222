"""A promotion binds its Release to the gates' statement, the model and the specs; each link is attacked here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
import yaml

from penstock.catalog.load import load_work_tree
from penstock.review.evidence.dsse import holds, sign
from penstock.review.evidence.keys import KeySet
from penstock.review.evidence.verify import Evidence, EvidenceFinding, verify
from penstock.source.attestations.promotion import parse_promotion
from penstock.source.attestations.statement import StatementError
from penstock.source.canonical import bytes_digest
from penstock.source.envelope import Envelope, Signature, payload_of, read_envelope
from penstock.specs.approval_policy import Key
from penstock.specs.release import Release
from review.releases import (
    NAME,
    NOW,
    PATH,
    PROMOTION_PATH,
    RELEASE_PATH,
    Edit,
    Signer,
    plain,
    promotion,
    release,
    signer,
    statement,
)
from review.repositories import Repository, set_at

OTHER = "sha256:" + "b" * 64


def judged(repository: Repository, *keys: Signer, **how: Any) -> Evidence:
    catalog = load_work_tree(repository.root)
    found = catalog.view(None).find(Release, NAME)
    assert found is not None
    return verify(catalog, found, KeySet.of(Key.model_validate(key.as_spec()) for key in keys), NOW, **how)


def link(evidence: Evidence, of: str) -> EvidenceFinding:
    [found] = [one for one in evidence.findings if one.of == of]
    return found


def edited(repository: Repository, change: Edit) -> None:
    """Edit the Release after it was promoted."""
    document = yaml.safe_load(repository.read(RELEASE_PATH))
    change(document["spec"])
    repository.write(RELEASE_PATH, yaml.safe_dump(document, sort_keys=False))


def put(repository: Repository, key: str, data: bytes, path: str) -> None:
    """Put a file in the place of one of the two statements; the Release carries its digest."""
    repository.write(path, data)
    edited(repository, lambda spec: spec.update({key: {"path": path, "digest": bytes_digest(data)}}))


def test_a_promotion_that_fits_is_valid(repository: Repository) -> None:
    trainer, promoter = signer("trainer"), signer("promoter")
    release(repository, trainer, promoted_by=promoter)
    found = judged(repository, trainer, promoter)
    assert link(found, "gates") == EvidenceFinding("gates", "valid", ("signed by the key `trainer`",))
    assert link(found, "promotion") == EvidenceFinding("promotion", "valid", ("signed by the key `promoter`",))


def test_a_release_that_nobody_promoted_lacks_its_promotion(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    edited(repository, lambda spec: spec.pop("promotion"))
    found = judged(repository, key)
    assert (found.state, link(found, "gates").state) == ("missing", "valid")
    assert "names no promotion statement" in found.reasons[0]


def test_a_promotion_that_is_not_there_is_missing(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    (repository.root / PROMOTION_PATH).unlink()
    assert judged(repository, key).reasons == (f"promotion: {PROMOTION_PATH} is not in the repository",)


def _model(value: dict[str, Any]) -> None:
    value["subject"][0]["digest"]["sha256"] = "b" * 64


def _model_name(value: dict[str, Any]) -> None:
    value["subject"][0]["name"] = "another"


def _release(value: dict[str, Any]) -> None:
    value["subject"][1]["name"] = "Release/another"


def _content(value: dict[str, Any]) -> None:
    value["subject"][1]["digest"]["sha256"] = "b" * 64


def _one_subject(value: dict[str, Any]) -> None:
    del value["subject"][1]


def _more_subjects(value: dict[str, Any]) -> None:
    value["subject"].append(value["subject"][1])


def _more_digests(value: dict[str, Any]) -> None:
    value["subject"][0]["digest"]["sha512"] = "b" * 128


def _type(value: dict[str, Any]) -> None:
    value["predicateType"] = "urn:penstock:gate-evidence:v1"


def _no_zone(value: dict[str, Any]) -> None:
    value["predicate"]["created"] = "2026-03-02T09:00:00"


def _future(value: dict[str, Any]) -> None:
    value["predicate"]["created"] = (NOW + timedelta(hours=1)).isoformat()


def _before_its_gates(value: dict[str, Any]) -> None:
    value["predicate"]["created"] = (NOW - timedelta(hours=1)).isoformat()


def _set(field: str, to: object) -> Edit:
    def change(value: dict[str, Any]) -> None:
        value["predicate"][field] = to

    return change


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (_model, "promotes `delay` sha256:bbbbbbbbbbbb…, not `delay` sha256:aaaaaaaaaaaa…"),
        (_model_name, "promotes `another` sha256:aaaaaaaaaaaa…, not `delay`"),
        (_release, "promotes the Release `another`, not `production-delay-online`"),
        (_content, "the Release has been edited since it was promoted"),
        (_set("environment", "staging"), "promotes to `staging`, not to `production`"),
        (_set("rollout", "delay-batch"), "promotes with the rollout `delay-batch`, not with `delay-online`"),
        (_set("step", 1), "promotes to step 1 of its canary, not to all of the traffic"),
        (_set("previous", OTHER), "replaces sha256:bbbbbbbbbbbb…, not nothing"),
        (_set("gates", OTHER), "refers to another gate attestation than the Release"),
        (_set("gates", "none"), "its `predicate.gates` is not a digest"),
        (_set("origin", {"kind": "hand", "name": "mine"}), "its `predicate.origin.kind` is missing or invalid"),
        (_one_subject, "not exactly one model and one Release"),
        (_more_subjects, "not exactly one model and one Release"),
        (_more_digests, "must have exactly one digest"),
        (_type, "not an in-toto statement of the type urn:penstock:promotion:v1"),
        (_no_zone, "no time zone"),
        (_future, "dated in the future"),
        (_before_its_gates, "older than the gates' statement"),
    ],
)
def test_a_signed_promotion_must_be_of_this_release(repository: Repository, edit: Edit, says: str) -> None:
    key = signer()
    release(repository, key, promoted=edit)
    found = judged(repository, key)
    assert (found.state, link(found, "gates").state) == ("mismatched", "valid")
    assert any(says in reason for reason in found.reasons), found.reasons


def _other_version(spec: dict[str, Any]) -> None:
    spec["version"] = {"digest": OTHER}


def _other_step(spec: dict[str, Any]) -> None:
    spec["step"] = 1


def _other_data(spec: dict[str, Any]) -> None:
    spec["datasets"] = {"flights": OTHER}


def _other_specs(spec: dict[str, Any]) -> None:
    spec["specs"] = OTHER


def _other_number(spec: dict[str, Any]) -> None:
    spec["version"] = {**spec["version"], "registered": 7}


def _other_previous(spec: dict[str, Any]) -> None:
    spec["previous"] = {"digest": OTHER}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_other_version, "it promotes `delay` sha256:aaaaaaaaaaaa…, not `delay` sha256:bbbbbbbbbbbb…"),
        (_other_step, "it promotes to all of the traffic, not to step 1 of its canary"),
        (_other_previous, "it replaces nothing, not sha256:bbbbbbbbbbbb…"),
        (_other_data, "the Release has been edited since it was promoted"),
        (_other_specs, "the Release has been edited since it was promoted"),
        (_other_number, "the Release has been edited since it was promoted"),
    ],
)
def test_a_release_that_was_edited_after_its_promotion_is_refused(
    repository: Repository, change: Edit, says: str
) -> None:
    key = signer()
    release(repository, key)
    edited(repository, change)
    assert link(judged(repository, key), "promotion") == EvidenceFinding("promotion", "mismatched", (says,))


def test_a_promotion_of_another_release_is_refused_though_it_is_signed(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    gates = payload_of((repository.root / PATH).read_bytes())
    spec = yaml.safe_load(repository.read(RELEASE_PATH))["spec"]
    for other in ({"environment": "staging"}, {"rollout": "delay-batch"}):
        states = plain(promotion({**spec, **other}, gates, NOW, name="staging-delay-online"))
        put(repository, "promotion", sign(states, key.pair.private_pem, key.id).as_bytes(), PROMOTION_PATH)
        found = link(judged(repository, key), "promotion")
        assert found.state == "mismatched"
        assert "it promotes the Release `staging-delay-online`, not `production-delay-online`" in found.reasons


def test_gates_that_judged_the_same_version_another_time_are_not_those_it_was_promoted_on(
    repository: Repository,
) -> None:
    key = signer()
    release(repository, key)
    other = plain(statement(repository, created=NOW - timedelta(seconds=1)))
    put(repository, "evidence", sign(other, key.pair.private_pem, key.id).as_bytes(), PATH)
    found = judged(repository, key)
    assert link(found, "gates").state == "valid"
    assert link(found, "promotion").reasons == ("it refers to another gate attestation than the Release",)


def test_gates_that_cannot_be_read_leave_the_promotion_without_what_it_rests_on(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    (repository.root / PATH).unlink()
    found = judged(repository, key)
    assert (found.state, link(found, "promotion").state) == ("missing", "mismatched")


@pytest.mark.parametrize(("key", "path"), [("evidence", PATH), ("promotion", PROMOTION_PATH)])
def test_one_statement_does_not_stand_in_for_the_other(repository: Repository, key: str, path: str) -> None:
    by = signer()
    release(repository, by)
    other = PROMOTION_PATH if path == PATH else PATH
    put(repository, key, (repository.root / other).read_bytes(), path)
    found = link(judged(repository, by), "gates" if key == "evidence" else "promotion")
    assert found.state == "mismatched"
    assert "not an in-toto statement of the type" in found.reasons[0]


def test_a_payload_that_was_altered_after_it_was_signed_is_refused(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    envelope = read_envelope((repository.root / PROMOTION_PATH).read_bytes())
    assert envelope is not None
    forged = envelope.payload.replace(b"20260302T090000Z-00", b"20260302T090000Z-01")
    assert forged != envelope.payload
    put(
        repository,
        "promotion",
        Envelope(envelope.payload_type, forged, envelope.signatures).as_bytes(),
        PROMOTION_PATH,
    )
    assert link(judged(repository, key), "promotion") == EvidenceFinding(
        "promotion", "mismatched", ("the signature by the key `ci` does not match this statement",)
    )


@pytest.mark.parametrize(
    ("key", "path", "of"), [("evidence", PATH, "gates"), ("promotion", PROMOTION_PATH, "promotion")]
)
def test_a_good_signature_over_a_payload_of_another_type_is_refused(
    repository: Repository, key: str, path: str, of: str
) -> None:
    """The same bytes, signed by a trusted key as something else: whoever signed that vouched for no statement."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    by = signer()
    release(repository, by)
    private = load_pem_private_key(by.pair.private_pem, password=None)
    assert isinstance(private, Ed25519PrivateKey)
    bare = Envelope("application/json", payload_of((repository.root / path).read_bytes()), ())
    signed = Envelope(*bare[:2], (Signature(by.id, private.sign(bare.signed_bytes())),))
    assert holds(signed, signed.signatures[0], by.pair.public)
    put(repository, key, signed.as_bytes(), path)
    assert link(judged(repository, by), of) == EvidenceFinding(
        of,  # type: ignore[arg-type]  # one of the two
        "mismatched",
        ("the signed payload is not of the type application/vnd.in-toto+json",),
    )


def test_a_rollout_that_asks_for_a_gate_of_another_model_is_refused(repository: Repository) -> None:
    """All gates of the model passed, and the one that the rollout relies on has judged something else."""

    key = signer()
    release(repository, key)
    assert judged(repository, key).state == "valid"
    repository.edit(set_at("Rollout", "delay-online", "gate", to="other-gate"))
    assert link(judged(repository, key), "gates") == EvidenceFinding(
        "gates", "mismatched", ("the rollout requires the gate `other-gate`, which evaluates another model",)
    )


def _nobody(key: Signer) -> tuple[Signer | None, tuple[Signer, ...]]:
    return None, ()


def _stranger(key: Signer) -> tuple[Signer | None, tuple[Signer, ...]]:
    return signer("mallory"), ()


def _expired(key: Signer) -> tuple[Signer | None, tuple[Signer, ...]]:
    old = signer("old", until="2026-02-01T00:00:00+00:00")
    return old, (old,)


def _revoked(key: Signer) -> tuple[Signer | None, tuple[Signer, ...]]:
    leaked = signer("leaked", revoked=True)
    return leaked, (leaked,)


@pytest.mark.parametrize(
    ("how", "state"),
    [(_stranger, "unsigned"), (_expired, "expired"), (_revoked, "revoked"), (_nobody, "unsigned")],
)
def test_what_no_valid_key_has_signed_is_no_promotion(
    repository: Repository,
    how: Callable[[Signer], tuple[Signer | None, tuple[Signer, ...]]],
    state: str,
) -> None:
    key = signer()
    by, trusted = how(key)
    release(repository, key, promoted_by=by)
    if by is None:
        data = payload_of((repository.root / PROMOTION_PATH).read_bytes())
        put(repository, "promotion", data, PROMOTION_PATH)
    found = judged(repository, key, *trusted)
    assert (found.state, link(found, "gates").state, link(found, "promotion").state) == (state, "valid", state)


def test_the_worse_of_the_two_is_what_the_evidence_is_worth(repository: Repository) -> None:
    key, leaked = signer(), signer("leaked", revoked=True)
    release(repository, leaked, promoted_by=key)
    assert judged(repository, key, leaked).state == "revoked"
    (repository.root / PROMOTION_PATH).unlink()
    assert judged(repository, key, leaked).state == "missing"


def test_a_rollback_keeps_the_promotion_that_it_was_served_by(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    repository.replace("atLeast: 0.70", "atLeast: 0.60")
    assert judged(repository, key, is_rollback=True).state == "valid"
    edited(repository, _other_step)
    assert judged(repository, key, is_rollback=True).state == "mismatched"


def test_a_statement_is_read_as_it_was_written(repository: Repository) -> None:
    release(repository, None)
    made = parse_promotion((repository.root / PROMOTION_PATH).read_bytes())
    assert parse_promotion(made.as_bytes()) == made
    assert orjson.loads(made.as_bytes()) == orjson.loads((repository.root / PROMOTION_PATH).read_bytes())
    with pytest.raises(StatementError, match="it is not valid JSON"):
        parse_promotion(b"{")
