"""A promotion with its statement: beside the Release that it writes, and named by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from penstock.promotion.candidate import evidence_path
from penstock.source.attestations.promotion import Origin, PromotionStatement, Released
from penstock.source.canonical import bytes_digest

Sign = Callable[[bytes], bytes]
"""From a statement to the envelope around it, with a signature."""


@dataclass(frozen=True, slots=True)
class Promoter:
    """What promotes: when, which version of Penstock, and with which key."""

    now: datetime
    engine: str
    sign: Sign | None = None
    """None where there is no key; the statement then stands bare, and can be signed later."""


def attested(
    name: str, spec: dict[str, Any], model: str, gates: bytes, origin: Origin, by: Promoter
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The spec of the Release `name` with the statement of its promotion, and the statement's file by its path.

    `gates` is the payload of the gates' statement that the promotion rests on. The file is named by the statement, so
    that a signature that comes later does not move it.
    """
    released = Released.of(name, spec, model)
    payload = PromotionStatement(released, bytes_digest(gates), origin, by.now, by.engine).as_bytes()
    path = evidence_path(model, released.digest, payload, environment=released.environment)
    data = payload if by.sign is None else by.sign(payload)
    return {**spec, "promotion": {"path": path, "digest": bytes_digest(data)}}, {path: data}
