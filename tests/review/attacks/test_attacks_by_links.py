"""Attacks by what is imported over a link or from a submodule: another commit, or another place that it leads to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from penstock.review.model import Direction
from review.repositories import EITHER_FOLDER, Repository, at, with_step

pytestmark = EITHER_FOLDER

OVER = {"systems/lib": "systems.lib.helper", "systems/helper.py": "systems.helper", "lib": "lib.helper"}
"""A link or submodule, and the module that is imported over it."""


def submodule(repository: Repository, path: str, commit: str) -> None:
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{repository.from_top(path)}")
    repository.git("commit", "--quiet", "--message", "A submodule")


def link(repository: Repository, path: str, target: str) -> None:
    (repository.root / path).unlink(missing_ok=True)
    (repository.root / path).symlink_to(target)
    repository.commit()


CASES = [(submodule, path, "1" * 40, "2" * 40) for path in OVER if not path.endswith(".py")]
CASES += [(link, path, f"{path}-one", f"{path}-two") for path in OVER]
Put = Callable[[Repository, str, str], None]


@pytest.fixture
def importing(repository: Repository, request: pytest.FixtureRequest) -> Repository:
    """The base, whose code imports over what the case is about."""
    put, path, before, _ = request.param
    repository.git("checkout", "--quiet", "main")
    code = (repository.root / "systems/flights.py").read_text()
    repository.write("systems/flights.py", f"from {OVER[path]} import scale\n{code}")
    repository.commit()
    put(repository, path, before)
    repository.git("checkout", "--quiet", "-B", "change")
    return repository


@pytest.mark.parametrize(
    ("importing", "case"),
    [(case, case) for case in CASES],
    indirect=["importing"],
    ids=[str(case[1:3]) for case in CASES],
)
def test_what_it_leads_to_is_a_part_of_the_code(importing: Repository, case: tuple[Put, str, str, str]) -> None:
    put, path, _, after = case
    put(importing, path, after)
    for head in ("HEAD", "WORKTREE"):
        changes = importing.plan(head=head).changes
        assert "Dataset/flights.source.python" in [str(one.address) for one in changes], "nobody would be asked"
        assert {one.direction.value for one in changes} == {"unknown"}


@pytest.mark.parametrize(
    ("command", "path"), [(["python", "steps/work.py"], "steps/json"), (["python", "-m", "steps.work"], "numexpr")]
)
@pytest.mark.parametrize("put", [submodule, link])
def test_nor_does_one_stand_in_for_what_is_installed(
    repository: Repository, put: Put, command: list[str], path: str
) -> None:
    repository.edit(with_step(command))
    repository.write("steps/work.py", "import pandas\n")
    repository.compile()
    repository.git("checkout", "--quiet", "main")
    repository.commit()
    repository.git("checkout", "--quiet", "-B", "change")
    put(repository, path, "1" * 40)
    found = at(repository.plan(), "Model/delay.steps[prepare].command")
    assert found.direction is Direction.UNKNOWN


def test_a_submodule_that_nothing_leads_to_is_no_change(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "main")
    submodule(repository, "docs/theme", "1" * 40)
    repository.git("checkout", "--quiet", "-B", "change")
    submodule(repository, "docs/theme", "2" * 40)
    assert repository.plan().changes == ()
