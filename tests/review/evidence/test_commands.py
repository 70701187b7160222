"""`penstock evidence` on a repository: a key is made, evidence is signed, shown and verified."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.cli.main import main
from review.pull_requests import POLICY
from review.releases import MODEL_DIGEST, NAME, PATH, PROMOTION_PATH, RELEASE_PATH, release
from review.repositories import Repository


@pytest.fixture
def key(repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A private key, whose public half the repository's policy trusts."""
    file = tmp_path / "key.pem"
    assert main(["evidence", "keygen", "--key-id", "ci", "--out", str(file)]) == 0
    documents = list(yaml.safe_load_all(POLICY))
    spec: dict[str, Any] = documents[-1]["spec"]
    [entry] = yaml.safe_load(capsys.readouterr().out)
    entry["from"] = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    spec["keys"] = {"evidence": [entry]}
    repository.write("specs/approval.yaml", yaml.safe_dump_all(documents, sort_keys=False))
    release(repository, None, created=datetime.now(UTC).replace(microsecond=0))
    return file


def evidence(repository: Repository, action: str, *more: str) -> int:
    return main(["evidence", action, "--root", str(repository.root), *more])


def test_what_was_signed_verifies(repository: Repository, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evidence(repository, "verify") == 1
    unsigned = "the statement is not signed: `penstock evidence sign` signs it"
    assert capsys.readouterr().out.splitlines() == [
        "unsigned   Release/production-delay-online",
        f"  unsigned   gates      {unsigned}",
        f"  unsigned   promotion  {unsigned}",
    ]
    assert evidence(repository, "sign", "--key-id", "ci", "--key", str(key)) == 0
    capsys.readouterr()
    assert evidence(repository, "verify", NAME) == 0
    assert capsys.readouterr().out.splitlines() == [
        "valid      Release/production-delay-online",
        "  valid      gates      signed by the key `ci`",
        "  valid      promotion  signed by the key `ci`",
    ]


def test_what_was_stated_is_shown(repository: Repository, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evidence(repository, "sign", "--key-id", "ci", "--key", str(key), "--only", "promotion") == 0
    capsys.readouterr()
    assert evidence(repository, "show") == 0
    gates, promotion = capsys.readouterr().out.split("  promotion: ")
    assert "gate     delay-release passed\n               pass  quality\n               pass  regions\n" in gates
    assert "signed   not" in gates
    for line in (
        f"model    delay {MODEL_DIGEST}",
        "rollout  delay-online in production",
        "traffic  all of it",
        "replaces nothing",
        "from     run 20260302T090000Z-00",
        "signed   names the key ci",
    ):
        assert line in promotion


@pytest.mark.parametrize("kind", ["pipe", "link", "nothing"])
@pytest.mark.timeout(60)
def test_a_statement_that_is_no_plain_file_is_not_read(
    repository: Repository, key: Path, capsys: pytest.CaptureFixture[str], kind: str, tmp_path: Path
) -> None:
    file = repository.root / PATH
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_bytes(file.read_bytes())
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "link":
        file.symlink_to(elsewhere)
    assert evidence(repository, "show") == 1
    assert f"{PATH}: no such regular file in the repository" in capsys.readouterr().err
    assert evidence(repository, "sign", "--key-id", "ci", "--key", str(key)) == 2
    assert f"{PATH}: no such regular file in the repository" in capsys.readouterr().err


@pytest.mark.parametrize("order", [("gates", "promotion"), ("promotion", "gates")])
def test_the_two_statements_are_signed_in_either_order(
    repository: Repository, key: Path, capsys: pytest.CaptureFixture[str], order: tuple[str, str]
) -> None:
    assert evidence(repository, "sign", "--key-id", "ci", "--key", str(key), "--only", order[0]) == 0
    capsys.readouterr()
    assert evidence(repository, "verify") == 1
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split()[:2] for row in rows] == [
        ["valid" if link == order[0] else "unsigned", link] for link in ("gates", "promotion")
    ]
    assert evidence(repository, "sign", "--key-id", "ci", "--key", str(key), "--only", order[1]) == 0
    assert evidence(repository, "verify") == 0


def test_a_signing_that_was_interrupted_goes_on(repository: Repository, key: Path) -> None:
    """The statement is written after the releases that name it; a killed process leaves it as it was."""
    unsigned = repository.read(PATH)
    assert evidence(repository, "sign", "--key-id", "ci", "--key", str(key)) == 0
    signed, named = repository.read(PATH), repository.read(RELEASE_PATH)
    repository.write(PATH, unsigned)
    assert evidence(repository, "verify") != 0
    assert evidence(repository, "sign", "--key-id", "ci", "--key", str(key)) == 0
    assert (repository.read(PATH), repository.read(RELEASE_PATH)) == (signed, named)
    assert evidence(repository, "verify") == 0


def test_a_release_without_a_promotion_is_said_to_have_none(
    repository: Repository, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = yaml.safe_load(repository.read(RELEASE_PATH))
    del document["spec"]["promotion"]
    repository.write(RELEASE_PATH, yaml.safe_dump(document))
    assert evidence(repository, "sign", "--key-id", "ci", "--key", str(key)) == 0
    assert evidence(repository, "show") == 0
    assert "promotion: the release names no promotion statement" in capsys.readouterr().out
    assert evidence(repository, "verify") == 1
    assert "missing    promotion  the Release names no promotion statement" in capsys.readouterr().out


def test_a_release_with_signed_evidence_still_passes_the_check(repository: Repository, key: Path) -> None:
    evidence(repository, "sign", "--key-id", "ci", "--key", str(key))
    assert main(["check", "--root", str(repository.root)]) == 0


def test_the_key_may_come_from_the_environment_and_is_never_shown(
    repository: Repository, key: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = key.read_text()
    monkeypatch.setenv("PENSTOCK_EVIDENCE_KEY", secret)
    assert evidence(repository, "sign", "--key-id", "ci") == 0
    assert evidence(repository, "verify") == 0
    monkeypatch.setenv("PENSTOCK_EVIDENCE_KEY", secret.replace("PRIVATE", "PUBLIC"))
    assert evidence(repository, "sign", "--key-id", "ci") == 2
    text = capsys.readouterr()
    assert secret.splitlines()[1] not in text.out + text.err


def test_evidence_that_a_release_does_not_carry_the_digest_of_is_not_signed(
    repository: Repository, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.write(PATH, repository.read(PATH).replace('"pass"', '"skip"'))
    assert evidence(repository, "sign", "--key-id", "ci", "--key", str(key)) == 2
    assert "does not have the digest" in capsys.readouterr().err


def _with_key(repository: Repository, **how: Any) -> None:
    documents = list(yaml.safe_load_all(repository.read("specs/approval.yaml")))
    documents[-1]["spec"]["keys"]["evidence"][0].update(how)
    repository.write("specs/approval.yaml", yaml.safe_dump_all(documents, sort_keys=False))


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"from": "2998-01-01T00:00:00+00:00"}, "the key `ci` was not valid yet when the statement was made"),
        ({"from": "2020-01-01T00:00:00Z", "until": "2020-01-02T00:00:00Z"}, "the key `ci` had expired when"),
        ({"revoked": True}, "the key `ci` is revoked, and its signatures are void"),
    ],
)
def test_what_would_not_verify_is_not_signed(
    repository: Repository, key: Path, capsys: pytest.CaptureFixture[str], how: dict[str, Any], why: str
) -> None:
    _with_key(repository, until="2999-01-01T00:00:00+00:00")
    _with_key(repository, **how)
    before = repository.read(PATH), repository.read(PROMOTION_PATH), repository.read(RELEASE_PATH)
    assert evidence(repository, "sign", "--key-id", "ci", "--key", str(key)) == 2
    told = capsys.readouterr().err
    assert why in told
    assert "penstock evidence keygen" in told or "extend `from` and `until`" in told
    assert (repository.read(PATH), repository.read(PROMOTION_PATH), repository.read(RELEASE_PATH)) == before


