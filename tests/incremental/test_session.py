"""A compile does what changes ask for, and comes to the same bytes as one that starts from nothing."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from incremental.repositories import compile_all, copy, edit, files, let_clocks_pass
from penstock.incremental import reading, shares
from penstock.incremental.session import GENERATED, Session


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that has been compiled, with a memory to rely on."""
    root = copy(tmp_path_factory.mktemp("repository"), "flights", "bikes")
    compile_all(root)
    let_clocks_pass(root)
    compile_all(root)
    let_clocks_pass(root)
    compile_all(root)
    return root


@pytest.fixture
def repository(compiled: Path, tmp_path: Path) -> Path:
    """A copy of the compiled repository that a test may change."""
    root = tmp_path / "repository"
    shutil.copytree(compiled, root)
    # A copy has inodes of its own, so its memory is made anew.
    compile_all(root)
    return root


def cold(root: Path, folder: Path) -> dict[str, bytes]:
    """What a compile without memory makes of the same specs."""
    for name in ("specs", "systems", "evidence"):
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name)
    compile_all(folder, use_memory=False)
    return files(folder)


EDITS = {
    "a rollout's bound": ("specs/bikes/rollout.yaml", "above: 0.", "above: 0.1"),
    "a gate's rule": ("specs/bikes/gate.yaml", "rules:", "rules:\n    - {id: extra, metric: r2, atLeast: 0.01}"),
    "a model's parameter": ("specs/flights/model.yaml", "max_iter: 1", "max_iter: 2"),
    "a team's receiver": ("specs/platform/teams.yaml", "ticket: bike-ops-tickets", "ticket: platform-tickets"),
    "an environment's namespace": ("specs/platform/environments.yaml", "namespace: ml-staging", "namespace: ml-stage"),
    "a comment": ("specs/flights/model.yaml", "spec:", "# nothing\nspec:"),
    "a function of the repository": ("systems/flights.py", '"""', '"""Nothing. '),
}


@pytest.mark.parametrize("what", EDITS)
def test_after_an_edit_a_compile_comes_to_what_a_cold_one_makes(repository: Path, tmp_path: Path, what: str) -> None:
    edit(repository, *EDITS[what])
    compile_all(repository)
    assert files(repository) == cold(repository, tmp_path / "cold")


@pytest.mark.parametrize("use_memory", [True, False])
@pytest.mark.parametrize("name", ["Bike_demand", "bike/demand", "b" * 63])
def test_a_spec_whose_name_is_none_is_an_error_of_the_compile(repository: Path, name: str, use_memory: bool) -> None:
    edit(repository, "specs/bikes/model.yaml", "name: bike-demand\n", f"name: {name}\n")
    found = Session(repository, use_memory=use_memory).compile().diagnostics
    assert ("invalid-format", "specs/bikes/model.yaml") in {(one.code, one.path) for one in found}


def test_a_row_of_edits_and_their_undoing_comes_to_what_a_cold_compile_makes(repository: Path, tmp_path: Path) -> None:
    before = files(repository)
    order = list(EDITS.values())
    random.Random(7).shuffle(order)
    for path, old, new in order:
        edit(repository, path, old, new)
        compile_all(repository)
    assert files(repository) == cold(repository, tmp_path / "cold")
    for path, old, new in reversed(order):
        edit(repository, path, new, old)
    compile_all(repository)
    assert files(repository) == before


def test_nothing_is_read_and_nothing_compiled_when_nothing_changed(repository: Path) -> None:
    let_clocks_pass(repository)
    compile_all(repository)
    outcome = compile_all(repository)
    assert [stage.name for stage in outcome.timings.stages] == ["scan"]


def test_python_with_the_line_ends_of_another_machine_is_read_once(repository: Path) -> None:
    module = repository / "systems/flights.py"
    module.write_bytes(module.read_bytes().replace(b"\n", b"\r\n"))
    let_clocks_pass(repository)
    compile_all(repository)
    assert [stage.name for stage in compile_all(repository).timings.stages] == ["scan"]


def test_rollouts_without_a_release_are_told_each_time(repository: Path) -> None:
    let_clocks_pass(repository)
    waiting = compile_all(repository).unreleased
    assert "production/Rollout/flight-delay-online" in waiting
    again = compile_all(repository)
    assert [stage.name for stage in again.timings.stages] == ["scan"]
    assert again.unreleased == waiting


