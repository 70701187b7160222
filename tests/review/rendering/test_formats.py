"""The four formats of a plan."""

from __future__ import annotations

import json as standard_json
import re
from pathlib import Path

import pytest

from golden_files import Golden
from penstock.cli.main import main
from penstock.diagnostics.model import Diagnostic, Span
from penstock.review.artifacts.artifact_diff import unified
from penstock.review.model import ArtifactChange, Direction, Operation, Plan, Result, Verdict, VerdictState
from penstock.review.rendering import html, json, markdown, terminal, verdict_markdown
from penstock.review.rendering.rows import headline, rows
from penstock.review.rendering.values import shown_values
from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.specs.addresses import Address
from review.rendering.plans import change, notes, plan
from review.repositories import Documents, Repository

GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture
def reviewed(repository: Repository) -> Plan:
    """A plan with something of everything."""

    def edit(documents: Documents) -> None:
        rollout = documents["Rollout", "delay-online"]["spec"]
        rollout["strategy"]["canary"]["steps"][0]["weight"] = "50%"
        rollout["strategy"]["canary"]["steps"][1]["weight"] = "75%"
        rollout["serve"]["replicas"]["max"] = 8
        documents["Dataset", "weather"]["spec"]["columns"]["wind_speed"]["type"] = "int"
        documents["Gate", "delay-release"]["metadata"]["description"] = "What a release must show."
        documents["Gate", "delay-release"]["spec"]["rules"][0]["atLeast"] = 0.75

    return repository.changed(edit)


def with_fixed_names(text: str, of: Plan) -> str:
    return text.replace(of.base[:12], "base").replace(of.head[:12], "head")


@pytest.mark.parametrize(
    ("name", "render"),
    [
        ("plan.txt", lambda shown: terminal.render(shown, diffs=True)),
        ("plan.md", lambda shown: markdown.render(shown, notes=notes(shown))),
        ("plan.html", html.render),
    ],
)
def test_a_plan_is_written_as_before(reviewed: Plan, golden: Golden, name: str, render) -> None:
    golden(GOLDEN / name, with_fixed_names(render(reviewed), reviewed))


def test_the_headline_tells_totals_and_reach(reviewed: Plan) -> None:
    assert headline(reviewed) == (
        "2 unknown, 2 loosened, 1 tightened and 1 neutral changes in 3 specs, "
        "reaching 1 model and 1 rollout in staging and production."
    )


def test_the_highest_risk_stands_first_and_effects_below_their_cause(reviewed: Plan) -> None:
    shown = rows(reviewed)
    assert [row.change.direction for row in shown] == sorted(
        (row.change.direction for row in shown), key=list(Direction).index
    )
    (retyped,) = [row for row in shown if row.what == "Dataset/weather.columns.wind_speed.type"]
    assert [row.what for row in retyped.below] == ["Model/delay", "Rollout/delay-online"]
    assert all(row.change.cause == "direct" for row in shown)


def test_a_warning_is_called_a_warning_as_check_does() -> None:
    warned = plan(errors=(Diagnostic.warning("base-unreadable", "the base cannot be read"),))
    assert "warning[base-unreadable] the base cannot be read" in terminal.render(warned)
    assert '<div class="finding warning">' in html.render(warned)


