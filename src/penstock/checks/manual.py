"""The manual: one table of every code that loading and checking can report."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.catalog.codes import LOADING
from penstock.checks.rules import RULES
from penstock.diagnostics.codes import Code, code_table
from penstock.source.reading_codes import READING
from penstock.source.writing_codes import WRITING


def manual() -> Mapping[str, Code]:
    """Every code with its page, by name."""
    return code_table(READING, WRITING, LOADING, (rule.code for rule in RULES))
