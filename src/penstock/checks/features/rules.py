"""The rules that look at feature sets, in the order in which one is described."""

from __future__ import annotations

from penstock.checks.datasets.argument_kind import argument_kind
from penstock.checks.datasets.sql_syntax import sql_syntax
from penstock.checks.datasets.unknown_column import unknown_column
from penstock.checks.datasets.unknown_function import unknown_function
from penstock.checks.datasets.unknown_sql_function import unknown_sql_function
from penstock.checks.features.constant_feature import constant_feature
from penstock.checks.features.feature_type import feature_type
from penstock.checks.features.future_leak import future_leak
from penstock.checks.features.join_type import join_type
from penstock.checks.features.opaque_feature import opaque_feature
from penstock.checks.features.row_order import row_order
from penstock.checks.features.undeclared_read import undeclared_read
from penstock.checks.features.untimed_join import untimed_join
from penstock.checks.rule import Rule

RULES: tuple[Rule, ...] = (
    sql_syntax,
    unknown_sql_function,
    row_order,
    argument_kind,
    unknown_column,
    unknown_function,
    undeclared_read,
    future_leak,
    untimed_join,
    feature_type,
    join_type,
    opaque_feature,
    constant_feature,
)
