"""Whatever of the repository a step may run, or read beside it, makes it another step when it changes."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import penstock
from penstock.local import code_digests
from penstock.local.code_digests import RUNTIME_PARTS, CodeDigests
from penstock.local.pipeline import LocalStep

FILES = {
    "mylib/__init__.py": "",
    "mylib/clf.py": "from helpers import consts",
    "mylib/table.json": "{}",
    "nested/deep/f.py": "",
    "helpers/consts.py": "A = 1",
    "module.py": "",
    "data/rows.csv": "1",
    ".venv/lib.py": "",
    "env/pyvenv.cfg": "",
    "env/lib.py": "",
    "env/lib/python/deep.py": "",
    "node_modules/lib.py": "",
    "mylib/__pycache__/clf.py": "",
    "README.md": "",
}


def step(*words: str) -> LocalStep:
    constants = {str(place): word for place, word in enumerate(words)}
    return LocalStep(
        name="train", title="Train", image="", command=("penstock-step", "train"), environment={}, parameters={},
        constants=constants, inputs={}, outputs=(), after=(), cache=True, retries=0, timeout_seconds=None,
    )  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _known_packages() -> Iterator[None]:
    """What is installed while the tests run does not change, so it is identified once."""
    installed = list(importlib.metadata.distributions())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.metadata, "distributions", lambda: installed)
        patch.setattr(code_digests, "_identity", functools.cache(code_digests._identity))
        yield


def code(repository: Path, *words: str) -> list[str]:
    return CodeDigests(repository).of(step(*words))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ['{"class":"mylib.clf.Mine"}'],
        ['{"python":"mylib.clf:build"}'],
        ["--function", "mylib.clf:f"],
        ['{"python":"mylib.clf:build","x":"nested.deep.f:y"}'],
    ],
)
@pytest.mark.parametrize("file", ["mylib/clf.py", "mylib/table.json", "helpers/consts.py", "module.py"])
def test_what_a_named_function_or_class_may_use_is_part_of_the_step(
    repository: Path, words: list[str], file: str
) -> None:
    before = code(repository, *words)
    assert before == code(repository, *words)
    (repository / file).write_text("other")
    assert code(repository, *words) != before


@pytest.mark.parametrize("words", [["nested.deep.f:y"], ["module:f"]])
def test_a_module_without_a_package_is_part_of_it_too(repository: Path, words: list[str]) -> None:
    before = code(repository, *words)
    (repository / "helpers" / "consts.py").write_text("other")
    assert code(repository, *words) != before


@pytest.mark.parametrize(
    "file",
    [
        "data/rows.csv", ".venv/lib.py", "env/lib.py", "env/lib/python/deep.py", "node_modules/lib.py",
        "mylib/__pycache__/clf.py", "README.md",
    ],
)  # fmt: skip
def test_what_no_step_can_import_is_not(repository: Path, file: str) -> None:
    before = code(repository, "mylib.clf:build", "data/rows.csv")
    (repository / file).write_text("other")
    assert code(repository, "mylib.clf:build", "data/rows.csv") == before


def test_a_step_that_names_nothing_of_the_repository_stays_the_same(repository: Path) -> None:
    before = code(repository, '{"class":"sklearn.linear_model.LogisticRegression"}')
    (repository / "mylib" / "clf.py").write_text("other")
    assert code(repository, '{"class":"sklearn.linear_model.LogisticRegression"}') == before


def test_all_of_penstock_that_a_step_imports_is_part_of_it() -> None:
    package = Path(penstock.__file__).parent
    imported = {
        match[1]
        for part in RUNTIME_PARTS
        for path in (package / part).rglob("*.py")
        for match in re.finditer(r"^ *(?:from|import) penstock\.(\w+)", path.read_text(), re.MULTILINE)
    }
    assert imported == set(RUNTIME_PARTS)


def test_a_template_of_the_runtime_is_part_of_a_step(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    package = tmp_path_factory.mktemp("package")
    for part in RUNTIME_PARTS:
        (package / part).mkdir()
    template = package / "runtime" / "card.md.jinja"
    template.write_text("# one")
    digests = CodeDigests(repository, package)
    before = digests.of(step())
    template.write_text("# another")
    assert digests.of(step()) != before


def test_another_version_of_anything_installed_is_another_step(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = code(repository)
    known = list(importlib.metadata.distributions())
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: known[1:])
    assert code(repository) != before


READERS = {
    "from the root": 'open("config/weights.json")',
    "beside the code": 'open("weights.json")',
    "put together": 'Path("config") / "weights.json"',
    "from the file of the code": 'Path(__file__).parent.parent.joinpath("config", "weights.json")',
    "in a text with more": 'WEIGHTS = "config" + "/weights.json"',
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize("file", ["mylib/clf.py", "helpers/consts.py"])
def test_a_file_that_the_code_names_is_part_of_the_step(repository: Path, file: str, reader: str) -> None:
    code_file = repository / file
    code_file.write_text(f"from pathlib import Path\nfrom helpers import consts\n{reader}\n")
    named = repository / ("config" if "config" in reader else file.partition("/")[0]) / "weights.json"
    named.parent.mkdir(exist_ok=True)
    before = code(repository, "mylib.clf:build")
    named.write_text("1")
    first = code(repository, "mylib.clf:build")
    assert first != before
    named.write_text("2")
    assert code(repository, "mylib.clf:build") != first
    named.touch()
    os.utime(named, (1, 1))
    assert code(repository, "mylib.clf:build") == code(repository, "mylib.clf:build")


def test_a_file_that_a_parameter_names_is_part_of_the_step(repository: Path) -> None:
    (repository / "words.txt").write_text("a")
    estimator = '{"class":"mylib.clf.Mine","params":{"nested":[{"words":"words.txt"}]}}'
    before = code(repository, estimator)
    (repository / "words.txt").write_text("b")
    assert code(repository, estimator) != before


def test_what_is_in_a_folder_that_the_code_names_is_part_of_the_step(repository: Path) -> None:
    (repository / "helpers" / "consts.py").write_text('TABLES = sorted(Path("config/tables").glob("*.json"))')
    (repository / "config" / "tables").mkdir(parents=True)
    before = code(repository, "mylib.clf:build")
    (repository / "config" / "tables" / "one.json").write_text("1")
    assert code(repository, "mylib.clf:build") != before


def test_what_took_on_the_size_and_time_of_what_it_replaces_is_seen(repository: Path) -> None:
    (repository / "helpers" / "consts.py").write_text('TABLES = sorted(Path("config/tables").glob("*.json"))')
    table = repository / "config" / "tables" / "one.json"
    table.parent.mkdir(parents=True)
    table.write_text("1")
    before, status = code(repository, "mylib.clf:build"), table.stat()
    table.write_text("2")
    os.utime(table, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert code(repository, "mylib.clf:build") != before


@pytest.mark.parametrize("words", ["mylib.clf:build", "elsewhere.made.Learner"])
def test_a_module_that_is_neither_of_the_repository_nor_installed_as_a_copy_counts_with_its_files(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    checkout = tmp_path_factory.mktemp("checkout")
    (checkout / "elsewhere").mkdir()
    (checkout / "elsewhere" / "__init__.py").touch()
    made = checkout / "elsewhere" / "made.py"
    made.write_text("A = 1")
    monkeypatch.setattr(sys, "path", [*sys.path, str(checkout)])
    (repository / "helpers" / "consts.py").write_text("from elsewhere.made import A")
    before = code(repository, words)
    assert before == code(repository, words)
    made.write_text("A = 2")
    assert code(repository, words) != before


def test_another_build_of_the_same_version_is_another_step(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: mine\nVersion: 1.0\n")
    (info / "RECORD").write_text("mine.py,sha256=aaaa,1\n")
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: [importlib.metadata.PathDistribution(info)])
    from_index = code(repository)
    (info / "direct_url.json").write_text('{"url": "file:///checkout", "dir_info": {}}')
    first = code(repository)
    (info / "RECORD").write_text("mine.py,sha256=bbbb,1\n")
    assert len({tuple(each) for each in (from_index, first, code(repository))}) == 3
