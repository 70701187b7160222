"""The verdicts of a model's gates, read and held to be about that model and its evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from penstock.runtime.arguments import by_name
from penstock.runtime.artifacts import directory_digest, read_json
from penstock.runtime.faults import InputError


def read_verdicts(directories: Iterable[tuple[str, Path]], digest: str, evaluation: Path) -> list[dict[str, Any]]:
    """The values of ``gate.json`` in the order of the gates' names.

    Raises:
        InputError: a directory holds another gate's verdict, or one about another model or about another `evaluation`,
            as which the same model's at another threshold counts.
    """
    found, evaluated = [], directory_digest(evaluation)
    for gate, directory in sorted(by_name(directories, "--verdict").items()):
        verdict = read_json(directory / "gate.json")
        if verdict["gate"] != gate:
            raise InputError(f"--verdict {gate}: the directory holds the verdict of `{verdict['gate']}`")
        if verdict["digest"] != digest:
            raise InputError(f"the gate `{gate}` evaluated the model {verdict['digest']}, but this one is {digest}")
        if verdict["evaluation"] != evaluated:
            raise InputError(
                f"the gate `{gate}` judged the evaluation {verdict['evaluation']}, but this one is {evaluated}"
            )
        found.append(verdict)
    return found
