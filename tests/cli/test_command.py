"""The process `penstock` ends at once where it may, and loses nothing by it."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.repositories import edited, small
from cli.test_check import write
from penstock.cli.main import COMMANDS, main

_BELOW = [
    *(("policy", name) for name in ("test", "simulate", "replay", "defaults", "codeowners")),
    *(("evidence", name) for name in ("show", "verify", "sign", "keygen")),
    *(("record", name) for name in ("verify", "replay", "show", "append")),
]


def penstock(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "penstock.cli.main", *words], capture_output=True, text=True)


@pytest.mark.parametrize(("command", "last"), [("check", "(--diff shows how)\n"), ("compile", "1 error in 1 file\n\n")])
def test_all_that_it_says_arrives_and_its_exit_code_too(command: str, last: str, tmp_path: Path) -> None:
    files = edited(small(), "specs/gate.yaml", "  model: delay\n", "  model: delays\n")
    ended = penstock(command, "--root", str(write(tmp_path, files)))
    assert ended.returncode == 1
    assert "did you mean `delay`" in ended.stderr
    assert ended.stderr.endswith(last)


def test_what_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, small())
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "penstock.cli.main", "check", "--root", str(tmp_path)],
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert ended.returncode != 0


@pytest.mark.parametrize("command", ["check", "compile", "plan"])
def test_within_a_process_a_command_leaves_the_collector_as_it_was(command: str, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    main([command, "--root", str(tmp_path)])
    assert gc.isenabled()


@pytest.mark.parametrize("words", [[], *([name] for name in COMMANDS), *([above, name] for above, name in _BELOW)])
def test_the_help_of_a_command_says_what_it_does(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*words, "--help"])
    usage, _, rest = capsys.readouterr().out.partition("\n\n")
    assert usage.startswith("usage: penstock")
    assert rest[0].isupper(), "what it does comes first"
    assert rest.split("\n\n")[0].endswith(".")


@pytest.mark.parametrize(
    ("words", "usage"), [(["check", "x.yaml"], "penstock check"), (["policy", "test", "x"], "penstock policy test")]
)
def test_what_a_command_does_not_know_is_told_with_its_own_usage(
    words: list[str], usage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(words)
    said = capsys.readouterr().err
    assert said.startswith(f"usage: {usage} [")
    assert said.endswith(f"{usage}: error: unrecognized arguments: {words[-1]}\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["review", "--number", "x1"], "argument --number: expected the number of a pull request, not `x1`"),
        (["review", "--began", "today"], "argument --began: expected a time such as 2026-01-31T06:00:00+00:00"),
        (["review", "--began", "2026-01-31T06:00:00"], "not `2026-01-31T06:00:00`"),
        (["policy", "codeowners", "--organisation", "@acme"], "name of an organisation, without the @, not `@acme`"),
        (["evidence", "keygen", "--key-id", "a: b", "--out", "k"], "expected lower-case letters, digits and `-`"),
        (["promote", "m", "--to", "e", "--step", "²"], "argument --step: expected a step number from 0, not `²`"),
        (["promote", "m", "--to", "e", "--version", "0"], "expected a version number from 1, not `0`"),
    ],
)
def test_the_value_of_an_option_is_named_as_users_know_it(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(words)
    assert message in " ".join(capsys.readouterr().err.split())
