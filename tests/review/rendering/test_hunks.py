"""What differs in the same way in several generated files stands on a page once, and nothing is hidden by that."""

from __future__ import annotations

import json as standard_json

import pytest

from penstock.review.model import ArtifactChange, Operation
from penstock.review.rendering import html, json, markdown, terminal
from penstock.review.rendering.hunks import Hunks, Shown
from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.specs.addresses import Address
from review.rendering.plans import change, plan

FAR = "".join(f"x{number}: 0\n" for number in range(9))
"""Lines that keep two hunks apart."""


def changed(path: str, before: str, after: str) -> ArtifactChange:
    return ArtifactChange(path, "changed", ("Gate/g",), before.encode(), after.encode())


def page(*artifacts: ArtifactChange, longest: int | None = None) -> list[Shown]:
    hunks, found = Hunks(), []
    for artifact in artifacts:
        found.append(hunks.shown(artifact, longest))
        hunks.keep(found[-1])
    return found


def said(shown: Shown) -> list[str]:
    return [one.said(str) for one in shown.told]


def test_a_file_that_differs_as_another_does_names_it() -> None:
    first, second = page(*(changed(f"{name}/m/a.yaml", "a: 1\nb: 2\n", "a: 1\nb: 3\n") for name in ("one", "two")))
    assert "+b: 3" in first.text
    assert (second.text, said(second)) == ("", ["same change as in one/m/a.yaml"])


def test_another_indentation_is_no_difference() -> None:
    _, second = page(
        changed("e/m/training.yaml", "a:\n  b: 1\n", "a:\n  b: 2\n"),
        changed("e/m/pipelines.yaml", "  a:\n    b: 1\n", "  a:\n    b: 2\n"),
    )
    assert said(second) == ["same change as in e/m/training.yaml"]


def test_a_file_with_more_shows_that_alone() -> None:
    _, second = page(
        changed("e/m/a.yaml", "a: 1\n", "a: 2\n"),
        changed("e/m/b.yaml", f"a: 1\n{FAR}c: 1\n", f"a: 1\n{FAR}c: 2\n"),
    )
    assert "+c: 2" in second.text
    _, both = page(
        changed("e/m/a.yaml", f"{FAR}a: 1\n", f"{FAR}a: 2\n"),
        changed("e/m/b.yaml", f"{FAR}a: 1\n{FAR}c: 1\n{FAR}", f"{FAR}a: 2\n{FAR}c: 2\n{FAR}"),
    )
    assert "+a: 2" in both.text, "what follows differs"
    _, part = page(
        changed("e/m/a.yaml", f"{FAR}a: 1\n{FAR}", f"{FAR}a: 2\n{FAR}"),
        changed("e/m/b.yaml", f"{FAR}a: 1\n{FAR}c: 1\n{FAR}", f"{FAR}a: 2\n{FAR}c: 2\n{FAR}"),
    )
    assert "+c: 2" in part.text
    assert "+a: 2" not in part.text
    assert said(part) == ["same change at line 8 as in e/m/a.yaml"]


def test_a_hunk_that_recurs_in_its_file_names_its_lines() -> None:
    (shown,) = page(changed("e/m/a.yaml", f"{FAR}a: 1\n{FAR}" * 3, f"{FAR}a: 2\n{FAR}" * 3))
    assert shown.text.count("+a: 2") == 1
    assert said(shown) == ["same change at lines 27 and 46 as at line 8"]


def test_the_name_of_the_environment_is_told_apart() -> None:
    _, second = page(
        changed("staging/m/a.yaml", "at: ml-staging\nn: 1\n", "at: ml-staging\nn: 2\n"),
        changed("production/m/a.yaml", "at: ml-production\nn: 1\n", "at: ml-production\nn: 2\n"),
    )
    assert said(second) == ["same change as in staging/m/a.yaml, except for the name of the environment"]


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        pytest.param("production/m/a.yaml", "n: 1\nto: staging\n", "n: 1\nto: production\n", id="of another one"),
        pytest.param("two/m/a.yaml", "n: 1\nto: two\n", "n: 1\nto: twofold\n", id="a part of a word"),
        pytest.param("two/m/a.yaml", "m: 1\nto: a\n", "m: 1\nto: two\n", id="other lines around it"),
        pytest.param("two/m/a.yaml", "n: 1\nto: two\n", "n: 1\nto: a\n", id="the other way round"),
        pytest.param("two/m/a.yaml", "n: 1\nto: a\n", "n: 1\n  to: one\n", id="indented by itself"),
    ],
)
def test_what_differs_in_substance_is_shown(path: str, before: str, after: str) -> None:
    first, second = page(changed("one/m/a.yaml", "n: 1\nto: a\n", "n: 1\nto: one\n"), changed(path, before, after))
    assert first.text
    assert second.text
    assert not second.told


