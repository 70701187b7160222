"""Syntax trees that are statements, where an expression is wanted."""

from __future__ import annotations

from sqlglot import exp

STATEMENTS = (
    exp.Alter, exp.Analyze, exp.Attach, exp.Cache, exp.Command, exp.Comment, exp.Commit, exp.Create, exp.Describe,
    exp.Detach, exp.DML, exp.Drop, exp.Grant, exp.Install, exp.Kill, exp.Pivot, exp.Pragma, exp.Refresh, exp.Revoke,
    exp.Rollback, exp.Set, exp.Show, exp.Summarize, exp.Transaction, exp.TruncateTable, exp.Uncache, exp.Use,
    exp.Values,
)  # fmt: skip
"""What sqlglot makes of a text that does something, or gives a table by another word than SELECT."""
