"""A DSSE envelope as text: a payload with signatures over it (https://github.com/secure-systems-lab/dsse, version 1).

Only its form is known here; who may sign, and whether a signature holds, is decided where keys are known.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, NamedTuple

import orjson

IN_TOTO = "application/vnd.in-toto+json"
"""Type of a payload that is an in-toto statement."""
_MOST_SIGNATURES = 20
_KEY_ID = re.compile(r"[\w.:/+=@-]{0,200}", re.ASCII)


class EnvelopeError(ValueError):
    """The text claims to be an envelope and is none; the message is a sentence."""


class Signature(NamedTuple):
    """One signature; the name of its key is a hint that nobody vouches for."""

    key_id: str
    signature: bytes


class Envelope(NamedTuple):
    """A payload of a type, and who claims to have signed it."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]

    def signed_bytes(self) -> bytes:
        """What is signed: the pre-authentication encoding of type and payload, with the lengths of both in bytes."""
        kind = self.payload_type.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)

    def as_bytes(self) -> bytes:
        """The envelope as JSON with sorted keys, and a line feed."""
        value = {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": self.payload_type,
            "signatures": [
                {"keyid": one.key_id, "sig": base64.b64encode(one.signature).decode()} for one in self.signatures
            ],
        }
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"


def read_envelope(data: bytes) -> Envelope | None:
    """The envelope that the text is; None where it is something else. EnvelopeError where it is a broken one."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict) or not ({"payloadType", "signatures"} & set(value)):
        return None
    kind, signatures = value.get("payloadType"), value.get("signatures")
    if not isinstance(kind, str) or not isinstance(signatures, list) or len(signatures) > _MOST_SIGNATURES:
        raise EnvelopeError(f"an envelope needs a payloadType, and a list of at most {_MOST_SIGNATURES} signatures")
    return Envelope(kind, _decoded(value.get("payload"), "payload"), tuple(map(_signature, signatures)))


def payload_of(data: bytes) -> bytes:
    """What an envelope holds, whoever signed it; any other text is its own payload. EnvelopeError for a broken one."""
    envelope = read_envelope(data)
    return data if envelope is None else envelope.payload


def _signature(value: Any) -> Signature:
    key_id = value.get("keyid", "") if isinstance(value, dict) else None
    if not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id):
        raise EnvelopeError("a signature of the envelope is not a mapping with a valid `keyid`")
    return Signature(key_id, _decoded(value.get("sig"), "sig"))


def _decoded(text: Any, name: str) -> bytes:
    """The bytes of base64, written in either of its two alphabets."""
    if not isinstance(text, str):
        raise EnvelopeError(f"the envelope's `{name}` is missing")
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise EnvelopeError(f"the envelope's `{name}` is not valid base64") from None
