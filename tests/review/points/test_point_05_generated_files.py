"""Point 5: `generated/` is recompiled and compared byte by byte; a hand-edited manifest blocks."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest

from penstock.diagnostics.model import Severity
from penstock.review.model import Plan
from penstock.review.rendering.rows import next_command
from review.repositories import Documents, Repository, loosen, set_at

TRAINING = "generated/production/delay/training.yaml"


def errors(plan: Plan) -> dict[str, str]:
    """Code by path."""
    assert all(found.severity is Severity.ERROR for found in plan.errors)
    return {str(found.path): found.code for found in plan.errors}


def test_specs_and_what_they_compile_to_pass(compiled: Repository) -> None:
    compiled.recompile(loosen)
    plan = compiled.plan()
    assert errors(plan) == {}
    changed = {artifact.path: artifact for artifact in plan.artifacts}
    assert "production/delay/training.yaml" in changed
    assert changed["production/delay/training.yaml"].owners == ("Gate/delay-release",)
    assert "index.json" not in changed


def test_a_hand_edited_manifest_is_an_error_that_names_it(compiled: Repository) -> None:
    compiled.replace("delay", "delya", TRAINING)
    compiled.commit()
    assert errors(compiled.plan()) == {TRAINING: "edited-artifact"}


def test_a_hand_edit_beside_an_edited_spec_is_found(compiled: Repository) -> None:
    compiled.edit(loosen)
    compiled.compile()
    compiled.replace("penstock-step", "penstock-stop", TRAINING)
    compiled.commit()
    assert errors(compiled.plan()) == {TRAINING: "edited-artifact"}


def test_one_added_byte_is_found(compiled: Repository) -> None:
    compiled.write(TRAINING, compiled.read(TRAINING) + "\n")
    compiled.commit()
    assert errors(compiled.plan()) == {TRAINING: "edited-artifact"}


def test_specs_without_a_compile_are_stale(compiled: Repository) -> None:
    compiled.edit(loosen)
    compiled.commit()
    found = errors(compiled.plan())
    assert found[TRAINING] == "stale-artifact"
    assert set(found.values()) == {"stale-artifact"}


def test_files_of_specs_that_were_edited_again_are_stale(compiled: Repository) -> None:
    """Compiled, then edited once more: nobody's hand was in them, and compiling is all that helps."""
    compiled.recompile(loosen)
    compiled.edit(set_at("Gate", "delay-release", "rules", 0, "atLeast", to=0.31))
    compiled.commit()
    plan = compiled.plan()
    assert errors(plan)[TRAINING] == "stale-artifact"
    assert set(errors(plan).values()) == {"stale-artifact"}
    assert next_command(plan) == "penstock compile && git add --all generated && git commit"


def test_a_hand_edit_among_stale_files_is_told_apart(compiled: Repository) -> None:
    compiled.recompile(loosen)
    compiled.edit(set_at("Gate", "delay-release", "rules", 0, "atLeast", to=0.31))
    compiled.replace("penstock-step", "penstock-stop", TRAINING)
    compiled.commit()
    found = errors(compiled.plan())
    assert found.pop(TRAINING) == "edited-artifact"
    assert set(found.values()) == {"stale-artifact"}


def test_files_of_a_spec_that_was_taken_back_are_surplus(compiled: Repository) -> None:
    """Compiled with a spec of which the commit then knows nothing."""
    text = compiled.read("specs/system.yaml")
    compiled.edit(_another_model)
    compiled.compile()
    compiled.write("specs/system.yaml", text)
    compiled.commit()
    plan = compiled.plan()
    assert errors(plan)["generated/production/delay-b/training.yaml"] == "orphaned-artifact"
    assert "unowned-file" not in errors(plan).values()


def test_a_removed_manifest_is_missed(compiled: Repository) -> None:
    (compiled.root / TRAINING).unlink()
    compiled.commit()
    assert errors(compiled.plan()) == {TRAINING: "missing-artifact"}


def test_a_manifest_that_nothing_generates_is_an_error(compiled: Repository) -> None:
    compiled.write("generated/production/delay/backdoor.yaml", "kind: Pod\n")
    compiled.commit()
    assert errors(compiled.plan()) == {"generated/production/delay/backdoor.yaml": "unowned-file"}


@pytest.mark.parametrize(
    "path", ["generated/production/more.yaml", "generated/more.yaml", "generated/production/delay/x"]
)
def test_so_is_one_where_nothing_generated_is_committed(repository: Repository, path: str) -> None:
    repository.branch()
    repository.write(path, "kind: Pod\n")
    repository.commit()
    assert [(str(found.path), found.code) for found in repository.plan().errors] == [(path, "unowned-file")]


def test_what_lies_there_already_can_be_taken_away(repository: Repository) -> None:
    repository.write("generated/production/more.yaml", "kind: Pod\n")
    repository.commit()
    repository.branch()
    repository.git("rm", "--quiet", "generated/production/more.yaml")
    repository.commit()
    assert not repository.plan().errors


def test_an_edited_kustomization_and_an_edited_index_are_errors(compiled: Repository) -> None:
    kustomization = "generated/production/kustomization.yaml"
    compiled.write(kustomization, compiled.read(kustomization) + "# more\n")
    compiled.write("generated/index.json", compiled.read("generated/index.json") + "\n")
    compiled.commit()
    assert set(errors(compiled.plan())) == {kustomization, "generated/index.json"}


