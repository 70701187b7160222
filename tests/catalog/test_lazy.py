"""A catalog that reads on demand answers as the one that reads everything, and reads little."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.catalog.lazy import LazyCatalog, OutlineError, SpecFile, SpecFileIndex
from penstock.catalog.load import load_files
from penstock.catalog.model import RELATIONS, Catalog, SpecId
from penstock.catalog.repository import FilesInMemory
from penstock.source.model import SourceFile

SPECS = Path(__file__).resolve().parents[2] / "specs"

TEAM = "apiVersion: penstock/v1\nkind: Team\nmetadata: {name: %s, owner: %s}\nspec: {members: [ada]}\n"


def sources(**texts: str) -> list[SourceFile]:
    return [SourceFile(f"specs/{name}.yaml", "", text) for name, text in texts.items()]


def real_sources() -> list[SourceFile]:
    files = sorted(SPECS.rglob("*.yaml"))
    return [SourceFile(file.relative_to(SPECS.parent).as_posix(), "", file.read_text("utf-8")) for file in files]


def partial(files: list[SourceFile]) -> LazyCatalog:
    made = [SpecFile(file) for file in files]
    return LazyCatalog(made, SpecFileIndex(made), FilesInMemory({}))


def read_files(catalog: LazyCatalog) -> list[str]:
    return [file.source.path for file in catalog.files if file.is_read]


@pytest.fixture
def whole() -> Catalog:
    return load_files(real_sources())


def test_it_has_the_same_specs(whole: Catalog) -> None:
    catalog = partial(real_sources())
    assert catalog.ids() == whole.ids()
    assert catalog.ids("Gate") == whole.ids("Gate")
    assert catalog.environments() == whole.environments()


def test_specs_and_lookups_are_the_same_one_by_one(whole: Catalog) -> None:
    for spec_id in whole.ids():
        catalog = partial(real_sources())
        expected, found = whole.loaded(spec_id), catalog.loaded(spec_id)
        assert (found and found.resource) == (expected and expected.resource)
        for relation in RELATIONS:
            for environment in (None, *whole.environments()):
                assert catalog.related(relation, environment, spec_id.name) == whole.related(
                    relation, environment, spec_id.name
                )


def test_a_full_library_gives_the_same_answers_by_its_index(whole: Catalog) -> None:
    catalog = partial(real_sources())
    for number in range(200):
        list(catalog.mentioning(f"nobody-{number}"))
    assert catalog.ids() == whole.ids()
    assert catalog.diagnostics == whole.diagnostics


def test_only_files_that_hold_what_is_asked_for_are_read() -> None:
    catalog = partial(sources(a=TEAM % ("one", "two"), b=TEAM % ("two", "two"), c=TEAM % ("three", "three")))
    assert catalog.ids("Team") == tuple(SpecId("Team", name) for name in ("one", "three", "two"))
    assert read_files(catalog) == []
    assert catalog.loaded(SpecId("Team", "one")) is not None
    assert read_files(catalog) == ["specs/a.yaml"]
    assert catalog.referring(SpecId("Team", "two")) == (SpecId("Team", "one"),)
    assert read_files(catalog) == ["specs/a.yaml", "specs/b.yaml"]


def test_a_name_behind_an_escape_is_found() -> None:
    hidden = TEAM.replace("owner: %s", 'owner: "t\\x77o"') % "one"
    catalog = partial(sources(a=hidden, b=TEAM % ("two", "two")))
    assert catalog.referring(SpecId("Team", "two")) == (SpecId("Team", "one"),)


@pytest.mark.parametrize(
    "text",
    [
        '{"apiVersion": "penstock/v1", "kind": "Team", "metadata": {"name": "one", "owner": "one"}, "spec": {}}\n',
        '"kind": Team\napiVersion: penstock/v1\nmetadata: {owner: one, name: one}\nspec: {members: [ada]}\n',
        "apiVersion: penstock/v1\nkind: Team\nmetadata:\n  owner: one\n  name: one\nspec: {members: [ada]}\n",
    ],
)
def test_a_spec_in_another_form_is_found(text: str) -> None:
    assert partial(sources(a=text)).document(SpecId("Team", "one")) is not None


def test_two_specs_of_one_name_are_found_where_one_is_read() -> None:
    catalog = partial(sources(a=TEAM % ("one", "one"), b=TEAM % ("one", "two")))
    assert catalog.document(SpecId("Team", "one")) is not None
    assert [spec_id for spec_id, _ in catalog.repeated] == [SpecId("Team", "one")]


def test_a_file_that_holds_something_else_than_its_outline_is_noticed() -> None:
    # At the margin, a quoted text looks like the keys of the spec.
    text = 'apiVersion: "\nkind: Gate\nmetadata: {name: fake}\nspec: "\n'
    catalog = partial(sources(a=text))
    assert catalog.ids("Gate") == (SpecId("Gate", "fake"),)
    with pytest.raises(OutlineError):
        catalog.document(SpecId("Gate", "fake"))


def test_what_is_read_later_is_known_to_be_overridden_from_then_on() -> None:
    overridden = TEAM % ("late", "late") + "overrides: {production: {members: [bela]}}\n"
    catalog = partial(sources(early=TEAM % ("early", "early"), late=overridden))
    catalog.loaded(SpecId("Team", "early"))
    assert catalog.keys_overridden("production") == frozenset()
    catalog.loaded(SpecId("Team", "late"))
    assert len(catalog.keys_overridden("production")) == 1
    assert catalog.keys_overridden("staging") == frozenset()


def test_every_spec_that_was_read_is_known_by_the_environments_that_override_it(whole: Catalog) -> None:
    catalog = partial(real_sources())
    for spec_id in catalog.ids():
        catalog.loaded(spec_id)
    for environment in whole.environments():
        assert catalog.keys_overridden(environment) == whole.keys_overridden(environment)
    assert any(whole.keys_overridden(environment) for environment in whole.environments())
