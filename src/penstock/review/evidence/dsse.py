"""Signing and checking envelopes with Ed25519 (RFC 8032), which the `cryptography` library does."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.source.envelope import IN_TOTO, Envelope, Signature

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class KeyFileError(ValueError):
    """The file holds no private key that can sign; the message never repeats what it holds."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A new key: the private half as PEM (PKCS #8) for a secret store, the public one as policies write it."""

    private_pem: bytes = field(repr=False)
    public: str


def new_key() -> KeyPair:
    """A key from the system's randomness."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    return KeyPair(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), _public(key))


def public_key_of(private_pem: bytes) -> str:
    """The public half of a private key, 32 bytes in base64. KeyFileError as `sign`."""
    return _public(_private_key(private_pem))


def sign(payload: bytes, private_pem: bytes, key_id: str, *, earlier: tuple[Signature, ...] = ()) -> Envelope:
    """The payload, an in-toto statement, in an envelope that carries `earlier` signatures and a new one.

    A signature of the same key name is replaced. KeyFileError where the key is no Ed25519 key without a password.
    """
    key = _private_key(private_pem)
    bare = Envelope(IN_TOTO, payload, ())
    kept = tuple(one for one in earlier if one.key_id != key_id)
    return Envelope(IN_TOTO, payload, (*kept, Signature(key_id, key.sign(bare.signed_bytes()))))


def holds(envelope: Envelope, signature: Signature, public: str) -> bool:
    """Whether this public key (32 bytes in base64) made the signature over the envelope's type and payload."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(signature.signature, envelope.signed_bytes())
    except (InvalidSignature, ValueError):
        return False
    return True


def _public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def _private_key(private_pem: bytes) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(private_pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(
            "the key is not an Ed25519 private key in unencrypted PEM: `penstock evidence keygen` generates one"
        )
    return key