def test_one_edit_reads_one_file_and_compiles_the_units_that_read_it(repository: Path) -> None:
    let_clocks_pass(repository)
    compile_all(repository)
    edit(repository, *EDITS["a rollout's bound"])
    timings = compile_all(repository).timings
    assert timings.count("read") == 1
    # The rollout itself in two environments, and the monitoring pipeline of its model there.
    assert timings.count("compile") == 4
    edit(repository, *EDITS["a comment"])
    # The first one once more: its documents are remembered anew where many files have changed.
    assert compile_all(repository).timings.count("read") == 2


@pytest.mark.parametrize("path", ["specs/bikes/rollout.yaml", "systems/flights.py", "generated/index.json"])
def test_an_edit_that_takes_on_the_time_of_what_it_edits_is_found(repository: Path, path: str) -> None:
    """As `cp -p` and `rsync --inplace` leave it: in its place, of the same size and time."""
    let_clocks_pass(repository)
    compile_all(repository)
    compile_all(repository)
    file, before = repository / path, (repository / path).stat()
    with file.open("r+") as opened:
        opened.seek(file.read_text().index("e"))
        opened.write("E")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_ino, file.stat().st_size, file.stat().st_mtime_ns) == (
        before.st_ino,
        before.st_size,
        before.st_mtime_ns,
    )
    assert [stage.name for stage in Session(repository).compile().timings.stages] != ["scan"]


@pytest.mark.parametrize("folder", ["systems", "generated", "generated/staging"])
def test_a_folder_that_has_become_a_link_is_found(repository: Path, tmp_path: Path, folder: str) -> None:
    """What lies there now has the sizes and times of what lay there."""
    let_clocks_pass(repository)
    compile_all(repository)
    compile_all(repository)
    (repository / folder).rename(tmp_path / "elsewhere")
    (repository / folder).symlink_to(tmp_path / "elsewhere")
    warm, cold = (Session(repository, use_memory=memory).compile() for memory in (True, False))
    assert warm.failed
    assert {found.code for found in warm.diagnostics} == {found.code for found in cold.diagnostics}


def test_a_comment_compiles_nothing(repository: Path) -> None:
    let_clocks_pass(repository)
    compile_all(repository)
    edit(repository, *EDITS["a comment"])
    timings = compile_all(repository).timings
    assert timings.count("compile") == 0
    assert timings.count("write") == 0


def test_a_generated_file_edited_by_hand_is_named_by_check_and_mended_by_compile(repository: Path) -> None:
    let_clocks_pass(repository)
    compile_all(repository)
    before = files(repository)
    path = repository / GENERATED / "production/bike-demand-hourly/rules.yaml"
    path.write_text(path.read_text().replace("severity: ticket", "severity: nothing", 1))
    found = Session(repository).compile(check_only=True)
    assert [(d.code, d.path) for d in found.diagnostics] == [
        ("edited-artifact", "generated/production/bike-demand-hourly/rules.yaml")
    ]
    compile_all(repository)
    assert files(repository) == before


PARTS = ("checked", "documents-00", "fingerprints", "outputs", "overview", "seen", "sql", "units")


@pytest.mark.parametrize("damage", ["gone", "longer"])
@pytest.mark.parametrize("part", PARTS)
def test_an_edited_file_is_found_whatever_part_of_the_memory_is_lost(repository: Path, part: str, damage: str) -> None:
    let_clocks_pass(repository)
    compile_all(repository)
    before = files(repository)
    cache = repository / ".penstock" / "cache"
    assert {path.name for path in cache.iterdir() if not path.name.startswith("documents-")} == set(PARTS) - {
        "documents-00"
    }
    if damage == "gone":
        (cache / part).unlink()
    else:
        (cache / part).write_bytes((cache / part).read_bytes() + b" ")
    path = repository / GENERATED / "production/bike-demand-hourly/rules.yaml"
    path.write_text(path.read_text() + "# mine\n")
    assert [found.code for found in Session(repository).compile(check_only=True).diagnostics] == ["edited-artifact"]
    compile_all(repository)
    assert files(repository) == before


