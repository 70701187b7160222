"""How git is called, and what it says on failing. Nothing else starts it.

No command runs a hook, a filter, a text conversion or a pager, or asks for a password, whatever the configuration of
the user or the repository says.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from penstock.source.git.values import Authorization

TIMEOUT_SECONDS = 120
PARTIAL = "This partial clone lacks some of its objects: `git fetch --refetch --no-filter` brings them."
"""Reading never reaches for the network, so that what git would fetch by itself is missing."""

_CONFIGURATION = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.quotePath=false",
    "protocol.allow=never",
)
_NETWORK = ("protocol.https.allow=always", "protocol.ssh.allow=always", "protocol.file.allow=always")


class GitError(Exception):
    """git could not answer; the message is a sentence that says what to do."""


def git_options(*, network: bool = False) -> list[str]:
    """The options before any of git's commands; with `network`, it may reach for one."""
    settings = (*_CONFIGURATION, *(_NETWORK if network else ()))
    words = ["--no-pager", "--no-replace-objects", "--literal-pathspecs"]
    return [*words, *(word for setting in settings for word in ("-c", setting))]


def with_reason(complaint: str, stderr: str) -> str:
    """The complaint with git's own words, where they say more."""
    if "dubious ownership" in stderr:
        return "git does not trust this repository's owner: `git config --global --add safe.directory PATH`."
    if "from promisor remote" in stderr:
        return f"{complaint} {PARTIAL}"
    reason = next((line for line in stderr.splitlines() if line.startswith(("fatal:", "error:"))), "")
    if not reason or "not a git repository" in reason:
        return complaint
    return f"{complaint} git says: {reason.partition(':')[2].strip()}"


def git_environment() -> dict[str, str]:
    """The caller's environment without what steers git (a hook sets GIT_DIR, for one)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }


def run(
    directory: Path,
    arguments: Sequence[str | bytes],
    complaint: str,
    request: bytes | None = None,
    *,
    variables: Mapping[str, str] | None = None,
    authorization: Authorization | None = None,
    network: bool = False,
) -> bytes:
    """What git writes to its standard output. GitError where it fails; it begins with `complaint`, a sentence.

    `variables` are added to its environment.
    """
    done = attempt(directory, arguments, request, variables=variables, authorization=authorization, network=network)
    if done.returncode != 0:
        raise GitError(with_reason(complaint, done.stderr.decode("utf-8", "replace")))
    return done.stdout


def attempt(
    directory: Path,
    arguments: Sequence[str | bytes],
    request: bytes | None = None,
    *,
    variables: Mapping[str, str] | None = None,
    authorization: Authorization | None = None,
    network: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    """As `run`, but whatever its exit code: what that means, the caller knows."""
    secret = authorization.as_environment() if authorization is not None else {}
    with _refusals(directory):
        return subprocess.run(
            ["git", *git_options(network=network), *arguments],
            cwd=directory,
            env=git_environment() | dict(variables or {}) | secret,
            input=request if request is not None else b"",
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )


def start_process(directory: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """A git that is asked and answers by its standard input and output; whoever gets it ends it."""
    with _refusals(directory):
        return subprocess.Popen(
            ["git", *git_options(), *arguments],
            cwd=directory,
            env=git_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def _refusals(directory: Path) -> Iterator[None]:
    """GitError, with what to do, where git cannot be started or says nothing."""
    try:
        yield
    except FileNotFoundError:
        if not directory.is_dir():
            raise GitError(f"`{directory}` is not a directory.") from None
        raise GitError("git is not installed or not on the PATH.") from None
    except NotADirectoryError:
        raise GitError(f"`{directory}` is not a directory.") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git timed out after {TIMEOUT_SECONDS} seconds.") from None
