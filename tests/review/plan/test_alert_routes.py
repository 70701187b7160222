"""Where alerts go is a generated file like any other: a plan tells when it changes, and nobody changes it by hand."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.diagnostics.model import Diagnostic
from penstock.review.changes.directions import LOOSENED, UNKNOWN
from review.repositories import Documents, Repository, at

ROUTES = ("production/alert-routes.yaml", "production/alertmanager.yaml")


def receivers() -> dict[str, Any]:
    names = ("flight-oncall", "flight-queue", "data-queue", "risk-queue")
    return {"receivers": {name: {"webhook": {"secret": name}} for name in names}, "fallback": "flight-queue"}


def route(documents: Documents) -> None:
    documents["Environment", "production"]["spec"]["alertmanager"] = receivers()


@pytest.fixture
def routed(repository: Repository) -> Repository:
    """The system with routes in production, compiled, on a branch."""
    repository.edit(route)
    repository.compile()
    repository.commit("Compiled")
    repository.branch()
    return repository


def wake_nobody(documents: Documents) -> None:
    documents["Team", "flight-ml"]["spec"]["contact"]["page"] = "flight-queue"


def test_the_contact_of_a_team_changes_the_routes_of_each_environment(routed: Repository) -> None:
    routed.edit(wake_nobody)
    routed.compile()
    routed.commit()
    plan = routed.plan()
    assert plan.errors == ()
    assert [(one.path, one.operation, one.owners) for one in plan.artifacts] == [
        (path, "changed", ("Team/flight-ml",)) for path in ROUTES
    ]
    assert b'severity="page"' in plan.artifacts[1].after()


def test_routes_that_are_not_compiled_again_are_told(routed: Repository) -> None:
    routed.edit(wake_nobody)
    routed.commit()
    errors = routed.plan().errors
    assert {one.code for one in errors} == {"stale-artifact"}
    assert [place_of(one) for one in errors] == [f"generated/{path}" for path in ("index.json", *ROUTES)]


def place_of(error: Diagnostic) -> str:
    assert error.primary is not None
    return error.primary.span.path


@pytest.mark.parametrize("path", ROUTES)
def test_routes_that_somebody_wrote_by_hand_are_an_error(routed: Repository, path: str) -> None:
    text = routed.read(f"generated/{path}")
    routed.write(f"generated/{path}", text.replace("receiver: flight-oncall", "receiver: data-queue"))
    routed.commit()
    (error,) = routed.plan().errors
    assert error.code == "edited-artifact"
    assert place_of(error) == f"generated/{path}"


def test_an_environment_that_loses_its_alertmanager_loses_its_routes(routed: Repository) -> None:
    def unroute(documents: Documents) -> None:
        del documents["Environment", "production"]["spec"]["alertmanager"]

    routed.edit(unroute)
    routed.compile()
    routed.commit()
    plan = routed.plan()
    assert plan.errors == ()
    assert {one.path: one.operation for one in plan.artifacts} == {
        **dict.fromkeys(ROUTES, "removed"),
        "production/kustomization.yaml": "changed",
    }
    assert at(plan, "Environment/production.alertmanager").direction is LOOSENED


def test_an_environment_that_gets_an_alertmanager_gets_routes(repository: Repository) -> None:
    repository.compile()
    repository.commit("Compiled")
    repository.branch()
    repository.edit(route)
    repository.compile()
    repository.commit()
    plan = repository.plan()
    assert plan.errors == ()
    assert {one.path: one.operation for one in plan.artifacts} == {
        **dict.fromkeys(ROUTES, "added"),
        "production/kustomization.yaml": "changed",
    }


def test_a_receiver_that_goes_away_is_told_with_whom_it_notified(routed: Repository) -> None:
    def drop(documents: Documents) -> None:
        documents["Team", "risk"]["spec"]["contact"] = {}
        del documents["Environment", "production"]["spec"]["alertmanager"]["receivers"]["risk-queue"]

    routed.edit(drop)
    routed.compile()
    routed.commit()
    plan = routed.plan()
    assert plan.errors == ()
    assert at(plan, "Environment/production.alertmanager.receivers[risk-queue]").direction is LOOSENED
    assert at(plan, "Team/risk.contact.ticket").direction is UNKNOWN
