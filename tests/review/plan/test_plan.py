"""Plans of revisions: errors of either side, digests, the work tree, and revisions that are not there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from penstock.diagnostics.model import Severity
from penstock.review.model import Direction, Grown, Operation
from penstock.review.policy.inputs import read_inputs
from penstock.source.git.call import GitError
from penstock.source.git.default_base import default_base
from penstock.source.git.repository import GitRepository
from review.releases import NEW, OLD, add_release
from review.repositories import Documents, Repository, at, direct, loosen


def test_the_same_revisions_give_the_same_plan(repository: Repository) -> None:
    plan = repository.changed(loosen)
    assert plan == repository.plan()
    assert set(plan.digests) == {"base", "head", "policy", "semantic", "evidence"}


def test_the_semantic_digest_follows_the_meaning_alone(repository: Repository) -> None:
    before = repository.changed(loosen).digests
    repository.write("specs/system.yaml", "# A comment.\n" + repository.read("specs/system.yaml"))
    repository.commit()
    after = repository.plan().digests
    assert before["semantic"] == after["semantic"]
    assert before["head"] != after["head"]


def test_the_policy_digest_is_that_of_base(repository: Repository) -> None:
    before = repository.plan("main", "main").digests["policy"]

    def join(documents: Documents) -> None:
        documents["Team", "risk"]["spec"]["members"].append("mallory")

    assert repository.changed(join).digests["policy"] == before
    repository.git("checkout", "--quiet", "main")
    repository.edit(join)
    repository.commit()
    assert repository.plan("main", "main").digests["policy"] != before


def test_a_fingerprint_stays_while_address_and_values_do(repository: Repository) -> None:
    before = at(repository.changed(loosen), "Gate/delay-release.rules[quality].atLeast").fingerprint
    repository.edit(lambda documents: documents["Model", "delay"]["spec"].update(threshold=0.4))
    repository.write("specs/system.yaml", "# Pushes every line down.\n" + repository.read("specs/system.yaml"))
    repository.commit()
    plan = repository.plan()
    assert at(plan, "Gate/delay-release.rules[quality].atLeast").fingerprint == before
    assert at(plan, "Model/delay.threshold").fingerprint != before


def test_an_invalid_head_is_an_error_with_its_place_and_the_rest_is_compared(repository: Repository) -> None:
    repository.branch()
    repository.edit(loosen)
    repository.edit(lambda documents: documents["Model", "delay"]["spec"].update(treshold=0.4))
    repository.commit()
    plan = repository.plan()
    errors = [found for found in plan.errors if found.severity is Severity.ERROR]
    assert any(found.code == "unknown-key" and found.primary is not None for found in errors)
    assert at(plan, "Gate/delay-release.rules[quality].atLeast").direction is Direction.LOOSENED
    assert at(plan, "Model/delay").direction is Direction.UNKNOWN
    assert plan.kind == "change"


def test_a_head_that_does_not_parse_is_an_error(repository: Repository) -> None:
    repository.branch()
    repository.write("specs/broken.yaml", "kind: [Gate\n")
    repository.commit()
    errors = [found for found in repository.plan().errors if found.severity is Severity.ERROR]
    assert {found.path for found in errors} == {"specs/broken.yaml"}


def test_a_head_that_cannot_be_read_takes_away_what_base_says(repository: Repository) -> None:
    text = repository.read("specs/system.yaml")
    repository.branch()
    repository.write("specs/system.yaml", text.replace("rules:\n    - {id: quality", "rules: [\n    - {id: quality"))
    repository.commit()
    change = at(repository.plan(), "Gate/delay-release")
    assert change.before["spec"]["model"] == "delay"
    assert change.after is None
    assert (change.direction, change.operation) == (Direction.UNKNOWN, Operation.CHANGED)


def test_a_spec_that_something_still_refers_to_cannot_go_unnoticed(repository: Repository) -> None:
    def remove(documents: Documents) -> None:
        del documents["Gate", "delay-release"]

    codes = {found.code for found in repository.changed(remove).errors}
    assert "unknown-gate" in codes


def test_what_an_invalid_base_says_counts_as_the_highest_risk_and_can_be_mended(repository: Repository) -> None:
    good = repository.read("specs/system.yaml")
    repository.replace("maxGap: 0.08", "maxGap: often")
    repository.commit("Broken")
    repository.branch()
    repository.write("specs/system.yaml", good)
    repository.commit("Mended")
    plan = repository.plan()
    assert at(plan, "Gate/delay-release").direction is Direction.UNKNOWN
    assert {found.severity for found in plan.errors} == {Severity.WARNING}


def test_a_base_that_does_not_parse_makes_its_specs_unknown(repository: Repository) -> None:
    good = repository.read("specs/system.yaml")
    repository.write("specs/system.yaml", good.replace("rules:\n    - {id: quality", "rules: [\n    - {id: quality"))
    repository.commit("Broken")
    repository.branch()
    repository.write("specs/system.yaml", good)
    repository.commit("Mended")
    plan = repository.plan()
    assert at(plan, "Gate/delay-release").direction is Direction.UNKNOWN
    assert "cannot be read" in at(plan, "Gate/delay-release").why
    assert {found.severity for found in plan.errors} == {Severity.WARNING}


@pytest.mark.parametrize(
    ("step", "grew"), [(1, Grown(20, "points")), (2, Grown(95, "points")), (None, Grown(95, "points"))]
)
def test_a_release_that_advances_its_canary_grows_by_its_points(
    repository: Repository, step: int | None, grew: Grown
) -> None:
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD, step=0))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD, step=step))
    repository.commit()
    change = at(repository.plan(), "Release/delay-online-production.step")
    assert (change.direction, change.grew) == (Direction.LOOSENED, grew)


def test_a_release_grows_from_its_share_on_the_base(repository: Repository) -> None:
    """Each of the three edits is one of 20 points, and together they make 45% of 5%."""

    def raise_both(documents: Documents) -> None:
        steps = documents["Rollout", "delay-online"]["spec"]["strategy"]["canary"]["steps"]
        steps[0]["weight"], steps[1]["weight"] = "25%", "45%"

    repository.write("specs/release.yaml", add_release(NEW, previous=OLD, step=0))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD, step=1))
    repository.edit(raise_both)
    repository.commit()
    assert at(repository.plan(), "Release/delay-online-production.step").grew == Grown(40, "points")


def test_the_base_is_where_the_branch_left_main(repository: Repository) -> None:
    start = repository.git("rev-parse", "HEAD").strip()
    repository.branch()
    repository.edit(loosen)
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.edit(lambda documents: documents["Model", "delay"]["spec"].update(threshold=0.4))
    repository.commit()
    repository.git("checkout", "--quiet", "change")
    assert default_base(repository.seen, "HEAD") == start


def test_a_revision_that_is_not_there_is_told_with_what_to_do(repository: Repository) -> None:
    with pytest.raises(GitError, match="has no commit 'nowhere'"):
        repository.plan("nowhere")


def test_a_shallow_clone_is_told_how_to_get_the_base(repository: Repository, tmp_path: Path) -> None:
    base = repository.git("rev-parse", "HEAD").strip()
    repository.branch()
    repository.edit(loosen)
    repository.commit()
    clone = tmp_path / "clone"
    command = ["git", "clone", "--quiet", "--depth=1", "--branch=change", f"file://{repository.root}", str(clone)]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(GitError, match="git fetch --unshallow"):
        read_inputs(GitRepository.find(clone), base, "HEAD")
    with pytest.raises(GitError, match="git fetch --unshallow origin main"):
        default_base(GitRepository.find(clone), "HEAD")


def test_a_folder_that_is_no_repository_is_told(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="is not in a git repository"):
        GitRepository.find(tmp_path)


def test_a_spec_written_in_an_odd_form_is_found_all_the_same(repository: Repository) -> None:
    gate = '{"apiVersion": penstock/v1, "kind": Gate, "metadata": {"name": "s\\x70eed", "owner": risk},'
    gate += ' "spec": {model: "del\\x61y", rules: [{id: speed, latency: {p99: 20ms}}]}}'
    repository.write("specs/odd.yaml", gate + "\n")
    repository.commit()
    repository.branch()

    def retype(documents: Documents) -> None:
        documents["Model", "delay"]["metadata"]["name"] = "late"
        documents["Gate", "delay-release"]["spec"]["model"] = "late"
        documents["Rollout", "delay-online"]["spec"]["model"] = "late"

    repository.edit(retype)
    repository.commit()
    errors = {found.path for found in repository.plan().errors if found.code == "unknown-model"}
    assert errors == {"specs/odd.yaml"}


def test_an_added_release_is_of_unknown_risk(repository: Repository) -> None:
    repository.branch()
    repository.write("specs/release.yaml", add_release(NEW))
    repository.commit()
    (change,) = direct(repository.plan())
    assert (change.operation, change.direction) == (Operation.ADDED, Direction.UNKNOWN)
    assert change.environments == ("production",)


def test_a_second_spec_of_the_same_name_is_an_error_though_the_first_is_untouched(repository: Repository) -> None:
    repository.branch()
    gate = "apiVersion: penstock/v1\nkind: Gate\nmetadata: {name: delay-release, owner: risk}\n"
    rule = "spec: {model: delay, rules: [{id: quality, metric: roc_auc, atLeast: 0.5}]}\n"
    repository.write("specs/another.yaml", gate + rule)
    repository.commit()
    assert "duplicate-name" in {found.code for found in repository.plan().errors if found.severity is Severity.ERROR}


def test_a_base_that_lies_about_its_outline_is_read_as_a_whole(repository: Repository) -> None:
    repository.write("specs/odd.yaml", 'apiVersion: "\nkind: Team\nmetadata: {name: fake}\nspec: "\n')
    repository.commit()
    plan = repository.changed(loosen)
    assert at(plan, "Gate/delay-release.rules[quality].atLeast").direction is Direction.LOOSENED
    assert {found.path for found in plan.errors} == {"specs/odd.yaml"}
