"""What only looks like a slip is none."""

from __future__ import annotations

import pytest

from penstock.catalog import sql


@pytest.mark.parametrize(
    "text",
    [
        "a IS NULL AND b IS NOT NULL",
        "a IS NOT DISTINCT FROM NULL",
        "coalesce(a, NULL)",
        "a = 'x = null'",
        "a >= '2026-01-01' -- 2026-01-01",
        "a > DATE '2026-01-01'",
        "a - 2020 - 01 - 02",
        "{'a': {'b': 1}}",
        "a LIKE '{{%'",
        '"2026-01-01" > 3',
        "l1 && l2",
        "[1, 2] && a",
        "quantile_cont(a, 0.9)",
        "quantile_cont(a, [0.1, 0.9])",
        "quantile_cont(a, 1)",
    ],
)
def test_what_looks_like_a_slip_passes(text: str) -> None:
    assert isinstance(sql.expression(text), sql.Expression)
