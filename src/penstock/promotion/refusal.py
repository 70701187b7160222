"""Why a version is not released."""

from __future__ import annotations


class RefusalError(Exception):
    """A promotion that must not be: one sentence with the reason, and what would be right."""


class AlreadyServedError(RefusalError):
    """The environment serves the version by a Release that needs no change."""
