"""The files by which a step of GitHub Actions speaks to its runner: values for later steps, and the run's page."""

from __future__ import annotations

from pathlib import Path

from penstock.forges.github.event import ActionsRun


def hand_on(started: ActionsRun, **values: object) -> None:
    """Give values to later steps and jobs, where the runner takes some."""
    _append(started.output_path, "".join(f"{name}={value}\n" for name, value in values.items()))


def summarize(started: ActionsRun, text: str) -> None:
    """Show a text on the page of the run, where the runner has one."""
    _append(started.summary_path, text)


def _append(path: Path | None, text: str) -> None:
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