def test_a_verdict_that_is_cut_off_names_a_command_that_exists(capsys: pytest.CaptureFixture[str]) -> None:
    found = tuple(Result(f"r{number}", VerdictState.PENDING, f"needs {number}") for number in range(70))
    verdict = Verdict(VerdictState.PENDING, "70", Result("all", VerdictState.PENDING, "", children=found), (), True, {})
    (command,) = re.findall(r"more rows: `penstock (.+?)`", verdict_markdown.render(verdict))
    with pytest.raises(SystemExit) as ended:
        main([*command.replace("NUMBER", "7").split(), "--help"])
    options = {word for word in command.split() if word.startswith("--")}
    assert ended.value.code == 0
    assert options
    assert options <= set(capsys.readouterr().out.replace("[", " ").replace("]", " ").split())


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("5%", "50%", ("5%", "50%")),
        (1, 1.0, ("1", "1.0")),
        (2.0, 1e20, ("2", "1.0e+20")),
        (-1e308, {"a": 1e300}, ("-1.0e+308", "{a: 1.0e+300}")),
        (True, "true", ("true", '"true"')),
        (
            "x, " * 40 + "last",
            "x, " * 40 + "next",
            ("…" + ("x, " * 40)[-20:] + "last", "…" + ("x, " * 40)[-20:] + "next"),
        ),
        ("a" * 100, "a" * 101, ("…" + "a" * 20, "…" + "a" * 21)),
        (
            {"spec": {"namespace": "n" * 60, "stage": "production", "gone": {"a": 1}}},
            {"spec": {"stage": "prodution", "namespace": "n" * 60, "come": True}},
            ("spec.stage: production", "prodution, and 2 more"),
        ),
        ({"spec": {"text": "a" * 100}}, {"spec": {}}, ("spec.text: " + "a" * 59 + "…", "nothing")),
        (
            {"a": "x" * 60, "b": 1},
            {"b": 1, "a": "x" * 60},
            ("{a: " + "x" * 55 + "…", "{b: 1, a: " + "x" * 49 + "…"),
        ),
        ("a" * 100, "b" * 100, ("a" * 59 + "…", "b" * 59 + "…")),
    ],
)
def test_of_two_long_values_the_part_is_shown_that_differs(
    before: object, after: object, shown: tuple[str, str]
) -> None:
    assert shown_values(before, after) == shown


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("s3://models", "s3://m\u043edels", ("s3://models", r"s3://m\u{43e}dels")),
        ("s3://models", "s3://models\ufe0f", ("s3://models", r"s3://models\u{fe0f}")),
        ("caf\u00e9", "cafe\u0301", (r"caf\u{e9}", r"cafe\u{301}")),
        ({"bucket": "models"}, {"bucket": "m\u043edels"}, ("{bucket: models}", r"{bucket: m\u{43e}dels}")),
        ("a b", "a  b ", ("a b", r"a \u{20}b\u{20}")),
        ("a" * 70 + "o", "a" * 70 + "\u043e", ("…" + "a" * 20 + "o", "…" + "a" * 20 + r"\u{43e}")),
        ("модель", "модели", ("модель", "модели")),
    ],
    ids=["a look-alike", "nothing to see", "another form", "in a mapping", "spaces", "in a long value", "two words"],
)
def test_two_values_that_differ_do_not_look_the_same(before: object, after: object, shown: tuple[str, str]) -> None:
    assert shown_values(before, after) == shown


def test_what_a_raw_patch_does_stands_in_its_row() -> None:
    patch = {"kind": "NetworkPolicy", "name": "delay-online", "merge": {"spec": {"ingress": [{}]}}}
    added = plan(changes=(change(operation=Operation.ADDED, before=None, after=patch),), impacts={})
    assert "ingress: [{}]" in terminal.render(added)


WAIVER = {
    "id": "canary-drill",
    "rule": "brakes",
    "address": "Rollout/flight-delay-online.strategy",
    "reason": "The drill of Monday needs steps that are as fast as they were in spring.",
    "expires": "2026-11-30T18:00:00+00:00",
    "followUp": "Put the steps back on Tuesday.",
}


def test_when_a_waiver_ends_and_what_follows_stands_in_its_row() -> None:
    added = plan(changes=(change(operation=Operation.ADDED, before=None, after=WAIVER),), impacts={})
    for shown in (terminal.render(added), markdown.render(added).replace("&#58;", ":"), html.render(added)):
        assert "2026-11-30T18:00:00" in shown
        assert "Put the steps back on Tuesday." in shown


