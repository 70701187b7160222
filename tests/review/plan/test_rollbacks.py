"""Plans of releases that go back: what is a rollback, which no freeze holds, and what only looks like one."""

from __future__ import annotations

import pytest

from review.pull_requests import looser_gate
from review.releases import NEW, OLD, OLDER, add_release
from review.repositories import Repository

PATH = "specs/release.yaml"


def served(repository: Repository, *releases: str, branch: str = "change") -> None:
    """Releases that are merged one after the other, and a branch from there."""
    for text in releases:
        repository.write(PATH, text)
        repository.commit()
    repository.branch(branch)


def kind_with(repository: Repository, release: str) -> str:
    """Of which kind the plan of the branch is with this release."""
    repository.write(PATH, release)
    repository.commit()
    return repository.plan().kind


def test_a_release_that_goes_back_to_its_previous_version_is_a_rollback(repository: Repository) -> None:
    served(repository, add_release(NEW, previous=OLD))
    assert kind_with(repository, add_release(OLD)) == "rollback"


def test_a_release_that_goes_back_in_its_history_is_a_rollback(repository: Repository) -> None:
    served(repository, *map(add_release, (OLDER, OLD, NEW)))
    assert kind_with(repository, add_release(OLDER)) == "rollback"


def test_a_version_is_one_of_its_model(repository: Repository) -> None:
    named = add_release(NEW, OLD).replace("previous: {", "previous: {model: elder, ")
    served(repository, named)
    # Of `elder` it was served, and not of the model that the rollout serves now.
    assert kind_with(repository, add_release(OLD)) == "change"
    # Beside it, the version that the base serves would be looked for in the store of another model.
    assert (
        kind_with(repository, add_release(OLD, NEW, 0).replace("previous: {", "previous: {model: other, ")) == "change"
    )


def test_a_rollback_that_carries_something_else_along_is_none(repository: Repository) -> None:
    served(repository, add_release(NEW, previous=OLD))
    repository.write(PATH, add_release(OLD))
    repository.edit(looser_gate)
    repository.commit()
    assert repository.plan().kind == "change"


def test_what_only_moves_makes_no_rollback_and_takes_none_away(repository: Repository) -> None:
    served(repository, add_release(NEW, previous=OLD))
    repository.git("mv", "specs/system.yaml", "specs/moved.yaml")
    repository.commit()
    assert repository.plan().kind != "rollback"
    assert kind_with(repository, add_release(OLD)) == "rollback"


def test_a_version_that_was_never_served_is_no_rollback(repository: Repository) -> None:
    served(repository, add_release(NEW, previous=OLD))
    assert kind_with(repository, add_release(OLDER)) == "change"


def test_what_a_branch_held_on_its_way_was_never_served(repository: Repository) -> None:
    repository.write(PATH, add_release(OLD))
    repository.commit()
    repository.branch("side")
    for digest in (OLDER, NEW):
        repository.write(PATH, add_release(digest))
        repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "--message", "Merged", "side")
    repository.branch()
    assert kind_with(repository, add_release(OLDER)) == "change"
    assert kind_with(repository, add_release(OLD)) == "rollback"


def test_a_rollback_that_goes_on_serving_another_version_beside_it_is_none(repository: Repository) -> None:
    served(repository, add_release(NEW, previous=OLD))
    assert kind_with(repository, add_release(OLD, previous=OLDER, step=0)) == "change"
    assert kind_with(repository, add_release(OLD, previous=NEW, step=0)) == "rollback"


def test_a_canary_that_was_withdrawn_was_never_served_to_all(repository: Repository) -> None:
    """Nobody goes back to it, and so no freeze lets it through; one that went on to the end is another matter."""
    served(repository, add_release(OLD), add_release(NEW, OLD, 0), add_release(OLD))
    assert kind_with(repository, add_release(NEW)) == "change"
    repository.git("checkout", "--quiet", "main")
    served(repository, add_release(NEW, OLD, 1), add_release(NEW, OLD), add_release(OLDER, NEW), branch="back")
    assert kind_with(repository, add_release(NEW)) == "rollback"


def test_what_kept_the_rest_beside_a_canary_was_served(repository: Repository) -> None:
    served(repository, add_release(NEW, OLD, 0), add_release(NEW), add_release(OLDER))
    assert kind_with(repository, add_release(OLD)) == "rollback"


def test_a_canary_under_way_is_withdrawn_by_a_rollback_and_not_turned_round(repository: Repository) -> None:
    served(repository, add_release(NEW, OLD, 0))
    assert kind_with(repository, add_release(OLD)) == "rollback"
    # The old version as a canary of the new one gives nearly all traffic to what was a canary.
    assert kind_with(repository, add_release(OLD, NEW, 0)) == "change"


def test_a_rollback_that_an_environment_overrides_is_none(repository: Repository) -> None:
    served(repository, add_release(NEW, previous=OLD))
    overrides = f'overrides: {{production: {{version: {{digest: "{OLDER}"}}}}}}\n'
    assert kind_with(repository, add_release(OLD) + overrides) == "change"


def test_a_version_that_an_override_hid_was_never_served(repository: Repository) -> None:
    overrides = f'overrides: {{production: {{version: {{digest: "{OLD}"}}}}}}\n'
    served(repository, add_release(OLDER) + overrides, add_release(NEW))
    assert kind_with(repository, add_release(OLDER)) == "change"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("environment: production", "environment: staging"),
        ("rollout: delay-online", "rollout: delay-offline"),
        ("owner: flight-ml", "owner: risk"),
    ],
    ids=["environment", "rollout", "owner"],
)
def test_a_release_that_goes_back_elsewhere_or_to_another_owner_is_none(
    repository: Repository, old: str, new: str
) -> None:
    served(repository, add_release(NEW, previous=OLD))
    text = add_release(OLD)
    assert old in text
    assert kind_with(repository, text.replace(f"{old}\n", f"{new}\n").replace(f"{old}}}", f"{new}}}")) == "change"


def test_a_release_of_the_same_version_goes_back_to_nothing(repository: Repository) -> None:
    served(repository, add_release(NEW, previous=OLD))
    assert (
        kind_with(repository, add_release(NEW, previous=OLD).replace("datasets: {}", f'datasets: {{flights: "{OLD}"}}'))
        == "change"
    )


def test_what_another_environment_was_served_was_not_served_here(repository: Repository) -> None:
    served(repository, add_release(OLDER).replace("environment: production", "environment: staging"), add_release(NEW))
    assert kind_with(repository, add_release(OLDER)) == "change"


def test_a_release_that_goes_on_beside_one_that_goes_back_makes_both_a_change(repository: Repository) -> None:
    other = "specs/staging.yaml"
    repository.write(PATH, add_release(NEW, previous=OLD))
    repository.write(other, add_release(OLD, environment="staging"))
    repository.commit()
    repository.branch()
    assert kind_with(repository, add_release(OLD)) == "rollback"
    repository.write(other, add_release(NEW, environment="staging"))
    repository.commit()
    assert repository.plan().kind == "change"
