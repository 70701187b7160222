"""Diagnostics as values; the renderers stand apart, a file for each format."""

from penstock.diagnostics.codes import Code, code_table
from penstock.diagnostics.model import Diagnostic, Diagnostics, Edit, Fix, Label, Safety, Severity, Span
from penstock.diagnostics.suggest import did_you_mean

__all__ = [
    "Code",
    "Diagnostic",
    "Diagnostics",
    "Edit",
    "Fix",
    "Label",
    "Safety",
    "Severity",
    "Span",
    "code_table",
    "did_you_mean",
]
