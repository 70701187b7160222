"""What a promotion states of itself: a statement beside the Release, signed where there is a key."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock import __version__
from penstock.catalog.load import load_work_tree
from penstock.cli.main import main
from penstock.review.evidence.keys import KeySet
from penstock.review.evidence.verify import Evidence, verify
from penstock.runtime.artifacts import file_digest
from penstock.source.attestations.promotion import PromotionStatement, parse_promotion
from penstock.source.canonical import bytes_digest
from penstock.source.envelope import payload_of, read_envelope
from penstock.specs.approval_policy import Key
from penstock.specs.release import Release
from promotion.workspaces import RELEASE, Repository, refused


@pytest.fixture
def key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, Key]:
    """A private key's file, and what a policy says of it."""
    file = tmp_path / "key.pem"
    assert main(["evidence", "keygen", "--key-id", "ci", "--out", str(file)]) == 0
    [entry] = yaml.safe_load(capsys.readouterr().out)
    entry["from"] = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    return file, Key.model_validate(entry)


def statement(repository: Repository, environment: str = "staging") -> PromotionStatement:
    named = repository.release(environment)["promotion"]
    data = (repository.root / named["path"]).read_bytes()
    assert bytes_digest(data) == named["digest"]
    return parse_promotion(payload_of(data))


def judged(repository: Repository, key: Key, environment: str = "staging") -> Evidence:
    catalog = load_work_tree(repository.root)
    release = catalog.view(None).find(Release, f"{environment}-made-online")
    assert release is not None
    return verify(catalog, release, KeySet.of([key]), datetime.now(UTC))


def test_a_promotion_states_what_it_releases_and_on_what_it_rests(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = repository.train("one")
    epoch = int(time.time())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(epoch))
    assert repository.promote() == 0
    release = repository.release()
    made = statement(repository)
    assert (made.of.model, made.of.digest) == ("made", digest)
    assert (made.of.release, made.of.rollout, made.of.environment) == (
        "staging-made-online",
        "made-online",
        "staging",
    )
    assert (made.of.step, made.of.previous) == (None, None)
    assert made.gates == file_digest(repository.root / release["evidence"]["path"])
    assert (made.origin.kind, made.origin.name) == ("run", "20260101T000000Z-00")
    assert made.created == datetime.fromtimestamp(epoch, UTC)
    assert made.engine == __version__
    assert release["promotion"]["path"].startswith(f"evidence/made/{digest[7:19]}-staging-")


def test_a_canary_is_stated_step_by_step_each_from_the_one_before(repository: Repository) -> None:
    one = repository.train("one")
    assert repository.promote() == 0
    two = repository.train("two")
    assert repository.promote() == 0
    begun = statement(repository)
    assert (begun.of.digest, begun.of.previous, begun.of.step) == (two, one, 0)
    assert repository.promote("--advance") == 0
    moved = statement(repository)
    assert (moved.of.step, moved.origin.kind, moved.origin.name) == (1, "release", begun.of.content)
    assert moved.gates == begun.gates
    assert repository.promote("--complete") == 0
    assert statement(repository).of.step is None
    assert repository.problems() == []


