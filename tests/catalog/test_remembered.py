"""A catalog that recalls its specs says what one that has read them says, and decodes only those that are asked for."""

from __future__ import annotations

import pytest

from catalog.repositories import edited, load, small
from penstock.catalog.facts import Facts
from penstock.catalog.model import RELATIONS, Catalog, SpecId
from penstock.catalog.remembered import RememberedCatalog
from penstock.source.model import Document


def remembered(before: Catalog, now: Catalog, path: str, recalled: list[SpecId]) -> RememberedCatalog | None:
    """The catalog `now`, from what is known of the one `before` and the documents of the file that has changed."""

    def of_file(catalog: Catalog) -> dict[SpecId, Document]:
        found = {spec_id: document for spec_id in catalog.ids() if (document := catalog.document(spec_id)) is not None}
        return {spec_id: document for spec_id, document in found.items() if document.file.path == path}

    def recall(spec_id: SpecId) -> Document:
        recalled.append(spec_id)
        document = before.document(spec_id)
        assert document is not None
        return document

    facts = Facts.of(before).copy()
    if not facts.amend(of_file(before), of_file(now).values()):
        return None
    return RememberedCatalog(of_file(now).values(), now.repository, facts, recall)


CHANGES = {
    "nothing": ("specs/rollout.yaml", "kind: Rollout\n", "kind: Rollout\n"),
    "a rollout leaves an environment": ("specs/rollout.yaml", "[staging, production]", "[staging]"),
    "a rollout gets another name": ("specs/rollout.yaml", "{name: delay", "{name: other"),
    "a rollout has other overrides": ("specs/rollout.yaml", "  staging: {serve", "  production: {serve"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_it_says_what_the_whole_catalog_says(what: str) -> None:
    files = small()
    path, old, new = CHANGES[what]
    before, now = load(files), load(edited(files, path, old, new))
    found = remembered(before, now, path, [])
    assert found is not None
    assert found.ids() == now.ids()
    assert found.environments() == now.environments()
    for spec_id in (*now.ids(), *before.ids()):
        assert found.overriding(spec_id) == now.overriding(spec_id)
        assert found.is_declared(spec_id) == now.is_declared(spec_id)
        key = f"spec:{spec_id}"
        assert found.fingerprint(key) == now.fingerprint(key)
        for environment in (None, *now.environments()):
            assert found.keys_overridden(environment) == now.keys_overridden(environment)
            for relation in RELATIONS:
                asked = relation, environment, spec_id.name
                assert found.related(*asked) == now.related(*asked)
    assert Facts.of(found) == Facts.of(now)


def test_only_what_is_asked_for_is_recalled() -> None:
    catalog, recalled = load(small()), list[SpecId]()
    found = remembered(catalog, catalog, "specs/rollout.yaml", recalled)
    assert found is not None
    found.ids()
    found.is_declared(SpecId("Model", "delay"))
    assert recalled == []
    assert found.view(None).model("delay") == catalog.view(None).model("delay")
    assert recalled == [SpecId("Model", "delay")]


def test_a_name_that_another_file_has_cannot_be_amended() -> None:
    files = small()
    twice = {**files, "specs/zz.yaml": files["specs/rollout.yaml"]}
    facts = Facts.of(load(files))
    assert not facts.amend([], [d for i in load(files).ids("Rollout") if (d := load(twice).document(i)) is not None])