def test_what_a_short_spec_says_stands_in_its_row() -> None:
    team = {"metadata": {"name": "growth", "owner": "growth"}, "spec": {"members": ["ada", "bob"]}}
    added = change(address=Address("Team", "growth"), operation=Operation.ADDED, before=None, after=team)
    assert "+ Team/growth {members: [ada, bob]}" in terminal.render(plan(changes=(added,), impacts={}))
    long = {"spec": {"members": [f"login-{number}" for number in range(80)]}}
    added = change(address=Address("Team", "growth"), operation=Operation.ADDED, before=None, after=long)
    assert "+ Team/growth   loosened" in terminal.render(plan(changes=(added,), impacts={}))


def test_html_shows_in_full_what_a_row_has_no_room_for() -> None:
    lines = [f"SELECT {number} AS column_{number}" for number in range(9)]
    before, after = "\n".join(lines), "\n".join([*lines[:1], "-- first", *lines[1:8], "-- last"])
    page = html.render(plan(changes=(change(before=before, after=after),), impacts={}))
    assert '<span class="plus">+-- first</span>' in page
    assert '<span class="plus">+-- last</span>' in page
    assert "in full" not in html.render(plan(changes=(change(before="5%", after="50%"),), impacts={}))


def test_personal_data_stands_before_what_nobody_can_order() -> None:
    unknown = change(address=Address("Dataset", "a").key("source"), direction=Direction.UNKNOWN)
    private = change(address=Address("Model", "m"), cause="indirect", sensitivity="sensitive", through=("Dataset/z",))
    harmless = change(
        address=Address("Model", "n"), direction=Direction.NEUTRAL, sensitivity="internal", through=("Dataset/z",)
    )
    shown = rows(plan(changes=(unknown, harmless, private), impacts={}))
    assert [row.what for row in shown] == ["Model/m", "Dataset/a.source", "Model/n"]


def test_what_to_do_about_a_warning_is_told_on_the_terminal() -> None:
    """`penstock check` knows nothing of it, and tells in full what is wrong with specs."""
    span = Span.point("specs/a.yaml")
    warning = Diagnostic.warning("voided-evidence", "it is void", span, "revoked", help=("sign it again",))
    shown = terminal.render(plan(errors=(warning, Diagnostic.error("unknown-key", "wrong", span, help=("write it",)))))
    assert "      revoked\n      help: sign it again\n" in shown
    assert "write it" not in shown


def test_each_row_has_room_for_who_approves(reviewed: Plan) -> None:
    shown = markdown.render(reviewed, notes=notes(reviewed, "sre"))
    assert "| who must approve | state |" in shown
    assert "| 1 of sre | sre |" in shown
    assert "who must approve" not in markdown.render(reviewed)


def test_rows_link_to_their_lines(reviewed: Plan) -> None:
    shown = markdown.render(reviewed, source="https://forge.example/o/r/blob/abc/")
    assert 'href="https://forge.example/o/r/blob/abc/specs/system.yaml#L' in shown


@pytest.mark.parametrize("count", [1, 300, 3000])
def test_a_comment_fits_and_says_what_was_left_out(count: int) -> None:
    shown = markdown.render(plan("x" * 40, count), notes=notes(plan("x" * 40, count)))
    assert len(shown.encode()) <= markdown.LIMIT
    assert ("Cut off at the length limit of a comment" in shown) == (count > 100)


def test_a_huge_generated_file_is_cut_and_the_fold_closed() -> None:
    lines = "".join(f"a{number}: {'y' * 60}\n" for number in range(5000)).encode()
    shown = markdown.render(plan(artifacts=(ArtifactChange("big.yaml", "added", ("Gate/g",), b"", lines),)))
    assert len(shown.encode()) <= markdown.LIMIT
    assert shown.count("<details>") == shown.count("</details>")


def test_hundreds_of_errors_fit() -> None:
    many = plan(errors=plan("e" * 200).errors * 900)
    assert len(markdown.render(many).encode()) <= markdown.LIMIT


def test_html_leaves_nothing_out() -> None:
    assert html.render(plan(count=700)).count("<article") == 700