@pytest.mark.parametrize("use_memory", [True, False])
def test_a_file_of_somebody_else_is_named_by_check(repository: Path, use_memory: bool) -> None:
    let_clocks_pass(repository)
    compile_all(repository)
    (repository / GENERATED / "production/extra.yaml").write_text("kind: ConfigMap\n")
    found = Session(repository, use_memory=use_memory).compile(check_only=True).diagnostics
    assert [(d.code, d.path) for d in found] == [("unowned-file", "generated/production/extra.yaml")]
    (repository / GENERATED / "production/extra.yaml").unlink()
    outcome = Session(repository, use_memory=use_memory).compile(check_only=True)
    assert outcome.diagnostics == ()
    assert ([stage.name for stage in outcome.timings.stages] == ["scan"]) is use_memory


def test_a_generated_file_that_is_gone_is_made_again(repository: Path) -> None:
    let_clocks_pass(repository)
    compile_all(repository)
    before = files(repository)
    (repository / GENERATED / "staging/kustomization.yaml").unlink()
    (repository / GENERATED / "staging/bike-demand/monitoring.yaml").unlink()
    compile_all(repository)
    assert files(repository) == before


def test_what_no_spec_owns_any_more_is_pruned(repository: Path) -> None:
    shutil.rmtree(repository / "specs/bikes")
    compile_all(repository)
    assert not [path for path in files(repository) if "bike" in path]
    assert not (repository / GENERATED / "staging/bike-demand").exists()


def test_a_file_of_somebody_else_is_neither_overwritten_nor_pruned(repository: Path) -> None:
    shutil.rmtree(repository / GENERATED)
    stranger = repository / GENERATED / "staging/kustomization.yaml"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("mine\n")
    outcome = Session(repository).compile()
    assert outcome.failed
    assert stranger.read_text() == "mine\n"
    assert list(files(repository)) == ["staging/kustomization.yaml"]


