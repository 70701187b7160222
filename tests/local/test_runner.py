"""A compiled pipeline runs here as it would on a cluster, and a run that is cut off leaves nothing half-made."""

from __future__ import annotations

import errno
import gc
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from local.pipelines import IMAGE, Script, counted, times_run, write_pipeline
from penstock.local import runner
from penstock.local.pipeline import PipelineError, read_pipeline
from penstock.local.runner import Run, Runner, State
from penstock.local.workspace import Workspace, WorkspaceBusyError
from penstock.runtime.faults import EXIT_REJECTED


def run(root: Path, *scripts: Script, values: dict[str, str] | None = None, fresh: bool = False) -> Run:
    pipeline = read_pipeline(write_pipeline(root / "pipeline.yaml", *scripts))
    runner = Runner(Workspace(root / ".penstock"), root, IMAGE, fresh=fresh)
    return runner.run(pipeline, "m", "training", values or {}, lambda _: None)


def states(result: Run) -> dict[str, State]:
    return {name: step.state for name, step in result.steps.items()}


def test_a_step_reads_what_the_step_before_it_wrote(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        Script("second", 'tr a-z A-Z < "$3/word" > "$1/word"', reads=["first"]),
        Script("first", 'echo "hello $2" > "$1/word"'),
        values={"as_of": "now"},
    )
    assert result.state == "succeeded"
    folder = result.output("second", "out")
    assert folder is not None
    assert (folder / "word").read_text() == "HELLO NOW\n"


def test_a_second_run_reuses_every_finished_step(tmp_path: Path) -> None:
    scripts = [counted("a", 'echo 1 > "$1/x"'), counted("b", 'cp "$3/x" "$1/x"', reads=["a"])]
    run(tmp_path, *scripts)
    assert states(run(tmp_path, *scripts)) == {"a": State.REUSED, "b": State.REUSED}
    assert times_run(tmp_path, "a") == times_run(tmp_path, "b") == 1


def test_a_fresh_run_reuses_no_step(tmp_path: Path) -> None:
    scripts = [counted("a", 'echo 1 > "$1/x"'), counted("b", 'cp "$3/x" "$1/x"', reads=["a"])]
    run(tmp_path, *scripts)
    assert states(run(tmp_path, *scripts, fresh=True)) == {"a": State.DONE, "b": State.DONE}
    assert states(run(tmp_path, *scripts)) == {"a": State.REUSED, "b": State.REUSED}


def test_a_step_whose_outputs_were_changed_since_is_run_again(tmp_path: Path) -> None:
    scripts = [counted("a", 'echo 1 > "$1/x"'), counted("b", 'cp "$3/x" "$1/x"', reads=["a"])]
    made = run(tmp_path, *scripts).steps["a"].finished
    assert made is not None
    (made.output("out") / "x").write_text("2\n")
    again = run(tmp_path, *scripts)
    assert states(again) == {"a": State.DONE, "b": State.REUSED}
    assert again.steps["a"].finished is not None
    assert (again.steps["a"].finished.output("out") / "x").read_text() == "1\n"


def test_what_came_of_code_that_changed_meanwhile_stands_for_neither_version(tmp_path: Path) -> None:
    code = tmp_path / "ours.py"
    code.write_text("before\n")
    step = counted("a", 'cat ours.py > "$1/x"; sleep 0.01; echo after > ours.py  # ours:function')
    changed = run(tmp_path, step)
    assert changed.state == "succeeded"
    assert [name for name, each in changed.steps.items() if each.changed] == ["a"]
    code.write_text("before\n")
    assert states(run(tmp_path, step)) == {"a": State.DONE}


def test_a_step_runs_with_the_code_that_is_there_when_it_starts(tmp_path: Path) -> None:
    code = tmp_path / "ours.py"
    code.write_text("before\n")
    scripts = [
        Script("a", 'echo after > ours.py; echo > "$1/x"', cache=False),
        Script("b", 'cat ours.py > "$1/x"  # ours:function', reads=["a"]),
    ]
    assert not run(tmp_path, *scripts).steps["b"].changed
    code.write_text("before\n")
    scripts[0].script = 'echo > "$1/x"'
    again = run(tmp_path, *scripts).output("b", "out")
    assert again is not None
    assert (again / "x").read_text() == "before\n"


