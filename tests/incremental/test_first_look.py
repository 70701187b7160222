"""What a run looks at before it knows whether there is anything to do, and what it loads for that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from incremental.repositories import compile_all, copy, edit, let_clocks_pass
from penstock.incremental.build_state import StateStore
from penstock.incremental.first_look import first_look
from penstock.incremental.session import GENERATED

SCRIPT = """
import sys
from pathlib import Path
from penstock.incremental.session import Session
Session(Path(sys.argv[1]), processes=int(sys.argv[2])).compile()
print("penstock.incremental.compilation" in sys.modules)
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compiled repository in which every time proves something."""
    root = copy(tmp_path_factory.mktemp("repository"), "bikes")
    for _ in range(2):
        compile_all(root)
        let_clocks_pass(root)
    compile_all(root)
    return root


def compiler_is_loaded(root: Path, processes: int) -> bool:
    words = [sys.executable, "-c", SCRIPT, str(root), str(processes)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip() == "True"


@pytest.mark.parametrize("processes", [1, 2])
def test_the_compiler_is_loaded_only_when_something_changed(compiled: Path, processes: int) -> None:
    assert not compiler_is_loaded(compiled, processes)
    edit(compiled, "specs/bikes/model.yaml", "spec:", "# nothing\nspec:")
    assert compiler_is_loaded(compiled, processes)


@pytest.mark.parametrize("for_others", [False, True])
def test_one_process_and_two_see_the_same(compiled: Path, for_others: bool) -> None:
    (compiled / GENERATED / "staging" / "kustomization.yaml").write_text("edited\n")
    (compiled / GENERATED / "somebody-elses.txt").write_text("mine\n")
    store = StateStore(compiled)
    (one, made), (other, made_there) = (
        first_look(compiled, compiled / GENERATED, store, store.seen(), processes=count, for_others=for_others)
        for count in (1, 2)
    )
    assert (one.stats, one.problems, one.same) == (other.stats, other.problems, other.same)
    assert made == made_there
    assert made is not None
    assert made.changed == ["staging/kustomization.yaml"]
    assert made.has_others is for_others
