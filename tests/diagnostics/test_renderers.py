"""The renderers: what a person, a program and a forge are given of the same diagnostics."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.diagnostics import github, sarif, terminal
from penstock.diagnostics import json as as_json
from penstock.diagnostics.codes import Code, code_table
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Label, Safety, Span
from penstock.diagnostics.summary import summary

PATH = "specs/features.yaml"
SOURCE = "kind: FeatureSet\nspec:\n  source: fligths\n\tnote: 日本語 x\n  wide: café\n"


def on(line: int, start: int, end: int, path: str = PATH) -> Span:
    return Span(path, line, start, line, end)


UNKNOWN = Diagnostic.error(
    "unknown-dataset",
    "`source` refers to a dataset that does not exist",
    on(3, 11, 18),
    "not declared anywhere",
    secondary=(Label(on(1, 7, 17), "needed here"), Label(on(4, 1, 5, "specs/data.yaml"), "declared here")),
    help=("did you mean `flights` (specs/data.yaml:4)?",),
    fix=Fix(Safety.UNSAFE, "write `flights`", (Edit(on(3, 11, 18), "flights"),)),
)


def drawn(*diagnostics: Diagnostic, source: str | None = SOURCE, colour: bool = False) -> str:
    return terminal.render(
        diagnostics, lambda path: source if path == PATH else "a\nb\nc\nkind: Dataset\n", colour=colour
    )


def test_a_person_sees_the_place_the_line_and_what_to_do() -> None:
    assert drawn(UNKNOWN) == (
        "error[unknown-dataset]: `source` refers to a dataset that does not exist\n"
        "  specs/features.yaml:3:11\n"
        "   1 | kind: FeatureSet\n"
        "     |       ---------- needed here\n"
        "   3 |   source: fligths\n"
        "     |           ^^^^^^^ not declared anywhere\n"
        "  specs/data.yaml:4:1\n"
        "   4 | kind: Dataset\n"
        "     | ---- declared here\n"
        "  help: did you mean `flights` (specs/data.yaml:4)?\n"
        "\n"
        "1 error in 1 file\n"
    )


def test_nothing_wrong_is_nothing_to_draw() -> None:
    assert drawn() == ""


@pytest.mark.parametrize(("line", "column", "character"), [(4, 12, "x"), (4, 10, "語"), (5, 12, "é"), (4, 2, "n")])
def test_the_caret_stands_under_its_character_behind_tabs_and_wide_ones(line: int, column: int, character: str) -> None:
    [_, _, shown, caret, *_] = drawn(Diagnostic.error("a", "x", on(line, column, column + 1))).split("\n")
    cells: list[str] = []
    for one in shown:
        wide = 2 if unicodedata.east_asian_width(one) == "W" else 0 if unicodedata.combining(one) else 1
        cells += [one] * wide
    marks = [position for position, mark in enumerate(caret) if mark == "^"]
    assert {cells[position] for position in marks} == {character}


def test_a_span_of_several_lines_is_marked_to_the_end_of_its_first() -> None:
    assert "   2 | spec:\n     | ^^^^^\n" in drawn(Diagnostic.error("a", "x", Span(PATH, 2, 1, 3, 5)))


def test_labels_of_one_line_stand_below_it_the_last_first_and_the_primary_above_all() -> None:
    labels = tuple(Label(on(3, start, start + 2), name) for start, name in ((3, "first"), (20, "last")))
    shown = drawn(Diagnostic.error("a", "x", on(3, 11, 18), "wrong", secondary=labels)).split("\n")
    assert [line.split()[-1] for line in shown[3:6]] == ["wrong", "last", "first"]


def test_a_long_line_is_cut_around_what_is_wrong() -> None:
    source = "a" * 5_000 + "WRONG" + "b" * 5_000
    lines = drawn(Diagnostic.error("a", "x", on(1, 5_001, 5_006)), source=source).split("\n")
    assert max(map(len, lines)) < 120
    assert lines[2].index("WRONG") == lines[3].index("^^^^^")
    assert lines[2].count("…") == 2


@pytest.mark.parametrize("source", [None, ""])
def test_a_file_without_text_still_has_its_place(source: str | None) -> None:
    told = drawn(Diagnostic.error("not-utf8", "file is not UTF-8", on(7, 3, 4), "byte 0xFF"), source=source)
    assert "specs/features.yaml:7:3\n" in told
    assert "byte 0xFF" in told


def test_what_has_no_place_has_a_headline_and_help() -> None:
    assert drawn(Diagnostic.error("no-git", "git is missing", help=("install it",))) == (
        "error[no-git]: git is missing\n  help: install it\n\n1 error\n"
    )


HOSTILE = "\x1b[2J\x1b]8;;http://x\x07\r\n::error::gone\n%0A##[add-path]\u202e\x9b31m,x:y"


def hostile() -> Diagnostic:
    span = Span(HOSTILE, 1, 1, 1, 3)
    return Diagnostic.error("a", HOSTILE, span, HOSTILE, secondary=(Label(span, HOSTILE),), help=(HOSTILE,))


def test_a_terminal_obeys_nothing_in_a_users_text() -> None:
    told = terminal.render([hostile()], lambda _: HOSTILE)
    assert not any(unicodedata.category(one) in ("Cc", "Cf") for one in told if one != "\n")
    assert not any(line.startswith("::") for line in told.split("\n"))


def test_colours_are_only_there_when_asked_for() -> None:
    plain, coloured = drawn(UNKNOWN), drawn(UNKNOWN, colour=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31m^^^^^^^\x1b[0m" in coloured


@pytest.mark.parametrize(
    ("severities", "told"),
    [
        ("", ""),
        ("e", "1 error in 1 file"),
        ("eeew", "3 errors, 1 warning in 1 file"),
        ("wn", "1 warning, 1 note in 1 file"),
    ],
)
def test_the_summary_counts(severities: str, told: str) -> None:
    make = {"e": Diagnostic.error, "w": Diagnostic.warning, "n": Diagnostic.note}
    assert summary(make[one]("a", "x", on(1, 1, 2)) for one in severities) == told


def test_a_program_gets_every_field() -> None:
    document = json.loads(as_json.render([UNKNOWN]))
    assert document["version"] == 1
    assert document["summary"] == {"error": 1, "warning": 0, "note": 0}
    [found] = document["diagnostics"]
    span = {"path": PATH, "line": 3, "column": 11, "endLine": 3, "endColumn": 18}
    assert found["primary"] == {"span": span, "message": "not declared anywhere"}
    assert [label["message"] for label in found["secondary"]] == ["needed here", "declared here"]
    assert found["fix"] == {
        "safety": "unsafe", "headline": "write `flights`", "edits": [{"span": span, "replacement": "flights"}],
    }  # fmt: skip
    assert set(found) == {"code", "severity", "headline", "primary", "secondary", "help", "fix"}


def test_a_forge_gets_an_annotation_at_the_place() -> None:
    assert github.render([UNKNOWN]) == (
        "::error file=specs/features.yaml,line=3,endLine=3,col=11,endColumn=17,title=unknown-dataset"
        "::`source` refers to a dataset that does not exist%0Anot declared anywhere"
        "%0Aspecs/features.yaml:1:7: needed here%0Aspecs/data.yaml:4:1: declared here"
        "%0Ahelp: did you mean `flights` (specs/data.yaml:4)?\n"
    )


def test_an_annotation_of_several_lines_has_no_columns() -> None:
    """GitHub takes columns for those of one line."""
    told = github.render([Diagnostic.error("a", "x", Span(PATH, 2, 5, 4, 3))])
    assert told == "::error file=specs/features.yaml,line=2,endLine=4,title=a::x\n"


@given(st.text())
def test_no_text_of_a_user_starts_a_command_of_its_own(text: str) -> None:
    span = Span(text, 1, 1, 1, 2)
    told = github.render([Diagnostic.warning("a", text, span, text, help=(text,))])
    assert told.startswith("::warning file=")
    assert told.count("\n") == 1
    assert "\r" not in told
    properties = told[len("::warning ") :].split("::", 1)[0]
    assert [pair.split("=", 1)[0] for pair in properties.split(",")] == [
        "file",
        "line",
        "endLine",
        "col",
        "endColumn",
        "title",
    ]


def test_hostile_text_is_one_annotation() -> None:
    told = github.render([hostile()])
    assert told.count("\n") == 1
    assert "\x1b" not in told


CODES = code_table([Code("unknown-dataset", "A reference names no dataset.\n\nDeclare it.")])


def sarif_run(*diagnostics: Diagnostic) -> dict[str, Any]:
    log = json.loads(sarif.render(diagnostics, CODES, tool_version="1.2.3"))
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    return dict(run)


def test_code_scanning_gets_rules_regions_related_places_and_fixes() -> None:
    run = sarif_run(UNKNOWN)
    [rule] = run["tool"]["driver"]["rules"]
    assert rule["id"] == "unknown-dataset"
    assert rule["shortDescription"]["text"] == "A reference names no dataset."
    [result] = run["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("unknown-dataset", 0, "error")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": PATH, "uriBaseId": "REPOSITORY"}
    assert place["region"] == {"startLine": 3, "startColumn": 11, "endLine": 3, "endColumn": 18}
    assert [related["id"] for related in result["relatedLocations"]] == [1, 2]
    [change] = result["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"] == {"text": "flights"}


def test_a_finding_keeps_its_fingerprint_when_lines_above_it_move() -> None:
    def prints(*lines: int) -> list[str]:
        found = [Diagnostic.error("unknown-dataset", "x", on(line, 1, 2)) for line in lines]
        return [result["partialFingerprints"]["penstock/v1"] for result in sarif_run(*found)["results"]]

    assert prints(3, 9) == prints(5, 20)
    assert len(set(prints(3, 9))) == 2


def test_a_path_is_an_address_in_sarif() -> None:
    [result] = sarif_run(Diagnostic.note("unknown-dataset", "x", on(1, 1, 2, "specs/ä b%.yaml")))["results"]
    assert result["level"] == "note"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "specs/%C3%A4%20b%25.yaml"


def test_what_has_no_place_gets_one_in_sarif() -> None:
    """Code scanning refuses a whole log for one result without a location."""
    found = [Diagnostic.error("unknown-dataset", "another process is compiling"), UNKNOWN]
    places = [result["locations"][0]["physicalLocation"] for result in sarif_run(*found)["results"]]
    assert [place["artifactLocation"]["uri"] for place in places] == ["specs", PATH]
    assert places[0]["region"] == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}


def test_text_that_is_no_unicode_breaks_no_renderer() -> None:
    found = [Diagnostic.error("a", "bad \udcff", Span("specs/\udcff.yaml", 1, 1, 1, 2), "\udcff")]
    for told in (terminal.render(found, lambda _: None), github.render(found), as_json.render(found)):
        told.encode("utf-8")
    sarif.render(found, CODES, tool_version="1").encode("utf-8")


def test_what_is_said_of_several_files_as_a_whole_is_said_once() -> None:
    def stale(path: str) -> Diagnostic:
        return Diagnostic.error("stale-artifact", "a file is stale", Span.point(path), help=("run `compile`",))

    other = Diagnostic.error("stale-artifact", "a file is stale", Span.point("c", 2), help=("run `compile`",))
    text = terminal.render([stale("a"), other, stale("b\x1b[1m")], lambda _: "one\ntwo\n")
    assert text == (
        "error[stale-artifact]: a file is stale\n  a\n  b\N{SYMBOL FOR ESCAPE}[1m\n  help: run `compile`\n\n"
        "error[stale-artifact]: a file is stale\n  c:2:1\n   2 | two\n     | ^\n  help: run `compile`\n\n"
        "3 errors in 3 files\n"
    )
