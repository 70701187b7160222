"""Plans of revisions: errors of either side, rollbacks, digests, the work tree, and revisions that are not there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from penstock.diagnostics.model import Severity
from penstock.review.model import Direction, Grown, Operation
from penstock.review.plan import make_plan
from penstock.review.sides import default_base
from penstock.source.git.call import GitError
from penstock.source.git.repository import GitRepository
from review.releases import NEW, OLD, OLDER, add_release
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


def test_a_release_that_goes_back_to_its_previous_version_is_a_rollback(repository: Repository) -> None:
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(OLD))
    repository.commit()
    assert repository.plan().kind == "rollback"


def test_a_release_that_goes_back_in_its_history_is_a_rollback(repository: Repository) -> None:
    for digest in (OLDER, OLD, NEW):
        repository.write("specs/release.yaml", add_release(digest))
        repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(OLDER))
    repository.commit()
    assert repository.plan().kind == "rollback"


def test_a_version_is_one_of_its_model(repository: Repository) -> None:
    path = "specs/release.yaml"
    named = add_release(NEW, OLD).replace("previous: {", "previous: {model: elder, ")
    repository.write(path, named)
    repository.commit()
    repository.branch()
    # Of `elder` it was served, and not of the model that the rollout serves now.
    repository.write(path, add_release(OLD))
    repository.commit()
    assert repository.plan().kind == "change"
    # Beside it, the version that the base serves would be looked for in the store of another model.
    repository.write(path, add_release(OLD, NEW, 0).replace("previous: {", "previous: {model: other, "))
    repository.commit()
    assert repository.plan().kind == "change"


def test_a_rollback_that_carries_something_else_along_is_none(repository: Repository) -> None:
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(OLD))
    repository.edit(loosen)
    repository.commit()
    assert repository.plan().kind == "change"


def test_a_version_that_was_never_served_is_no_rollback(repository: Repository) -> None:
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(OLDER))
    repository.commit()
    assert repository.plan().kind == "change"


def test_what_a_branch_held_on_its_way_was_never_served(repository: Repository) -> None:
    repository.write("specs/release.yaml", add_release(OLD))
    repository.commit()
    repository.branch("side")
    for digest in (OLDER, NEW):
        repository.write("specs/release.yaml", add_release(digest))
        repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "--message", "Merged", "side")
    repository.branch()
    repository.write("specs/release.yaml", add_release(OLDER))
    repository.commit()
    assert repository.plan().kind == "change"
    repository.write("specs/release.yaml", add_release(OLD))
    repository.commit()
    assert repository.plan().kind == "rollback"


def test_a_rollback_that_goes_on_serving_another_version_beside_it_is_none(repository: Repository) -> None:
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(OLD, previous=OLDER, step=0))
    repository.commit()
    assert repository.plan().kind == "change"
    repository.write("specs/release.yaml", add_release(OLD, previous=NEW, step=0))
    repository.commit()
    assert repository.plan().kind == "rollback"


def test_a_canary_that_was_withdrawn_was_never_served_to_all(repository: Repository) -> None:
    """Nobody goes back to it, and so no freeze lets it through; one that went on to the end is another matter."""
    for text in (add_release(OLD), add_release(NEW, OLD, 0), add_release(OLD)):
        repository.write("specs/release.yaml", text)
        repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(NEW))
    repository.commit()
    assert repository.plan().kind == "change"
    repository.git("checkout", "--quiet", "main")
    for text in (add_release(NEW, OLD, 1), add_release(NEW, OLD), add_release(OLDER, NEW)):
        repository.write("specs/release.yaml", text)
        repository.commit()
    repository.branch("back")
    repository.write("specs/release.yaml", add_release(NEW))
    repository.commit()
    assert repository.plan().kind == "rollback"


def test_what_kept_the_rest_beside_a_canary_was_served(repository: Repository) -> None:
    for text in (add_release(NEW, OLD, 0), add_release(NEW), add_release(OLDER)):
        repository.write("specs/release.yaml", text)
        repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(OLD))
    repository.commit()
    assert repository.plan().kind == "rollback"


def test_a_canary_under_way_is_withdrawn_by_a_rollback_and_not_turned_round(repository: Repository) -> None:
    repository.write("specs/release.yaml", add_release(NEW, OLD, 0))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(OLD))
    repository.commit()
    assert repository.plan().kind == "rollback"
    # The old version as a canary of the new one gives nearly all traffic to what was a canary.
    repository.write("specs/release.yaml", add_release(OLD, NEW, 0))
    repository.commit()
    assert repository.plan().kind == "change"


def test_a_rollback_that_an_environment_overrides_is_none(repository: Repository) -> None:
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD))
    repository.commit()
    repository.branch()
    overrides = f'overrides: {{production: {{version: {{digest: "{OLDER}"}}}}}}\n'
    repository.write("specs/release.yaml", add_release(OLD) + overrides)
    repository.commit()
    assert repository.plan().kind == "change"


def test_a_version_that_an_override_hid_was_never_served(repository: Repository) -> None:
    overrides = f'overrides: {{production: {{version: {{digest: "{OLD}"}}}}}}\n'
    repository.write("specs/release.yaml", add_release(OLDER) + overrides)
    repository.commit()
    repository.write("specs/release.yaml", add_release(NEW))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(OLDER))
    repository.commit()
    assert repository.plan().kind == "change"


def test_a_release_that_advances_its_canary_grows_by_its_points(repository: Repository) -> None:
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD, step=0))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(NEW, previous=OLD, step=1))
    repository.commit()
    change = at(repository.plan(), "Release/delay-online-production.step")
    assert (change.direction, change.grew) == (Direction.LOOSENED, Grown(20, "points"))


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
    with pytest.raises(GitError, match="knows no commit 'nowhere'"):
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
        make_plan(GitRepository.find(clone), base, "HEAD")
    with pytest.raises(GitError, match="git fetch --unshallow origin main"):
        default_base(GitRepository.find(clone), "HEAD")


def test_a_folder_that_is_no_repository_is_told(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="lies in no git repository"):
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
