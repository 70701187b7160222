"""A view shows the specs as one environment sees them, and notes what it was asked for."""

from __future__ import annotations

import pytest

from catalog.repositories import edited, load, small
from penstock.catalog.dependencies import Dependencies
from penstock.catalog.model import Catalog, SpecId
from penstock.specs.addresses import Address
from penstock.specs.dataset import Dataset
from penstock.specs.gate import Gate


@pytest.fixture
def catalog() -> Catalog:
    return load(small())


def test_environments_go_from_development_to_production() -> None:
    local = """
---
apiVersion: penstock/v1
kind: Environment
metadata: {name: zz-local, owner: flight-ml}
spec: {stage: development, namespace: x, images: {runtime: "r/p@sha256:%s"}, modelStore: file:///srv/models}
""" % ("1" * 64)
    assert load(small(platform=local)).environments() == ("zz-local", "staging", "production")


def test_an_override_is_seen_in_its_environment_alone(catalog: Catalog) -> None:
    copies = {view.environment_name: view.rollout("delay-online").spec.serve.replicas.min for view in catalog.views()}
    assert copies == {"staging": 2, "production": 3}
    assert catalog.view(None).rollout("delay-online").spec.serve.replicas.min == 3
    assert "overrides" not in catalog.view("staging").data("Rollout", "delay-online")


def test_a_spec_without_overrides_is_one_value_for_all_environments(catalog: Catalog) -> None:
    assert catalog.view("staging").model("delay") is catalog.view("production").model("delay")


def test_what_is_missing_or_invalid_is_a_key_error(catalog: Catalog) -> None:
    with pytest.raises(KeyError, match="Dataset/nope"):
        catalog.view(None).dataset("nope")
    broken = load(edited(small(), "specs/gate.yaml", "metric: roc_auc, atLeast", "metric: 5, atLeast"))
    assert broken.view("staging").find(Gate, "delay-release") is None
    assert broken.view("staging").gates_of("delay") == ()


def test_reverse_lookups_follow_overrides() -> None:
    files = edited(
        small(), "specs/rollout.yaml", "  staging: {serve: {replicas: {min: 2, max: 2}}}", "  staging: {model: other}"
    )
    catalog = load(files)
    assert [one.name for one in catalog.view("production").rollouts_of("delay")] == ["delay-online"]
    assert catalog.view("staging").rollouts_of("delay") == ()
    assert [one.name for one in catalog.view("staging").rollouts_of("other")] == ["delay-online"]


def test_a_rollout_that_does_not_list_the_environment_serves_nothing_there() -> None:
    files = edited(small(), "specs/rollout.yaml", "environments: [staging, production]", "environments: [production]")
    assert load(files).view("staging").rollouts_of("delay") == ()


def test_everything_that_is_asked_for_is_noted(catalog: Catalog) -> None:
    reads = Dependencies()
    view = catalog.view("staging").recording(reads)
    view.model("delay")
    view.find(Dataset, "nope")
    view.gates_of("delay")
    view.read_file("systems/flights.py")
    assert reads.keys == {
        "spec:Model/delay",
        "spec:Dataset/nope",
        "gates-of:staging:delay",
        "spec:Gate/delay-release",
        "file:systems/flights.py",
    }


def test_what_is_remembered_notes_its_reads_at_every_use(catalog: Catalog) -> None:
    first, second = Dependencies(), Dependencies()
    for reads in (first, second):
        catalog.view("staging").recording(reads).memo("digest", lambda view: view.dataset("flights").name)
    assert first.keys == second.keys == {"spec:Dataset/flights"}


@pytest.mark.parametrize(
    ("key", "path", "old", "new"),
    [
        ("spec:Dataset/flights", "specs/data.yaml", "max: 5000", "max: 6000"),
        ("spec:Dataset/nope", "specs/data.yaml", "name: weather,", "name: nope,"),
        ("names:Dataset", "specs/data.yaml", "name: weather,", "name: nope,"),
        ("gates-of:production:delay", "specs/gate.yaml", "  model: delay\n", "  model: other\n"),
        ("file:systems/flights.py", "systems/flights.py", "def rush", "def hurry"),
        ("file:systems/__init__.py", "systems/__init__.py", "", ""),
    ],
)
def test_a_fingerprint_changes_with_what_its_key_stands_for(key: str, path: str, old: str, new: str) -> None:
    files = small()
    before = load(files).fingerprint(key)
    assert load(files).fingerprint(key) == before
    after = {name: text for name, text in files.items() if name != path} if not old else edited(files, path, old, new)
    assert load(after).fingerprint(key) != before


def test_moving_a_comment_changes_no_fingerprint() -> None:
    files = small()
    moved = {**files, "specs/data.yaml": "# moved\n" + files["specs/data.yaml"]}
    assert load(files).fingerprint("spec:Dataset/flights") == load(moved).fingerprint("spec:Dataset/flights")


def test_an_address_leads_to_its_line_in_the_spec_or_in_the_override(catalog: Catalog) -> None:
    address = Address.parse("Rollout/delay-online.serve.replicas.min")
    assert str(catalog.span(address)) == "specs/rollout.yaml:8:43"
    assert str(catalog.span(address, environment="staging")) == "specs/rollout.yaml:18:37"
    assert str(catalog.span(address, environment="production")) == "specs/rollout.yaml:8:43"
    rule = Address.parse("Gate/delay-release.rules[speed].latency.p99")
    assert str(catalog.address(SpecId("Gate", "delay-release"), catalog.pointer(rule) or ())) == str(rule)


def test_nothing_is_validated_before_it_is_asked_for(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    import penstock.catalog.validation as validation

    asked: list[str] = []
    original = validation.validate
    monkeypatch.setattr(
        validation, "validate", lambda document: asked.append(document.value["kind"]) or original(document)
    )
    catalog.ids()
    assert asked == []
    catalog.view("staging").model("delay")
    catalog.view("production").model("delay")
    assert asked == ["Model"]


def test_what_lies_in_a_list_of_an_override_is_found_in_the_override() -> None:
    override = "  production: {monitor: {drift: [{id: late, above: 0.1, window: 1d}]}}\n"
    catalog = load(small(rollout=override))
    place = Address.parse("Rollout/delay-online.monitor.drift[late].above")
    assert str(catalog.span(place, environment="production")) == "specs/rollout.yaml:19:52"
    persist = catalog.span(
        SpecId("Rollout", "delay-online"), ("spec", "monitor", "drift", 0, "persist"), environment="production"
    )
    assert persist.line == 19
