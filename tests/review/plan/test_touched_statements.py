"""A statement that a Release of the base rests on is not altered or taken away unseen."""

from __future__ import annotations

import pytest

from review.releases import PATH, PROMOTION_PATH, RELEASE_PATH, release, signer
from review.repositories import Repository

UNNAMED = "evidence/delay/older.json"
KEY = signer("ci")


@pytest.fixture
def released(repository: Repository) -> Repository:
    """A Release with both of its statements, and a statement that nothing names any more."""
    release(repository, KEY)
    repository.write(UNNAMED, "{}\n")
    repository.compile()
    repository.commit()
    repository.branch()
    return repository


def errors(repository: Repository) -> list[tuple[str, str]]:
    repository.commit()
    plan = repository.plan()
    assert plan.changes == ()
    return [(one.code, one.headline) for one in plan.errors]


def test_a_statement_that_is_gone_is_an_error(released: Repository) -> None:
    (released.root / PATH).unlink()
    assert errors(released) == [("release-evidence", "the evidence of the release is not in the repository")]


@pytest.mark.parametrize("path", [PATH, PROMOTION_PATH])
def test_and_so_is_one_that_says_something_else(released: Repository, path: str) -> None:
    released.write(path, released.read(path).replace("e", "E", 1))
    ((code, _),) = errors(released)
    assert code == "release-evidence"


@pytest.mark.parametrize(
    "written", [PATH.replace("/", "/./", 1), PATH.replace("/", "//", 1), '"{}"'.format(PATH.replace("/", "\\/"))]
)
def test_however_its_path_is_written(released: Repository, written: str) -> None:
    released.replace(PATH, written, RELEASE_PATH)
    base = released.commit()
    (released.root / PATH).unlink()
    released.commit()
    assert [one.code for one in released.plan(base).errors] == ["release-evidence"]


def test_what_no_release_names_may_go(released: Repository) -> None:
    (released.root / UNNAMED).unlink()
    assert errors(released) == []


def test_and_so_may_a_statement_with_its_release(released: Repository) -> None:
    for path in (PATH, PROMOTION_PATH, RELEASE_PATH):
        (released.root / path).unlink()
    released.compile()
    released.commit()
    assert released.plan().errors == ()


def test_where_many_statements_go_each_release_is_checked(released: Repository) -> None:
    for number in range(200):
        released.write(f"evidence/many/{number}.json", "{}\n")
    base = released.commit()
    for number in range(200):
        (released.root / f"evidence/many/{number}.json").unlink()
    (released.root / PATH).unlink()
    released.commit()
    assert [one.code for one in released.plan(base).errors] == ["release-evidence"]
