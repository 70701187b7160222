"""The record is only added to: what was removed, altered or moved is found, and decisions can be made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from penstock.cli.main import main
from penstock.review.record.inputs import PARTS, VerdictInputs
from penstock.review.record.log import append, read
from penstock.review.record.replay import replay, verify
from penstock.review.record.stores import BranchStore, DirectoryStore, RecordError, RecordStore, part_path
from penstock.source.canonical import bytes_digest, canonical_json
from review.pull_requests import PullRequest
from review.record.decisions import decision_on, recorded
from review.repositories import Repository


def test_decisions_are_made_again_to_the_same_bytes(pull: PullRequest, store: RecordStore) -> None:
    recorded(pull, store)
    found = verify(store)
    assert found.problems == ()
    assert [entry.number for entry in found.entries] == [1, 2, 3]
    assert [(one.entry.value["state"], one.problem) for one in replay(store, found.entries)] == [
        (entry.value["state"], "") for entry in found.entries
    ]


def test_the_same_decision_is_kept_once(pull: PullRequest, store: RecordStore) -> None:
    first, second = decision_on(pull), None
    one = append(store, first.inputs, first.verdict)
    pull.forge.pass_time()
    second = decision_on(pull)
    assert append(store, second.inputs, second.verdict) == one
    assert len(read(store.log())) == 1


def test_inputs_are_read_as_they_were_written(pull: PullRequest) -> None:
    parts = decision_on(pull).inputs.as_parts()
    assert VerdictInputs.of_parts(parts).as_parts() == parts
    assert set(parts) == set(PARTS)


def _removed(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[2]]


def _first_removed(lines: list[bytes]) -> list[bytes]:
    return lines[1:]


def _moved(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[2], lines[1]]


def _twice(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[0], lines[1], lines[2]]


def _altered(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b'"state":"', b'"state":"x'), lines[2]]


def _spaced(lines: list[bytes]) -> list[bytes]:
    return [lines[0], b" " + lines[1], lines[2]]


def _garbled(lines: list[bytes]) -> list[bytes]:
    return [lines[0], b"no JSON\n", lines[2]]


def _forged(lines: list[bytes]) -> list[bytes]:
    """One whose author took the trouble to put its own digest right."""
    value = orjson.loads(lines[1])
    del value["digest"]
    value["state"] = "approved"
    value["digest"] = bytes_digest(canonical_json(value))
    return [lines[0], canonical_json(value) + b"\n", lines[2]]


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (_removed, "line 2 does not follow"),
        (_first_removed, "line 1 does not follow"),
        (_moved, "line 2 does not follow"),
        (_twice, "line 2 does not follow"),
        (_altered, "line 2 was altered"),
        (_spaced, "line 2 is not formatted as an entry"),
        (_garbled, "line 2 is not JSON"),
        (_forged, "line 3 does not follow"),
    ],
)
def test_what_was_done_to_the_lines_is_found(
    pull: PullRequest, tmp_path: Path, tamper: Callable[[list[bytes]], list[bytes]], says: str
) -> None:
    store = DirectoryStore(tmp_path / "record")
    recorded(pull, store)
    log = tmp_path / "record" / "decisions.jsonl"
    log.write_bytes(b"".join(tamper(log.read_bytes().splitlines(keepends=True))))
    found = verify(store)
    assert any(says in problem for problem in found.problems), found.problems
    with pytest.raises(RecordError, match="the record is damaged"):
        recorded(pull, store)


def rewritten(store: DirectoryStore, **values: Any) -> None:
    """The last line says something else, and its own digest is put right."""
    *before, last = store.log().splitlines(keepends=True)
    value = {key: held for key, held in (orjson.loads(last) | values).items() if key != "digest"}
    line = canonical_json(value | {"digest": bytes_digest(canonical_json(value))}) + b"\n"
    (store.folder / "decisions.jsonl").write_bytes(b"".join(before) + line)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"number": 4}, "line 3 carries the number 4"),
        ({"version": 1}, "line 3 is not an entry of this version"),
        ({"more": "of it"}, "line 3 is not an entry of this version"),
        ({"pullRequest": "1"}, "line 3 is not an entry of this version"),
        ({"number": True}, "line 3 is not an entry of this version"),
        ({"memory": []}, "line 3 is not an entry of this version"),
        ({"verdict": "../log"}, "line 3 is not an entry of this version"),
        ({"inputs": 3}, "line 3 is not an entry of this version"),
        ({"inputs": {}}, "line 3 is not an entry of this version"),
        ({"inputs": dict.fromkeys(PARTS, 1)}, "line 3 is not an entry of this version"),
        ({"inputs": dict.fromkeys(PARTS, "sha256:x")}, "line 3 is not an entry of this version"),
        ({"folder": ""}, "line 3 names no folder"),
        ({"folder": 1}, "line 3 names no folder"),
    ],
)
def test_a_last_line_that_fits_the_one_before_is_an_entry_all_the_same(
    pull: PullRequest, tmp_path: Path, values: dict[str, Any], says: str
) -> None:
    store = DirectoryStore(tmp_path / "record")
    recorded(pull, store)
    rewritten(store, **values)
    assert verify(store).problems == (says,)


@pytest.mark.parametrize(
    ("field", "to"),
    [
        ("state", "pending"),
        ("headline", "1 change: pending"),
        ("digests", {}),
        ("memory", {"approvals": {}, "holds": []}),
        ("repository", "acme/another"),
        ("pullRequest", 2),
        ("at", "2026-03-02T09:00:00+00:00"),
        ("folder", "another"),
    ],
)
def test_a_line_that_says_something_else_than_its_inputs_is_found(
    pull: PullRequest, tmp_path: Path, field: str, to: object
) -> None:
    store = DirectoryStore(tmp_path / "record")
    recorded(pull, store)
    rewritten(store, **{field: to})
    found = verify(store)
    assert found.problems == (), "the chain holds, and so do the inputs"
    problems = [one.problem for one in replay(store, found.entries)]
    assert problems == ["", "", f"the entry's `{field}` does not follow from its inputs"]


def test_a_memory_that_is_not_understood_is_no_empty_one(pull: PullRequest, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "record")
    recorded(pull, store)
    rewritten(store, memory={"approvals": [], "holds": []})
    with pytest.raises(RecordError, match=r"^entry 3: "):
        decision_on(pull, store)


def test_an_end_that_was_cut_off_is_found_by_the_newest_digest_that_is_known(pull: PullRequest, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "record")
    recorded(pull, store)
    log = tmp_path / "record" / "decisions.jsonl"
    newest = read(store.log())[-1].digest
    assert verify(store, newest).problems == ()
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:2]))
    assert verify(store).problems == ()
    assert "its end was cut off" in verify(store, newest).problems[0]


def test_an_altered_or_missing_part_is_found(pull: PullRequest, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "record")
    recorded(pull, store)
    first, *_, last = read(store.log())
    plan = tmp_path / "record" / part_path(first.parts["plan"])
    plan.write_bytes(plan.read_bytes().replace(b"0.6", b"0.7"))
    (tmp_path / "record" / part_path(last.verdict)).unlink()
    problems = verify(store).problems
    assert "entry 1: its `plan` was altered" in problems
    assert "entry 3: its `verdict` is missing" in problems
    assert [one.problem for one in replay(store, (first,))] == ["its `plan` was altered"]


def test_a_verdict_that_does_not_follow_from_its_inputs_is_found(pull: PullRequest, tmp_path: Path) -> None:
    """The whole chain is made anew around a verdict that says yes."""
    store = DirectoryStore(tmp_path / "record")
    found = decision_on(pull)
    append(store, found.inputs, replace(found.verdict, headline="1 change: approved"))
    assert verify(store).problems == ()
    [result] = replay(store, verify(store).entries)
    assert "recomputed, the verdict is `pending`" in result.problem


def test_a_verdict_that_was_explained_otherwise_differs_at_a_place(pull: PullRequest, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "record")
    found = decision_on(pull)
    child, *others = found.verdict.tree.children
    tree = replace(found.verdict.tree, children=(replace(child, why="another reason"), *others))
    append(store, found.inputs, replace(found.verdict, tree=tree))
    [result] = replay(store, verify(store).entries)
    assert result.problem == (
        "recomputed, the verdict is `pending` as recorded, but differs at `/tree/children/0/why`, "
        "by the very build that the entry names: the entry was not made from these inputs"
    )
    assert not result.is_of_another_build


def test_a_branch_that_was_rewritten_is_found(pull: PullRequest) -> None:
    store = BranchStore(pull.repository.seen)
    recorded(pull, store)
    lines = store.log().splitlines(keepends=True)
    tip = store.repository.ref(store.ref)
    assert store.repository.commit_files(store.ref, tip, {"decisions.jsonl": lines[0]}, "shorter\n")
    assert verify(store).problems == ("a commit of the branch removes from the record what an earlier one had added",)


def test_the_branch_shares_no_history_with_the_specs_and_leaves_the_work_tree_alone(pull: PullRequest) -> None:
    git = pull.repository.seen
    before = pull.repository.git("status", "--porcelain"), pull.repository.git("rev-parse", "HEAD")
    recorded(pull, BranchStore(git))
    assert (pull.repository.git("status", "--porcelain"), pull.repository.git("rev-parse", "HEAD")) == before
    roots = pull.repository.git("rev-list", "--max-parents=0", "penstock-record").split()
    assert len(roots) == 1
    assert roots != pull.repository.git("rev-list", "--max-parents=0", "HEAD").split()
    names = pull.repository.git("ls-tree", "--name-only", "penstock-record").split()
    assert names == ["decisions.jsonl", "inputs"]


def test_a_digest_leads_nowhere_but_to_a_part() -> None:
    with pytest.raises(RecordError):
        part_path("sha256:../../etc/passwd")


@pytest.mark.parametrize("action", ["verify", "replay", "show"])
def test_no_record_is_not_a_whole_one(
    action: str, repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["record", action, "--root", str(repository.root)]) == 2
    assert capsys.readouterr().err == (
        "error: there is no branch `penstock-record` here: run `git fetch origin penstock-record:penstock-record`, or "
        "pass a folder with --record\n"
    )
    assert main(["record", action, "--record", str(tmp_path / "none")]) == 2
    assert "none: `penstock review --record FOLDER` creates it" in capsys.readouterr().err


def test_the_command_line_verifies_replays_and_shows(
    pull: PullRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "record"
    recorded(pull, DirectoryStore(folder))
    assert main(["record", "verify", "--record", str(folder)]) == 0
    assert "3 decisions, none removed, altered or moved" in capsys.readouterr().out
    assert main(["record", "replay", "--record", str(folder)]) == 0
    assert "3 of 3 decisions are the same, byte for byte" in capsys.readouterr().out
    assert main(["record", "replay", "--number", "7", "--record", str(folder)]) == 2
    assert capsys.readouterr().err == "error: the log has no decision about #7\n"
    assert main(["record", "show", "--record", str(folder)]) == 0
    assert capsys.readouterr().out.count("#1 ") == 3
    assert main(["record", "show", "3", "--record", str(folder)]) == 0
    assert '"number": 3' in capsys.readouterr().out
    log = folder / "decisions.jsonl"
    log.write_bytes(log.read_bytes().replace(b"pending", b"approved"))
    assert main(["record", "verify", "--record", str(folder)]) == 1
    assert main(["record", "replay", "--record", str(folder)]) == 1
