"""Text that others wrote can do nothing where it is shown: no markup, no mention, no command, no escape."""

from __future__ import annotations

import json as standard_json
import re
from collections import Counter
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from penstock.review.model import ChangedFile, Plan
from penstock.review.policy.freezes import StandingFreeze
from penstock.review.rendering import html, json, markdown, terminal
from penstock.review.rendering.text_safety import fenced, html_prose, log_line, markdown_prose, visible
from penstock.review.rendering.text_safety import markdown as markdown_code
from penstock.specs.approval_policy import Freeze
from review.rendering import plans
from review.rendering.plans import change, notes

PIECES = [
    "|", "\\", "\\|", "`", "```", "~~~", "<", ">", "&", "&lt;", "<script>alert(1)</script>", "<!--", "-->", "</code>",
    "</details>", "</td>", "*", "**", "_", "[a](http://x)", "![", "](", "#1", "# ", "@ada", "@org/team", "$x$",
    ":tada:",
    "http://evil.example", "www.evil.example", "a@b.example", "\n", "\r\n", "\t", "\x1b[31m", "\x1b]8;;http://x\x07",
    "\x00", "\x9b2J", "\u202e", "\u200b", "\u2028", "::error::no", "\n::stop-commands::x", "##[add-mask]x", "##[",
    '"', "'", " onload=", "- ", "1. ", "=", "===", "---", "a", "z", " ", "é", "漢", "🟢", "%0A",
]  # fmt: skip
TEXT = (
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join)
    # Lone surrogates are in no value: the reader takes UTF-8 alone.
    | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
)
PLAIN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
EXAMPLES = settings(max_examples=150, deadline=None)


def plan(text: str = "delay", **given: Any) -> Plan:
    """A plan with the text in every place that there is one, in files that nobody judges and in rows alike, too."""
    alike = [change(text, cause="indirect", through=("a.py",), after=number) for number in range(3)]
    made = plans.plan(text, **given)
    files = ChangedFile(text, None, "a" * 40), ChangedFile(f"{text}.lock", "a" * 40, None, "packages")
    return replace(made, changes=(*made.changes, *alike), files=files)


def freezes(text: str) -> list[StandingFreeze]:
    """A freeze for the reason."""
    times = {"from": "2026-12-24T18:00:00+01:00", "until": "2026-12-27T08:00:00+01:00"}
    freeze = Freeze.model_validate(
        {"id": "holidays", "why": f"because {text}", "environments": ["production"], **times}
    )
    return [StandingFreeze(freeze, (), (f"production/{text}.yaml",))]


def structure(text: str) -> list[tuple[str, str]]:
    """The tokens of Markdown without their text; HTML tags are part of it, but for code, which means nothing else."""
    found = []
    for token in PLAIN.parse(text):
        if token.type != "fence":
            found.append((token.type, token.tag))
        found += [
            (child.type, child.content if child.type == "html_inline" else child.tag)
            for child in token.children or ()
            if child.type != "text" and child.content not in ("<code>", "</code>")
        ]
    return found


