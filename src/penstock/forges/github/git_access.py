"""The token of a run, as git sends it over HTTPS."""

from __future__ import annotations

import base64

from penstock.forges.github.secret import Secret
from penstock.source.git.values import Authorization


def git_access(token: Secret, server: str) -> Authorization:
    """As https://docs.github.com/rest/authentication has it; for the server such as `https://github.com` alone."""
    pair = base64.b64encode(f"x-access-token:{token.reveal()}".encode()).decode()
    return Authorization(server, f"AUTHORIZATION: basic {pair}")
