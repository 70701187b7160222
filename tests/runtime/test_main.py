"""The command line of the steps: what it knows, what it says, and how it exits."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from penstock.runtime.artifacts import directory_digest
from penstock.runtime.faults import EXIT_BROKEN, EXIT_REJECTED, EXIT_USAGE
from penstock.runtime.main import STEPS, main


@pytest.mark.parametrize("step", STEPS)
def test_every_step_of_the_table_has_flags_and_something_to_run(step: str) -> None:
    assert find_spec(STEPS[step]) is not None
    module = import_module(STEPS[step])
    assert callable(module.add_arguments)
    assert callable(module.run)
    assert module.__doc__


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["--help"], 0, "snapshot, validate, features, split"),
        ([], 2, "usage: penstock-step STEP"),
        (["trian"], 2, "there is no step `trian`"),
    ],
)
def test_without_a_step_it_lists_them(
    argv: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == code
    captured = capsys.readouterr()
    assert said in captured.out + captured.err


@pytest.mark.parametrize(
    ("contract", "said"),
    [
        ("{", "argument --contract: value: Invalid JSON"),
        ('{"source": {"csv": "a"}, "columns": {"x": {"type": "number"}}}', "columns.x.type: Input should be 'int'"),
        ('{"source": {}, "columns": {"x": {"type": "int"}}}', "source: expected exactly one of"),
    ],
)
def test_a_flag_that_is_wrong_is_told_with_its_place(
    contract: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["snapshot", "--dataset", "x", "--contract", contract, "--snapshot", str(tmp_path)])
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


STEP = """
import sys
from penstock.runtime.faults import InputError, RefusedError
{top}
def add_arguments(parser):
    pass

def run(arguments):
    {body}
"""


@pytest.mark.parametrize(
    ("top", "body", "code", "said"),
    [
        ("", "pass", 0, ""),
        (
            "",
            "raise RefusedError('roc_auc is 0.61', 'recall is 0.2')",
            EXIT_REJECTED,
            "roc_auc is 0.61\nrecall is 0.2\n",
        ),
        ("", "raise InputError('there is no column `x`')", EXIT_USAGE, "snapshot: there is no column `x`\n"),
        ("", "raise ValueError('not foreseen')", EXIT_BROKEN, "ValueError: not foreseen"),
        ("", "raise OSError(28, 'No space left', '/out/rows')", EXIT_BROKEN, "snapshot: No space left: /out/rows\n"),
        ("", "raise OSError(27, 'File too large', '/out/rows')", EXIT_BROKEN, "snapshot: File too large: /out/rows\n"),
        (
            "",
            "raise MemoryError('Unable to allocate 8 GiB')",
            EXIT_BROKEN,
            "snapshot: memory ran out: MemoryError: Unable to allocate 8 GiB\nhelp: give the step fewer rows",
        ),
        (
            "import nothing_of_this_name",
            "pass",
            EXIT_BROKEN,
            "snapshot: nothing_of_this_name is missing: steps need the extra `runtime` "
            '(in a checkout of Penstock: `pip install ".[runtime]"`)\n',
        ),
        ("import penstock.nothing", "pass", EXIT_BROKEN, "ModuleNotFoundError: No module named 'penstock.nothing'"),
        # What a function of the repository calls speaks neither for the step, nor has it done its work.
        ("", f"sys.exit({EXIT_REJECTED})", EXIT_BROKEN, f"SystemExit: {EXIT_REJECTED}"),
        ("", "sys.exit(0)", EXIT_BROKEN, "SystemExit: 0"),
    ],
)
def test_the_exit_code_tells_an_answer_from_a_fault(
    top: str,
    body: str,
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "made_step.py").write_text(STEP.format(top=top, body=body))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(STEPS, "snapshot", "made_step")
    monkeypatch.delitem(sys.modules, "made_step", raising=False)
    assert main(["snapshot"]) == code
    told = capsys.readouterr().err
    assert said in told
    assert ("Traceback" in told) == (code == EXIT_BROKEN and not said.startswith("snapshot: "))


def test_a_step_on_data_loads_no_library_of_learning(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x\n1\n")
    code = (
        "import sys; from penstock.runtime.main import main; "
        "code = main(['snapshot', '--dataset', 'd', '--contract', sys.argv[1], '--snapshot', 'out']); "
        "print(code, *sorted({'pandas', 'sklearn', 'scipy', 'mlflow', 'optuna'} & set(sys.modules)))"
    )
    contract = '{"source": {"csv": "rows.csv"}, "columns": {"x": {"type": "int"}}}'
    done = subprocess.run(
        [sys.executable, "-c", code, contract], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0"]


def test_the_digest_of_a_directory_is_of_names_and_bytes_alone(tmp_path: Path) -> None:
    for folder, order in (("one", "ab"), ("two", "ba")):
        (tmp_path / folder / "sub").mkdir(parents=True)
        for name in order:
            (tmp_path / folder / "sub" / name).write_text(name)
    assert directory_digest(tmp_path / "one") == directory_digest(tmp_path / "two")
    (tmp_path / "two" / "sub" / "a").rename(tmp_path / "two" / "sub" / "c")
    assert directory_digest(tmp_path / "one") != directory_digest(tmp_path / "two")
