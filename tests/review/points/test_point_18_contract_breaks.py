"""Point 18: contract breaks between training and serving (type, label, window, point in time) are marked downstream."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from review.repositories import Documents, Repository, direct, indirect


def retype(documents: Documents) -> None:
    documents["Dataset", "weather"]["spec"]["columns"]["wind_speed"]["type"] = "int"


def relabel(documents: Documents) -> None:
    documents["Model", "delay"]["spec"]["label"]["horizon"] = "6h"


def rewindow(documents: Documents) -> None:
    documents["FeatureSet", "conditions"]["spec"]["features"]["wind_speed"]["latest"]["maxAge"] = "1h"


def retime(documents: Documents) -> None:
    weather = documents["Dataset", "weather"]["spec"]
    weather["columns"]["reported"] = {"type": "timestamp"}
    weather["knownAt"] = "reported"


def refeature(documents: Documents) -> None:
    documents["FeatureSet", "conditions"]["spec"]["features"]["distance"]["sql"] = "distance * 2"


def unfeature(documents: Documents) -> None:
    del documents["FeatureSet", "conditions"]["spec"]["features"]["distance"]


@pytest.mark.parametrize("change", [retype, relabel, rewindow, retime, refeature, unfeature])
def test_a_break_is_marked_where_it_is_made_and_on_what_serves_it(
    repository: Repository, change: Callable[[Documents], None]
) -> None:
    plan = repository.changed(change)
    assert any(one.breaking for one in direct(plan))
    assert any(one.breaking for one in indirect(plan, "Rollout/delay-online"))


def looser(documents: Documents) -> None:
    documents["Dataset", "weather"]["spec"]["columns"]["wind_speed"]["nullable"] = "50%"


def more(documents: Documents) -> None:
    documents["Dataset", "weather"]["spec"]["columns"]["gusts"] = {"type": "float"}


def prose(documents: Documents) -> None:
    documents["FeatureSet", "conditions"]["spec"]["features"]["distance"]["description"] = "Miles."


@pytest.mark.parametrize("change", [looser, more, prose])
def test_other_changes_break_nothing(repository: Repository, change: Callable[[Documents], None]) -> None:
    assert not any(one.breaking for one in repository.changed(change).changes)
