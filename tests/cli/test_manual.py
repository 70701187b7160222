"""Every diagnostic that is reported anywhere has its page."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import penstock
from penstock.cli.main import main
from penstock.cli.manual import CODES
from penstock.specs.kinds import KINDS
from penstock.targets.kserve.capabilities import STANDARD_CANARY_SINCE

PACKAGE = Path(penstock.__file__).parent
SEVERITIES = {"error", "warning", "note"}


def reported() -> dict[str, str]:
    """The codes that are written as texts where diagnostics are made, each with a file."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            made = isinstance(node, ast.Call) and ast.unparse(node.func) in {f"Diagnostic.{one}" for one in SEVERITIES}
            if made and node.args and isinstance(node.args[0], ast.Constant):
                found[node.args[0].value] = path.relative_to(PACKAGE).as_posix()
    return found


def test_every_code_has_a_page() -> None:
    assert {code: file for code, file in reported().items() if code not in CODES} == {}
    assert len(reported()) > 60


def test_what_a_page_says_of_kserve_holds_for_the_versions_it_names() -> None:
    since = ".".join(map(str, STANDARD_CANARY_SINCE))
    assert f"before {since}" in CODES["ignored-field"].manual


def made_as() -> Iterator[tuple[str, str]]:
    """Each code with a severity that the source makes it with, or that a golden case shows it with."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                _, _, severity = ast.unparse(node.func).rpartition("Diagnostic.")
                if severity in SEVERITIES:
                    yield node.args[0].value, severity
    for path in Path(__file__).parents[1].rglob("*.txt"):
        for severity, code in re.findall(r"^(error|warning|note)\[([a-z-]+)\]", path.read_text(), re.MULTILINE):
            yield code, severity


def test_every_severity_is_declared_and_every_declared_one_is_used() -> None:
    made: dict[str, set[str]] = {}
    for code, severity in made_as():
        made.setdefault(code, set()).add(severity)
    declared = {code.name: {one.value for one in code.severities} for code in CODES.values()}
    of_base = {"base-unreadable"}  # What it takes over from base is made with another code.
    assert {code: found for code, found in made.items() if code in declared and found - declared[code]} == {}
    assert {code for code in declared if "warning" in declared[code] - made.get(code, set())} - of_base == set()


def test_all_codes_are_listed_with_their_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--codes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CODES)
    assert [line.split()[0] for line in lines] == list(CODES)
    (leak,) = [line for line in lines if line.startswith("future-leak ")]
    assert leak.split(maxsplit=3)[1:3] == ["error,", "warning"]
    assert leak.endswith(CODES["future-leak"].summary)


def test_all_codes_are_listed_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--codes", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {one["code"] for one in listed} == CODES.keys()
    assert listed[0].keys() == {"code", "severities", "summary"}


@pytest.mark.parametrize("words", [[], ["label-leak", "--codes"]])
def test_one_thing_is_explained_at_a_time(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *words]) == 2
    error, hint = capsys.readouterr().err.splitlines()
    assert error == "error: give exactly one of: an address, a kind, a diagnostic code, --codes"
    assert hint == f"hint: the kinds are {', '.join(KINDS)}"


def test_what_all_kinds_have_is_found_without_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "metadata.labels"]) == 2
    assert "did you mean `Dataset.metadata.labels`, which all kinds have alike?" in capsys.readouterr().err
    assert main(["explain", "Dataset.metadata.labels"]) == 0


@pytest.mark.parametrize("subject", ["--codes", "label-leak", "Gate.rules"])
def test_what_has_no_environments_is_not_explained_for_one(subject: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", subject, "--environment", "production"]) == 2
    assert capsys.readouterr().err.startswith("error: --environment belongs to the address of a spec")


def test_a_page_begins_with_one_sentence() -> None:
    assert [code.name for code in CODES.values() if not code.summary.endswith(".") or len(code.summary) > 120] == []


def pages() -> Iterator[tuple[str, str]]:
    """Every page of the manual line by line."""
    yield from ((code.name, line) for code in CODES.values() for line in code.manual.splitlines())


def test_what_is_quoted_as_code_stays_on_one_line() -> None:
    assert [one for one in pages() if not one[1].startswith("    ") and one[1].count("`") % 2] == []


def test_a_line_of_an_example_has_one_remark_at_most() -> None:
    assert [one for one in pages() if one[1].startswith("    ") and one[1].count(" # ") > 1] == []


def test_the_beginning_of_a_code_is_completed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "unknown-sql"]) == 2
    assert (
        capsys.readouterr().err == "error: there is no diagnostic `unknown-sql`; did you mean `unknown-sql-function`?\n"
    )
