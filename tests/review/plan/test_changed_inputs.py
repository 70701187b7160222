"""A Release whose version reads other columns than the one before: callers have to send them before it is merged."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.diagnostics.model import Diagnostic, Severity
from review.releases import MODEL_DIGEST, OLD, RELEASE_PATH, Edit, release
from review.repositories import Repository

FORMER = {"hour": "int", "carrier": "string"}


def warnings(repository: Repository, former: Any, now: Any, *, same: bool = False) -> list[Diagnostic]:
    """What the plan warns of where a version that reads `now` follows one that reads `former`."""
    release(repository, None, edit=_reads(former), serving={"version": {"digest": MODEL_DIGEST if same else OLD}})
    repository.commit()
    repository.branch()
    release(repository, None, edit=_reads(now), serving={"previous": {"digest": OLD}, "step": 0})
    repository.commit()
    found = [one for one in repository.plan().errors if one.code == "changed-inputs"]
    assert all(one.severity is Severity.WARNING for one in found)
    return found


def _reads(inputs: Any) -> Edit:
    def edit(value: dict[str, Any]) -> None:
        if inputs is not None:
            value["predicate"]["inputs"] = inputs

    return edit


def test_an_input_that_no_caller_sends_yet_is_told(repository: Repository) -> None:
    (found,) = warnings(repository, FORMER, {"hour": "int", "airline": "string", "distance": "float"})
    assert found.headline == ("`delay-online` in production needs other inputs: `airline` (text), `distance` (number)")
    assert found.primary is not None
    assert found.primary.span.path == RELEASE_PATH
    assert found.primary.message == "sha256:bbbbbbbbbbbb… does not read them so"
    assert found.help[0].startswith("let the callers send this first, beside `carrier`: ")


def test_an_input_of_another_kind_is_told(repository: Repository) -> None:
    (found,) = warnings(repository, FORMER, FORMER | {"hour": "string"})
    assert found.headline.endswith("needs other inputs: `hour` (text)")
    assert found.help[0].startswith("let the callers send this first: ")


@pytest.mark.parametrize(
    ("former", "now"),
    [
        (FORMER, FORMER),
        (FORMER, {"hour": "float", "carrier": "string"}),
        (FORMER, {"hour": "int"}),
        (None, FORMER),
        (FORMER, None),
    ],
    ids=["the same", "a number as before", "one less", "former evidence says nothing", "new evidence says nothing"],
)
def test_what_callers_send_is_enough(repository: Repository, former: Any, now: Any) -> None:
    assert warnings(repository, former, now) == []


def test_a_version_that_stays_asks_for_nothing_new(repository: Repository) -> None:
    assert warnings(repository, FORMER, FORMER | {"distance": "float"}, same=True) == []
