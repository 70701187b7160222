"""Every rule can be read, can fail, and forgets nothing that it looked at."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from catalog.repositories import edited, load, small
from golden.case import Case
from penstock.catalog.codes import LOADING
from penstock.catalog.dependencies import Dependencies
from penstock.catalog.model import Catalog, SpecId
from penstock.catalog.references import code_of
from penstock.checks.engine import check, check_documents, check_spec
from penstock.checks.rules import all_codes, all_rules
from penstock.diagnostics.codes import Code
from penstock.diagnostics.model import Diagnostic, Diagnostics
from penstock.specs.kinds import KINDS

CASES = sorted((Path(__file__).parents[1] / "golden" / "mistakes").glob("*.txt"))
CHECKS = Path(__file__).parents[2] / "src" / "penstock" / "checks"


def told(path: Path) -> set[str]:
    """The codes that a golden case expects."""
    return set(
        re.findall(r"^(?:error|warning)\[([a-z-]+)\]", dict(Case.read(path).sections)["diagnostics"], re.MULTILINE)
    )


RULES = all_rules()
CODES = all_codes()
SHOWN = set().union(*map(told, CASES))


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
def test_a_check_has_a_case_in_which_it_fails(code: Code) -> None:
    assert code.name in SHOWN


@pytest.mark.parametrize("code", [code.name for code in LOADING])
def test_what_loading_can_find_has_a_case(code: str) -> None:
    # Of the references one kind stands for all: they have one source.
    assert code in SHOWN or code in map(code_of, KINDS)


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
def test_a_check_has_a_page_that_says_what_why_and_what_instead(code: Code) -> None:
    for heading in ("What it does:", "Why:", "Example", "Use instead"):
        assert heading in code.manual


def test_each_rule_stands_in_the_table_of_a_kind() -> None:
    declaring = {path.stem for path in CHECKS.rglob("*.py") if re.search(r"^@rule\(", path.read_text(), re.MULTILINE)}
    assert declaring == {rule.check.__module__.rpartition(".")[2] for rule in RULES}


def test_a_code_is_the_name_of_its_file() -> None:
    assert [rule.code.name for rule in RULES] == [
        rule.check.__module__.rpartition(".")[2].replace("_", "-") for rule in RULES
    ]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_spec_is_checked_again_when_something_it_read_has_changed_and_only_then(path: Path) -> None:
    """What a spec read before a mistake was made elsewhere tells whether the mistake can concern it."""
    before, after = load(small()), load(Case.read(path).files)
    for spec_id in before.ids():
        reads = Dependencies()
        assert check_spec(before, spec_id, reads) == ()
        if all(before.fingerprint(key) == after.fingerprint(key) for key in reads.keys):
            assert check_spec(after, spec_id, Dependencies()) == (), f"{spec_id} read {sorted(reads.keys)}"


def test_what_a_rule_asks_past_its_view_is_no_reason_to_check_again() -> None:
    """Places, the spec itself before overrides, and what is near to a file that is missing."""
    asked = {name for path in CHECKS.rglob("*.py") for name in re.findall(r"view\.catalog\.(\w+)", path.read_text())}
    assert asked == {"find", "repository", "span"}


def test_a_model_is_checked_again_when_an_environment_comes_whose_image_lacks_its_library() -> None:
    files = edited(small(), "specs/model.yaml", "sklearn.ensemble.HistGradientBoostingClassifier", "xgboost.XGBModel")
    files = edited(files, "specs/model.yaml", 'schedule: "0 3 * * 1", ', "")
    files["specs/platform.yaml"] = files["specs/platform.yaml"].replace("images: {", "images: {libraries: [xgboost], ")
    staging = re.search(r"apiVersion.*\nkind: Environment\n(?:(?!---).*\n)+", files["specs/platform.yaml"])
    assert staging is not None
    another = staging[0].replace("name: staging", "name: sandbox").replace("[xgboost]", "[]")
    before, after = load(files), load({**files, "specs/sandbox.yaml": another})
    model, reads = SpecId("Model", "delay"), Dependencies()
    assert check_spec(before, model, reads) == ()
    assert [one.code for one in check_spec(after, model, Dependencies())] == ["missing-library"]
    assert any(before.fingerprint(key) != after.fingerprint(key) for key in reads.keys)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_one_by_one_the_specs_give_what_they_give_together(path: Path) -> None:
    catalog = load(Case.read(path).files)
    assert {place(one) for one in one_by_one(catalog)} >= {place(one) for one in check(catalog)}
    assert {one.code for one in one_by_one(catalog)} == {one.code for one in check(catalog)}


def one_by_one(catalog: Catalog) -> tuple[Diagnostic, ...]:
    found = Diagnostics()
    found.extend(check_documents(catalog))
    for spec_id in catalog.ids():
        found.extend(check_spec(catalog, spec_id, Dependencies()))
    return found.sorted()


def place(diagnostic: Diagnostic) -> tuple[str, str]:
    return diagnostic.code, str(diagnostic.primary)


def test_a_broken_spec_keeps_the_rules_from_guessing() -> None:
    files = small()
    for path in [path for path in files if path.startswith("specs/")]:
        broken = {**files, path: files[path].replace("\nspec:", "\nspek:")}
        codes = {one.code for one in check(load(broken))}
        # What is told is what is wrong with the broken specs, and nothing that follows from their absence.
        assert codes <= {"unknown-key", "missing-key"}, path


def test_specs_of_one_kind_are_told_apart_by_environment() -> None:
    catalog = load(small(rollout="  production: {serve: {replicas: {min: 20}}}\n"))
    (found,) = check(catalog)
    assert found.code == "capacity"
    assert found.help[-1] == "in `production`, with its overrides"
    assert found.primary is not None
    assert found.primary.span.line == 19
    assert catalog.loaded(SpecId("Rollout", "delay-online")) is not None
