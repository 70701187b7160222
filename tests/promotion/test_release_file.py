"""The file of a Release: where promotion writes it, and what it must not write over."""

from __future__ import annotations

import pytest

from promotion.workspaces import RELEASE, Repository, refused


def test_a_release_that_stands_elsewhere_is_not_written_twice(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.train("one")
    assert repository.promote() == 0
    (repository.root / RELEASE.format("staging")).rename(repository.root / "specs" / "mine.yaml")
    repository.train("two")
    assert "is in specs/mine.yaml; move it to specs/releases/staging-made-online.yaml" in refused(repository, capsys)


def test_what_else_stands_in_the_file_of_a_release_is_not_lost(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.train("one")
    assert repository.promote() == 0
    path = repository.root / RELEASE.format("staging")
    team = "metadata: {name: other, owner: ml}\nspec: {members: [bob], contact: {ticket: a, page: b}}\n"
    path.write_text(f"{path.read_text()}---\napiVersion: penstock/v1\nkind: Team\n{team}")
    repository.train("two")
    said = refused(repository, capsys)
    assert f"{RELEASE.format('staging')} also holds `Team/other`, and this command rewrites the file" in said


def test_a_release_never_takes_the_name_of_another(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """Of `made-online` in `staging` and of `online` in `staging-made` the files would be one."""
    path = repository.root / "specs" / "all.yaml"
    environment, rollout = (
        next(each for each in path.read_text().split("---\n") if f"name: {name}," in each)
        for name in ("staging", "made-online")
    )
    more = environment.replace("{name: staging,", "{name: staging-made,")
    more += "---\n" + rollout.replace("made-online", "online").replace("[staging, production]", "[staging-made]")
    path.write_text(f"{path.read_text()}---\n{more}")
    repository.train("one")
    assert repository.promote() == 0
    assert (
        "the Release of `online` in `staging-made` would be named `staging-made-online`, as is that of `made-online` "
        "in `staging`; rename one of the rollouts"
    ) in refused(repository, capsys, to="staging-made")