@pytest.mark.parametrize("record", ["[]", "{}", "null", '{"digests": [], "seconds": 1}', '{"digests": {}}', "{"])
def test_a_workspace_that_another_version_has_written_is_worked_with(tmp_path: Path, record: str) -> None:
    step = counted("a", 'echo 1 > "$1/x"')
    first = run(tmp_path, step)
    assert first.steps["a"].finished is not None
    (first.steps["a"].finished.folder / "step.json").write_text(record)
    (first.folder / "run.json").write_text(record)
    assert Workspace(tmp_path / ".penstock").last_run("m") is None
    assert states(run(tmp_path, step)) == {"a": State.DONE}


def test_a_step_runs_anew_when_its_parameter_changes(tmp_path: Path) -> None:
    step = counted("a", 'echo "$2" > "$1/x"')
    run(tmp_path, step, values={"as_of": "one"})
    assert states(run(tmp_path, step, values={"as_of": "two"})) == {"a": State.DONE}
    assert times_run(tmp_path, "a") == 2


def test_a_step_whose_inputs_came_out_the_same_is_reused(tmp_path: Path) -> None:
    scripts = [counted("a", 'echo same > "$1/x"', cache=False), counted("b", 'cp "$3/x" "$1/x"', reads=["a"])]
    run(tmp_path, *scripts)
    assert states(run(tmp_path, *scripts)) == {"a": State.DONE, "b": State.REUSED}


def test_a_step_that_touches_the_world_outside_runs_every_time(tmp_path: Path) -> None:
    scripts = [counted("a", 'date +%N > "$1/x"', cache=False), counted("b", 'cp "$3/x" "$1/x"', reads=["a"])]
    run(tmp_path, *scripts)
    run(tmp_path, *scripts)
    assert times_run(tmp_path, "a") == times_run(tmp_path, "b") == 2


def test_an_answer_of_no_stops_everything_behind_it_and_is_not_retried(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        counted("gate", f"echo 'roc_auc 0.61 is below 0.70' >&2; exit {EXIT_REJECTED}", retries=3),
        counted("register", "true", after=["gate"]),
    )
    assert result.state == "refused"
    assert states(result) == {"gate": State.REFUSED, "register": State.SKIPPED}
    assert result.steps["gate"].tail == ["roc_auc 0.61 is below 0.70"]
    assert times_run(tmp_path, "gate") == 1
    assert times_run(tmp_path, "register") == 0


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            f"{sys.executable} -c 'import nothing_of_this_name'",
            "ModuleNotFoundError: No module named 'nothing_of_this_name'",
        ),
        (f"{sys.executable} -c 'raise SystemExit(\"out of luck\")'", "out of luck"),
        ("no-such-program", "no-such-program"),
        ("kill -9 $$", None),
    ],
)
def test_a_program_that_breaks_has_not_said_no(tmp_path: Path, script: str, said: str | None) -> None:
    result = run(tmp_path, Script("gate", script), counted("register", "true", after=["gate"]))
    assert result.state == "failed"
    assert states(result) == {"gate": State.FAILED, "register": State.SKIPPED}
    assert times_run(tmp_path, "register") == 0
    if said is not None:
        assert said in result.steps["gate"].tail[-1]


@pytest.mark.parametrize("code", [1, EXIT_REJECTED])
def test_what_does_not_wait_for_a_step_that_failed_is_not_started_after_it(tmp_path: Path, code: int) -> None:
    beside = Script("beside", 'sleep 0.5; echo > "$1/x"')
    result = run(tmp_path, Script("gate", f"exit {code}"), beside, counted("other", "true"))
    assert (result.steps["beside"].state, result.steps["other"].state) == (State.DONE, State.SKIPPED)
    assert times_run(tmp_path, "other") == 0


