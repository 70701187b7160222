"""The help of the targets' tests itself: what a cluster would refuse or drop is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from targets.crds import problems

ROUTE: dict[str, Any] = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "HTTPRoute",
    "metadata": {"name": "delay", "namespace": "flights"},
    "spec": {"rules": [{"backendRefs": [{"group": "", "kind": "Service", "name": "delay", "port": 80}]}]},
}
ACCOUNT: dict[str, Any] = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "delay"}}


@pytest.mark.parametrize("document", [ROUTE, ACCOUNT], ids=["custom", "core"])
def test_a_sound_object_has_no_problems(document: dict[str, Any], shared_crds: Path) -> None:
    assert problems(document, shared_crds) == []


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (ROUTE | {"spec": {"rule": []}}, "has no field `rule`"),
        # A Service needs a port: the schema lets it be left out, and a rule of the definition does not.
        (ROUTE | {"spec": {"rules": [{"backendRefs": [{"kind": "Service", "name": "delay"}]}]}}, "breaks a rule"),
        (ROUTE | {"kind": "HTTPSRoute"}, "no definition found"),
        (ACCOUNT | {"secret": []}, "secret"),
    ],
    ids=["unknown field", "broken rule", "unknown kind", "unknown field of a core kind"],
)
def test_what_a_cluster_would_not_take_is_a_problem(document: dict[str, Any], said: str, shared_crds: Path) -> None:
    (found,) = problems(document, shared_crds)
    assert said in found
