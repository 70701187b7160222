"""The command line ``penstock-step``: one step of a compiled pipeline, with readable flags.

A step is a module named in `STEPS`. It has ``add_arguments(parser)``, which declares its flags, and
``run(arguments)``, which reads the directories it is given, writes those it is asked for, and returns nothing. The
module's docstring is the help text. Only the module of the step that runs is imported.

Exit codes: 0 done; 10 the answer is no (`RefusedError`); 2 wrong use or input (`InputError`); 1 a fault of the step or
of a function that it calls, which then prints its traceback.
"""

from __future__ import annotations

import argparse
import errno
import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Protocol, cast

from penstock.runtime.data.functions import failure
from penstock.runtime.faults import EXIT_BROKEN, EXIT_REJECTED, EXIT_USAGE, MORE_MEMORY, InputError, RefusedError

STEPS: dict[str, str] = {
    "snapshot": "penstock.runtime.data.snapshot",
    "validate": "penstock.runtime.data.validate",
    "features": "penstock.runtime.data.features",
    "split": "penstock.runtime.data.split",
    "select": "penstock.runtime.learning.select",
    "search": "penstock.runtime.learning.search",
    "gather": "penstock.runtime.learning.gather",
    "train": "penstock.runtime.learning.train",
    "import": "penstock.runtime.learning.import_model",
    "evaluate": "penstock.runtime.evaluation.evaluate",
    "gate": "penstock.runtime.evaluation.gate",
    "baseline": "penstock.runtime.monitoring.baseline",
    "card": "penstock.runtime.documents.card",
    "evidence": "penstock.runtime.documents.evidence",
    "register": "penstock.runtime.registry.register",
    "observe": "penstock.runtime.operations.observe",
    "drift": "penstock.runtime.monitoring.drift",
    "quality": "penstock.runtime.monitoring.quality",
    "publish": "penstock.runtime.operations.publish",
    "retrain": "penstock.runtime.operations.retrain",
    "start": "penstock.runtime.operations.start",
    "fetch": "penstock.runtime.operations.fetch",
}
"""The module of each step."""


_OF_THE_MACHINE = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}
)
"""Faults of the machine, of which a traceback tells nothing."""


class StepModule(Protocol):
    """What a module of `STEPS` offers."""

    __doc__: str | None
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the step that `argv` names; the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] not in STEPS:
        return _without_step(arguments)
    name = arguments[0]
    # A thread of OpenMP that waits would spin, and take the processor from those it waits for: a pod has fewer than its
    # node shows. Read when the library is loaded, so it is set before any step is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Python that a step starts, as joblib does, would look for every module in the working directory first.
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("penstock").setLevel(logging.INFO)
    try:
        step = cast(StepModule, import_module(STEPS[name]))
        parser = argparse.ArgumentParser(prog=f"penstock-step {name}", description=step.__doc__, allow_abbrev=False)
        step.add_arguments(parser)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("penstock."):
            extra = 'the extra `runtime` (in a checkout of Penstock: `pip install ".[runtime]"`)'
            print(f"{name}: {error.name} is missing: steps need {extra}", file=sys.stderr)
        else:
            traceback.print_exc()
        return EXIT_BROKEN
    return _run(name, step, parser.parse_args(arguments[1:]))


def _run(name: str, step: StepModule, options: argparse.Namespace) -> int:
    try:
        step.run(options)
    except RefusedError as refusal:
        for reason in refusal.reasons:
            print(reason, file=sys.stderr)
        return EXIT_REJECTED
    except InputError as fault:
        print(f"{name}: {fault}", file=sys.stderr)
        return EXIT_USAGE
    except MemoryError as error:
        print(f"{name}: memory ran out{failure(error)}", file=sys.stderr)
        print(f"help: {MORE_MEMORY}", file=sys.stderr)
        return EXIT_BROKEN
    except (Exception, SystemExit) as error:
        if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
            where = f": {error.filename}" if error.filename else ""
            print(f"{name}: {error.strerror}{where}", file=sys.stderr)
            return EXIT_BROKEN
        # A function of the repository that ends the program neither speaks for the step nor has done its work.
        traceback.print_exc()
        return EXIT_BROKEN
    return 0


def _without_step(arguments: Sequence[str]) -> int:
    asked = not arguments or arguments[0] in ("-h", "--help")
    stream = sys.stdout if asked else sys.stderr
    if not asked:
        print(f"penstock-step: there is no step `{arguments[0]}`", file=stream)
    print(f"usage: penstock-step STEP --flags\nsteps: {', '.join(STEPS)}", file=stream)
    return 0 if asked and arguments else EXIT_USAGE


if __name__ == "__main__":
    sys.exit(main())
