"""One operation of RFC 6902, applied or refused in words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from penstock.specs.json_patch import DoesNotFitError, patched

DOCUMENT: dict[str, Any] = {"spec": {"containers": [{"name": "server"}, {"name": "proxy"}], "a/b": 1, "paused": False}}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "add", "path": "/spec/containers/-", "value": 1}, [{"name": "server"}, {"name": "proxy"}, 1]),
        ({"op": "add", "path": "/spec/containers/2", "value": 1}, [{"name": "server"}, {"name": "proxy"}, 1]),
        ({"op": "add", "path": "/spec/containers/0", "value": 1}, [1, {"name": "server"}, {"name": "proxy"}]),
        ({"op": "remove", "path": "/spec/containers/0"}, [{"name": "proxy"}]),
        ({"op": "move", "from": "/spec/containers/1", "path": "/spec/containers/0"},
         [{"name": "proxy"}, {"name": "server"}]),
        ({"op": "copy", "from": "/spec/a~1b", "path": "/spec/containers/1"},
         [{"name": "server"}, 1, {"name": "proxy"}]),
        ({"op": "test", "path": "/spec/containers/0/name", "value": "server"}, DOCUMENT["spec"]["containers"]),
        ({"op": "test", "path": "/spec/containers/0", "value": {"name": "server"}}, DOCUMENT["spec"]["containers"]),
        ({"op": "test", "path": "/spec/a~1b", "value": 1.0}, DOCUMENT["spec"]["containers"]),
    ],
)  # fmt: skip
def test_an_operation_that_fits_is_applied(operation: dict[str, Any], expected: list[Any]) -> None:
    assert patched(DOCUMENT, operation)["spec"]["containers"] == expected
    assert len(DOCUMENT["spec"]["containers"]) == 2


@pytest.mark.parametrize(
    ("operation", "part", "said", "guess"),
    [
        ({"op": "remove", "path": "/spec/containers/2"}, "path", "a list of 2, without index `2`", None),
        ({"op": "remove", "path": "/spec/containers/01"}, "path", "without index `01`", None),
        ({"op": "remove", "path": "/spec/containers/-"}, "path", "without index `-`", None),
        ({"op": "add", "path": "/spec/containers/3", "value": 1}, "path", "without index `3`", None),
        ({"op": "add", "path": "/spec/contaners/0/x", "value": 1}, "path", "`/spec` has no `contaners`",
         "/spec/containers/0/x"),
        ({"op": "remove", "path": "/spec/a_b"}, "path", "`/spec` has no `a_b`", "/spec/a~1b"),
        ({"op": "copy", "from": "spec", "path": "/x"}, "from", "does not start with `/`", "/spec"),
        ({"op": "test", "path": "/spec/paused", "value": True}, "value", "is `false`, not `true`", None),
        ({"op": "test", "path": "/spec/paused", "value": []}, "value", "is `false`, not a list", None),
        ({"op": "test", "path": "/spec/paused", "value": 0}, "value", "is `false`, not the number 0", None),
        ({"op": "test", "path": "/spec/a~1b", "value": True}, "value", "is the number 1, not `true`", None),
        ({"op": "test", "path": "/spec/containers", "value": [{"name": "server"}]}, "value", "not a list", None),
        ({"op": "remove", "path": "/metadata"}, "path", "the manifest has no `metadata`", None),
    ],
)  # fmt: skip
def test_an_operation_that_does_not_fit_is_refused_in_words(
    operation: dict[str, Any], part: str, said: str, guess: str | None
) -> None:
    with pytest.raises(DoesNotFitError, match=re.escape(said)) as caught:
        patched(DOCUMENT, operation)
    assert (caught.value.part, caught.value.guess) == (part, guess)