def test_a_canary_does_not_move_on_evidence_that_is_not_there(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.train("one")
    repository.promote()
    repository.train("two")
    repository.promote()
    evidence = repository.root / repository.release()["evidence"]["path"]
    data = evidence.read_bytes()
    evidence.write_bytes(data + b"\n")
    assert "does not have the digest that the Release names" in refused(repository, capsys, "--advance")
    evidence.unlink()
    assert "is not in the repository; promote the version again" in refused(repository, capsys, "--advance")


def test_without_a_key_both_statements_stand_bare(repository: Repository, key: tuple[Path, Key]) -> None:
    repository.train("one")
    assert repository.promote() == 0
    for name in ("evidence", "promotion"):
        assert read_envelope((repository.root / repository.release()[name]["path"]).read_bytes()) is None
    assert judged(repository, key[1]).state == "unsigned"


def test_with_a_key_both_statements_of_a_run_are_signed(repository: Repository, key: tuple[Path, Key]) -> None:
    repository.train("one")
    assert repository.promote("--key", str(key[0]), "--key-id", "ci") == 0
    assert judged(repository, key[1]).state == "valid"
    assert repository.problems() == []


def test_a_key_that_is_younger_than_the_run_does_not_sign_it(
    repository: Repository, key: tuple[Path, Key], capsys: pytest.CaptureFixture[str]
) -> None:
    """A run, and a key that is made for its promotion: the review would say that the key was not valid yet."""
    repository.train("one")
    later = key[1].model_copy(update={"from_": datetime.now(UTC) + timedelta(hours=1)})
    policy = {
        "apiVersion": "penstock/v1",
        "kind": "ApprovalPolicy",
        "metadata": {"name": "policy", "owner": "ml"},
        "spec": {
            "rules": [{"id": "all", "why": "Whatever changes.", "when": {}, "require": "nobody"}],
            "keys": {"evidence": [later.model_dump(mode="json", by_alias=True)]},
        },
    }
    (repository.root / "specs" / "policy.yaml").write_text(yaml.safe_dump(policy))
    told = refused(repository, capsys, "--key", str(key[0]), "--key-id", "ci")
    assert "the key `ci` was not valid yet when the statement was made" in told
    assert "extend `from` and `until` of the key in the ApprovalPolicy to that moment" in told


def test_the_key_may_come_from_the_environment_and_is_never_shown(
    repository: Repository, key: tuple[Path, Key], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.train("one")
    secret = key[0].read_text()
    monkeypatch.setenv("PENSTOCK_EVIDENCE_KEY", secret.replace("PRIVATE", "PUBLIC"))
    assert "the key is not an Ed25519 private key" in (told := refused(repository, capsys, "--key-id", "ci"))
    assert secret.splitlines()[1] not in told
    monkeypatch.setenv("PENSTOCK_EVIDENCE_KEY", secret)
    assert repository.promote("--key-id", "ci") == 0
    assert judged(repository, key[1]).state == "valid"
    text = capsys.readouterr()
    assert secret.splitlines()[1] not in text.out + text.err


def test_a_statement_that_was_signed_for_one_stage_stays_signed_for_the_next(
    repository: Repository, key: tuple[Path, Key]
) -> None:
    repository.train("one")
    assert repository.promote() == 0
    assert main(["evidence", "sign", "--root", str(repository.root), "--key-id", "ci", "--key", str(key[0])]) == 0
    assert repository.promote(to="production") == 0
    assert repository.release("production")["evidence"] == repository.release()["evidence"]
    assert judged(repository, key[1]).state == "valid"
    found = judged(repository, key[1], "production")
    assert [one.state for one in found.findings] == ["valid", "unsigned"]


def test_the_promotion_to_staging_is_none_to_production(repository: Repository, key: tuple[Path, Key]) -> None:
    repository.train("one")
    signed = ("--key", str(key[0]), "--key-id", "ci")
    assert repository.promote(*signed) == 0
    assert repository.promote(*signed, to="production") == 0
    assert judged(repository, key[1], "production").state == "valid"
    path = repository.root / RELEASE.format("production")
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    document["spec"]["promotion"] = repository.release("staging")["promotion"]
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    found = judged(repository, key[1], "production")
    assert found.state == "mismatched"
    assert "promotion: it promotes to `staging`, not to `production`" in found.reasons


def test_a_release_from_before_there_were_statements_gets_one(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.train("one")
    repository.promote()
    repository.train("two")
    assert repository.promote("--step", "1") == 0
    path = repository.root / RELEASE.format("staging")
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    (repository.root / document["spec"].pop("promotion")["path"]).unlink()
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    assert repository.promote() == 0
    assert "of `made`, with a new promotion statement" in capsys.readouterr().out
    assert (repository.release()["step"], statement(repository).of.step) == (1, 1)
    assert {**repository.release(), "promotion": None} == {**document["spec"], "promotion": None}
    said = refused(repository, capsys)
    assert (
        "already serves this version of `made` through `made-online`; --advance or --complete moves its canary" in said
    )


def test_a_version_that_was_judged_anew_is_released_on_its_new_evidence(repository: Repository) -> None:
    repository.train("one", age=timedelta(days=1))
    assert repository.promote() == 0
    before = repository.release()
    repository.train("one")
    assert repository.promote() == 0
    after = repository.release()
    assert after["evidence"] != before["evidence"]
    assert after["version"] == before["version"]
    assert (repository.root / before["evidence"]["path"]).is_file(), "an older commit's release rests on it"
    assert statement(repository).gates == after["evidence"]["digest"]


def test_a_promotion_does_not_come_before_its_evidence(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.train("one")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert "dated in the future" in refused(repository, capsys)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    assert "expected seconds since 1970" in refused(repository, capsys)


def test_a_key_has_a_name(repository: Repository, key: tuple[Path, Key], capsys: pytest.CaptureFixture[str]) -> None:
    repository.train("one")
    assert "--key needs --key-id" in refused(repository, capsys, "--key", str(key[0]))
    missing = refused(repository, capsys, "--key-id", "ci", "--key", str(repository.root / "none.pem"))
    assert "none.pem cannot be read" in missing


def test_the_statement_reads_well_in_a_pull_request(repository: Repository) -> None:
    repository.train("one")
    assert repository.promote() == 0
    text = (repository.root / repository.release()["promotion"]["path"]).read_text()
    assert '\n    "environment": "staging",\n' in text
    assert json.loads(text)["predicateType"] == "urn:penstock:promotion:v1"
