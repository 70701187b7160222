"""``penstock``: a table of commands, each loaded when it is called."""

from __future__ import annotations

import argparse
import gc
import io
import os
import select
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from penstock import __version__
from penstock.cli import no_plugins

OK = 0
PROBLEMS = 1
"""Something is wrong with the specs, or a gate said no."""
WRONG_USE = 2
FAULT = 70
"""Penstock itself failed (``EX_SOFTWARE`` of sysexits.h)."""

COMMANDS = {
    "init": "write the first specs of a model from a CSV or Parquet file",
    "check": "check the specs and report mistakes",
    "compile": "write generated/ from the specs",
    "explain": "show values with their origins, or the manual page of a field or a diagnostic",
    "schema": "write JSON Schemas for editors",
    "run": "run a compiled pipeline on this machine, or on Kubeflow",
    "promote": "write the Release spec that serves a trained model in an environment",
    "verify": "check generated/ against the official protobufs and CRDs",
    "plan": "show what a change does, and whether it raises or lowers the risk",
    "policy": "test the approval policy, and simulate its decisions",
    "review": "decide on a pull request, and publish the verdict there",
    "evidence": "sign and verify the evidence of releases",
    "record": "verify, replay and extend the log of decisions",
}
"""Command -> what it does. Each is a module of this package with `add_arguments(parser)` and `run(options) -> int`."""

ONE_PASS = frozenset({"check", "compile", "plan", "policy simulate"})
"""Commands that build much, look at it once, and end."""


def command() -> None:
    """The process ``penstock``: one command, then the end.

    In one that makes a single pass the garbage collector would walk thousands of specs again and again, and freeing
    them one by one before the end would take longer still: neither frees anything that somebody waits for.
    """
    is_one_pass = not ONE_PASS.isdisjoint((" ".join(sys.argv[1:2]), " ".join(sys.argv[1:3])))
    if is_one_pass:
        gc.disable()
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
        sys.modules[no_plugins.NAME] = no_plugins
    _mend_streams()
    code = main()
    if is_one_pass:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _mend_streams() -> None:
    """Let printing fail for neither a stream that is closed nor a letter that the terminal's encoding lacks.

    Services start programs with closed streams. The next file that is opened would take the number of such a stream.
    """
    handle = os.open(os.devnull, os.O_RDWR)
    while handle <= 2:
        handle = os.dup(handle)
    os.close(handle)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code says how it went."""
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except BrokenPipeError:
        # A reader that closes the pipe (`penstock explain ... | head`) ends the writer quietly, as other tools do.
        # Other pipes, to git or between processes, break as an error: so it is not the default from the start.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        return 128 + signal.SIGPIPE


def _run(words: list[str]) -> int:
    parser = _parser(words[0] if words else None)
    try:
        options, unknown = parser.parse_known_args(words)
        if unknown:
            # With the usage of the command that does not know them.
            getattr(options, "of", parser).error(f"unrecognized arguments: {' '.join(unknown)}")
    except SystemExit:  # which is how argparse ends after a help text
        sys.stdout.flush()
        raise
    if options.command is None:
        parser.print_help()
        return WRONG_USE
    try:
        code = int(_module(options.command).run(options))
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 128 + signal.SIGINT
    except Exception as error:
        if os.environ.get("PENSTOCK_DEBUG") or (isinstance(error, BrokenPipeError) and _lost_its_reader()):
            raise
        if isinstance(error, OSError) and error.strerror is not None:
            # A full disk, a folder that may not be written: the machine's fault, and nothing to report.
            print(f"error: {error.strerror}{f': {error.filename}' if error.filename else ''}", file=sys.stderr)
            return FAULT
        print(
            f"internal error: {type(error).__name__}: {error}\n"
            "This is a bug in Penstock. Please report it with the traceback that PENSTOCK_DEBUG=1 prints.",
            file=sys.stderr,
        )
        return FAULT


def _lost_its_reader() -> bool:
    """Whether standard output is a pipe that nobody reads any more."""
    try:
        output = sys.stdout.fileno()
    except (OSError, ValueError):
        return False
    watched = select.poll()
    watched.register(output, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in watched.poll(0))


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    """The parser; only the chosen command's own options are added, so that help loads no command."""
    parser = argparse.ArgumentParser(
        prog="penstock",
        description="Checks ML specs, compiles them into what production runs on, and reviews their changes.",
    )
    parser.add_argument("--version", action="version", version=f"penstock {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, purpose in COMMANDS.items():
        command = add_command(commands, name, purpose)
        if name == chosen:
            _module(name).add_arguments(command)
    return parser


def add_command(commands: Any, name: str, purpose: str) -> argparse.ArgumentParser:
    """The parser of one command, whose own help begins with what the list of commands says of it."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}."
    )
    parser.set_defaults(of=parser)
    return parser


def lacks(error: ModuleNotFoundError, what: str, extra: str) -> str:
    """The error of a command whose library is not installed: `what` needs which extra, and how it is installed."""
    install = f'in a checkout of Penstock: `pip install ".[{extra}]"`'
    return f"error: {error.name} is missing: {what} the extra `{extra}` ({install})"


def _module(command: str) -> Any:
    return import_module(f"penstock.cli.{command}")


if __name__ == "__main__":
    command()
