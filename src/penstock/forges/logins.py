"""How names of accounts are compared."""

from __future__ import annotations

GHOST = "ghost"
"""What GitHub shows in the place of accounts that are gone: a name that means nobody."""


def login_key(login: str) -> str:
    """The form in which logins are compared: GitHub does not tell upper from lower case."""
    return login.lower()
