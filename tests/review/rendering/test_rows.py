"""Rows of a plan: their order, what is told together, and the numbers in them."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.review.model import Direction, Impact, Operation, Plan
from penstock.review.rendering import html, markdown, terminal
from penstock.review.rendering.rows import Note, headline, rows
from penstock.specs.addresses import FILE, Address
from penstock.specs.review import Area
from review.rendering.plans import change, plan


def test_what_may_loosen_in_production_stands_before_what_may_elsewhere() -> None:
    """No page switches off in production below a dashboard that goes from a rehearsal."""
    unknown, pages = change("unknown", direction=Direction.UNKNOWN), change("pages", before=True, after=False)
    tight = change("tight", direction=Direction.TIGHTENED)
    stages = ((unknown, "staging"), (pages, "production"), (tight, "production"))
    impacts = {one.fingerprint: Impact(environments=(stage,), stages=(stage,)) for one, stage in stages}
    made = plan(changes=(tight, unknown, pages), impacts=impacts)
    assert [row.change for row in rows(made)] == [pages, unknown, tight]


def test_the_headline_tells_environments_by_stage() -> None:
    first, second = change("first"), change("second")
    impacts = {
        first.fingerprint: Impact(models=("m",), environments=("production",)),
        second.fingerprint: Impact(models=("m",), environments=("rehearsal", "production")),
    }
    made = plan(changes=(first, second), impacts=impacts, environments=("laptop", "rehearsal", "production"), errors=())
    assert headline(made).endswith("reaching 1 model in rehearsal and production.")


@pytest.mark.parametrize(
    ("cores", "memory", "shown"),
    [
        (36.0, 5_664 * 2.0**30, "+36 cores, +5,664 GiB of memory"),
        (-1234.5, 0.25 * 2**30, "-1,234 cores, +0.25 GiB of memory"),
        (0.5, -1536 * 2.0**20, "+0.5 cores, -1.5 GiB of memory"),
        (123_456.0, 99.95 * 2**30, "+123,456 cores, +100 GiB of memory"),
    ],
)
def test_what_is_requested_reads_as_a_number(cores: float, memory: float, shown: str) -> None:
    made = change()
    impact = Impact(cpu_cores=cores, memory_bytes=memory)
    (row,) = rows(plan(changes=(made,), impacts={made.fingerprint: impact}))
    assert row.affects == shown


def test_changes_of_one_spec_stand_in_the_order_of_its_fields() -> None:
    release, dataset = Address("Release", "staging"), Address("Dataset", "weather")
    found = [release.key("version").key("digest"), release.key("specs"), release.key("datasets").item("weather")]
    made = plan(changes=tuple(change(str(place), address=place) for place in (*found, dataset.key("primaryKey"))))
    assert [row.change.address for row in rows(made)] == [dataset.key("primaryKey"), *found]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_harmless_effect_hangs_below_a_direct_change_wherever_that_is_listed(is_first: bool) -> None:
    effect = change(
        address=Address("Rollout", "r"), cause="indirect", direction=Direction.NEUTRAL, before=1, through=("Gate/g",)
    )
    other = change(address=Address("Gate", "g"), cause="indirect", before=2, through=("Team/t",))
    made = change(address=Address("Gate", "g").key("rules"), direction=Direction.NEUTRAL, before=3)
    listed = (made, other, effect) if is_first else (other, effect, made)
    shown = {row.what: [below.what for below in row.below] for row in rows(plan(changes=listed, impacts={}))}
    assert shown == {"Gate/g": [], "Gate/g.rules": ["Rollout/r"]}


def _effects(**given: Any) -> tuple[Plan, list[Any]]:
    """The same edit behind three fields, the second of which another team owns, and an effect below each."""
    fields = [
        change(
            address=Address("FeatureSet", name).key("python"),
            cause="indirect",
            through=("systems/a.py",),
            why=f"code of {name} differs",
            before=name,
            direction=Direction.UNKNOWN,
            **given,
        )
        for name in ("a", "b", "c")
    ]
    effects = [
        change(
            address=Address("Model", "m"),
            cause="indirect",
            through=(str(one.address),),
            before=one.before,
            after=one.after,
            why=f"trained from {one.before}",
            direction=Direction.UNKNOWN,
        )
        for one in fields
    ]
    made = plan(changes=(*fields, *effects), impacts={}, errors=())
    return made, fields


def test_one_edit_behind_several_fields_takes_one_row_with_all_of_them() -> None:
    made, fields = _effects()
    (row,) = rows(made)
    assert [one.change for one in (row, *row.alike)] == fields
    assert [one.what for one in row.below] == ["Model/m"]
    assert headline(made).startswith("3 unknown indirect changes in 3 specs")
    for text in (terminal.render(made), markdown.render(made), html.render(made)):
        assert all(f"code of {name} differs" in text for name in "abc")


def test_what_needs_somebody_else_has_a_row_of_its_own() -> None:
    made, fields = _effects()
    asked = {one.fingerprint: Note("1 of sre" if one is fields[1] else "1 of ml", "") for one in fields}
    first, second = rows(made, asked)
    assert [one.change for one in (first, *first.alike)] == [fields[0], fields[2]]
    assert second.change == fields[1]


def test_what_is_edited_is_never_told_below_another_edit() -> None:
    made = plan(changes=(change("a", before=1), change("a", before=2)), impacts={}, errors=())
    assert [row.alike for row in rows(made)] == [(), ()]


def test_no_sensitive_column_is_left_out_however_many_reach_a_model() -> None:
    columns = tuple(
        change(
            address=Address("Model", "m"),
            cause="indirect",
            why=f"column c{number} newly reaches",
            before=number,
            area=Area.PRIVACY,
            sensitivity="pii",
        )
        for number in range(40)
    )
    made = plan(changes=columns, impacts={}, errors=())
    assert len(rows(made)) == 1
    for text in (terminal.render(made), markdown.render(made), html.render(made)):
        assert all(f"column c{number} newly" in text for number in range(40))


def test_a_rollback_does_not_hide_the_files_that_come_with_it() -> None:
    release = change("digest", address=Address("Release", "r").key("version").key("digest"))
    file = change("Dockerfile", address=Address(FILE, "Dockerfile"), direction=Direction.UNKNOWN)
    made = plan(changes=(release, file), impacts={}, errors=(), kind="rollback")
    assert headline(made) == "Rollback of 1 release to a previously served version, and 1 unknown change in 1 file."


def test_what_goes_says_that_another_of_its_name_comes() -> None:
    """A rule of a gate that loses its slices is another rule: whoever reads that it goes must not take it for gone."""
    rule = Address("Gate", "g").key("rules").item("warned")
    gone = change("gone", address=rule, operation=Operation.REMOVED, after=None)
    made = change("made", address=rule, operation=Operation.ADDED, before=None, direction=Direction.TIGHTENED)
    other = change("other", address=rule.key("x"), operation=Operation.REMOVED, after=None)
    shown = {row.change.fingerprint: row.why for row in rows(plan(changes=(gone, other, made), impacts={}))}
    assert shown == {
        gone.fingerprint: "gone; another takes its place",
        made.fingerprint: "made; it takes the place of another",
        other.fingerprint: "other",
    }


def test_tests_of_a_policy_stand_behind_what_it_says() -> None:
    policy = Address("ApprovalPolicy", "p")
    tests, rule = change("t", address=policy.key("tests").item("a")), change("r", address=policy.key("rules").item("z"))
    assert [row.change for row in rows(plan(changes=(tests, rule), impacts={}))] == [rule, tests]