class Tags(HTMLParser):
    """Counts the tags of a page, and remembers their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += tag != "wbr"
        self.attributes |= {name for name, _ in attrs}

    def handle_comment(self, data: str) -> None:
        self.tags["<!--"] += 1


@pytest.mark.parametrize("blank", "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
def test_what_counts_as_printable_and_shows_nothing_is_an_escape(blank: str) -> None:
    assert blank.isprintable()
    assert visible(f"a{blank}b") == f"a\\u{{{ord(blank):x}}}b"
    assert visible("é 漢 ⚠️") == "é 漢 ⚠️"


@EXAMPLES
@given(TEXT)
def test_markdown_has_the_same_structure_whatever_the_text(text: str) -> None:
    shown, known = plan(text, artifacts=()), plan("delay", artifacts=())
    assert structure(markdown.render(shown, notes=notes(shown, text), freezes=freezes(text))) == structure(
        markdown.render(known, notes=notes(known), freezes=freezes("delay"))
    )


@EXAMPLES
@given(TEXT)
def test_markdown_mentions_and_links_nobody(text: str) -> None:
    for shown in (markdown_code(text), markdown.render(plan(text, artifacts=()), freezes=freezes(text))):
        assert "@" not in shown
        assert not re.search(r"(?i)https?:|www\.|\$|`\S*`", shown)


@EXAMPLES
@given(TEXT)
def test_prose_in_markdown_is_text_and_code_and_calls_nobody(text: str) -> None:
    shown = unescape(re.sub(r"<code>.*?</code>", "", markdown_prose(text)))
    assert not re.search("@(?!\u200b)", shown)
    assert shown.replace("@\u200b", "@") == visible(re.sub(r"`[^`]*`", "", text))


def test_names_in_a_sentence_of_markdown_are_code() -> None:
    assert markdown_prose("expects `airports` to fail") == "expects <code>airports</code> to fail"


@EXAMPLES
@given(TEXT)
def test_a_fence_is_closed_by_its_end_alone(text: str) -> None:
    block = fenced(text, "diff")
    (token,) = PLAIN.parse(block)
    assert token.type == "fence"
    assert token.content.count("\n") == len(text.split("\n"))


@EXAMPLES
@given(TEXT)
def test_a_line_of_a_log_is_one_line_without_commands(text: str) -> None:
    line = log_line(text)
    assert line.isprintable()
    assert not line.strip().startswith("::")
    assert "##[" not in line


@EXAMPLES
@given(TEXT)
def test_a_terminal_gets_no_escape_and_the_runner_no_command(text: str) -> None:
    shown = plan(text)
    for line in terminal.render(shown, diffs=True, notes=notes(shown, text), freezes=freezes(text)).split("\n"):
        assert line.isprintable()
        assert not line.strip().startswith("::")
        assert "##[" not in line


IN_FULL = re.compile(r"<details><summary>in full</summary>\n<pre>.*?</pre>\n</details>\n", re.DOTALL)


@EXAMPLES
@given(TEXT)
def test_html_has_the_same_elements_whatever_the_text(text: str) -> None:
    shown, known = plan(text, artifacts=()), plan("delay", artifacts=())
    # What is too long for a row is shown in full, in a fold that closes where it should.
    folds, rest = (
        IN_FULL.findall(html.render(shown, freezes=freezes(text))),
        IN_FULL.sub("", html.render(shown, freezes=freezes(text))),
    )
    assert all(set(Tags(fold).tags) <= {"details", "summary", "pre", "span"} for fold in folds)
    found, expected = Tags(rest), Tags(html.render(known, freezes=freezes("delay")))
    # What stands between backticks is shown as code, which means nothing else.
    assert found.tags - Counter(code=found.tags["code"]) == expected.tags - Counter(code=expected.tags["code"])
    assert found.attributes == expected.attributes


@EXAMPLES
@given(TEXT)
def test_prose_in_html_is_text_and_code_and_nothing_else(text: str) -> None:
    shown = html_prose(text)
    plain = shown.replace("<code>", "").replace("</code>", "")
    assert not set("<>\"'") & set(plain)
    assert re.findall(r"</?code>", shown) == ["<code>", "</code>"] * shown.count("<code>")
    assert unescape(plain) == re.sub(r"`([^`]*)`", r"\1", visible(text))


@EXAMPLES
@given(TEXT.filter(lambda text: text.isprintable()))
def test_json_keeps_the_text_and_gives_no_command(text: str) -> None:
    shown = json.render(plan(text))
    assert "##[" not in shown
    assert standard_json.loads(shown)["changes"][0]["why"] == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain_name-1", "plain_name-1"),
        ("two\nlines", "two\\nlines"),
        ("\x1b[2J", "\\u{1b}[2J"),
        ("a\u202eb", "a\\u{202e}b"),
        ("pay\u200bpal", "pay\\u{200b}pal"),
        ("\ud800", "\\u{d800}"),
        ("Köln", "Köln"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_html_forbids_scripts_and_addresses_outside() -> None:
    page = html.render(plan())
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=", page)
