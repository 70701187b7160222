"""A release's evidence is worth what its signature, its subject and its time are worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import yaml

from penstock.catalog.load import load_commit, load_work_tree
from penstock.review.evidence.dsse import KeyFileError, holds, new_key, public_key_of, sign
from penstock.review.evidence.keys import KeySet
from penstock.review.evidence.verify import Evidence, evidence_of, verify
from penstock.source.canonical import bytes_digest
from penstock.source.envelope import Envelope, EnvelopeError, Signature, payload_of, read_envelope
from penstock.specs.approval_policy import Key
from penstock.specs.release import Release
from review.releases import NAME, NOW, PATH, RELEASE_PATH, Signer, release, signer
from review.repositories import Repository


def judged(repository: Repository, *keys: Signer, later: timedelta = timedelta(0), **how: Any) -> Evidence:
    catalog = load_work_tree(repository.root)
    found = catalog.view(None).find(Release, NAME)
    assert found is not None
    trusted = KeySet.of(Key.model_validate(key.as_spec()) for key in keys)
    return verify(catalog, found, trusted, NOW + later, **how)


def test_signed_evidence_of_this_very_version_is_valid(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    found = judged(repository, key)
    assert found.state == "valid"
    assert found.reasons == ("gates: signed by the key `ci`", "promotion: signed by the key `ci`")


def test_a_bare_statement_is_unsigned(repository: Repository) -> None:
    release(repository, None)
    found = judged(repository, signer())
    assert found.state == "unsigned"
    assert found.reasons == (
        "gates: the statement is not signed: `penstock evidence sign` signs it",
        "promotion: the statement is not signed: `penstock evidence sign` signs it",
    )


def test_evidence_that_is_not_there_is_missing(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    (repository.root / PATH).unlink()
    assert judged(repository, key).state == "missing"


def test_a_link_out_of_the_repository_is_missing(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    outside = repository.root.parent / "outside.json"
    (repository.root / PATH).rename(outside)
    (repository.root / PATH).symlink_to(outside)
    assert judged(repository, key).state == "missing"


def _subject(value: dict[str, Any]) -> None:
    value["subject"][0]["digest"]["sha256"] = "b" * 64


def _two_subjects(value: dict[str, Any]) -> None:
    value["subject"].append({"name": "delay", "digest": {"sha256": "b" * 64}})


def _no_digest(value: dict[str, Any]) -> None:
    value["subject"][0]["digest"]["sha256"] = "A" * 64


def _two_digests(value: dict[str, Any]) -> None:
    value["subject"][0]["digest"]["sha512"] = "b" * 128


def _model(value: dict[str, Any]) -> None:
    value["subject"][0]["name"] = "another"


def _specs(value: dict[str, Any]) -> None:
    value["predicate"]["specs"] = "sha256:" + "0" * 64


def _data(value: dict[str, Any]) -> None:
    value["predicate"]["datasets"]["flights"] = "sha256:" + "0" * 64


def _less_data(value: dict[str, Any]) -> None:
    value["predicate"]["datasets"] = {}


def _failed(value: dict[str, Any]) -> None:
    value["predicate"]["gates"][0]["rules"][0]["outcome"] = "fail"


def _not_passed(value: dict[str, Any]) -> None:
    value["predicate"]["gates"][0]["passed"] = False


def _only_warned(value: dict[str, Any]) -> None:
    value["predicate"]["gates"][0]["rules"][0]["outcome"] = "warn"


def _rule_left_out(value: dict[str, Any]) -> None:
    del value["predicate"]["gates"][0]["rules"][0]


def _rule_twice(value: dict[str, Any]) -> None:
    rules = value["predicate"]["gates"][0]["rules"]
    rules.append({**rules[0]})


def _gate_left_out(value: dict[str, Any]) -> None:
    value["predicate"]["gates"] = []


def _from_the_future(value: dict[str, Any]) -> None:
    value["predicate"]["created"] = (NOW + timedelta(hours=1)).isoformat()


def _no_zone(value: dict[str, Any]) -> None:
    value["predicate"]["created"] = "2026-03-02T09:00:00"


def _beyond_the_calendar(value: dict[str, Any]) -> None:
    value["predicate"]["created"] = "9999-12-31T23:59:59-14:00"


def _before_the_calendar(value: dict[str, Any]) -> None:
    value["predicate"]["created"] = "0001-01-01T00:00:00Z"


def _other_type(value: dict[str, Any]) -> None:
    value["predicateType"] = "https://slsa.dev/provenance/v1"


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (_subject, "about another version"),
        (_two_subjects, "not have exactly one model"),
        (_no_digest, "must have exactly one digest"),
        (_two_digests, "must have exactly one digest"),
        (_model, "about the model `another`"),
        (_specs, "made from other specs"),
        (_data, "made from other data than the Release names: flights"),
        (_less_data, "made from other data than the Release names: flights"),
        (_failed, "the gate `delay-release` failed: quality"),
        (_not_passed, "the gate `delay-release` failed"),
        (_only_warned, "does not say that these blocking rules of the gate `delay-release` hold: quality"),
        (_rule_left_out, "does not say that these blocking rules of the gate `delay-release` hold: quality"),
        (_rule_twice, "does not say that these blocking rules of the gate `delay-release` hold: quality"),
        (_gate_left_out, "the gate `delay-release` has not evaluated this version"),
        (_from_the_future, "dated in the future"),
        (_no_zone, "no time zone"),
        (_beyond_the_calendar, "beyond the calendar"),
        (_before_the_calendar, "beyond the calendar"),
        (_other_type, "not an in-toto statement of the type"),
    ],
)
def test_what_is_signed_must_be_of_this_release(
    repository: Repository, edit: Callable[[dict[str, Any]], None], says: str
) -> None:
    key = signer()
    release(repository, key, edit=edit)
    found = judged(repository, key)
    assert found.state == "mismatched"
    assert any(says in reason for reason in found.reasons), found.reasons


def test_evidence_of_specs_that_have_changed_since_is_mismatched(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    repository.replace("atLeast: 0.70", "atLeast: 0.60")
    found = judged(repository, key)
    assert found.state == "mismatched"
    assert "gates: the specs of `delay` are not those that the version was trained from" in found.reasons


def test_a_rollback_needs_no_specs_of_today(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    repository.replace("atLeast: 0.70", "atLeast: 0.60")
    assert judged(repository, key, is_rollback=True).state == "valid"


def test_a_file_that_was_edited_after_promotion_is_mismatched(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    repository.write(PATH, repository.read(PATH) + "\n")
    assert judged(repository, key).state == "mismatched"


def test_evidence_expires_as_its_gate_says(repository: Repository) -> None:
    repository.replace("  model: delay\n  rules:", "  model: delay\n  evidenceValid: 7d\n  rules:")
    key = signer()
    release(repository, key)
    assert judged(repository, key, later=timedelta(days=7)).state == "valid"
    late = judged(repository, key, later=timedelta(days=7, seconds=1))
    assert late.state == "expired"
    assert "accepts evidence for 7d" in late.reasons[0]


def test_an_altered_payload_does_not_verify(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    envelope = read_envelope(repository.read(PATH).encode())
    assert envelope is not None
    forged = Envelope(envelope.payload_type, envelope.payload.replace(b'"pass"', b'"skip"'), envelope.signatures)
    _replace(repository, forged.as_bytes())
    found = judged(repository, key)
    assert found.state == "mismatched"
    assert "gates: the signature by the key `ci` does not match this statement" in found.reasons


def test_a_signature_over_another_type_of_payload_does_not_count(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    envelope = read_envelope(repository.read(PATH).encode())
    assert envelope is not None
    _replace(repository, Envelope("text/plain", envelope.payload, envelope.signatures).as_bytes())
    assert judged(repository, key).state == "mismatched"


def test_a_stranger_s_signature_is_none_even_under_a_known_name(repository: Repository) -> None:
    known, stranger = signer("ci"), signer("mallory")
    release(repository, stranger)
    assert judged(repository, known).state == "unsigned"
    release(repository, Signer("ci", stranger.pair))
    assert judged(repository, known).state == "mismatched"


def test_a_stranger_s_signature_beside_a_known_one_takes_nothing_from_it(repository: Repository) -> None:
    known, stranger = signer("ci"), signer("mallory")
    release(repository, known)
    envelope = read_envelope(repository.read(PATH).encode())
    assert envelope is not None
    both = sign(envelope.payload, stranger.pair.private_pem, "mallory", earlier=envelope.signatures)
    _replace(repository, both.as_bytes())
    assert judged(repository, known).state == "valid"


def test_without_keys_in_the_policy_nothing_is_signed(repository: Repository) -> None:
    release(repository, signer())
    found = judged(repository)
    assert (found.state, found.reasons[0]) == (
        "unsigned",
        "gates: the policy of the base lists no key for evidence",
    )


def test_keys_are_rotated_and_old_evidence_keeps(repository: Repository) -> None:
    old = signer("old", until="2026-03-02T09:00:01+00:00")
    new = signer("new", from_="2026-03-02T09:00:01+00:00")
    release(repository, old)
    assert judged(repository, old, new, later=timedelta(days=30)).state == "valid"
    release(repository, old, created=NOW + timedelta(seconds=1))
    found = judged(repository, old, new, later=timedelta(days=30))
    assert (found.state, found.reasons[0].split(" when")[0]) == ("expired", "gates: the key `old` had expired")
    release(repository, new, created=NOW + timedelta(seconds=1))
    assert judged(repository, old, new, later=timedelta(days=30)).state == "valid", "of the second in which it begins"
    release(repository, new, created=NOW)
    early = judged(repository, old, new).reasons[0]
    # To the second, as the policy has it: a key that is made just after a promotion is of the same minute.
    assert early.endswith("the key `new` was not valid yet when the statement was made, 2026-03-02 09:00:00 UTC")


def test_a_revoked_key_voids_all_that_it_signed_under_every_name(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    revoked = Signer("gone", key.pair, revoked=True)
    assert judged(repository, Signer("ci", key.pair, revoked=True)).state == "revoked"
    found = judged(repository, key, revoked)
    assert found.state == "revoked"
    assert "its signatures are void" in found.reasons[0]


def test_a_revoked_key_is_the_same_key_in_other_letters(repository: Repository) -> None:
    """Two bits of the last letter belong to no byte: four texts of base64 are one key."""
    key = signer()
    release(repository, key)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    public = key.pair.public
    other = f"{public[:42]}{letters[letters.index(public[42]) + 1]}="
    revoked = Signer("gone", replace(key.pair, public=other), revoked=True)
    assert judged(repository, key, revoked).state == "revoked"


def test_an_override_cannot_serve_what_nothing_was_proved_of(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    document = yaml.safe_load(repository.read(RELEASE_PATH))
    document["overrides"] = {"production": {"version": {"digest": "sha256:" + "e" * 64}}}
    catalog = load_work_tree(repository.root)
    assert catalog.view("production").find(Release, NAME) is not None
    repository.write(RELEASE_PATH, yaml.safe_dump(document))
    base = repository.git("rev-parse", "HEAD").strip()
    repository.branch()
    repository.compile()
    repository.commit()
    plan = repository.plan(base)
    keys = KeySet.of([Key.model_validate(key.as_spec())])
    head = load_work_tree(repository.root)
    found = evidence_of(load_commit(repository.seen, base), head, plan, keys, NOW)
    assert found[f"Release/{NAME}"].state == "mismatched"


def test_a_release_that_is_not_valid_has_no_evidence(repository: Repository) -> None:
    key = signer()
    release(repository, key, spec={"step": -1})
    base = repository.git("rev-parse", "HEAD").strip()
    repository.branch()
    repository.commit()
    keys = KeySet.of([Key.model_validate(key.as_spec())])
    head = load_work_tree(repository.root)
    found = evidence_of(load_commit(repository.seen, base), head, repository.plan(base), keys, NOW)
    assert found[f"Release/{NAME}"].state == "missing"
    assert found[f"Release/{NAME}"].reasons == ("release: it is not valid, so it is unknown what it releases",)


def test_the_pre_authentication_encoding_is_that_of_the_specification() -> None:
    """The example of the DSSE protocol: protocol.md of secure-systems-lab/dsse."""
    envelope = Envelope("http://example.com/HelloWorld", b"hello world", ())
    assert envelope.signed_bytes() == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_lengths_are_in_bytes() -> None:
    assert Envelope("é", "日".encode(), ()).signed_bytes() == "DSSEv1 2 é 3 日".encode()


def test_an_envelope_is_read_as_it_was_written_in_both_alphabets() -> None:
    envelope = Envelope("t", b"\xfb\xff\xfe", (Signature("k", b"\xfb\xff" * 32),))
    assert read_envelope(envelope.as_bytes()) == envelope
    assert read_envelope(envelope.as_bytes().replace(b"+", b"-").replace(b"/", b"_")) == envelope
    assert payload_of(envelope.as_bytes()) == b"\xfb\xff\xfe"
    assert payload_of(b'{"_type": "x"}') == b'{"_type": "x"}'


@pytest.mark.parametrize(
    "text",
    [
        '{"payloadType": "t", "payload": "!", "signatures": []}',
        '{"payloadType": "t", "signatures": []}',
        '{"payloadType": "t", "payload": ""}',
        '{"payload": "", "signatures": []}',
        '{"payloadType": 1, "payload": "", "signatures": []}',
        '{"payloadType": "t", "payload": "", "signatures": [1]}',
        '{"payloadType": "t", "payload": "", "signatures": [{"keyid": "a\\u001b[0m", "sig": ""}]}',
    ],
)
def test_a_broken_envelope_is_an_error(text: str) -> None:
    with pytest.raises(EnvelopeError):
        read_envelope(text.encode())


def test_a_signature_holds_for_its_key_alone() -> None:
    one, other = new_key(), new_key()
    envelope = sign(b"{}", one.private_pem, "one")
    assert holds(envelope, envelope.signatures[0], one.public)
    assert not holds(envelope, envelope.signatures[0], other.public)
    assert not holds(envelope, Signature("one", b"short"), one.public)
    assert public_key_of(one.private_pem) == one.public
    assert not holds(envelope, envelope.signatures[0], f"!{one.public}")
    both = sign(b"{}", other.private_pem, "two", earlier=envelope.signatures)
    assert [each.key_id for each in both.signatures] == ["one", "two"]


def test_who_signs_again_under_a_name_takes_the_place_of_the_signature_before() -> None:
    old, new = new_key(), new_key()
    earlier = sign(b"{}", old.private_pem, "one").signatures
    again = sign(b"{}", new.private_pem, "one", earlier=(*earlier, Signature("two", b"another")))
    assert [each.key_id for each in again.signatures] == ["two", "one"]
    assert holds(again, again.signatures[1], new.public)


def test_a_file_that_is_no_key_is_refused_and_not_repeated() -> None:
    with pytest.raises(KeyFileError) as refused:
        sign(b"{}", b"-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n", "ci")
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(new_key())


def _replace(repository: Repository, data: bytes) -> None:
    """Put another file in the place of the evidence, and its digest into the Release."""
    before = bytes_digest(repository.read(PATH).encode())
    repository.write(PATH, data)
    repository.replace(before, bytes_digest(data), RELEASE_PATH)
