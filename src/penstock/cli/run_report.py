"""What a finished run has to say: its figures, its gates, where things lie, and what to do next."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from penstock.diagnostics.grammar import counted
from penstock.local.runner import TOO_LONG, Run, State, StepRun
from penstock.local.workspace import Workspace
from penstock.runtime.evaluation.figures import clusters_said
from penstock.runtime.faults import EXIT_USAGE, MORE_MEMORY
from penstock.specs.series import FEWEST_DRIFT_ROWS

WIDTH = 110
"""Columns where the output is no terminal."""

_WARNING = "warning: "
_MOST_WARNINGS = 20
_TRACEBACK = "Traceback (most recent call last):"
_ANNOUNCED = re.compile(r"`[^`]+` (failed|fails)")
"""What is logged above the traceback of a function; the step's own sentence says it again."""
_FRAME = re.compile(r'  File ".+", line \d+')

_STYLES = {"pass": "green", "warn": "yellow", "fail": "red bold", "skip": "dim"}


def report(
    run: Run,
    model: str,
    pipeline: str,
    workspace: Workspace,
    root: Path,
    promotion: str | None = None,
    watched: bool = False,
) -> None:
    """Print the end of a run: to the output what it found, then to the error stream why it stopped, where it did.

    `promotion` are the options of `promote` for where the model goes next; None where no rollout serves it.
    `watched` says whether the model has a monitoring pipeline.
    """
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    if run.state != "stopped":
        _warn(run)
    if pipeline == "training":
        # What a model was trained on elsewhere is not known here.
        held_out = "" if "import" in run.steps else "held-out "
        _metrics(console, _json(run.output("evaluate", "evaluation"), "figures.json"), held_out)
        for step_name in run.steps:
            if step_name.startswith("gate-"):
                _gate(console, _json(run.output(step_name, "verdict"), "gate.json"))
    if pipeline == "monitoring":
        _drift(console, _json(run.output("drift", "drift"), "drift.json"))
        _quality(console, _json(run.output("quality", "quality"), "quality.json"))
    # A terminal shows both streams: its last lines are to be the reason, not a gate that passed before.
    sys.stdout.flush()
    _explain(run, root)
    if run.state == "succeeded":
        _outputs(run, pipeline, workspace, root)
        _next(model, pipeline, promotion, watched, _newest_row(run))


def _explain(run: Run, root: Path) -> None:
    """Why the run is not as it should be."""
    for name, step in run.steps.items():
        if step.changed:
            print(
                f"\nthe code of step `{name}` changed while it ran: the next run does not reuse its outputs",
                file=sys.stderr,
            )
    are_skipped = any(step.state is State.SKIPPED for step in run.steps.values())
    for name, step in run.steps.items():
        if step.state in (State.REFUSED, State.FAILED):
            _explain_end(name, step, _shown(step.log, root), "; later steps were skipped" if are_skipped else "")
    if run.state == "stopped":
        print("\nstopped; finished steps are kept, and the next run resumes from them", file=sys.stderr)


def _warn(run: Run) -> None:
    """What steps that are done have warned of, for which nobody would look into their logs.

    A warning may say why a later step fails.
    """
    warned = [
        f"  {line.removeprefix(_WARNING)}"
        for step in run.steps.values()
        if step.state is State.DONE and step.log.is_file()
        for line in step.log.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.startswith(_WARNING)
    ]
    if warned:
        print("\nwarnings:", *warned[:_MOST_WARNINGS], sep="\n", file=sys.stderr)
        if len(warned) > _MOST_WARNINGS:
            print(f"  and {len(warned) - _MOST_WARNINGS} more, in the logs", file=sys.stderr)


def _explain_end(name: str, step: StepRun, log: str, with_what: str) -> None:
    print(f"\nstep `{name}` {_how_it_ended(step)}{with_what}:", file=sys.stderr)
    # A fault that was foreseen is a sentence; the traceback of a function that the step has called is in the log.
    for line in _without_traceback(step.tail) if step.code == EXIT_USAGE else step.tail:
        print(f"  {line}", file=sys.stderr)
    print(f"  (whole log: {log})", file=sys.stderr)
    if step.code == -signal.SIGKILL:
        print(f"  help: the system kills a step so when memory runs out: {MORE_MEMORY}", file=sys.stderr)


