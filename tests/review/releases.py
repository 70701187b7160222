"""Releases with signed evidence, for systems of specs that are committed to a real repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import yaml

from forges.fake import FakePullRequest
from penstock.catalog.digests import spec_digest
from penstock.catalog.load import load_work_tree
from penstock.review.decision import Decision, decide
from penstock.review.evidence.dsse import KeyPair, new_key, sign
from penstock.source.attestations.promotion import Origin, PromotionStatement, Released
from penstock.source.canonical import bytes_digest
from penstock.specs.gate import Gate
from review.pull_requests import EVERYBODY
from review.repositories import Repository

NEW, OLD, OLDER = (f"sha256:{letter * 64}" for letter in "abc")


def add_release(
    digest: str, previous: str | None = None, step: int | None = None, environment: str = "production"
) -> str:
    """The text of a Release of the rollout `delay-online`."""
    more = f'  previous: {{digest: "{previous}"}}\n' if previous else ""
    more += f"  step: {step}\n" if step is not None else ""
    return (
        f"apiVersion: penstock/v1\nkind: Release\nmetadata: {{name: delay-online-{environment}, owner: flight-ml}}\n"
        f"spec:\n  rollout: delay-online\n  environment: {environment}\n"
        f'  version: {{digest: "{digest}"}}\n  specs: "{OLD}"\n  datasets: {{}}\n'
        f'  evidence: {{path: evidence/delay.json, digest: "{OLD}"}}\n{more}'
    )


NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MODEL_DIGEST = "sha256:" + "a" * 64
DATA_DIGEST = "sha256:" + "d" * 64
PATH = "evidence/delay/aaaaaaaaaaaa-00000000.json"
PROMOTION_PATH = "evidence/delay/aaaaaaaaaaaa-production-00000000.json"
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


def statement(
    repository: Repository, *, model: str = "delay", created: datetime = NOW, environment: str = "production"
) -> dict[str, Any]:
    """What training on the specs as they lie there would have written, with every gate passed."""
    view = load_work_tree(repository.root).view(environment)
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


def promotion(body: Mapping[str, Any], gates: bytes, created: datetime, *, name: str = NAME) -> dict[str, Any]:
    """What `penstock promote` states of a Release with this spec, on the strength of the gates' statement `gates`."""
    of = Released.of(name, body, "delay")
    made = PromotionStatement(of, bytes_digest(gates), Origin("run", "20260302T090000Z-00"), created, "0.1.0")
    value: dict[str, Any] = orjson.loads(made.as_bytes())
    return value


def release(
    repository: Repository,
    by: Signer | None,
    *,
    edit: Edit | None = None,
    promoted: Edit | None = None,
    promoted_by: Signer | None = None,
    spec: Mapping[str, Any] | None = None,
    serving: Mapping[str, Any] | None = None,
    environment: str = "production",
    trained_in: str = "production",
    specs_of: str = "",
    created: datetime = NOW,
) -> None:
    """Write a Release with both of its statements, signed by `by`, the promotion by `promoted_by` where that is given.

    `edit` changes the gates' statement, `promoted` that of the promotion, before they are signed, and `spec` the
    Release, after all fitted, where None takes a key away. The promotion rests on the statement as it was edited.
    `serving` is more that the Release says, or another version, with statements that fit. `specs_of` is the text of a
    Release that was made from other specs than those that lie there, which this one shares.
    """
    value = statement(repository, created=created, environment=trained_in)
    if specs_of:
        value["predicate"]["specs"] = yaml.safe_load(specs_of)["spec"]["specs"]
    body: dict[str, Any] = {
        "rollout": "delay-online",
        "environment": environment,
        "version": {"digest": MODEL_DIGEST},
        "specs": value["predicate"]["specs"],
        "datasets": dict(value["predicate"]["datasets"]),
        **(serving or {}),
    }
    value["subject"][0]["digest"]["sha256"] = body["version"]["digest"].removeprefix("sha256:")
    if edit is not None:
        edit(value)
    payload = plain(value)
    states = promotion(body, payload, created)
    if promoted is not None:
        promoted(states)
    for key, path, text, signs in (
        ("evidence", PATH, payload, by),
        ("promotion", PROMOTION_PATH, plain(states), promoted_by or by),
    ):
        data = text if signs is None else sign(text, signs.pair.private_pem, signs.id).as_bytes()
        body[key] = {"path": path, "digest": bytes_digest(data)}
        repository.write(path, data)
    document = {
        "apiVersion": "penstock/v1",
        "kind": "Release",
        "metadata": {"name": NAME, "owner": "flight-ml"},
        "spec": {key: value for key, value in {**body, **(spec or {})}.items() if value is not None},
    }
    repository.write(RELEASE_PATH, yaml.safe_dump(document, sort_keys=False))


def plain(value: Mapping[str, Any]) -> bytes:
    """A statement as bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS) + b"\n"


def decided(repository: Repository, base: str) -> Decision:
    """The decision on what lies there, once it is committed and everybody has approved it."""
    repository.compile()
    head = repository.commit()
    pull = FakePullRequest.opened("eve", head=head, base=base, writers=EVERYBODY, at=NOW + timedelta(minutes=1))
    for login in EVERYBODY:
        if login != "eve":
            pull.approve(login)
    return decide(repository.seen, pull.view)
