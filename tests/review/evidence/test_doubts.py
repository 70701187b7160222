"""What leaves the evidence of a release in doubt though nobody touched it, and what leaves none."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from penstock.source.canonical import bytes_digest
from review.evidence.test_evidence import judged
from review.releases import NOW, PATH, RELEASE_PATH, release, signer
from review.repositories import Repository


@pytest.mark.parametrize("outcome", ["warn", "pass", "skip"])
def test_a_rule_that_only_warns_keeps_no_version_back(repository: Repository, outcome: str) -> None:
    """As it does in the pipeline."""

    def warned(value: dict[str, Any]) -> None:
        value["predicate"]["gates"][0]["rules"][0]["outcome"] = outcome

    repository.replace("{id: quality,", "{id: quality, severity: warn,")
    key = signer()
    release(repository, key, edit=warned)
    assert judged(repository, key).state == "valid"


def test_a_gate_that_cannot_be_read_may_be_one_that_must_pass(repository: Repository) -> None:
    """Another gate of the model, which a word in the wrong place takes out of sight."""
    gate = (
        "apiVersion: penstock/v1\nkind: Gate\nmetadata: {name: fairness, owner: risk}\n"
        "spec:\n  model: delay\n  rules: [{id: quality, metric: roc_auc, atLeast: high}]\n"
    )
    key = signer()
    release(repository, key)
    repository.write("specs/fairness.yaml", gate)
    found = judged(repository, key)
    assert found.state == "mismatched"
    assert "gates: a gate of the repository is not valid, so it is unknown which gates must pass" in found.reasons, (
        found.reasons
    )


def test_a_release_of_a_rollout_that_is_gone_is_of_nobody_knows_which_model(repository: Repository) -> None:
    key = signer()
    release(repository, key)
    repository.edit(lambda documents: documents.pop(("Rollout", "delay-online")))
    found = judged(repository, key)
    assert found.state == "mismatched"
    assert (
        "gates: the rollout `delay-online` does not exist, so it is unknown which model it serves" in found.reasons
    ), found.reasons


@pytest.mark.parametrize(
    ("envelope", "state", "says"),
    [
        ({"signatures": [{"keyid": "ci"}]}, "mismatched", "cannot be read: the envelope's `sig` is missing"),
        ({"signatures": []}, "unsigned", "the envelope carries no signature"),
    ],
)
def test_an_envelope_without_a_signature_proves_nothing(
    repository: Repository, envelope: dict[str, Any], state: str, says: str
) -> None:
    key = signer()
    release(repository, key)
    signed = json.loads(repository.read(PATH))
    text = json.dumps({**signed, **envelope})
    repository.replace(bytes_digest(repository.read(PATH).encode()), bytes_digest(text.encode()), RELEASE_PATH)
    repository.write(PATH, text)
    found = judged(repository, key)
    assert found.state == state
    assert any(reason.startswith("gates: ") and says in reason for reason in found.reasons), found.reasons


@pytest.mark.parametrize(
    ("from_", "until", "state"),
    [
        (timedelta(0), timedelta(microseconds=1), "valid"),
        (timedelta(microseconds=1), timedelta(days=1), "expired"),
        (timedelta(days=-1), timedelta(0), "expired"),
    ],
    ids=["from then on", "later", "until then"],
)
def test_a_key_signs_from_its_first_moment_until_before_its_last(
    repository: Repository, from_: timedelta, until: timedelta, state: str
) -> None:
    key = signer(from_=(NOW + from_).isoformat(), until=(NOW + until).isoformat())
    release(repository, key)
    assert judged(repository, key).state == state