def test_a_fault_is_retried_as_often_as_the_pipeline_says(tmp_path: Path) -> None:
    shaky = counted("shaky", 'test "$(wc -l < ran-shaky)" -ge 3 || exit 70; echo ok > "$1/x"', retries=2)
    assert run(tmp_path, shaky).state == "succeeded"
    assert times_run(tmp_path, "shaky") == 3


def test_nothing_of_a_failed_try_is_left_in_the_outputs_of_the_next(tmp_path: Path) -> None:
    shaky = counted("shaky", 'touch "$1/$(wc -l < ran-shaky)"; test -e "$1/2" || exit 70', retries=1)
    folder = run(tmp_path, shaky).output("shaky", "out")
    assert folder is not None
    assert [p.name for p in folder.iterdir()] == ["2"]


def test_what_a_step_keeps_for_its_next_try_is_there_until_it_is_done(tmp_path: Path) -> None:
    kept = 'test -e "$PENSTOCK_WORK/kept" && exit 0; touch "$PENSTOCK_WORK/kept"; exit 70'
    assert run(tmp_path, Script("a", kept)).state == "failed"
    assert [each.name for each in (tmp_path / ".penstock/scratch").glob("*/*")] == ["kept"]
    assert run(tmp_path, Script("a", kept)).state == "succeeded"
    assert not list((tmp_path / ".penstock/scratch").iterdir())


def test_a_step_that_takes_too_long_is_stopped_with_the_reason(tmp_path: Path) -> None:
    result = run(tmp_path, Script("slow", "sleep 60", timeout=1))
    assert states(result) == {"slow": State.FAILED}
    assert "1 s" in result.steps["slow"].tail[-1]


def is_at_work(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("child", ["sleep 200", "(trap '' TERM; sleep 200)"])
@pytest.mark.parametrize("end", ["exit 0", "sleep 200"])
def test_what_a_step_has_started_ends_with_it_when_it_takes_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: str, end: str
) -> None:
    monkeypatch.setattr(runner, "GRACE_SECONDS", 0.5)
    # Where the machine is so busy that the step has not begun by then, it has more time in the next try.
    for seconds in (1, 10, 100):
        result = run(tmp_path, Script("slow", f'{child} & echo "$!" > child; {end}', timeout=seconds))
        if (tmp_path / "child").exists():
            break
    assert (states(result), result.steps["slow"].code) == ({"slow": State.FAILED}, runner.TOO_LONG)
    assert not is_at_work(int((tmp_path / "child").read_text()))


def test_of_what_a_step_says_the_last_lines_are_kept_and_all_are_logged(tmp_path: Path) -> None:
    said = run(tmp_path, Script("a", "seq 50; echo; printf 'no end'")).steps["a"]
    assert said.tail == [*map(str, range(32, 51)), "no end"]
    assert said.log.read_text() == "".join(f"{number}\n" for number in range(1, 51)) + "\nno end"


def test_two_steps_run_at_a_time(tmp_path: Path) -> None:
    meet = "touch here-{me}; i=0; while ! test -e here-{other}; do i=$((i+1)); test $i -lt 1000; sleep 0.1; done"
    result = run(tmp_path, Script("a", meet.format(me="a", other="b")), Script("b", meet.format(me="b", other="a")))
    assert result.state == "succeeded"


def test_an_image_of_its_own_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="its own image"):
        run(tmp_path, counted("a", "true"), Script("b", "true", image="example.com/other@sha256:" + "1" * 64))
    assert times_run(tmp_path, "a") == 0


def test_a_workspace_serves_one_run_at_a_time(tmp_path: Path) -> None:
    with Workspace(tmp_path / ".penstock").hold(), pytest.raises(WorkspaceBusyError, match="another run"):
        run(tmp_path, Script("a", "true"))