@pytest.fixture
def many_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes work of any size worth sharing."""
    monkeypatch.setattr(reading, "FEWEST", 1)
    monkeypatch.setattr(shares, "FEWEST", 1)


@pytest.mark.usefixtures("many_processes")
@pytest.mark.parametrize("processes", [2, 3, 7])
def test_how_many_processes_share_the_work_says_nothing(repository: Path, tmp_path: Path, processes: int) -> None:
    other = tmp_path / "other"
    for name in ("specs", "systems", "evidence"):
        shutil.copytree(repository / name, other / name)
    outcome = Session(other, processes=processes).compile()
    assert not outcome.failed
    assert files(other) == files(repository)
    edit(repository, *EDITS["a team's receiver"])
    compile_all(repository)
    edit(other, *EDITS["a team's receiver"])
    assert not Session(other, processes=processes).compile().failed
    assert files(other) == files(repository)


@pytest.mark.usefixtures("many_processes")
@pytest.mark.parametrize("what", ["model: bike-demnd", "model: {}", "model: [", "'model: bike-demand"])
def test_processes_that_share_the_work_find_the_same_errors(repository: Path, what: str) -> None:
    edit(repository, "specs/bikes/rollout.yaml", "model: bike-demand", what)
    alone = Session(repository, use_memory=False, processes=1).compile().diagnostics
    assert alone
    assert Session(repository, use_memory=False, processes=3).compile().diagnostics == alone


def test_generated_files_of_another_time_are_read_and_not_made_again(repository: Path) -> None:
    for path in (repository / GENERATED).rglob("*.yaml"):
        os.utime(path)
    outcome = Session(repository).compile()
    assert outcome.timings.count("compile") == outcome.timings.count("write") == 0
    assert outcome.plan is not None
    let_clocks_pass(repository)
    compile_all(repository)
    assert Session(repository).compile().plan is None


def test_a_warning_of_a_file_is_given_until_the_file_is_mended(repository: Path) -> None:
    later = repository / "specs/later.yaml"
    later.write_text("# Not written yet.\n")
    let_clocks_pass(repository)
    shutil.rmtree(repository / ".penstock")
    for number in range(3):
        found = Session(repository).compile().diagnostics
        assert [(one.code, one.path) for one in found] == [("empty-file", "specs/later.yaml")]
        edit(repository, "specs/bikes/model.yaml", "spec:", f"# {number}\nspec:")
    later.unlink()
    assert not compile_all(repository).diagnostics


def test_a_warning_of_a_check_is_given_until_its_spec_is_mended(repository: Path) -> None:
    feature = (
        "    letters: {type: int, aggregate: {of: bike-hours, sql: max(weather.length()), match: [], window: 3h}}\n"
    )
    edit(repository, "specs/bikes/features.yaml", "  features:\n", f"  features:\n{feature}")
    let_clocks_pass(repository)
    shutil.rmtree(repository / ".penstock")
    given = []
    for number in range(6):
        found = Session(repository).compile()
        assert not found.failed
        given.append([(one.code, str(one.primary and one.primary.span)) for one in found.diagnostics])
        if number < 3:
            edit(repository, "specs/bikes/model.yaml", "spec:", f"# {number}\nspec:")
        elif number == 3:
            # By the last time nothing has changed, and every time proves that.
            let_clocks_pass(repository)
    assert "opaque-feature" in dict(given[0])
    assert given[1:] == given[:1] * 5
    edit(repository, "specs/bikes/features.yaml", feature, "")
    assert not compile_all(repository).diagnostics


def test_models_of_which_nothing_is_compiled_are_told_each_time(tmp_path: Path) -> None:
    root = copy(tmp_path, "census")
    for path in ("platform/environments.yaml", "platform/policy.yaml", "census/rollout.yaml"):
        (root / "specs" / path).unlink()
    compile_all(root)
    let_clocks_pass(root)
    told = [compile_all(root).nowhere for _ in range(3)]
    assert told[0] is not None
    assert told[1:] == told[:1] * 2


def test_a_spec_that_comes_has_others_of_its_kind_checked_again(repository: Path) -> None:
    """Of two environments that meet in one namespace, the later by its name is at fault."""
    let_clocks_pass(repository)
    compile_all(repository)
    documents = (repository / "specs/platform/environments.yaml").read_text().split("---\n")
    [production] = [one for one in documents if "name: production," in one]
    (repository / "specs/another.yaml").write_text(production.replace("name: production,", "name: another,"))
    warm, cold = (Session(repository, use_memory=memory).compile().diagnostics for memory in (True, False))
    assert [one.code for one in warm] == ["shared-namespace"]
    assert warm == cold


def test_a_gate_that_comes_among_many_files_is_one_of_its_model(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more files than these, what is looked up the other way round is compared for all specs."""
    monkeypatch.setattr(reading, "MOST_AMENDED", 0)
    gate = (repository / "specs/bikes/gate.yaml").read_text()
    (repository / "specs/bikes/another.yaml").write_text(gate.replace("name: bike-demand", "name: another-bike-demand"))
    let_clocks_pass(repository)
    compile_all(repository)
    made = files(repository)
    assert any(b"another-bike-demand" in text for path, text in made.items() if path.endswith("training.yaml"))
    assert made == cold(repository, tmp_path / "cold")


def test_a_rollout_goes_from_an_environment_and_comes_while_its_model_is_as_it_was(repository: Path) -> None:
    path, before = "specs/bikes/rollout.yaml", files(repository)
    edit(repository, path, "environments: [staging, production]", "environments: [production]")
    compile_all(repository)
    gone = before.keys() - files(repository).keys()
    assert {path for path in gone if path.startswith("staging/bike-demand-hourly/")}
    edit(repository, path, "environments: [production]", "environments: [staging, production]")
    compile_all(repository)
    assert files(repository) == before


def test_errors_leave_everything_as_it_was(repository: Path) -> None:
    before = files(repository)
    edit(repository, "specs/bikes/rollout.yaml", "model: bike-demand", "model: bike-demnd")
    outcome = Session(repository).compile()
    assert [found.code for found in outcome.diagnostics] == ["unknown-model"]
    assert files(repository) == before


def test_the_order_of_files_and_documents_says_nothing(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(repository / "systems", other / "systems")
    texts = []
    for path in (repository / "specs").rglob("*.yaml"):
        texts += [document for document in ("\n" + path.read_text()).split("\n---\n") if "kind:" in document]
    random.Random(3).shuffle(texts)
    (other / "specs/deep/er").mkdir(parents=True)
    (other / "specs/all.yaml").write_text("\n---\n".join(texts[::2]) + "\n")
    (other / "specs/deep/er/rest.yml").write_text("\n---\n".join(texts[1::2]) + "\n")
    compile_all(other)
    assert files(other) == files(repository)
