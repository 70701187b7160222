"""Reasons for which a version is not released: what it lacks, what has changed since, what is damaged."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from penstock.runtime.artifacts import file_digest, write_json
from promotion.workspaces import RELEASE, Repository, refused


def test_without_a_run_nothing_is_released(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no run of `made` has succeeded" in refused(repository, capsys)


def test_where_a_gate_has_refused_every_run_another_run_is_no_way_on(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    run = repository.refuse()
    told = refused(repository, capsys)
    assert f"the newest run of `made`, {run}, was refused by `gate-release`: what it says comes first" in told
    assert "penstock run" not in told


def test_a_version_from_before_a_run_that_a_gate_refused_is_told_to_be_one(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.train("one")
    repository.refuse()
    repository.edit("atLeast: 0.7", "atLeast: 0.8")
    told = refused(repository, capsys)
    assert told.startswith("warning: the newest run of `made`, 20260101T000001Z-00, was refused by `gate-release`; ")
    assert "this is about 20260101T000000Z-00, the last one that passed" in told
    repository.edit("atLeast: 0.8", "atLeast: 0.7")
    assert repository.promote() == 0
    assert "was refused by `gate-release`" in capsys.readouterr().err
    repository.train("two")
    assert repository.promote() == 0
    assert "refused" not in capsys.readouterr().err


def test_a_version_that_failed_its_gate_is_not_released(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.train("one", outcome="fail")
    assert "`made` did not pass `release/quality`" in refused(repository, capsys)


def test_a_version_that_another_gate_judged_is_not_released(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.train("one", gate="other")
    assert "requires the gate `release`, which has not evaluated" in refused(repository, capsys)


def test_a_version_that_one_of_its_gates_has_not_judged_is_not_released(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = "rules:\n  - {id: fair, fairness: demographic_parity_difference, by: group, atMost: 0.1}\n"
    second = f"kind: Gate\nmetadata: {{name: parity, owner: ml}}\nspec:\n  model: made\n  {rules}"
    repository.edit("    y: {type: int}\n", "    y: {type: int}\n    group: {type: string}\n")
    repository.edit("  card: {purpose", "  slices: [group]\n  card: {purpose")
    repository.edit("kind: Gate\n", f"{second}---\napiVersion: penstock/v1\nkind: Gate\n")
    repository.train("one")
    assert "the gate `parity` of `made` has not evaluated this version; train it again" in refused(repository, capsys)


@pytest.mark.parametrize(("severity", "outcome"), [("block", "pass"), ("block", "skip"), ("warn", "warn")])
def test_a_version_is_released_whose_blocking_rules_hold_or_had_nothing_to_decide(
    repository: Repository, severity: str, outcome: str
) -> None:
    repository.edit("atLeast: 0.7}", f"atLeast: 0.7, severity: {severity}}}")
    repository.train("one", outcome=outcome)
    assert repository.promote() == 0


def test_a_version_of_which_a_blocking_rule_only_warned_is_not_released(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.train("one", outcome="warn")
    assert "does not say that these rules of the gate `release` hold: `quality`" in refused(repository, capsys)


def test_evidence_does_not_grow_old_where_the_gate_says_nothing_of_it(repository: Repository) -> None:
    repository.edit("  evidenceValid: 30d\n", "")
    repository.train("one", age=timedelta(days=400))
    assert repository.promote() == 0


def test_a_rollout_need_not_name_a_gate(repository: Repository) -> None:
    repository.edit("  gate: release\n", "")
    repository.train("one")
    assert repository.promote() == 0


def test_evidence_that_is_too_old_is_not_released(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.train("one", age=timedelta(days=31))
    assert "the gate `release` accepts evidence for 30d" in refused(repository, capsys)


def test_specs_that_have_changed_since_are_not_released(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.train("one")
    repository.edit("atLeast: 0.7", "atLeast: 0.8")
    assert "have changed since this version was trained" in refused(repository, capsys)


def test_files_that_have_changed_since_are_not_released(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = repository.train("one")
    store = repository.root / ".penstock" / "models" / "made" / digest.removeprefix("sha256:")
    (store / "model" / "model.pkl").write_text("other")
    assert f"not {digest}; run `penstock run made` again" in refused(repository, capsys)


def test_evidence_that_has_changed_since_is_not_released(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = repository.train("one")
    path = repository.root / ".penstock" / "models" / "made" / digest.removeprefix("sha256:") / "evidence"
    statement = json.loads((path / "statement.json").read_bytes())
    statement["predicate"]["datasets"] = {}
    write_json(path / "statement.json", statement)
    assert "is not the evidence that was registered" in refused(repository, capsys)


def test_registered_evidence_of_another_version_is_not_released(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    other, digest = repository.train("other"), repository.train("one")
    store = repository.root / ".penstock" / "models" / "made"
    theirs, ours = (store / each.removeprefix("sha256:") / "evidence" / "statement.json" for each in (other, digest))
    ours.write_bytes(theirs.read_bytes())
    registration = repository.root / ".penstock" / "steps" / digest / "registration" / "registration.json"
    facts = json.loads(registration.read_bytes())
    write_json(registration, facts | {"evidence": {"digest": file_digest(ours)}})
    assert f"is about the version {other}, not {digest}; run `penstock run made` again" in refused(repository, capsys)


def test_evidence_that_is_gone_is_named(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    digest = repository.train("one")
    evidence = repository.root / ".penstock" / "models" / "made" / digest.removeprefix("sha256:") / "evidence"
    (evidence / "statement.json").unlink()
    told = refused(repository, capsys)
    assert "statement.json cannot be read: No such file or directory; run `penstock run made` again" in told


@pytest.mark.parametrize("damaged", ["[1]", "{}", '{"digest": "x", "version": 1, "evidence": null}', "text"])
def test_a_registration_of_any_form_is_refused(
    repository: Repository, capsys: pytest.CaptureFixture[str], damaged: str
) -> None:
    digest = repository.train("one")
    (repository.root / ".penstock/steps" / digest / "registration/registration.json").write_text(damaged)
    assert "registered nothing; run `penstock run made` again" in refused(repository, capsys)


def test_a_run_whose_record_is_damaged_is_refused(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.train("one")
    (run,) = (repository.root / ".penstock/runs/made").glob("*/run.json")
    run.write_text('{"purpose": "training", "state": "succeeded", "steps": {"register": null}}')
    assert "registered nothing; run `penstock run made` again" in refused(repository, capsys)


def test_what_is_released_already_is_said(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.train("one")
    assert repository.promote() == 0
    said = refused(repository, capsys)
    assert "already serves this version of `made` through `made-online`; train a new version to release one" in said, (
        "no canary"
    )


@pytest.mark.parametrize(
    ("more", "to", "words"),
    [
        ((), "stagin", "there is no environment `stagin`; did you mean `staging`?"),
        ((), "local", "no rollout serves `made` in `local`: add `local` to the `environments` of `made-online`"),
        (("--rollout", "other"), "staging", "has no rollout `other` in `staging`; it has `made-online`"),
        (("--step", "0"), "staging", "serves nothing yet, so the first version gets all of the traffic"),
        (("--step", "2"), "staging", "has the steps 0 to 1, and no step 2"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_sentence(
    repository: Repository, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], to: str, words: str
) -> None:
    repository.train("one")
    assert words in refused(repository, capsys, *more, to=to)


def test_what_lets_an_environment_serve_a_model_is_said(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.train("one")
    repository.edit("  stage: development\n", "  stage: development\n  cluster: false\n")
    assert "it has no cluster; promote to an environment that serves models" in refused(repository, capsys, to="local")
    repository.edit("  stage: development\n  cluster: false\n", "  stage: development\n")
    path = repository.root / "specs" / "all.yaml"
    path.write_text(path.read_text().partition("---\napiVersion: penstock/v1\nkind: Rollout")[0])
    assert "add a Rollout of `made` whose `environments` name `local`" in refused(repository, capsys, to="local")


@pytest.mark.parametrize("options", [(), ("--advance",), ("--complete",)])
def test_a_release_that_was_edited_by_hand_is_replaced_by_nothing(
    repository: Repository, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    """What somebody wrote in the place of a digest would keep the traffic beside the next canary."""
    repository.train("one")
    assert repository.promote() == 0
    two = repository.train("two")
    assert repository.promote() == 0
    path = repository.root / RELEASE.format("staging")
    path.write_text(path.read_text().replace(two, "sha256:" + "f" * 64))
    repository.train("three")
    before = repository.files()
    assert "has been edited since it was promoted; restore specs/releases/staging-made-online.yaml" in refused(
        repository, capsys, *options
    )
    assert repository.files() == before


def test_a_version_that_was_written_by_hand_can_be_promoted_itself(repository: Repository) -> None:
    one = repository.train("one")
    assert repository.promote() == 0
    two = repository.train("two")
    path = repository.root / RELEASE.format("staging")
    path.write_text(path.read_text().replace(one, two))
    assert repository.promote() == 0
    repository.train("three")
    assert repository.promote() == 0
    assert repository.release()["previous"]["digest"] == two


def test_a_version_of_which_less_was_asked_is_not_released(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """An override of the gate for the laptop lets pass what the environment's own gate might not."""
    rule = "  - {id: quality, metric: roc_auc, atLeast: 0.7}\n"
    looser = "[{id: quality, metric: roc_auc, atLeast: 0.1}]"
    repository.edit(rule, f"{rule}overrides: {{local: {{rules: {looser}}}}}\n")
    repository.train("one")
    assert "was judged for `local`, where `Gate/release.rules[quality].atLeast` asks less than in `staging`" in refused(
        repository, capsys
    )


