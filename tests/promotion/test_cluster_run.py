"""What a cluster trained is promoted by the statement that its pipeline wrote, under the same proofs as a local run."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from penstock.review.evidence.dsse import new_key, sign
from penstock.runtime.artifacts import directory_digest, file_digest, write_json
from penstock.runtime.registry.mlflow_registry import Registry
from penstock.runtime.registry.mlflow_runs import Figures
from penstock.runtime.registry.store import ModelStore
from penstock.source.attestations.promotion import parse_promotion
from penstock.source.envelope import payload_of, read_envelope
from promotion.workspaces import Repository, refused

DIGEST = "sha256:" + "a" * 64


def written(repository: Repository, folder: Path, **how: Any) -> Path:
    """The file that the step `evidence` wrote on a cluster."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "statement.json"
    path.write_bytes(repository.statement(how.pop("digest", DIGEST), **how).as_bytes())
    return path


def origin(repository: Repository) -> tuple[str, str]:
    path = repository.release()["promotion"]["path"]
    found = parse_promotion(payload_of((repository.root / path).read_bytes())).origin
    return found.kind, found.name


@pytest.mark.parametrize("named", ["file", "folder"])
def test_the_statement_that_a_pipeline_wrote_is_promoted(repository: Repository, tmp_path: Path, named: str) -> None:
    path = written(repository, tmp_path / "downloaded")
    assert repository.promote("--evidence", str(path if named == "file" else path.parent)) == 0
    release = repository.release()
    assert release["version"] == {"digest": DIGEST}, "its number in the registry is not known"
    assert (repository.root / release["evidence"]["path"]).read_bytes() == path.read_bytes()
    assert release["datasets"] == {"rows": "sha256:" + "7" * 64}
    assert origin(repository) == ("evidence", "statement.json")
    assert repository.problems() == []


def test_evidence_of_the_repository_is_named_by_its_path(repository: Repository) -> None:
    written(repository, repository.root / "incoming")
    assert repository.promote("--evidence", str(repository.root / "incoming")) == 0
    assert origin(repository) == ("evidence", "incoming/statement.json")


def test_only_of_what_was_trained_here_is_said_that_the_store_lacks_it(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert repository.promote("--evidence", str(written(repository, tmp_path / "downloaded"))) == 0
    assert "trained locally" not in capsys.readouterr().out
    digest = repository.train("one")
    assert repository.promote() == 0
    address = f"s3://models/made/{digest.removeprefix('sha256:')}/model"
    assert f"trained locally; staging loads it from {address}. Promote again with `--upload`" in capsys.readouterr().out
    repository.edit("modelStore: s3://models", "modelStore: file:///srv/models")
    repository.train("two")
    assert repository.promote() == 0
    assert "trained locally" not in capsys.readouterr().out, "pods and this machine share the folder"


def test_a_statement_that_was_signed_elsewhere_keeps_its_signature_and_gets_no_other(
    repository: Repository, tmp_path: Path
) -> None:
    trainer, promoter = new_key(), tmp_path / "key.pem"
    promoter.write_bytes(new_key().private_pem)
    path = written(repository, tmp_path / "downloaded")
    path.write_bytes(sign(path.read_bytes(), trainer.private_pem, "trainer").as_bytes())
    assert repository.promote("--evidence", str(path), "--key", str(promoter), "--key-id", "promoter") == 0
    release = repository.release()
    signers = {}
    for name in ("evidence", "promotion"):
        envelope = read_envelope((repository.root / release[name]["path"]).read_bytes())
        assert envelope is not None
        signers[name] = [one.key_id for one in envelope.signatures]
    assert signers == {"evidence": ["trainer"], "promotion": ["promoter"]}


def test_a_stranger_s_statement_is_not_vouched_for_by_whoever_promotes_it(
    repository: Repository, tmp_path: Path
) -> None:
    promoter = tmp_path / "key.pem"
    promoter.write_bytes(new_key().private_pem)
    path = written(repository, tmp_path / "downloaded")
    assert repository.promote("--evidence", str(path), "--key", str(promoter), "--key-id", "promoter") == 0
    assert read_envelope((repository.root / repository.release()["evidence"]["path"]).read_bytes()) is None


def _changed(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        value = json.loads(path.read_bytes())
        change(value)
        path.write_text(json.dumps(value))

    return apply


def _short_digest(value: dict[str, Any]) -> None:
    value["subject"][0]["digest"]["sha256"] = "abc"


def _path_for_a_name(value: dict[str, Any]) -> None:
    value["subject"][0]["name"] = "../../etc"


def _no_rules(value: dict[str, Any]) -> None:
    value["predicate"]["gates"][0]["rules"] = []


def _not_passed(value: dict[str, Any]) -> None:
    value["predicate"]["gates"][0]["passed"] = False


def _no_gates(value: dict[str, Any]) -> None:
    value["predicate"]["gates"] = []


def _data_without_digest(value: dict[str, Any]) -> None:
    value["predicate"]["datasets"]["rows"] = "latest"


def _other_type(value: dict[str, Any]) -> None:
    value["predicateType"] = "urn:penstock:promotion:v1"


def _future(value: dict[str, Any]) -> None:
    value["predicate"]["created"] = "2999-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_short_digest, "its subject `made` must have exactly one digest, a hexadecimal sha256"),
        (_path_for_a_name, "is about the model `../../etc`, not `made`"),
        (_no_rules, "does not say that these rules of the gate `release` hold: `quality`"),
        (_not_passed, "`made` did not pass `release`"),
        (_no_gates, "requires the gate `release`, which has not evaluated this version"),
        (_data_without_digest, "its `predicate.datasets.rows` is not a digest"),
        (
            _other_type,
            "is not a gate statement: it is not an in-toto statement of the type urn:penstock:gate-evidence:v1",
        ),
        (_future, "dated in the future"),
    ],
)
def test_a_statement_that_does_not_prove_the_version_is_refused(
    repository: Repository,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[dict[str, Any]], None],
    says: str,
) -> None:
    path = written(repository, tmp_path / "downloaded")
    _changed(change)(path)
    assert says in refused(repository, capsys, "--evidence", str(path))


