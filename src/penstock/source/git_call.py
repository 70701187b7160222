"""How git is called, so that no configuration of the user or the repository steers it, and what it says on failing."""

from __future__ import annotations

import os

_CONFIGURATION = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.quotePath=false",
    "protocol.allow=never",
)
_NETWORK = ("protocol.https.allow=always", "protocol.ssh.allow=always", "protocol.file.allow=always")


def git_options(*, network: bool = False) -> list[str]:
    """The options before any of git's commands; with `network`, it may reach for one."""
    settings = (*_CONFIGURATION, *(_NETWORK if network else ()))
    words = ["--no-pager", "--no-replace-objects", "--literal-pathspecs"]
    return [*words, *(word for setting in settings for word in ("-c", setting))]


def with_reason(complaint: str, stderr: str) -> str:
    """The complaint with git's own words, where they say more."""
    if "dubious ownership" in stderr:
        return "git does not trust this repository's owner: `git config --global --add safe.directory PATH`."
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
