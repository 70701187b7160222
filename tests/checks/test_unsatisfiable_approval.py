"""Requirements of many parts are looked at in a time that does not grow with every choice of them."""

from __future__ import annotations

import time

import pytest

from catalog.repositories import load, small
from penstock.checks.engine import check

POLICY = """\
apiVersion: penstock/v1
kind: ApprovalPolicy
metadata: {{name: approvals, owner: flight-ml}}
spec:
  rules:
    - id: many
      why: More parts than anybody needs.
      when: {{kind: [Gate]}}
      require: {{all: [{parts}]}}
"""


@pytest.mark.parametrize(
    ("parts", "people", "is_satisfiable"), [(8, 8, True), (8, 7, False), (40, 40, True), (40, 39, False)]
)
def test_each_part_needs_another_person(parts: int, people: int, is_satisfiable: bool) -> None:
    logins = ", ".join(f"person-{number}" for number in range(people))
    text = POLICY.format(parts=", ".join([f"{{from: {{logins: [{logins}]}}}}"] * parts))
    start = time.process_time()
    codes = {one.code for one in check(load(small() | {"specs/policy.yaml": text}))}
    assert codes == (set() if is_satisfiable else {"unsatisfiable-approval"})
    assert time.process_time() - start < 10
