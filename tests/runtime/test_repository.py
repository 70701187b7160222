"""The steps find of the repository's Python what the specs lead to, and installed packages nothing of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROWS = "def made():\n    import pandas as pd\n{body}\n    return pd.DataFrame({{'x': [1]}})\n"
LEAVES_A_TRACE = "open('ran', 'w').close()\n__version__ = '99'\n"


def _snapshot(root: Path) -> subprocess.CompletedProcess[str]:
    contract = {"source": {"python": "own.rows:made"}, "columns": {"x": {"type": "int"}}}
    # As the script `penstock-step` does, which has its own folder first on the path, and no option of Python's.
    start = "import sys; del sys.path[0]; from penstock.runtime.main import main; sys.exit(main())"
    command = [sys.executable, "-c", start, "snapshot", "--dataset", "d"]
    return subprocess.run(
        [*command, "--contract", json.dumps(contract), "--snapshot", "out"],
        cwd=root,
        env={name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"},
        capture_output=True,
        text=True,
        check=False,
    )


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.mark.parametrize("name", ["numexpr.py", "bottleneck/__init__.py"])
def test_an_installed_package_does_not_find_a_module_at_the_root(tmp_path: Path, name: str) -> None:
    _write(tmp_path, {"own/rows.py": ROWS.format(body=""), name: LEAVES_A_TRACE})
    done = _snapshot(tmp_path)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert not (tmp_path / "ran").exists()


def test_nor_does_it_by_code_that_is_compiled(tmp_path: Path) -> None:
    body = "    import pyarrow as pa\n    pa.table({'x': [1]}).to_pandas()\n    import duckdb\n"
    body += "    one = 1\n    try:\n        duckdb.sql('select * from one')\n    except Exception:\n        pass\n"
    _write(tmp_path, {"own/rows.py": ROWS.format(body=body), "polars.py": LEAVES_A_TRACE, "pytz.py": LEAVES_A_TRACE})
    assert _snapshot(tmp_path).returncode == 0
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("package", [True, False])
def test_code_finds_what_it_imports_by_statements_as_files_of_the_repository(tmp_path: Path, package: bool) -> None:
    body = (
        "    from common import words\n    import alone\n    from pathlib import Path\n"
        f"    assert Path(words.__file__) == Path({str(tmp_path / 'common' / 'words.py')!r}), words.__file__\n"
        "    assert (Path(alone.__file__).parent / 'data.txt').read_text() == 'x'"
    )
    files = {"own/rows.py": ROWS.format(body=body), "common/words.py": "import more.words\n", "alone.py": ""}
    files |= {"more/words.py": "", "data.txt": "x"}
    _write(tmp_path, files | ({"common/__init__.py": "", "own/__init__.py": ""} if package else {}))
    done = _snapshot(tmp_path)
    assert done.returncode == 0, done.stderr


def test_so_it_does_in_processes_that_it_starts(tmp_path: Path) -> None:
    body = (
        "    from concurrent.futures import ProcessPoolExecutor\n    from multiprocessing import get_context\n"
        "    from joblib import Parallel, delayed\n"
        "    assert Parallel(n_jobs=2)(delayed(one)(i) for i in range(4)) == ['word'] * 4\n"
        "    with ProcessPoolExecutor(2, get_context('spawn')) as pool:\n"
        "        assert list(pool.map(one, range(4))) == ['word'] * 4\n"
    )
    one = "def one(number):\n    from common.words import word\n    return word\n\n\n"
    _write(tmp_path, {"own/rows.py": one + ROWS.format(body=body), "common/words.py": "word = 'word'\n"})
    done = _snapshot(tmp_path)
    assert done.returncode == 0, done.stderr


def test_nothing_at_the_root_stands_in_for_a_module_there(tmp_path: Path) -> None:
    body = (
        "    from concurrent.futures import ProcessPoolExecutor\n    from multiprocessing import get_context\n"
        "    from joblib import Parallel, delayed\n"
        "    assert Parallel(n_jobs=2)(delayed(one)(i) for i in range(4)) == [0, 1, 2, 3]\n"
        "    with ProcessPoolExecutor(2, get_context('spawn')) as pool:\n"
        "        assert list(pool.map(one, range(4))) == [0, 1, 2, 3]\n"
    )
    one = "def one(number):\n    import pandas\n    return number\n\n\n"
    trace = f"open({str(tmp_path / 'ran')!r}, 'a').write(__name__ + '\\n')\nraise ImportError\n"
    names = ("numbers.py", "numexpr.py", "selectors/__init__.py")
    _write(tmp_path, {"own/rows.py": one + ROWS.format(body=body)} | dict.fromkeys(names, trace))
    done = _snapshot(tmp_path)
    ran = tmp_path / "ran"
    assert not ran.exists(), ran.read_text()
    assert done.returncode == 0, done.stderr


def test_code_that_may_import_anything_finds_all_of_the_root(tmp_path: Path) -> None:
    body = "    import importlib\n    importlib.import_module('com' + 'mon')"
    _write(tmp_path, {"own/rows.py": ROWS.format(body=body), "common.py": ""})
    done = _snapshot(tmp_path)
    assert done.returncode == 0, done.stderr


def test_what_is_installed_comes_first(tmp_path: Path) -> None:
    body = "    import yaml\n    assert 'site-packages' in yaml.__file__, yaml.__file__"
    _write(tmp_path, {"own/rows.py": ROWS.format(body=body), "yaml.py": LEAVES_A_TRACE})
    done = _snapshot(tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_module_that_nothing_leads_to_is_told_apart_from_one_that_is_not_installed(tmp_path: Path) -> None:
    # As a package does that imports what it is given as a text.
    body = "    raise ModuleNotFoundError('No module named common', name='common')"
    _write(tmp_path, {"own/rows.py": ROWS.format(body=body), "common.py": ""})
    done = _snapshot(tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "snapshot: Dataset/d.source: `own.rows:made` failed at own/rows.py:3: ModuleNotFoundError: No module named "
        "common: of the repository a step finds what the code that its specs name imports: add `import common`"
    )


def test_no_shims_are_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    _write(tmp_path, {"own/rows.py": ROWS.format(body="")})
    assert _snapshot(tmp_path).returncode == 0
    assert list((tmp_path / "temporary").iterdir()) == []