def test_the_gates_and_the_specs_of_today_are_held_as_for_a_local_run(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = written(repository, tmp_path / "failed", outcome="fail")
    assert "`made` did not pass `release/quality`" in refused(repository, capsys, "--evidence", str(failed))
    old = written(repository, tmp_path / "old", age=timedelta(days=31))
    assert "accepts evidence for 30d" in refused(repository, capsys, "--evidence", str(old))
    stale = written(repository, tmp_path / "stale")
    repository.edit("atLeast: 0.7", "atLeast: 0.8")
    assert "have changed since this version was trained" in refused(repository, capsys, "--evidence", str(stale))


def test_a_path_without_a_statement_says_which_file_is_meant(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused(repository, capsys, "--evidence", str(tmp_path / "none"))
    assert "cannot be read: No such file or directory; pass the `statement.json` that the step `evidence`" in told
    (tmp_path / "notes.json").write_text("notes")
    assert "it is not valid JSON; pass the `statement.json`" in refused(
        repository, capsys, "--evidence", str(tmp_path / "notes.json")
    )
    (tmp_path / "model.pkl").write_bytes(b"0" * (16 * 1024 * 1024 + 1))
    assert "too large to be a statement" in refused(repository, capsys, "--evidence", str(tmp_path / "model.pkl"))


def test_a_canary_that_moves_takes_no_other_version(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(repository, tmp_path / "downloaded")
    assert "take no --evidence or --version" in refused(repository, capsys, "--advance", "--evidence", str(path))


class Cluster:
    """A registry and a model store in which a pipeline has registered a version."""

    def __init__(self, root: Path, repository: Repository) -> None:
        self.tracking = f"sqlite:///{root / 'mlflow.db'}"
        self.store_root = root / "models"
        self.store_root.mkdir()
        repository.edit("s3://models", self.store_root.as_uri())
        self.repository = repository
        self.root = root

    def register(self, content: str, about: str | None = None) -> str:
        """Register a version; the evidence beside it is `about` that of this digest, where one is given."""
        model = self.root / "built" / content
        model.mkdir(parents=True)
        (model / "model.pkl").write_text(content)
        digest = directory_digest(model)
        evidence = written(self.repository, self.root / "stated" / content, digest=about or digest)
        store = ModelStore.open(self.store_root.as_uri())
        store.put("made", digest, {"model": model, "evidence": evidence.parent})
        tags = {"penstock.evidence": file_digest(evidence)}
        Registry(self.tracking).register("made", digest, store.address("made", digest), tags, Figures({}, {}))
        return digest

    def stored(self, digest: str) -> Path:
        return self.store_root / "made" / digest.removeprefix("sha256:")


@pytest.fixture
def cluster(tmp_path: Path, repository: Repository, empty_registry: Path) -> Cluster:
    shutil.copy(empty_registry, tmp_path / "mlflow.db")
    return Cluster(tmp_path, repository)


def test_a_version_of_the_registry_is_promoted_by_its_number(repository: Repository, cluster: Cluster) -> None:
    cluster.register("one")
    two = cluster.register("two")
    assert repository.promote("--version", "2", "--tracking", cluster.tracking) == 0
    release = repository.release()
    assert release["version"] == {"digest": two, "registered": 2}
    assert origin(repository) == ("registry", "made 2")
    stated = cluster.root / "stated" / "two" / "statement.json"
    assert release["evidence"]["digest"] == file_digest(stated)


def test_the_registry_is_that_of_the_environment(repository: Repository, cluster: Cluster) -> None:
    cluster.register("one")
    address = cluster.tracking
    repository.edit("  namespace: ml\n", f'  namespace: ml\n  tracking: "{address}"\n')
    cluster.register("two")
    assert repository.promote("--version", "2") == 0


def test_a_version_that_is_not_what_it_says_is_refused(
    repository: Repository, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = cluster.register("one")
    where = ("--tracking", cluster.tracking)
    assert "has no version 7 of `made`" in refused(repository, capsys, "--version", "7", *where)
    statement = cluster.stored(digest) / "evidence" / "statement.json"
    before = statement.read_bytes()
    statement.write_bytes(before.replace(b'"pass"', b'"skip"'))
    assert "has the digest" in refused(repository, capsys, "--version", "1", *where)
    manifest = cluster.stored(digest) / "manifest.json"
    folders = json.loads(manifest.read_bytes())
    write_json(manifest, folders | {"evidence": directory_digest(statement.parent)})
    assert "is not the one that was registered" in refused(repository, capsys, "--version", "1", *where)
    manifest.unlink()
    assert "does not hold version 1 of `made`" in refused(repository, capsys, "--version", "1", *where)


def test_evidence_of_another_version_is_no_evidence_of_this_one(
    repository: Repository, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    one = cluster.register("one")
    two = cluster.register("two", about=one)
    told = refused(repository, capsys, "--version", "2", "--tracking", cluster.tracking)
    assert f"is about {one}, not {two}; let the training pipeline register it again" in told


def test_a_version_without_evidence_beside_it_is_refused(
    repository: Repository, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = cluster.register("one")
    (cluster.stored(digest) / "evidence" / "statement.json").unlink()
    manifest = cluster.stored(digest) / "manifest.json"
    folders = json.loads(manifest.read_bytes())
    write_json(manifest, folders | {"evidence": directory_digest(cluster.stored(digest) / "evidence")})
    told = refused(repository, capsys, "--version", "1", "--tracking", cluster.tracking)
    assert f"has no statement.json beside {digest}" in told


def test_a_version_that_no_pipeline_registered_is_refused(
    repository: Repository, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    client = MlflowClient(cluster.tracking, cluster.tracking)
    client.create_registered_model("made")
    client.create_model_version("made", "file:///somewhere")
    told = refused(repository, capsys, "--version", "1", "--tracking", cluster.tracking)
    assert "was not registered by a pipeline; name one that was" in told


def test_a_registry_that_does_not_answer_is_one_sentence(
    repository: Repository, cluster: Cluster, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    told = refused(repository, capsys, "--version", "1", "--tracking", "http://somebody:secret@127.0.0.1:9")
    assert told.startswith("error: MLflow at `http://127.0.0.1:9` says")
    assert "secret" not in told


def test_an_address_without_a_version_is_a_mistake(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert "give --version too" in refused(repository, capsys, "--tracking", "sqlite:///x.db")


def test_a_registry_that_is_not_there_is_told_soon(
    repository: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT"):
        # Set and taken away, so that what the promotion sets ends with the test.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    said = refused(repository, capsys, "--version", "3", "--tracking", "http://127.0.0.1:9")
    assert "MLflow at `http://127.0.0.1:9` says" in said
    # By itself MLflow would wait for minutes.
    assert sum(waits) < 30
