"""What a signature would be worth to a review, asked before it is made: by the policy as it lies where one signs."""

from __future__ import annotations

from datetime import datetime

from penstock.review.evidence.dsse import public_key_of, sign
from penstock.review.evidence.keys import KeySet
from penstock.source.attestations.gates import parse_gates
from penstock.source.attestations.promotion import parse_promotion
from penstock.source.attestations.statement import StatementError

_ADVICE = {
    "expired": "extend `from` and `until` of the key in the ApprovalPolicy to that moment, "
    "sign with a key of that time, or create the statement again",
    "revoked": "sign with another key, which `penstock evidence keygen` generates",
}


class WorthlessSignatureError(ValueError):
    """The policy denies the key this statement; the message says why, and what would be right."""


def doubt(keys: KeySet, payload: bytes, private_pem: bytes, key_id: str) -> str:
    """Why the signature would count for nothing yet; empty where it would count.

    WorthlessSignatureError where it never would: the key is revoked, another one has its name, or the statement is not
    of its time. Of a key that the policy does not name, it may be that the base's does. StatementError and KeyFileError
    as reading and signing.
    """
    found = keys.check(sign(payload, private_pem, key_id), made_at(payload))
    named = next((key for key in keys.keys if key.id == key_id), None)
    if named is not None and found.state in ("mismatched", "unsigned"):
        raise WorthlessSignatureError(
            f"it is not signed, for it would not verify: the ApprovalPolicy names another key `{key_id}`, "
            f"`{named.ed25519}`, and this private key belongs to `{public_key_of(private_pem)}`: "
            "sign with the private key of that one, or name this one as it is called there"
        )
    if found.state in _ADVICE:
        raise WorthlessSignatureError(
            f"not signed, because the signature would not verify: {found.why}: {_ADVICE[found.state]}"
        )
    if found.state == "valid":
        return ""
    return (
        f"signatures by `{key_id}` verify only once the ApprovalPolicy of the base lists the key, under "
        f"spec.keys.evidence, with `ed25519: {public_key_of(private_pem)}`"
    )


def made_at(payload: bytes) -> datetime:
    """When a statement was made, of the gates or of a promotion. StatementError where it is neither."""
    try:
        return parse_gates(payload).predicate.created
    except StatementError:
        return parse_promotion(payload).created
