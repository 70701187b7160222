"""Python as a syntax tree, without a word of the parser's own about it."""

from __future__ import annotations

import ast
import warnings

LARGEST = 500_000
"""Bytes of Python from which on it is not looked into, and taken for code that leads anywhere."""


def parse(data: bytes) -> ast.Module:
    """The syntax tree of a file; SyntaxError, ValueError, RecursionError or MemoryError where it has none.

    The parser warns of an invalid escape by printing the line that holds it. What a pull request has written there must
    not reach the log of a review, where a line can be a command to the forge.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(data)