def test_a_rollout_that_goes_takes_its_files_along(compiled: Repository) -> None:
    def remove(documents: Documents) -> None:
        del documents["Rollout", "delay-online"]

    compiled.edit(remove)
    compiled.commit()
    assert "orphaned-artifact" in errors(compiled.plan()).values()
    compiled.compile()
    compiled.commit()
    plan = compiled.plan()
    assert errors(plan) == {}
    assert {artifact.operation for artifact in plan.artifacts} >= {"removed"}


def test_a_spec_whose_comment_changes_generates_nothing_new(compiled: Repository) -> None:
    compiled.write("specs/system.yaml", "# A comment.\n" + compiled.read("specs/system.yaml"))
    compiled.commit()
    plan = compiled.plan()
    assert (plan.artifacts, plan.errors, plan.kind) == ((), (), "none")


def test_the_first_generated_files_are_held_against_the_specs(repository: Repository) -> None:
    repository.branch()
    repository.compile()
    repository.commit()
    assert errors(repository.plan()) == {}
    repository.replace("delay", "delya", TRAINING)
    repository.commit()
    assert TRAINING in errors(repository.plan())


def test_an_index_that_no_compile_wrote_vouches_for_nothing(repository: Repository) -> None:
    repository.compile()
    repository.replace("delay", "delya", TRAINING)
    repository.write("generated/index.json", repository.read("generated/index.json") + "\n")
    repository.commit("Compiled, and edited by hand")
    repository.branch()
    repository.edit(lambda documents: documents["Team", "risk"]["spec"]["members"].append("mallory"))
    repository.commit()
    # Nothing that the edit reaches is made from the team; all is held against the specs all the same.
    assert set(errors(repository.plan())) == {TRAINING, "generated/index.json"}


def test_a_kustomization_follows_what_comes_and_goes(compiled: Repository) -> None:
    kustomization = "generated/production/kustomization.yaml"
    before = compiled.read(kustomization)
    compiled.recompile(set_at("Rollout", "delay-online", "environments", to=["staging"]))
    plan = compiled.plan()
    assert errors(plan) == {}
    assert {"production/kustomization.yaml"} == {one.path for one in plan.artifacts if "kustomization" in one.path}
    compiled.write(kustomization, before)
    compiled.commit()
    assert errors(compiled.plan()) == {kustomization: "stale-artifact"}


def test_an_edited_environment_makes_its_kustomization_anew(compiled: Repository) -> None:
    compiled.edit(lambda documents: documents["Environment", "staging"]["spec"].update(namespace="elsewhere"))
    compiled.commit()
    assert errors(compiled.plan())["generated/staging/kustomization.yaml"] == "stale-artifact"
    compiled.compile()
    compiled.commit()
    assert errors(compiled.plan()) == {}


def test_a_link_in_the_place_of_a_manifest_is_no_manifest(compiled: Repository) -> None:
    (compiled.root / TRAINING).unlink()
    (compiled.root / TRAINING).symlink_to("../../index.json")
    compiled.commit()
    assert errors(compiled.plan()) == {TRAINING: "missing-artifact"}


_no_number = set_at("Gate", "delay-release", "rules", 0, "atLeast", to="high")


_unknown_key = set_at("Rollout", "delay-online", "nonsense", to=1)


_unknown_model = set_at("Rollout", "delay-online", "model", to="delya")


def _no_source(documents: Documents) -> None:
    documents["Dataset", "flights"]["spec"]["source"] = None


@pytest.mark.parametrize("mistake", [_no_number, _unknown_key, _unknown_model, _no_source])
def test_an_error_in_a_spec_is_told_alone(compiled: Repository, mistake: Callable[[Documents], None]) -> None:
    compiled.edit(mistake)
    compiled.commit()
    plan = compiled.plan()
    assert set(errors(plan)) == {"specs/system.yaml"}
    assert len(plan.errors) == 1
    assert plan.artifacts == (), "what the files should hold follows from specs that nobody can understand"


def test_specs_that_a_target_refuses_are_the_only_error(compiled: Repository) -> None:
    """Nobody can compile them: that their files are missing or out of date is no mistake of its own."""
    compiled.edit(_scaled_by_cpu_in_knative)
    compiled.commit()
    plan = compiled.plan()
    assert errors(plan) == {"specs/system.yaml": "ignored-field"}
    assert next_command(plan) == "penstock check"


def test_a_hand_edit_beside_an_error_shows_when_the_error_is_mended(compiled: Repository) -> None:
    sound = compiled.read("specs/system.yaml")
    compiled.replace("delay", "delya", TRAINING)
    compiled.edit(_no_number)
    compiled.commit()
    assert set(errors(compiled.plan())) == {"specs/system.yaml"}
    compiled.write("specs/system.yaml", sound)
    compiled.commit()
    assert errors(compiled.plan()) == {TRAINING: "edited-artifact"}


def _another_model(documents: Documents) -> None:
    for kind, name in (("Model", "delay"), ("Gate", "delay-release")):
        other = documents[kind, f"{name}-b"] = deepcopy(documents[kind, name])
        other["metadata"]["name"] = f"{name}-b"
    documents["Gate", "delay-release-b"]["spec"]["model"] = "delay-b"


def _scaled_by_cpu_in_knative(documents: Documents) -> None:
    europe = documents["Environment", "europe"] = deepcopy(documents["Environment", "production"])
    europe["metadata"]["name"], europe["spec"]["namespace"] = "europe", "ml-europe"
    europe["spec"]["kserve"]["mode"] = "Knative"
    rollout = documents["Rollout", "delay-online"]["spec"]
    rollout["environments"].append("europe")
    rollout["serve"]["replicas"]["metric"] = "cpu"
