"""Promotion beside a version that is served: what starts, moves and ends a canary."""

from __future__ import annotations

import pytest
import yaml

from promotion.workspaces import Repository, refused


def test_a_newer_version_starts_a_canary_beside_the_one_before(repository: Repository) -> None:
    one = repository.train("one")
    assert repository.promote() == 0
    two = repository.train("two")
    assert repository.promote() == 0
    release = repository.release()
    assert (release["version"]["digest"], release["previous"]["digest"], release["step"]) == (two, one, 0)
    # The version that keeps the rest of the traffic is still the first, whatever comes while the canary is under way.
    three = repository.train("three")
    assert repository.promote() == 0
    release = repository.release()
    assert (release["version"]["digest"], release["previous"]["digest"], release["step"]) == (three, one, 0)


def test_a_canary_that_argo_rollouts_advances_has_no_step(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.edit("serve: {target: kserve}", "serve: {target: argo-rollouts}")
    repository.edit(
        "  kserve: {mode: Knative}", '  argoRollouts: {version: "1.9", gateway: gateways/ml, domain: ml.example.com}'
    )
    repository.edit("steps: [{weight: 5%}, {weight: 50%}]", "steps: [{weight: 5%, hold: 30m}, {weight: 50%, hold: 1h}]")
    one = repository.train("one")
    assert repository.promote() == 0
    two = repository.train("two")
    assert "no canary that pull requests advance" in refused(repository, capsys, "--step", "1")
    assert repository.promote() == 0
    assert repository.problems() == []
    release = repository.release()
    assert (release["version"]["digest"], release["previous"]["digest"]) == (two, one)
    assert "step" not in release


def rename_model(repository: Repository, name: str) -> None:
    """Declare the model again under another name, and let the gate and the rollout follow."""
    path = repository.root / "specs" / "all.yaml"
    documents = list(yaml.safe_load_all(path.read_text()))
    for document in documents:
        if document["kind"] == "Model":
            document["metadata"]["name"] = name
        elif "model" in document["spec"]:
            document["spec"]["model"] = name
    path.write_text(yaml.safe_dump_all(documents, sort_keys=False))


def test_a_version_of_another_model_keeps_its_traffic_from_where_it_lies(repository: Repository) -> None:
    one = repository.train("one")
    assert repository.promote() == 0
    rename_model(repository, "better")
    assert "the release is a version of `made`, but its rollout serves `better`" in repository.problems()
    two = repository.train("two", name="better")
    assert repository.promote(name="better") == 0
    assert repository.problems() == []
    release = repository.release()
    assert (release["version"]["digest"], release["step"]) == (two, 0)
    assert release["previous"] == {"digest": one, "registered": 1, "model": "made"}
    # While that canary is under way a third one comes, of a third model; then one of the model that has the traffic.
    rename_model(repository, "best")
    repository.train("three", name="best")
    assert repository.promote(name="best") == 0
    assert repository.release()["previous"] == {"digest": one, "registered": 1, "model": "made"}
    rename_model(repository, "made")
    repository.train("four")
    assert repository.promote() == 0
    assert repository.release()["previous"] == {"digest": one, "registered": 1}


def test_a_canary_under_way_keeps_its_traffic_when_the_model_becomes_another(repository: Repository) -> None:
    one = repository.train("one")
    assert repository.promote() == 0
    repository.train("two")
    assert repository.promote() == 0
    rename_model(repository, "better")
    repository.train("three", name="better")
    assert repository.promote(name="better") == 0
    assert repository.release()["previous"] == {"digest": one, "registered": 1, "model": "made"}


def test_a_canary_is_moved_step_by_step_to_its_end(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no canary of `made-online` is running in `staging`" in refused(repository, capsys, "--advance")
    repository.train("one")
    repository.promote()
    repository.train("two")
    assert repository.promote() == 0
    assert repository.promote("--advance") == 0
    assert repository.release()["step"] == 1
    assert "step 1: 50% of the traffic" in capsys.readouterr().out
    assert "has the steps 0 to 1, and no step 2" in refused(repository, capsys, "--step", "2")
    assert repository.promote("--step", "0") == 0
    assert repository.release()["step"] == 0
    assert repository.promote("--complete") == 0
    assert "step" not in repository.release()
    assert "no canary of `made-online` is running" in refused(repository, capsys, "--advance")


def test_going_back_to_the_version_that_has_the_traffic_ends_the_canary(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    one = repository.train("one")
    repository.promote()
    repository.train("two")
    assert repository.promote() == 0
    assert repository.train("one") == one
    assert "already gives this version the rest of the traffic" in refused(repository, capsys, "--step", "1")
    assert repository.promote() == 0
    release = repository.release()
    assert release["version"]["digest"] == one
    assert not {"previous", "step"} & release.keys()
    assert "and the canary beside it ends" in capsys.readouterr().out
    assert repository.problems() == []


def test_a_replaced_version_comes_back_through_a_canary_whatever_the_specs_ask_by_now(repository: Repository) -> None:
    """What a plan tells to do where reverting the Release would leave nothing to answer."""
    one = repository.train("one")
    repository.promote()
    evidence = str(repository.root / repository.release()["evidence"]["path"])
    two = repository.train("two")
    repository.promote()
    repository.promote("--complete")
    repository.edit("atLeast: 0.7", "atLeast: 0.8")
    assert repository.promote("--evidence", evidence, "--step", "1") == 0
    release = repository.release()
    assert (release["version"]["digest"], release["previous"]["digest"], release["step"]) == (one, two, 1)
    assert repository.promote("--complete") == 0
    assert "step" not in repository.release()


def test_of_the_versions_before_the_replaced_one_nothing_is_known(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.train("one")
    repository.promote()
    evidence = str(repository.root / repository.release()["evidence"]["path"])
    for content in ("two", "three"):
        repository.train(content)
        repository.promote()
        repository.promote("--complete")
    repository.edit("atLeast: 0.7", "atLeast: 0.8")
    assert "have changed since this version was trained" in refused(repository, capsys, "--evidence", evidence)


def test_a_canary_ends_whatever_the_specs_ask_by_now(repository: Repository) -> None:
    one = repository.train("one")
    repository.promote()
    evidence = str(repository.root / repository.release()["evidence"]["path"])
    repository.train("two")
    repository.promote()
    repository.edit("atLeast: 0.7", "atLeast: 0.8")
    assert repository.promote("--evidence", evidence) == 0
    release = repository.release()
    assert release["version"]["digest"] == one
    assert not {"previous", "step"} & release.keys()


def test_advancing_past_the_last_step_completes(repository: Repository) -> None:
    repository.train("one")
    repository.promote()
    repository.train("two")
    assert repository.promote("--step", "1") == 0
    assert repository.promote("--advance") == 0
    assert "step" not in repository.release()


def test_without_a_canary_a_newer_version_gets_all_of_the_traffic(repository: Repository) -> None:
    repository.edit("  strategy:\n    canary:\n      steps: [{weight: 5%}, {weight: 50%}]", "")
    one = repository.train("one")
    assert repository.promote() == 0
    two = repository.train("two")
    assert repository.promote() == 0
    release = repository.release()
    assert (release["version"]["digest"], release["previous"]["digest"]) == (two, one)
    assert "step" not in release
    assert repository.problems() == []
