"""Every field of the language says what it is and what a change of it means to a reviewer."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import penstock.specs
from penstock.catalog.errors.wording import WORDINGS
from penstock.specs.estimator import Estimator
from penstock.specs.kinds import KINDS
from penstock.specs.marked_fields import scalars
from penstock.specs.review import Area, Loosens
from penstock.specs.schema import combined_schema
from penstock.specs.shapes import Field, Scalar, mappings

FIELDS = {
    f"{mapping.cls.__name__}.{field.name}": field
    for kind in KINDS.values()
    for _, mapping in mappings(kind)
    for field in mapping.fields.values()
}


def test_the_map_of_the_room_names_each_of_its_files() -> None:
    files = {path.stem for path in Path(penstock.specs.__path__[0]).glob("*.py")} - {"__init__"}
    assert set(re.findall(r"`(\w+)`", penstock.specs.__doc__ or "")) == files


def test_the_walk_reaches_the_whole_language() -> None:
    assert len(FIELDS) > 250
    assert {"Comparison.margin", "CanaryStep.weight", "SensitiveUse.purpose", "Freeze.until"} <= FIELDS.keys()


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS.keys())
def test_a_field_declares_direction_area_and_description(field: Field) -> None:
    assert field.review is not None
    assert field.review["loosens"] in set(Loosens)
    assert field.review["area"] in set(Area)
    assert field.description.endswith(".")


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if "order" in (field.review or {})])
def test_an_order_lists_exactly_the_values_that_are_allowed(name: str) -> None:
    field = FIELDS[name]
    assert isinstance(field.shape, Scalar)
    assert field.review is not None
    assert sorted(field.review["order"]) == sorted(field.shape.values)


def test_no_module_of_the_language_leaves_its_annotations_as_text() -> None:
    modules = {sys.modules[mapping.cls.__module__] for kind in KINDS.values() for _, mapping in mappings(kind)}
    assert len(modules) > len(KINDS)
    assert [module.__name__ for module in modules if hasattr(module, "annotations")] == []


def test_references_name_kinds_that_exist() -> None:
    refers = {field.shape.refers for field in FIELDS.values() if isinstance(field.shape, Scalar)} - {None}
    assert refers <= KINDS.keys()
    assert {"Dataset", "Model", "Team", "Environment"} <= refers


def test_every_pattern_of_the_language_has_words() -> None:
    assert _patterns(combined_schema()) - _units() <= WORDINGS.keys()


def test_no_words_are_for_a_pattern_that_is_gone() -> None:
    assert WORDINGS.keys() <= _patterns(combined_schema())


def test_references_are_found_in_keys_in_lists_and_in_what_holds_itself() -> None:
    data = {
        "spec": {
            "rules": [{"require": {"all": [{"any": [{"from": {"teams": ["sre", "risk"]}}]}, {"from": {"teams": 5}}]}}]
        }
    }
    found = scalars(KINDS["ApprovalPolicy"], "refers", data)
    assert [one.text for one in found] == ["sre", "risk"]
    assert found[1].pointer == ("spec", "rules", 0, "require", "all", 0, "any", 0, "from", "teams", 1)
    (set_name,) = scalars(KINDS["Model"], "refers", {"spec": {"features": {"plan": "all"}}})
    assert set_name.is_key
    assert set_name.scalar.refers == "FeatureSet"


def _patterns(schema: object) -> set[str]:
    if isinstance(schema, dict):
        own = {schema["pattern"]} if isinstance(schema.get("pattern"), str) else set()
        own |= schema.get("patternProperties", {}).keys()
        return own.union(*(_patterns(value) for value in schema.values()))
    if isinstance(schema, list):
        return set().union(*(_patterns(value) for value in schema)) if schema else set()
    return set()


def _units() -> set[str]:
    from penstock.specs import units

    return {f"^{unit._pattern}$" for unit in vars(units).values() if hasattr(unit, "_pattern")}


def test_an_estimator_of_ones_own_is_digested_as_before_there_were_others() -> None:
    """Releases carry the digest of their model's specs: a new key of the language must not make them stale."""
    estimator = Estimator.model_validate({"class": "sklearn.linear_model.Ridge"})
    assert set(estimator.model_dump(mode="json", by_alias=True)) == {"class", "python", "params"}