def replaced(repository: Repository, named: str, content: bytes) -> None:
    """Write something else where a release's statement stands, and its digest into the release."""
    file = repository.root / repository.release()[named]["path"]
    before = file_digest(file)
    file.write_bytes(content)
    release = repository.root / RELEASE.format("staging")
    release.write_text(release.read_text().replace(before, file_digest(file)))


@pytest.mark.parametrize("content", [b'{"payloadType": 1}', b"{}"], ids=["a broken envelope", "no statement"])
def test_evidence_of_the_version_that_keeps_the_traffic_must_be_readable(
    repository: Repository, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    repository.train("one")
    assert repository.promote() == 0
    replaced(repository, "evidence", content)
    repository.train("two")
    assert "of `staging-made-online` cannot be read" in refused(repository, capsys)


@pytest.mark.parametrize("content", [b'{"payloadType": 1}', b"{}"], ids=["a broken envelope", "no statement"])
@pytest.mark.parametrize("version", ["one", "two"])
def test_where_a_promotion_is_no_statement_the_next_one_writes_one(
    repository: Repository, content: bytes, version: str
) -> None:
    repository.train("one")
    assert repository.promote() == 0
    replaced(repository, "promotion", content)
    assert repository.problems() != []
    digest = repository.train(version)
    assert repository.promote() == 0
    assert repository.release()["version"]["digest"] == digest
    assert repository.problems() == []
