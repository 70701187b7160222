"""Why a version is not released."""

from __future__ import annotations


class RefusalError(Exception):
    """A promotion that must not be: one sentence with the reason, and what would be right."""