def test_steps_that_wait_for_each_other_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="depend on each other"):
        run(tmp_path, Script("a", "true", after=["b"]), Script("b", "true", after=["a"]))


@pytest.mark.parametrize(
    "text", ["", "7", "- root", "root: {}", "root: {dag: {tasks: 7}}", "root: {dag: {tasks: {a: [b]}}}", "a: [", "\x00"]
)
def test_a_file_that_is_no_pipeline_is_compiled_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "training.yaml"
    path.write_text(text)
    with pytest.raises(PipelineError, match="penstock compile"):
        read_pipeline(path)


def test_a_disk_that_is_full_is_told_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for name in ("record_run", "finish"):
        monkeypatch.setattr(Workspace, name, full)
        with pytest.raises(OSError, match="No space left") as caught:
            run(tmp_path, Script("a", "true"))
        assert caught.value.filename == str(tmp_path / ".penstock")


def test_a_fault_that_names_its_place_keeps_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / ".penstock")
    with pytest.raises(OSError, match="No space") as caught, workspace.hold():
        raise OSError(errno.ENOSPC, "No space left on device", "/elsewhere")
    assert caught.value.filename == "/elsewhere"


def test_the_last_run_is_the_last_one_also_where_the_clock_was_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    for hour in (12, 11, 11, 12, 13):
        clock = SimpleNamespace(now=lambda _, hour=hour: datetime(2026, 1, 1, hour, tzinfo=UTC))
        monkeypatch.setattr(runner, "datetime", clock)
        names.append(run(tmp_path, Script("a", "true")).id)
        last = Workspace(tmp_path / ".penstock").last_run("m")
        assert last is not None
        assert last["id"] == names[-1]
    assert names == [f"20260101T120000Z-0{number}" for number in range(4)] + ["20260101T130000Z-00"]
    (tmp_path / ".penstock" / "runs" / "m" / "20260101T130000Z-99").mkdir()
    assert [run(tmp_path, Script("a", "true")).id for _ in range(2)] == [
        "20260101T130000Z-100",
        "20260101T130000Z-101",
    ]


def test_every_run_leaves_a_record_of_its_steps(tmp_path: Path) -> None:
    run(tmp_path, Script("a", 'echo 1 > "$1/x"'))
    record = Workspace(tmp_path / ".penstock").last_run("m")
    assert record is not None
    assert record["state"] == "succeeded"
    assert record["steps"]["a"]["state"] == "done"
    assert (tmp_path / ".penstock" / record["steps"]["a"]["outputs"]["out"] / "x").read_text() == "1\n"
    assert json.dumps(record["parameters"]) == '{"as_of": "then"}'


def test_nothing_at_the_root_of_the_repository_stands_in_for_what_is_installed(tmp_path: Path) -> None:
    for name in ("sitecustomize.py", "usercustomize.py", "argparse.py", "pydantic.py", "penstock/__init__.py"):
        planted = tmp_path / name
        planted.parent.mkdir(exist_ok=True)
        planted.write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\n")
    path = write_pipeline(tmp_path / "pipeline.yaml", Script("a", ""))
    path.write_text(
        path.read_text().replace(
            "- sh\n        - -euc\n        - ''\n        - sh\n", "- penstock-step\n        - nothing\n"
        )
    )
    assert "penstock-step" in path.read_text()
    result = Runner(Workspace(tmp_path / ".penstock"), tmp_path, IMAGE).run(
        read_pipeline(path), "m", "training", {}, lambda _: None
    )
    assert "there is no step `nothing`" in result.steps["a"].log.read_text()
    assert not (tmp_path / "ran").exists()


def test_a_full_disk_stops_every_step_and_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: Workspace) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Workspace, "begin", full)
    with pytest.raises(OSError, match="No space left on device"):
        run(tmp_path, Script("a", ""), Script("b", ""))
    gc.collect()
    assert caplog.messages == [], "no task whose fault nobody has asked for"
    monkeypatch.undo()
    assert run(tmp_path, Script("a", ""), Script("b", "")).state == "succeeded"
