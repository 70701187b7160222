"""A version that goes to production before staging serves it says so, whoever skipped the stage."""

from __future__ import annotations

from penstock.review.rendering.rows import headline, rows
from review.releases import NEW, OLD, add_release
from review.repositories import Repository, at


def test_it_is_told(repository: Repository) -> None:
    repository.branch()
    repository.write("specs/release.yaml", add_release(NEW))
    repository.commit()
    change = at(repository.plan(), "Release/delay-online-production")
    assert "this version is not served in `staging`" in change.why


def test_a_release_of_the_same_pull_request_has_served_nothing_yet(repository: Repository) -> None:
    repository.branch()
    repository.write("specs/staging.yaml", add_release(NEW, environment="staging"))
    repository.write("specs/release.yaml", add_release(NEW))
    repository.commit()
    plan = repository.plan()
    assert "not served in `staging`" in at(plan, "Release/delay-online-production").why
    assert "not served" not in at(plan, "Release/delay-online-staging").why


def test_what_staging_serves_may_go_on(repository: Repository) -> None:
    repository.write("specs/staging.yaml", add_release(NEW, environment="staging"))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(NEW))
    repository.commit()
    assert "not served" not in at(repository.plan(), "Release/delay-online-production").why


def test_another_version_of_a_release_that_is_there_is_told_too(repository: Repository) -> None:
    repository.write("specs/staging.yaml", add_release(OLD, environment="staging"))
    repository.write("specs/release.yaml", add_release(OLD))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD, step=0))
    repository.commit()
    told = [str(one.address) for one in repository.plan().changes if "not served in `staging`" in one.why]
    assert told == ["Release/delay-online-production.version.digest"]


def test_what_comes_with_another_version_is_told_below_it(repository: Repository) -> None:
    repository.write("specs/release.yaml", add_release(OLD))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD, step=0))
    repository.commit()
    plan = repository.plan()
    (row,) = rows(plan)
    assert row.what == "Release/delay-online-production.version.digest"
    assert "; it serves sha256:aaaaaaaaaaaa… with 5% of the traffic, and sha256:bbbbbbbbbbbb… keeps the rest" in row.why
    assert {str(one.change.address).rpartition("production.")[2] for one in row.below} >= {"previous", "step"}
    assert "1 unknown change in 1 spec" in headline(plan)


def test_another_statement_for_the_same_version_is_one_row(repository: Repository) -> None:
    written = add_release(NEW)
    repository.write("specs/release.yaml", written)
    repository.commit()
    repository.branch()
    anew = written.replace(f'delay.json, digest: "{OLD}"', f'anew.json, digest: "{NEW}"')
    repository.write("specs/release.yaml", anew)
    repository.commit()
    (row,) = rows(repository.plan())
    assert row.what == "Release/delay-online-production.evidence.digest"
    assert [one.what.rpartition("production.")[2] for one in row.below] == ["evidence.path"]


def test_what_is_riskier_than_the_step_of_a_release_stands_on_its_own(repository: Repository) -> None:
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD, step=0))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(NEW, previous="sha256:" + "c" * 64, step=1))
    repository.commit()
    told = [row.what.rpartition("production.")[2] for row in rows(repository.plan())]
    assert told == ["previous.digest", "step"]


def test_what_a_new_release_serves_is_told(repository: Repository) -> None:
    repository.branch()
    repository.write("specs/staging.yaml", add_release(NEW, environment="staging"))
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD, step=1))
    repository.commit()
    plan = repository.plan()
    staging, production = (at(plan, f"Release/delay-online-{name}").why for name in ("staging", "production"))
    assert staging.endswith("; it serves sha256:aaaaaaaaaaaa… with all of the traffic")
    assert (
        "; it serves sha256:aaaaaaaaaaaa… with 25% of the traffic, and sha256:bbbbbbbbbbbb… keeps the rest"
        in production
    )


def test_the_last_step_of_a_canary_leaves_no_rest(repository: Repository) -> None:
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD, step=1))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD, step=2))
    repository.commit()
    (told,) = (one.why for one in repository.plan().changes if one.address.parts == (".step",))
    assert told.endswith("aaaaaaaaaaaa… with all of the traffic, and sha256:bbbbbbbbbbbb… stays ready beside it")