def test_of_two_statements_none_is_signed_where_one_would_not_verify(
    repository: Repository, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The key is younger than the statement of the gates, and not than that of the promotion."""
    now = datetime.now(UTC).replace(microsecond=0)

    def later(value: dict[str, Any]) -> None:
        value["predicate"]["created"] = now.isoformat()

    release(repository, None, created=now - timedelta(hours=2), promoted=later)
    _with_key(repository, **{"from": (now - timedelta(hours=1)).isoformat()})
    before = repository.read(PROMOTION_PATH)
    assert evidence(repository, "sign", "--key-id", "ci", "--key", str(key)) == 2
    assert f"{PATH}: not signed" in capsys.readouterr().err
    assert repository.read(PROMOTION_PATH) == before
    assert evidence(repository, "sign", "--key-id", "ci", "--key", str(key), "--only", "promotion") == 0


def test_a_key_that_only_has_the_name_of_the_policy_s_signs_nothing(
    repository: Repository, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would take the place of a good signature, and be told of as a key that the policy does not name yet."""
    assert evidence(repository, "sign", "--key-id", "ci", "--key", str(key)) == 0
    before = repository.read(PATH), repository.read(PROMOTION_PATH), repository.read(RELEASE_PATH)
    other = tmp_path / "other.pem"
    capsys.readouterr()
    assert main(["evidence", "keygen", "--key-id", "ci", "--out", str(other)]) == 0
    [entry] = yaml.safe_load(capsys.readouterr().out)
    assert evidence(repository, "sign", "--key-id", "ci", "--key", str(other)) == 2
    told = capsys.readouterr().err
    assert "the ApprovalPolicy names another key `ci`" in told
    assert f"this private key belongs to `{entry['ed25519']}`" in told
    assert (repository.read(PATH), repository.read(PROMOTION_PATH), repository.read(RELEASE_PATH)) == before


def test_that_the_policy_does_not_name_the_key_is_told(
    repository: Repository, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.pem"
    assert main(["evidence", "keygen", "--key-id", "next", "--out", str(other)]) == 0
    [entry] = yaml.safe_load(capsys.readouterr().out)
    assert evidence(repository, "sign", "--key-id", "next", "--key", str(other)) == 0
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "warning: signatures by `next` verify only once the ApprovalPolicy of the base lists the key, under "
        f"spec.keys.evidence, with `ed25519: {entry['ed25519']}`"
    ], "once for both statements"


def test_a_private_key_is_its_owner_s_alone_and_never_overwritten(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    assert main(["evidence", "keygen", "--key-id", "ci", "--out", str(key)]) == 2
    assert key.read_bytes() == before


def test_a_private_key_in_a_repository_is_warned_of(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evidence", "keygen", "--key-id", "a", "--out", str(tmp_path / "a.pem")]) == 0
    assert capsys.readouterr().err == ""
    assert main(["evidence", "keygen", "--key-id", "a", "--out", str(repository.root / "specs" / "a.pem")]) == 0
    assert f"lies in the git repository {repository.root}" in capsys.readouterr().err


def test_a_release_that_is_not_there_is_named(
    repository: Repository, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evidence(repository, "show", "nothing") == 2
    assert "there is no release `nothing`; known: production-delay-online" in capsys.readouterr().err