def test_what_was_cut_off_is_not_referred_to() -> None:
    long = "".join(f"a{number}: 0\n" for number in range(99))
    first, second, third = page(
        changed("e/m/a.yaml", f"a: 1\n{FAR}", f"a: 1\n{FAR}{long}"),
        changed("e/m/b.yaml", f"a: 1\n{FAR}", f"a: 1\n{FAR}{long}"),
        changed("e/m/c.yaml", f"{FAR}n: 1\n{FAR}{FAR}n: 1\n{FAR}{long}", f"{FAR}n: 2\n{FAR}{FAR}n: 2\n{FAR}"),
        longest=300,
    )
    assert first.text.endswith("… and more")
    assert second.text.count("\n") == first.text.count("\n")
    assert not second.told
    assert said(third) == ["same change at line 27 as at line 8"]


def test_an_order_alone_is_told() -> None:
    items = {"name": "a", "n": 1}, {"name": "b", "n": 2}
    texts = (emit_yaml_documents([{"items": list(each)}]) for each in (items, items[::-1]))
    moved = plan(artifacts=(changed("e/m/a.yaml", *texts),))
    (shown,) = page(*moved.artifacts)
    assert (shown.text, shown.told) == ("", ())
    for text in (markdown.render(moved), html.render(moved), terminal.render(moved, diffs=True)):
        assert "only the order differs" in text


def test_every_format_lists_all_files_and_shows_what_recurs_once() -> None:
    paths = [f"{name}/m/{file}.yaml" for name in ("local", "production", "staging") for file in ("a", "b")]
    same = plan(artifacts=tuple(changed(path, "a: 1\nb: old\n", "a: 1\nb: new\n") for path in paths))
    for text in (markdown.render(same), html.render(same), terminal.render(same, diffs=True)):
        assert all(path in text.replace("&#45;", "-") for path in paths)
        assert text.count("+b: new") == 1
    data = standard_json.loads(json.render(same))
    assert all("+b: new" in one["diff"] for one in data["artifacts"])


def test_a_file_of_a_renamed_spec_is_compared_with_what_it_was() -> None:
    renamed = change(
        operation=Operation.RENAMED,
        address=Address("Rollout", "new"),
        renamed_from=Address("Rollout", "old"),
        before="old",
        after="new",
    )
    lines = f"name: {{name}}\n{FAR}"
    artifacts = [
        ArtifactChange(f"{environment}/old/a.yaml", "removed", (), lines.format(name="old").encode(), b"")
        for environment in ("one", "two")
    ]
    artifacts += [
        ArtifactChange(f"{environment}/new/a.yaml", "added", (), b"", lines.format(name="new").encode())
        for environment in ("one", "two")
    ]
    artifacts += [
        ArtifactChange("one/new/b.yaml", "added", (), b"", b"more: 1\n"),
        ArtifactChange("one/old/c.yaml", "removed", (), b"less: 1\n", b""),
    ]
    moved = plan(changes=(renamed,), impacts={}, artifacts=tuple(artifacts))
    for text in (markdown.render(moved), html.render(moved), terminal.render(moved, diffs=True)):
        shown = text.replace("&#45;", "-").replace("<code>", "").replace("</code>", "")
        assert shown.count("-name: old") == shown.count("+name: new") == 1
        assert "x3: 0" not in shown
        assert "--- generated/one/old/a.yaml" in shown
        assert "renamed from one/old/a.yaml" in shown
        assert "renamed to two/new/a.yaml" in shown
        assert "as in one/new/a.yaml" in shown
        assert "+more: 1" in shown
        assert "one/old/c.yaml" in shown
        assert shown.count("renamed to") == 2


def test_a_file_without_room_for_its_lines_is_no_reference() -> None:
    big = "".join(f"{number}: {'y' * 60}\n" for number in range(100))
    artifacts = [changed(f"e/m{number}/a.yaml", "", f"v: {number}\n{big}") for number in range(40)]
    artifacts.append(changed("f/m/z.yaml", "", f"v: 39\n{big}"))
    text = markdown.render(plan(artifacts=tuple(artifacts)))
    assert len(text.encode()) <= markdown.LIMIT
    assert "too long to show here" in text
    assert "as in <code>e/m39/a.yaml" not in text
