"""Attacks by code that fetches personal data itself, past the lineage of columns."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from penstock.review.model import Change, Direction, Plan
from penstock.specs.review import Area
from review.pull_requests import APPROVED, PENDING, PullRequest, both, node, opened
from review.repositories import Documents, Repository, set_at

QUIET = "def {name}(*given):\n    return 1\n"
TABLE = "import pandas as pd\n\n\ndef {name}(*given):\n    return pd.read_csv('data/people.csv')\n"
COMPUTED = "import os\n\n\ndef {name}(*given):\n    return open(os.environ['{name}']).read()\n"
QUERY = "import duckdb\n\n\ndef {name}(*given):\n    return duckdb.sql(\"select * from 'data/people.csv'\")\n"
FETCHED = "import requests\n\n\ndef {name}(*given):\n    return requests.get('https://x.example')\n"
HIDDEN = "def {name}(*given):\n    return getattr(given[0], given[1])\n"
"""What nobody can see into."""


def people(documents: Documents) -> None:
    """A dataset with personal data that no model is made from."""
    documents["Dataset", "people"] = {
        "apiVersion": "penstock/v1",
        "kind": "Dataset",
        "metadata": {"name": "people", "owner": "flight-data"},
        "spec": {
            "source": {"csv": "data/people.csv"},
            "primaryKey": ["id"],
            "columns": {"id": {"type": "string"}, "birth_date": {"type": "date", "sensitivity": "pii"}},
        },
    }


def of_feature(documents: Documents) -> None:
    feature = {"type": "float", "python": "systems.own:risk", "reads": ["distance"]}
    documents["FeatureSet", "conditions"]["spec"]["features"]["risk"] = feature


of_estimator = set_at("Model", "delay", "estimator", to={"python": "systems.own:risk"})


of_class = set_at("Model", "delay", "estimator", to={"class": "systems.own.risk"})


def of_gate(documents: Documents) -> None:
    rule = {"id": "own", "python": "systems.own:risk", "atLeast": 0.1}
    documents["Gate", "delay-release"]["spec"]["rules"].append(rule)


of_check = set_at("Dataset", "weather", "checks", to=[{"id": "own", "python": "systems.own:risk"}])


of_step = set_at("Model", "delay", "steps", to=[{"name": "prepare", "command": ["python", "-m", "systems.own"]}])


def of_override(documents: Documents) -> None:
    estimator = {"class": None, "python": "systems.own:risk"}
    documents["Model", "delay"]["overrides"] = {"production": {"estimator": estimator}}


NAMED = {
    "feature": (of_feature, "FeatureSet/conditions"),
    "estimator": (of_estimator, "Model/delay"),
    "class": (of_class, "Model/delay"),
    "gate": (of_gate, "Gate/delay-release"),
    "check": (of_check, "Dataset/weather"),
    "step": (of_step, "Model/delay"),
    "override": (of_override, "Model/delay"),
}


def changed(
    repository: Repository, before: str, after: str, change: Callable[[Documents], None], also: str = ""
) -> PullRequest:
    """A pull request that edits nothing but the code behind a name."""
    repository.edit(both(people, change))
    repository.write("systems/own.py", before.replace("{name}", "risk"))
    pull_request = opened(repository)
    repository.write("systems/own.py", after.replace("{name}", "risk") + also)
    pull_request.forge.push(repository.commit())
    return pull_request


def told(plan: Plan, address: str) -> list[Change]:
    """What of a spec is told of data that code reads by itself."""
    return [one for one in plan.changes if str(one.address) == address and "by itself" in one.why]


@pytest.mark.parametrize("after", [TABLE, COMPUTED, QUERY, FETCHED, HIDDEN])
@pytest.mark.parametrize(("change", "address"), NAMED.values(), ids=NAMED)
def test_code_that_comes_to_read_data_is_for_privacy_to_see(
    repository: Repository, change: Callable[[Documents], None], address: str, after: str
) -> None:
    pull_request = changed(repository, QUIET, after, change)
    (found,) = told(pull_request.inputs().plan, address)
    assert found.area is Area.PRIVACY
    assert found.rests_on
    is_of_people = after in (TABLE, QUERY)
    assert (found.direction, found.sensitivity) == (
        (Direction.LOOSENED, "pii") if is_of_people else (Direction.UNKNOWN, None)
    )
    assert ("`people.birth_date`" in found.why) == is_of_people
    assert node(pull_request.verdict(), "privacy").state is PENDING
    assert set(found.environments) == ({"production"} if change is of_override else {"staging", "production"})


@pytest.mark.parametrize("form", ["feature", "estimator", "class", "override"])
def test_the_columns_of_the_dataset_reach_the_model(repository: Repository, form: str) -> None:
    plan = changed(repository, QUIET, TABLE, NAMED[form][0]).inputs().plan
    (found,) = [one for one in plan.changes if "people.birth_date newly reaches" in one.why]
    end = "FeatureSet/conditions.features.risk" if form == "feature" else "Model/delay.estimator"
    assert (found.direction, found.area, found.sensitivity) == (Direction.LOOSENED, Area.PRIVACY, "pii")
    assert found.through == ("Dataset/people.columns.birth_date", end)
    assert found.rests_on


@pytest.mark.parametrize("form", ["feature", "estimator"])
def test_so_they_do_where_all_that_the_model_is_made_from_is_public(repository: Repository, form: str) -> None:
    def public(documents: Documents) -> None:
        for (kind, _), document in documents.items():
            for column in document["spec"]["columns"].values() if kind == "Dataset" else ():
                column["sensitivity"] = "public"

    repository.edit(public)
    plan = changed(repository, QUIET, TABLE, NAMED[form][0]).inputs().plan
    (found,) = [one for one in plan.changes if "people.birth_date newly reaches" in one.why]
    assert (found.direction, found.sensitivity) == (Direction.LOOSENED, "pii")


def test_a_spec_that_comes_to_name_such_code_is_told_of_too(repository: Repository) -> None:
    repository.edit(people)
    repository.write("systems/own.py", TABLE.replace("{name}", "risk"))
    pull_request = opened(repository, of_feature)
    plan = pull_request.inputs().plan
    assert told(plan, "FeatureSet/conditions")
    assert any("people.birth_date newly reaches" in one.why for one in plan.changes)
    # What nobody has given a purpose is an error besides.
    assert [one.code for one in plan.errors] == ["sensitive-use"]


def labelled(label: str) -> Callable[[Documents], None]:
    def edit(documents: Documents) -> None:
        people(documents)
        documents["Dataset", "people"]["spec"]["columns"]["birth_date"]["sensitivity"] = label

    return edit


def read_already(
    repository: Repository, change: Callable[[Documents], None], *datasets: Callable[[Documents], None]
) -> PullRequest:
    """A pull request that edits datasets, and not the code that reads their rows by itself already."""
    *before, after = datasets
    repository.edit(both(*before, change))
    repository.write("systems/own.py", TABLE.replace("{name}", "risk"))
    return opened(repository, after)


@pytest.mark.parametrize("datasets", [(people,), (labelled("public"), people)], ids=["declared", "labelled"])
@pytest.mark.parametrize(("change", "address"), NAMED.values(), ids=NAMED)
def test_rows_that_code_reads_already_are_told_of_when_they_turn_out_to_be_personal(
    repository: Repository,
    change: Callable[[Documents], None],
    address: str,
    datasets: tuple[Callable[[Documents], None], ...],
) -> None:
    pull_request = read_already(repository, change, *datasets)
    plan = pull_request.inputs().plan
    (found,) = told(plan, address)
    assert (found.direction, found.area, found.sensitivity) == (Direction.LOOSENED, Area.PRIVACY, "pii")
    assert "`people.birth_date`" in found.why
    dataset = {one.fingerprint for one in plan.changes if str(one.address).startswith("Dataset/people")}
    assert dataset & set(found.rests_on)
    assert node(pull_request.verdict(), "privacy").state is PENDING


@pytest.mark.parametrize(("change", "address"), NAMED.values(), ids=NAMED)
def test_and_so_they_are_where_they_turn_out_to_be_so_in_one_environment(
    repository: Repository, change: Callable[[Documents], None], address: str
) -> None:
    def in_production(documents: Documents) -> None:
        own = {"columns": {"birth_date": {"sensitivity": "pii"}}}
        documents["Dataset", "people"]["overrides"] = {"production": own}

    pull_request = read_already(repository, change, labelled("public"), in_production)
    (found,) = [one for one in told(pull_request.inputs().plan, address) if one.sensitivity is not None]
    assert (found.direction, found.area, found.sensitivity) == (Direction.LOOSENED, Area.PRIVACY, "pii")
    assert found.environments == ("production",)


def test_and_where_one_environment_called_them_public_until_now(repository: Repository) -> None:
    def public_in_production(documents: Documents) -> None:
        own = {"columns": {"birth_date": {"sensitivity": "public"}}}
        documents["Dataset", "people"]["overrides"] = {"production": own}

    pull_request = read_already(
        repository,
        of_gate,
        people,
        public_in_production,
        lambda documents: documents["Dataset", "people"].pop("overrides"),
    )
    (found,) = told(pull_request.inputs().plan, "Gate/delay-release")
    assert (found.direction, found.sensitivity) == (Direction.LOOSENED, "pii")
    assert "production" in found.environments


@pytest.mark.parametrize("form", ["feature", "estimator", "class", "override"])
def test_and_reach_the_model_by_it(repository: Repository, form: str) -> None:
    plan = read_already(repository, NAMED[form][0], people).inputs().plan
    (found,) = [one for one in plan.changes if "people.birth_date newly reaches" in one.why]
    assert (found.direction, found.area, found.sensitivity) == (Direction.LOOSENED, Area.PRIVACY, "pii")


@pytest.mark.parametrize("datasets", [(labelled("public"),), (people, labelled("public"))], ids=["declared", "freed"])
def test_rows_that_are_nobody_s_are_no_news(
    repository: Repository, datasets: tuple[Callable[[Documents], None], ...]
) -> None:
    plan = read_already(repository, of_gate, *datasets).inputs().plan
    assert told(plan, "Gate/delay-release") == []


def test_the_helper_in_another_file_is_no_hiding_place(repository: Repository) -> None:
    repository.write("systems/helper.py", QUIET.replace("{name}", "fetch"))
    repository.edit(both(people, of_gate))
    repository.write("systems/own.py", "from systems import helper\n\n\ndef risk(*given):\n    return helper.fetch()\n")
    pull_request = opened(repository)
    repository.write("systems/helper.py", TABLE.replace("{name}", "fetch"))
    pull_request.forge.push(repository.commit())
    (found,) = told(pull_request.inputs().plan, "Gate/delay-release")
    assert "`pandas.read_csv` in systems/helper.py:5 reads `data/people.csv`" in found.why


def test_what_is_read_under_a_computed_name_may_be_another_with_every_edit(repository: Repository) -> None:
    pull_request = changed(repository, COMPUTED, COMPUTED.replace("environ['", "environ['OTHER_"), of_feature)
    (found,) = told(pull_request.inputs().plan, "FeatureSet/conditions")
    assert found.direction is Direction.UNKNOWN


def test_another_file_is_another_read(repository: Repository) -> None:
    pull_request = changed(repository, TABLE.replace("people", "others"), TABLE, of_feature)
    (found,) = told(pull_request.inputs().plan, "FeatureSet/conditions")
    assert "data/people.csv" in found.why


def test_an_approval_of_one_edit_says_nothing_of_the_next(repository: Repository) -> None:
    pull_request = changed(repository, QUIET, COMPUTED, of_feature)
    pull_request.approve("pia", "bela", "petra")
    assert node(pull_request.verdict(), "privacy").state is APPROVED
    repository.write("systems/own.py", COMPUTED.replace("environ['", "environ['OTHER_").replace("{name}", "risk"))
    pull_request.forge.push(repository.commit())
    assert node(pull_request.verdict(), "privacy").state is PENDING


@pytest.mark.parametrize("before", [QUIET, TABLE])
def test_code_that_reads_nothing_new_is_its_owner_s_alone(repository: Repository, before: str) -> None:
    pull_request = changed(repository, before, before, of_gate, also="\n\nCOUNT = 2\n")
    assert told(pull_request.inputs().plan, "Gate/delay-release") == []
    assert "privacy" not in [one.name for one in pull_request.verdict().tree.children if one.state is PENDING]


def test_a_file_of_settings_is_none_of_it(repository: Repository) -> None:
    repository.write("systems/words.json", "{}")
    settings = "import json\n\n\ndef {name}(*given):\n    return json.load(open('systems/words.json'))\n"
    pull_request = changed(repository, QUIET, settings, of_feature)
    assert told(pull_request.inputs().plan, "FeatureSet/conditions") == []


def test_what_a_dataset_is_read_from_is_declared_by_its_columns(repository: Repository) -> None:
    pull_request = opened(repository)
    repository.write("systems/flights.py", FETCHED.replace("{name}", "departures"))
    pull_request.forge.push(repository.commit())
    assert not [one for one in pull_request.inputs().plan.changes if "by itself" in one.why]


def test_but_the_rows_of_another_dataset_keep_their_labels(repository: Repository) -> None:
    repository.edit(people)
    pull_request = opened(repository)
    repository.write("systems/flights.py", TABLE.replace("{name}", "departures"))
    pull_request.forge.push(repository.commit())
    (found,) = told(pull_request.inputs().plan, "Dataset/flights")
    assert (found.direction, found.sensitivity) == (Direction.LOOSENED, "pii")
    assert node(pull_request.verdict(), "privacy").state is PENDING


def test_a_function_that_a_dataset_is_read_by_hands_its_rows_to_no_feature_unseen(repository: Repository) -> None:
    """`flights.contact` is personal data, and `departures` gives it to whoever calls it."""
    calling = "from systems.flights import departures\n\n\ndef {name}(*given):\n    return departures()\n"
    pull_request = changed(repository, QUIET, calling, of_gate)
    (found,) = told(pull_request.inputs().plan, "Gate/delay-release")
    assert (found.direction, found.sensitivity) == (Direction.LOOSENED, "pii")
    assert "`flights.contact`" in found.why


def test_an_override_that_goes_hands_on_code_that_reads_data(repository: Repository) -> None:
    """Production ran code of its own until now; what the other environments run reads personal data."""
    repository.write("systems/own.py", TABLE.replace("{name}", "risk"))
    repository.write("systems/quiet.py", QUIET.replace("{name}", "risk"))
    quiet = {"production": {"estimator": {"python": "systems.quiet:risk"}}}
    repository.edit(both(people, of_estimator, lambda documents: documents["Model", "delay"].update(overrides=quiet)))
    pull_request = opened(repository, lambda documents: documents["Model", "delay"].pop("overrides"))
    (found,) = told(pull_request.inputs().plan, "Model/delay")
    assert (found.direction, found.sensitivity, found.environments) == (Direction.LOOSENED, "pii", ("production",))
    assert found.rests_on


@pytest.mark.parametrize(("elsewhere", "where"), [(["production"], ("staging",)), (["staging", "production"], ())])
def test_where_an_override_runs_other_code_it_is_not_told_of(
    repository: Repository, elsewhere: list[str], where: tuple[str, ...]
) -> None:
    repository.write("systems/quiet.py", QUIET.replace("{name}", "risk"))
    quiet = {name: {"estimator": {"python": "systems.quiet:risk"}} for name in elsewhere}
    change = both(of_estimator, lambda documents: documents["Model", "delay"].update(overrides=quiet))
    (found,) = told(changed(repository, QUIET, TABLE, change).inputs().plan, "Model/delay")
    assert found.environments == where
    assert found.why.endswith("; overrides hide it in every environment") is not bool(where)
