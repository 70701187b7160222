"""A complete system about late flights, as a catalog, and ways to change single values of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from penstock.catalog.load import load_files
from penstock.catalog.model import View
from penstock.ir.workflow import Step, Workflow
from penstock.source.model import SourceFile

SPECS = Path(__file__).with_name("flights.yaml")

Documents = dict[tuple[str, str], dict[str, Any]]


def view(change: Callable[[Documents], None] | None = None) -> View:
    """The specs as production sees them; `change` may edit their plain data, by kind and name, before."""
    documents: Documents = {
        (document["kind"], document["metadata"]["name"]): document for document in yaml.safe_load_all(_text())
    }
    if change is not None:
        change(documents)
    text = yaml.safe_dump_all(documents.values(), sort_keys=False)
    catalog = load_files([SourceFile("specs/flights.yaml", "", text)])
    broken = [problem for spec_id in catalog.ids() for problem in catalog.problems(spec_id)]
    assert not broken, broken
    return catalog.view("production")


@cache
def _text() -> str:
    return SPECS.read_text(encoding="utf-8")


def steps(found: Workflow) -> dict[str, Step]:
    return {step.name: step for step in found.steps}


def values(step: Step, flag: str) -> list[Any]:
    return [argument.value for argument in step.arguments if argument.flag == flag]