def _without_traceback(lines: Sequence[str]) -> list[str]:
    """The lines but for tracebacks, of the first of which the beginning may be cut off."""
    first = next((number for number, line in enumerate(lines) if not line.startswith(" ")), len(lines))
    is_within = any(_FRAME.match(line) for line in lines[:first])
    shown: list[str] = []
    for line in lines:
        if line == _TRACEBACK:
            is_within = True
            if shown and _ANNOUNCED.fullmatch(shown[-1]):
                shown.pop()
        elif not is_within:
            shown.append(line)
        elif not line.startswith(" "):
            # The error itself, which ends a traceback; the step's own sentence repeats it.
            is_within = False
    return shown


def _how_it_ended(step: StepRun) -> str:
    """An answer, or a fault that answers nothing."""
    if step.state is State.REFUSED:
        return "failed its check"
    if step.code == TOO_LONG:
        return "timed out"
    if step.code == EXIT_USAGE:
        return "got invalid input, and made no decision"
    how = f"exit code {step.code}"
    if step.code is not None and step.code < 0:
        how = f"signal {-step.code}, {signal.strsignal(-step.code)}"
    return f"crashed ({how}), and made no decision"


def _metrics(console: Console, evaluation: dict[str, Any] | None, held_out: str) -> None:
    if evaluation is None:
        return
    rows = "test row" if evaluation["rows"] == 1 else "test rows"
    title = f"{evaluation['rows']:,} {held_out}{rows}{_clustered(evaluation.get('clusters'))}"
    table = Table()
    table.add_column("metric", overflow="fold")
    table.add_column("estimate", justify="right")
    table.add_column("95% interval", justify="right")
    for name, figure in evaluation["metrics"].items():
        table.add_row(name, _number(figure["estimate"]), _ends(figure))
    _print(console, title, table)


def _print(console: Console, title: str, table: Table) -> None:
    """Print a table below its title, which a narrow table would break within its own width."""
    console.print(Text(title, "italic"))
    console.print(table)


def _clustered(clusters: dict[str, Any] | None) -> str:
    """By what intervals are clustered; empty where each row counts as independent."""
    return f"; intervals clustered by {clusters_said(clusters)}" if clusters is not None else ""


def _gate(console: Console, gate: dict[str, Any] | None) -> None:
    if gate is None:
        return
    passed = "passed" if gate["passed"] else "failed"
    title = f"Gate {gate['gate']}: {passed}{_clustered(gate.get('clusters'))}"
    table = Table()
    for column in ("rule", "value", "bound", "outcome"):
        table.add_column(column, overflow="fold")
    for rule in gate["rules"]:
        if not rule["figures"]:
            table.add_row(
                rule["id"], Text(rule["skipped"] or "", "dim"), "", Text(rule["outcome"], _STYLES[rule["outcome"]])
            )
        for judged in rule["figures"]:
            figure, unit = judged["figure"], judged["unit"]
            bound = " and ".join(
                f"{'≥' if b['kind'] == 'at_least' else '≤'} {_number(b['value'])} {unit}".rstrip()
                for b in judged["bounds"]
            )
            value = f"{figure['name']} = {_number(figure['estimate'])} {unit}".rstrip()
            if figure["low"] is not None and figure["high"] is not None:
                value += f"  [{_number(figure['low'])}, {_number(figure['high'])}]"
            table.add_row(rule["id"], Text(value), Text(bound), Text(judged["outcome"], _STYLES[judged["outcome"]]))
    _print(console, title, table)


def _drift(console: Console, found: dict[str, Any] | None) -> None:
    """Each feature of each monitor: how far it is from the rows of training, in the newest window."""
    if found is None or not found["monitors"]:
        return
    table = Table()
    for column in ("monitor", "feature", "rows", "distance", "bound", "breaches", "outcome"):
        table.add_column(
            column, justify="right" if column in ("rows", "distance", "breaches") else "left", overflow="fold"
        )
    for monitor in found["monitors"]:
        for column in monitor["columns"]:
            breaches = f"{column['breaches']} of {len(column['windows'])}"
            outcome = _drifted(column, monitor)
            styled = Text(outcome, _STYLES[_OF_DRIFT[outcome]])
            bound = f"≤ {_number(monitor['above'])}"
            rows = f"{column['windows'][0]['rows']:,}"
            distance = _number(_distance(column))
            table.add_row(monitor["id"], column["feature"], rows, distance, bound, breaches, styled)
    _print(console, f"Drift as of {found['as_of']}", table)


_OF_DRIFT = {"drifted": "fail", "beyond": "warn", "too few rows": "skip", "within": "pass"}


def _drifted(column: dict[str, Any], monitor: dict[str, Any]) -> str:
    """What is known of a feature: over all windows, then over the newest, which may have too few rows."""
    if column["feature"] in monitor["drifted"]:
        return "drifted"
    distance = _distance(column)
    if distance is None:
        return "too few rows"
    return "beyond" if distance > monitor["above"] else "within"


