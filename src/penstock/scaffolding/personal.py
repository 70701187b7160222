"""Columns that look like data about people, by the words in their names. A guess, which whoever knows them confirms."""

from __future__ import annotations

import re
from typing import Literal

_IDENTIFYING = frozenset({
    "address", "birth", "birthdate", "birthday", "born", "dob", "email", "fax", "firstname", "fullname", "iban", "ip",
    "lastname", "mail", "mobile", "passport", "phone", "ssn", "street", "surname", "telephone", "username",
})  # fmt: skip
_SENSITIVE = frozenset({
    "disability", "disabled", "ethnic", "ethnicity", "gender", "marital", "nationality", "pregnant", "race", "religion",
    "religious", "sex",
})  # fmt: skip
_WHOSE = frozenset({
    "client", "customer", "employee", "family", "first", "full", "last", "maiden", "middle", "passenger", "patient",
    "person", "student", "user",
})  # fmt: skip
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def sensitivity(name: str) -> Literal["pii", "sensitive"] | None:
    """How sensitive a column of this name probably is; None where its name says nothing."""
    words = {word.lower() for word in _WORDS.findall(name)} | {name.lower()}
    if words & _IDENTIFYING or ("name" in words and (words & _WHOSE or words == {"name"})):
        return "pii"
    return "sensitive" if words & _SENSITIVE else None
