"""Releases with signed evidence, for systems of specs that are committed to a real repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import yaml

from penstock.catalog.digests import spec_digest
from penstock.catalog.load import load_work_tree
from penstock.review.evidence.dsse import KeyPair, new_key, sign
from penstock.source.canonical import bytes_digest
from penstock.specs.gate import Gate
from review.repositories import Repository

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MODEL_DIGEST = "sha256:" + "a" * 64
DATA_DIGEST = "sha256:" + "d" * 64
PATH = "evidence/delay/aaaaaaaaaaaa-00000000.json"
RELEASE_PATH = "specs/releases/production-delay-online.yaml"
NAME = "production-delay-online"

Edit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Signer:
    """A key with its name and its time."""

    id: str
    pair: KeyPair
    from_: str = "2026-01-01T00:00:00+00:00"
    until: str = "2027-01-01T00:00:00+00:00"
    revoked: bool = False

    def as_spec(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "ed25519": self.pair.public,
            "from": self.from_,
            "until": self.until,
            "revoked": self.revoked,
        }


def signer(name: str = "ci", **how: Any) -> Signer:
    return Signer(name, new_key(), **how)


def statement(repository: Repository, *, model: str = "delay", created: datetime = NOW) -> dict[str, Any]:
    """What training on the specs as they lie there would have written, with every gate passed."""
    view = load_work_tree(repository.root).view("production")
    gates = [
        {
            "gate": gate.name,
            "passed": True,
            "rules": [{"id": rule.id, "severity": rule.severity, "outcome": "pass"} for rule in gate.spec.rules],
        }
        for gate in view.all(Gate)
        if gate.spec.model == model
    ]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": model, "digest": {"sha256": MODEL_DIGEST.removeprefix("sha256:")}}],
        "predicateType": "urn:penstock:gate-evidence:v1",
        "predicate": {
            "specs": spec_digest(view, model),
            "datasets": {"flights": DATA_DIGEST},
            "evaluation": {},
            "gates": gates,
            "code": {},
            "created": created.isoformat(),
        },
    }


def release(
    repository: Repository,
    by: Signer | None,
    *,
    edit: Edit | None = None,
    spec: Mapping[str, Any] | None = None,
    created: datetime = NOW,
) -> None:
    """Write a Release and its evidence; `edit` changes the statement, `spec` the Release, after both fitted."""
    value = statement(repository, created=created)
    body: dict[str, Any] = {
        "rollout": "delay-online",
        "environment": "production",
        "version": {"digest": MODEL_DIGEST},
        "specs": value["predicate"]["specs"],
        "datasets": dict(value["predicate"]["datasets"]),
    }
    if edit is not None:
        edit(value)
    payload = orjson.dumps(value, option=orjson.OPT_SORT_KEYS) + b"\n"
    data = payload if by is None else sign(payload, by.pair.private_pem, by.id).as_bytes()
    body["evidence"] = {"path": PATH, "digest": bytes_digest(data)}
    body |= spec or {}
    repository.write(PATH, data)
    document = {
        "apiVersion": "penstock/v1",
        "kind": "Release",
        "metadata": {"name": NAME, "owner": "flight-ml"},
        "spec": body,
    }
    repository.write(RELEASE_PATH, yaml.safe_dump(document, sort_keys=False))
