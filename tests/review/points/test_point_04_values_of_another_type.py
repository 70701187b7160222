"""Point 4: what Python takes for equal may be two values to a learner, and two texts in a manifest."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.review.changes.values import exact, same
from penstock.review.model import Change, Direction, Operation
from penstock.review.policy.prior_decisions import PriorDecisions
from penstock.review.record.inputs import VerdictInputs
from penstock.review.rendering.rows import rows
from penstock.specs.addresses import Address
from penstock.specs.review import Area
from review.pull_requests import APPROVED, PENDING, opened
from review.repositories import Documents, Repository, at, direct

EQUAL_TO_PYTHON = [(1.0, 1), (1, True), (True, 1), (False, 0.0), (0, False), (0.0, -0.0), ([1.0], [1])]


@pytest.mark.parametrize(("before", "after"), EQUAL_TO_PYTHON)
def test_an_equal_value_of_another_type_is_a_change(repository: Repository, before: Any, after: Any) -> None:
    repository.edit(_with_params(before))
    repository.commit()
    plan = repository.changed(_with_params(after))
    change = at(plan, "Model/delay.estimator.params.max_features")
    assert change.direction is Direction.UNKNOWN
    assert repr((change.before, change.after)) == repr((before, after))


@pytest.mark.parametrize(("before", "after"), EQUAL_TO_PYTHON)
def test_such_values_are_neither_the_same_nor_told_by_one_text(before: Any, after: Any) -> None:
    assert not same(before, after)
    assert exact(before) != exact(after)


@pytest.mark.parametrize(("before", "after"), [(1, True), ("1", 1)])
def test_the_positive_label_is_of_one_type(repository: Repository, before: Any, after: Any) -> None:
    def label(value: Any) -> Any:
        return lambda documents: documents["Model", "delay"]["spec"]["label"].update(positive=value)

    repository.edit(label(before))
    repository.commit()
    assert at(repository.changed(label(after)), "Model/delay.label.positive").after == after


@pytest.mark.parametrize("form", ["merge", "jsonPatch"])
def test_a_patch_that_says_an_equal_value_is_another_patch(repository: Repository, form: str) -> None:
    def patch(value: Any) -> Any:
        body = {"merge": {"spec": {"x": value}}, "jsonPatch": [{"op": "add", "path": "/spec/x", "value": value}]}[form]

        def put(documents: Documents) -> None:
            documents["Rollout", "delay-online"]["spec"]["patches"] = [
                {"id": "odd", "target": {"kind": "InferenceService"}, form: body, "reason": "It is needed for now."}
            ]

        return put

    repository.edit(patch(1.0))
    repository.commit()
    assert direct(repository.changed(patch(1)))


def test_a_choice_of_the_search_is_of_one_type(repository: Repository) -> None:
    def choices(*values: Any) -> Any:
        def put(documents: Documents) -> None:
            documents["Model", "delay"]["spec"]["search"] = {
                "trials": 3,
                "metric": "roc_auc",
                "space": {"max_features": {"choice": list(values)}},
            }

        return put

    repository.edit(choices(1.0, 0.5))
    repository.commit()
    assert direct(repository.changed(choices(1, 0.5)))


def test_an_approval_of_one_is_none_of_the_other(repository: Repository) -> None:
    repository.edit(_with_params(0.5))
    repository.commit()
    pull_request = opened(repository, _with_params(1.0))
    pull_request.approve("ada", "bela")
    assert pull_request.state is APPROVED
    pull_request.push(_with_params(1))
    assert pull_request.state is PENDING


def test_a_rename_that_changes_such_a_value_is_no_rename(repository: Repository) -> None:
    repository.edit(_with_params(1.0))
    repository.commit()

    def rename(documents: Documents) -> None:
        _with_params(1)(documents)
        documents["Model", "delay"]["metadata"]["name"] = "late"
        for holder in (("Gate", "delay-release"), ("Rollout", "delay-online")):
            documents[holder]["spec"]["model"] = "late"

    assert Operation.RENAMED not in {change.operation for change in repository.changed(rename).changes}


def test_the_two_are_shown_so_that_they_differ(repository: Repository) -> None:
    repository.edit(_with_params(1.0))
    repository.commit()
    shown = [row.values for row in rows(repository.changed(_with_params(1)))]
    assert "1.0 -> 1" in shown


def test_a_record_keeps_the_type_and_the_fingerprint(repository: Repository) -> None:
    repository.edit(_with_params(1.0))
    repository.commit()
    pull_request = opened(repository, _with_params(1))
    inputs, view = pull_request.inputs(), pull_request.forge.view
    written = VerdictInputs(
        view.facts, inputs.plan, inputs.policy, inputs.organisation, {}, None, PriorDecisions(), view.now()
    ).as_parts()
    read = VerdictInputs.of_parts(written)
    assert set(read.plan.impacts) == {change.fingerprint for change in read.plan.changes}
    assert read.as_parts() == written


def test_fingerprints_tell_them_apart() -> None:
    def change(after: Any) -> Change:
        address = Address("Model", "delay", (".estimator",))
        unknown = Direction.UNKNOWN
        return Change(address, Operation.CHANGED, 0.5, after, unknown, Area.QUALITY, "direct", "any change")

    assert len({change(after).fingerprint for after in (1, 1.0, True, "1", {"a": 1}, {"a": 1.0})}) == 6


def _with_params(value: Any) -> Any:
    def put(documents: Documents) -> None:
        # A learner that takes the number 1 and the share 1.0, which are not the same to it.
        learner = "sklearn.ensemble.RandomForestClassifier"
        documents["Model", "delay"]["spec"]["estimator"] = {"class": learner, "params": {"max_features": value}}

    return put
