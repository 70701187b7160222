"""The repository's own Python that goes with a model, so that a server can load it.

A server has neither the repository nor its working directory: with the pickle go the packages and modules of the root
that its classes are made of, as import statements lead to them. What a statement does not show (a module imported by
a computed name, a file that is read) would be missing only when a server loads the model, so the model is loaded and
asked as a server does it, before it is saved.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from penstock.runtime.faults import InputError
from penstock.runtime.repository import parts_of

CODE_FOLDER = "code"
"""Where MLflow keeps code in the files of a model."""
_SERVE = """import sys, warnings
warnings.simplefilter("ignore")
import mlflow.pyfunc
try:
    model = mlflow.pyfunc.load_model(sys.argv[1])
    model.predict(model.input_example)
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""
_MOST_SECONDS = 600


def own_code(modules: Iterable[str]) -> list[str]:
    """The paths of the packages and modules at the root that must go with a pickle that names `modules`."""
    return sorted({str(path) for module in modules for path in parts_of(module)})


def try_to_serve(directory: Path) -> None:
    """Load the model in `directory` and ask it for its example, in a process that sees nothing of the repository.

    Raises:
        InputError: that fails, or takes more than ten minutes.
    """
    root = Path.cwd().resolve()
    kept = [
        each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each and Path(each).resolve() != root
    ]
    # Bytecode would become part of the model.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(kept), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-P", "-c", _SERVE, str(directory.resolve())]
    try:
        with TemporaryDirectory() as elsewhere:
            done = subprocess.run(
                command,
                cwd=elsewhere,
                env=environment,
                capture_output=True,
                text=True,
                timeout=_MOST_SECONDS,
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"the model did not predict one row within {_MOST_SECONDS} s: it was not saved") from error
    if done.returncode:
        told = done.stderr.strip().splitlines()
        names = ", ".join(f"`{entry.name}`" for entry in sorted((directory / CODE_FOLDER).iterdir()))
        raise InputError(
            f"the model cannot be served with the code saved with it ({names}): "
            f"`{told[-1] if told else f'exit code {done.returncode}'}`; a server has neither the repository nor its "
            "files: import needed modules with import statements, and read files "
            "during training, not prediction"
        )
