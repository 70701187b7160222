"""A plan tells of the freezes that hold it back now: whoever reads it need not wait for the verdict to learn that."""

from __future__ import annotations

import json as standard_json
from datetime import UTC, datetime, timedelta, timezone
from html import unescape
from pathlib import Path

import pytest

from penstock.cli.main import main
from penstock.review.policy.asked import asked
from penstock.review.policy.freezes import standing_freezes
from penstock.review.policy.inputs import Inputs
from penstock.review.rendering import html, json, markdown, terminal
from penstock.review.rendering.notes import notes_of
from penstock.review.rendering.rows import Note
from review.pull_requests import POLICY, both, looser_gate, opened, rules_of
from review.repositories import Repository

FREEZE = {
    "id": "holidays",
    "why": "Nobody is there.",
    "from": "2026-12-24T18:00:00+01:00",
    "until": "2026-12-27T08:00:00+01:00",
    "environments": ["production"],
}
NOBODY = {"id": "all", "why": "Whatever it is.", "when": {}, "require": "nobody"}
MIDNIGHT = datetime(2026, 12, 25, tzinfo=UTC)
SENTENCE = "Releases to production are frozen until 2026-12-27 08:00 UTC+01:00: Nobody is there. Rollbacks are exempt."


def _only_staging(documents: dict) -> None:
    documents["Rollout", "delay-online"]["overrides"] = {"staging": {"serve": {"replicas": {"min": 2, "max": 3}}}}


def _inputs(repository: Repository, *changes) -> Inputs:
    return opened(repository, both(*changes), policy=rules_of(POLICY, [NOBODY], freezes=[FREEZE])).inputs()


def test_every_format_says_what_is_frozen_until_when(repository: Repository) -> None:
    found = _inputs(repository, looser_gate)
    freezes = standing_freezes(found.policy.freezes, found.plan, MIDNIGHT)
    assert SENTENCE in terminal.render(found.plan, freezes=freezes)
    assert SENTENCE in unescape(markdown.render(found.plan, freezes=freezes))
    assert SENTENCE in html.render(found.plan, freezes=freezes)
    (told,) = standard_json.loads(json.render(found.plan, freezes=freezes))["freezes"]
    assert (told["id"], told["environments"]) == ("holidays", ["production"])
    assert (told["from"], told["until"]) == (FREEZE["from"], FREEZE["until"])
    assert set(told["changes"]) <= {change.fingerprint for change in found.plan.changes}
    assert told["changes"]


def test_each_change_that_is_held_back_says_so_and_no_other(repository: Repository) -> None:
    found = _inputs(repository, looser_gate, _only_staging)
    needs = asked(found.plan, found.policy, found.organisation, MIDNIGHT)
    told = {str(change.address): needs[change.fingerprint] for change in found.plan.changes}
    assert told["Gate/delay-release.rules[quality].atLeast"].endswith("; held back by the freeze holidays")
    assert all("freeze" not in text for address, text in told.items() if "replicas" in address)


@pytest.mark.parametrize(
    "now", [datetime(2026, 12, 24, 16, 59, 59, tzinfo=UTC), datetime(2026, 12, 27, 7, 0, tzinfo=UTC)]
)
def test_before_and_after_nothing_is_said(repository: Repository, now: datetime) -> None:
    found = _inputs(repository, looser_gate)
    assert standing_freezes(found.policy.freezes, found.plan, now) == ()
    assert not any("freeze" in text for text in asked(found.plan, found.policy, found.organisation, now).values())


def test_the_rows_under_a_verdict_name_the_freeze(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, policy=rules_of(POLICY, [NOBODY], freezes=[FREEZE]))
    notes = notes_of(pull_request.verdict(now=MIDNIGHT))
    (change, *_) = pull_request.inputs().plan.changes
    assert notes[change.fingerprint] == Note("nobody", "freeze holidays")


def test_the_command_tells_of_the_freeze_that_is_on(
    repository: Repository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    now = datetime.now(timezone(timedelta(hours=2)))
    start, end = ((now + timedelta(days=days)).isoformat(timespec="seconds") for days in (-1, 1))
    freeze = FREEZE | {"from": start, "until": end}
    opened(repository, looser_gate, policy=rules_of(POLICY, [NOBODY], freezes=[freeze]))
    main(["plan", "--root", str(repository.root), "--base", "main", "--head", "change"])
    told = capsys.readouterr().out
    assert f"freeze[holidays] Releases to production are frozen until {end[:10]} {end[11:16]} UTC+02:00" in told
    assert "held back by the freeze holidays" in told
