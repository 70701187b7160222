"""Logins have exactly the forms that GitHub gives them."""

from __future__ import annotations

import re

import pytest
from pydantic import TypeAdapter, ValidationError

from penstock.specs.base import LOGIN_PATTERN, Login

LOGIN = TypeAdapter(Login)


@pytest.mark.parametrize(
    "login",
    [
        *("octocat", "Octo-Cat", "o", "0", "a-b-c", "x" * 39),
        *("mona_octo", "mona-lisa_octo", "2abvd19d_admin", f"{'x' * 34}_octo"),
        *("renovate[bot]", "github-actions[bot]", f"{'x' * 39}[bot]"),
    ],
)
def test_a_login_of_githubs_form_is_one(login: str) -> None:
    assert LOGIN.validate_python(login) == login


@pytest.mark.parametrize(
    "login",
    [
        *("", "@octocat", "octo cat", "octo.cat", "octocat\n", "octocat\u200b"),
        *("-octocat", "octocat-", "octo--cat"),
        *("_octo", "mona_", "mona__octo", "mona_octo_inc", "mona_oc-to", "mona-_octo", "mona_-octo"),
        *("mona_octo[bot]", "renovate[bot]s", "renovate[Bot]", "[bot]", "renovate[bot][bot]"),
        *("оctocat", "mona_octо", "mona＿octo", "mona\u203focto", "ｏctocat", "octocat１", "ſam", "\u212aate"),
        *("x" * 40, f"{'x' * 35}_octo", f"{'x' * 40}[bot]"),
    ],
)
def test_what_only_looks_like_a_login_is_none(login: str) -> None:
    with pytest.raises(ValidationError):
        LOGIN.validate_python(login)


def test_editors_are_told_the_same_pattern() -> None:
    assert LOGIN.json_schema()["pattern"] == f"^{LOGIN_PATTERN}$"
    assert re.fullmatch(LOGIN_PATTERN, "mona_octo")
