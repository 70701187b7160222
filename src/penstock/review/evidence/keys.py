"""The keys that evidence may be signed with: those of the base's policy, each in its time, none that was revoked.

A key is valid for a statement that was made between its `from` and its `until`: old evidence outlives the rotation of
its key. Whoever holds an old key could date a statement back; a key that may have leaked is therefore revoked, which
voids all that it signed, and is not left to expire.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from penstock.review.evidence.dsse import holds
from penstock.source.envelope import Envelope
from penstock.specs.approval_policy import Key


class Signed(NamedTuple):
    """What the signatures of an envelope are worth. `by` names the key where the state is `valid`."""

    state: Literal["valid", "unsigned", "revoked", "expired", "mismatched"]
    why: str
    by: str = ""


class KeySet(NamedTuple):
    """The keys of a policy."""

    keys: tuple[Key, ...]

    @classmethod
    def of(cls, keys: Iterable[Key]) -> KeySet:
        """The set of these keys, in any order."""
        return cls(tuple(sorted(keys, key=lambda key: (key.id, key.ed25519))))

    def check(self, envelope: Envelope, made: datetime) -> Signed:
        """Whether one of the keys that were valid when the statement was `made` has signed it.

        The name of the key in a signature is a hint: every key is tried, so that a wrong name neither helps nor hurts.
        A key that is revoked under one name is revoked under all.
        """
        if not self.keys:
            return Signed("unsigned", "the policy of the base lists no key for evidence")
        if not envelope.signatures:
            return Signed("unsigned", "the envelope carries no signature")
        revoked = {_bytes_of(key) for key in self.keys if key.revoked}
        signers = [key for key in self.keys if any(holds(envelope, one, key.ed25519) for one in envelope.signatures)]
        for key in signers:
            if _bytes_of(key) not in revoked and key.from_ <= made < key.until:
                return Signed("valid", f"signed by the key `{key.id}`", key.id)
        return self._refusal(envelope, signers, revoked, made)

    def _refusal(self, envelope: Envelope, signers: list[Key], revoked: set[bytes], made: datetime) -> Signed:
        out_of_time = next((key for key in signers if _bytes_of(key) not in revoked), None)
        if out_of_time is not None:
            when = "was not valid yet" if made < out_of_time.from_ else "had expired"
            moment = f"{made.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
            return Signed("expired", f"the key `{out_of_time.id}` {when} when the statement was made, {moment}")
        if signers:
            return Signed("revoked", f"the key `{signers[0].id}` is revoked, and its signatures are void")
        known = {key.id for key in self.keys} & {one.key_id for one in envelope.signatures}
        if known:
            return Signed("mismatched", f"the signature by the key `{min(known)}` does not match this statement")
        return Signed("unsigned", "it is not signed by any key of the base's policy")


def _bytes_of(key: Key) -> bytes:
    """The key itself, which several texts of base64 may stand for."""
    return base64.b64decode(key.ed25519)