def _distance(column: dict[str, Any]) -> float | None:
    """The distance in the newest window; None of too few rows. An infinite one is null in JSON, as that is."""
    if column["distance"] is None and column["windows"][0]["rows"] >= FEWEST_DRIFT_ROWS:
        return float("inf")
    distance: float | None = column["distance"]
    return distance


def _quality(console: Console, found: dict[str, Any] | None) -> None:
    """Each monitor of quality: its metric on the rows whose labels are due."""
    if found is None or not found["monitors"]:
        return
    table = Table()
    for column in ("monitor", "metric", "value", "95% interval", "bound", "labels", "outcome"):
        table.add_column(column, justify="right" if column in ("value", "labels") else "left", overflow="fold")
    for monitor in found["monitors"]:
        below, above = monitor["below"], monitor["above"]
        bound = f"≥ {_number(below)}" if below is not None else f"≤ {_number(above)}"
        enough = monitor["labels"] >= monitor["min_labels"]
        outcome = "skip" if not enough else "fail" if monitor["breached"] else "pass"
        shown = {"skip": "too few labels", "fail": "beyond", "pass": "within"}[outcome]
        labels = f"{monitor['labels']:,} of {monitor['rows']:,}"
        row = (monitor["id"], monitor["metric"], _number(monitor["value"]), _interval(monitor), bound, labels)
        table.add_row(*row, Text(shown, _STYLES[outcome]))
    _print(console, f"Quality as of {found['as_of']}", table)


def _outputs(run: Run, pipeline: str, workspace: Workspace, root: Path) -> None:
    """Where the outputs are, a line each and never cut, so that paths can be copied."""
    print("\nOutput")
    registration = _json(run.output("register", "registration"), "registration.json")
    if registration is not None:
        stored = workspace.models / registration["model"] / registration["digest"].removeprefix("sha256:")
        print(f"  model       version {registration['version']}, {registration['digest']}")
        print(f"  model card  {_shown(stored / 'card' / 'card.md', root)}")
        print(f"  evidence    {_shown(stored / 'evidence' / 'statement.json', root)}")
        print(f"  MLflow      {_shown(workspace.root / 'mlflow.db', root)}")
    metrics = run.output("publish", "metrics") if pipeline == "monitoring" else None
    if metrics is not None:
        print(f"  metrics     {_shown(metrics / 'metrics.prom', root)}")
    print(f"  logs        {_shown(run.folder / 'logs', root)}")


def _newest_row(run: Run) -> str | None:
    """The time of the newest row that was split off for the test, where rows have a time."""
    splits = _json(run.output("split", "splits"), "splits.json")
    newest: str | None = splits["parts"]["test"].get("until") if splits is not None else None
    return newest


def _next(model: str, pipeline: str, promotion: str | None, watched: bool, newest: str | None) -> None:
    commands = []
    if pipeline == "monitoring":
        commands.append((f"penstock run {model}", "retrain the model"))
    elif promotion is not None:
        commands.append((f"penstock promote {model} {promotion}", "write the Release spec for a pull request"))
        if watched:
            as_of, then = (f" --as-of {newest}", ", as of that time") if newest is not None else ("", "")
            commands.append((f"penstock run {model} --pipeline monitoring{as_of}", f"measure drift{then}"))
    else:
        commands.append(("penstock explain Rollout", "show what serves a model: no Rollout names this one"))
    commands.append((f"penstock explain Model/{model}", "show every value of the spec and its origin"))
    width = max(len(command) for command, _ in commands)
    print("\nNext")
    for command, purpose in commands:
        print(f"  {command:<{width}}  {purpose}")


def _json(folder: Path | None, file: str) -> dict[str, Any] | None:
    if folder is None or not (folder / file).is_file():
        return None
    found: dict[str, Any] = json.loads((folder / file).read_bytes())
    return found


def _ends(figure: dict[str, Any]) -> str:
    return "–" if figure["low"] is None else f"{_number(figure['low'])} to {_number(figure['high'])}"


def _interval(monitor: dict[str, Any]) -> str:
    """The interval of a monitored metric, and over how many clusters it is where single rows are not independent."""
    bounds = _ends(monitor)
    if monitor.get("clusters") is None:
        return bounds
    clusters = counted(monitor["clusters"]["count"], "cluster")
    return f"– ({clusters}: too few)" if monitor["low"] is None else f"{bounds} ({clusters})"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return "∞" if value == float("inf") else f"{value:.4g}"


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
