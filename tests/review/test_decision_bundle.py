"""What one job decided reaches the next whole, or not at all."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from penstock.forges.github.check_run import Annotation
from penstock.review.decision import decide
from penstock.review.decision_bundle import BundleError, DecisionBundle, bundled_decision
from penstock.review.policy.prior_decisions import PriorDecisions
from penstock.source.canonical import bytes_digest
from review.pull_requests import looser_gate, opened
from review.repositories import Repository


@pytest.fixture
def bundle(repository: Repository) -> DecisionBundle:
    pull = opened(repository, looser_gate)
    decision = decide(repository.seen, pull.forge.view, PriorDecisions())
    note = Annotation("specs/all.yaml", 3, 3, "warning", "looser", "the gate was loosened")
    return DecisionBundle((bundled_decision(decision, "sha256:" + "1" * 64, "A comment", (note,)),))


def rewritten(bundle: DecisionBundle, **values: Any) -> tuple[bytes, str]:
    """The file with other values, and the digest that fits it: whoever may write the one may write the other."""
    data = orjson.dumps(orjson.loads(bundle.dump()) | values)
    return data, bytes_digest(data)


def refusal(data: bytes, digest: str) -> str:
    with pytest.raises(BundleError) as refused:
        DecisionBundle.parse(data, digest)
    return str(refused.value)


def test_it_is_read_as_it_was_written(bundle: DecisionBundle) -> None:
    data = bundle.dump()
    assert DecisionBundle.parse(data, bytes_digest(data)) == bundle
    assert not bundle.decisions[0].verdict.is_approved


def test_another_digest_than_the_deciding_job_gave_is_refused(bundle: DecisionBundle) -> None:
    data = bundle.dump()
    assert "was altered between the jobs" in refusal(data.replace(b"A comment", b"A comMent"), bytes_digest(data))


def test_a_verdict_that_its_inputs_do_not_give_is_refused(bundle: DecisionBundle) -> None:
    (decision,) = orjson.loads(bundle.dump())["decisions"]
    assert '"state":"pending"' in decision["verdict"]
    decision["verdict"] = decision["verdict"].replace('"state":"pending"', '"state":"approved"', 1)
    assert "does not follow from its inputs" in refusal(*rewritten(bundle, decisions=[decision]))


@pytest.mark.parametrize("values", [{"version": 2}, {"decisions": [{}]}, {"group": None}])
def test_the_file_of_another_version_is_refused(bundle: DecisionBundle, values: dict[str, Any]) -> None:
    assert "written by another version of Penstock" in refusal(*rewritten(bundle, **values))


def test_inputs_of_another_version_are_refused(bundle: DecisionBundle) -> None:
    (decision,) = orjson.loads(bundle.dump())["decisions"]
    decision["parts"]["plan"] = "{}"
    assert "written by another version of Penstock" in refusal(*rewritten(bundle, decisions=[decision]))


@pytest.mark.parametrize(("count", "found"), [(0, "0 decisions"), (2, "2 decisions")])
def test_one_pull_request_has_one_decision(bundle: DecisionBundle, count: int, found: str) -> None:
    decisions = orjson.loads(bundle.dump())["decisions"] * count
    assert f"the decision file holds {found} instead of one" in refusal(*rewritten(bundle, decisions=decisions))


def test_a_merge_group_has_one_for_each_pull_request_in_it(bundle: DecisionBundle) -> None:
    decisions = orjson.loads(bundle.dump())["decisions"] * 2
    read = DecisionBundle.parse(*rewritten(bundle, decisions=decisions, group="a" * 40))
    assert (len(read.decisions), read.group) == (2, "a" * 40)
