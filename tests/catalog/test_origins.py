"""Each value says where it comes from."""

from __future__ import annotations

import pytest

from catalog.repositories import load, small
from penstock.catalog.origins import origins
from penstock.specs.addresses import Address

OVERRIDES = "  production: {slos: {latency: null}, monitor: {drift: [{id: ks, test: ks, above: 0.1, window: 1d}]}}\n"


def told(address: str, environment: str | None) -> list[tuple[str, object, str, int | None]] | None:
    found = origins(load(small(rollout=OVERRIDES)).view(environment), Address.parse(address))
    if found is None:
        return None
    return [
        (str(one.address).removeprefix(address), one.value, one.by, one.span.line if one.span else None)
        for one in found
    ]


@pytest.mark.parametrize(
    ("address", "environment", "expected"),
    [
        ("Rollout/delay-online.serve.replicas.min", None, ("", 3, "spec", 8)),
        ("Rollout/delay-online.serve.replicas.min", "staging", ("", 2, "override", 18)),
        ("Rollout/delay-online.serve.timeout", "staging", ("", "30s", "default", None)),
        ("Rollout/delay-online.serve.runtime", None, ("", None, "unset", None)),
        ("Rollout/delay-online.slos.latency", "production", ("", None, "removed", 19)),
        ("Rollout/delay-online.monitor.drift[ks].above", "production", ("", 0.1, "override", 19)),
        ("Rollout/delay-online.monitor.drift[ks].test", "production", ("", "ks", "override", 19)),
        ("Gate/delay-release.rules[robust].severity", None, ("", "block", "default", None)),
        ("Gate/delay-release.metadata.owner", None, ("", "flight-ml", "spec", 3)),
    ],
)
def test_a_value_says_where_it_comes_from(address: str, environment: str | None, expected: tuple) -> None:
    assert told(address, environment) == [expected]


def test_a_mapping_lists_what_is_written_and_what_is_default() -> None:
    assert told("Rollout/delay-online.serve.replicas", "staging") == [
        (".min", 2, "override", 18),
        (".max", 2, "override", 18),
        (".metric", "rps", "spec", 8),
        (".target", 70, "default", None),
    ]


@pytest.mark.parametrize(
    "address",
    ["Gate/delay-release.nope", "Gate/delay-release.rules[nope].id", "Gate/delay-release.rules[speed].maxGap"],
)
def test_what_the_language_does_not_have_there_has_no_origin(address: str) -> None:
    assert told(address, None) is None


def test_a_spec_that_does_not_exist_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        told("Gate/nope", None)
