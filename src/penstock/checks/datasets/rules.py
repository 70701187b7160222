"""The rules that look at datasets, in the order in which one is described."""

from __future__ import annotations

from penstock.checks.datasets.argument_kind import argument_kind
from penstock.checks.datasets.column_contract import column_contract
from penstock.checks.datasets.column_type import column_type
from penstock.checks.datasets.data_path import data_path
from penstock.checks.datasets.dataset_cycle import dataset_cycle
from penstock.checks.datasets.earlier_time import earlier_time
from penstock.checks.datasets.reserved_column import reserved_column
from penstock.checks.datasets.sql_syntax import sql_syntax
from penstock.checks.datasets.time_column import time_column
from penstock.checks.datasets.unknown_column import unknown_column
from penstock.checks.datasets.unknown_function import unknown_function
from penstock.checks.datasets.unknown_sql_function import unknown_sql_function
from penstock.checks.datasets.unknown_table import unknown_table
from penstock.checks.features.undeclared_read import undeclared_read
from penstock.checks.rule import Rule

RULES: tuple[Rule, ...] = (
    data_path,
    sql_syntax,
    unknown_sql_function,
    argument_kind,
    unknown_table,
    dataset_cycle,
    unknown_column,
    time_column,
    earlier_time,
    column_contract,
    reserved_column,
    column_type,
    unknown_function,
    undeclared_read,
)