def test_json_is_complete_and_stable(reviewed: Plan) -> None:
    data = standard_json.loads(json.render(reviewed))
    assert len(data["changes"]) == len(reviewed.changes)
    assert data["changes"][0]["impact"]["models"] == ["delay"]
    assert json.render(reviewed) == json.render(reviewed)


def test_colour_is_for_terminals_that_want_it() -> None:
    assert "\x1b[31;1m" in terminal.render(plan(), colour=True)
    assert "\x1b" not in terminal.render(plan())


def test_moved_specs_are_counted_and_stand_apart() -> None:
    moved = change(operation=Operation.MOVED, direction=Direction.NEUTRAL, before="a.yaml", after="b.yaml")
    shown = plan(changes=(moved,), impacts={}, errors=(), kind="none")
    assert headline(shown).startswith("No change in meaning, 1 spec moved to another file")
    assert "1 spec moved" in markdown.render(shown)
    assert "1 spec moved to another file (no effect):" in terminal.render(shown)


def test_a_diff_matches_items_by_name() -> None:
    first, second = {"name": "a", "image": "one"}, {"name": "b", "image": "two"}
    before = emit_yaml_documents([{"containers": [first, second]}])
    after = emit_yaml_documents([{"containers": [second, {**first, "image": "three"}]}])
    shown = unified("x.yaml", before.encode(), after.encode())
    lines = [line for line in shown.split("\n")[2:] if line[:1] in ("+", "-")]
    assert [line.split() for line in lines] == [["-", "image:", "one"], ["+", "image:", "three"]]


def test_items_that_only_change_places_make_no_diff() -> None:
    items = [{"name": "a", "image": "same"}, {"name": "b", "image": "same"}]
    before, after = (emit_yaml_documents([{"containers": each}]) for each in (items, items[::-1]))
    assert before != after
    assert unified("x.yaml", before.encode(), after.encode()) == ""


def test_what_goes_is_shown_where_it_stood() -> None:
    before = [{"kind": "A", "metadata": {"name": "a-1"}, "gone": 1, "rest": [{"name": "x", "size": 1}, {"name": "y"}]}]
    after = [{"kind": "A", "metadata": {"name": "a-2"}, "rest": [{"name": "x", "size": 2}, {"name": "y"}]}]
    shown = unified("x.yaml", *(emit_yaml_documents(each).encode() for each in (before, after)))
    assert [line for line in shown.split("\n")[2:] if line[0] in "+-"] == [
        "-  name: a-1",
        "-gone: 1",
        "+  name: a-2",
        "-  size: 1",
        "+  size: 2",
    ]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        pytest.param({"a": 1, "b": [1, 2]}, {"a": 3, "b": [1, 2]}, ["-a: 1", "+a: 3"], id="another value"),
        pytest.param({"b": [1, 2]}, {"b": [1, 3, 2]}, ["+- 3"], id="one item more"),
        pytest.param({"a": 1, "b": 2}, {"b": 2, "a": 1}, [], id="keys in another order"),
        pytest.param({"a": "x: 1\ny: 2\n"}, {"a": "y: 2\nx: 1\n"}, ["-  x: 1", "+  x: 1"], id="lines of a text"),
    ],
)
def test_a_diff_shows_what_differs_and_no_more(before: object, after: object, shown: list[str]) -> None:
    texts = [emit_yaml_documents([value]).encode() for value in (before, after)]
    lines = unified("x.yaml", *texts).split("\n")[2:]
    assert sorted(line for line in lines if line[:1] in ("+", "-")) == sorted(shown)


def test_whom_an_effect_needs_besides_is_told_before_it_is_unfolded() -> None:
    shown = plan()
    asked = notes(shown)
    effect = shown.changes[-1]
    asked[effect.fingerprint] = asked[effect.fingerprint]._replace(needs="1 of sre")
    assert "<summary>1 indirect effect <strong>also needs 1 of sre</strong></summary>" in html.render(
        shown, notes=asked
    )
    assert "<summary>1 indirect effect</summary>" in html.render(shown, notes=notes(shown))
