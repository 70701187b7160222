"""The error of this package."""

from __future__ import annotations


class RefusalError(Exception):
    """No specs can be written of these columns; the message says what would be right."""
