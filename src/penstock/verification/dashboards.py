"""Dashboards in ConfigMaps: what Grafana would take without a word and show wrongly, or not at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from penstock.source.model import Pointer
from penstock.verification.parts import list_at, mapping_at, mappings

_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_COLUMNS = 24
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_FILLED_IN = re.compile(r"\$\{?[A-Za-z_]|\[\[\w")
"""What Grafana fills in before anybody else reads an expression."""


@dataclass(frozen=True, slots=True)
class JsonTexts:
    """The texts of a ConfigMap that are called JSON, each parsed once for whoever looks at it."""

    values: tuple[tuple[Pointer, Any], ...]
    """What they hold, with the way to the text."""
    broken: tuple[tuple[Pointer, str], ...]
    """Those that are no JSON, a sentence each."""


def json_texts(value: dict[str, Any]) -> JsonTexts:
    """The texts of a document; none where it is no ConfigMap."""
    data = mapping_at(value, "data") if value.get("kind") == "ConfigMap" else {}
    values: list[tuple[Pointer, Any]] = []
    broken: list[tuple[Pointer, str]] = []
    for key, text in data.items():
        if key.endswith(".json") and isinstance(text, str):
            try:
                values.append((("data", key), orjson.loads(text)))
            except orjson.JSONDecodeError as error:
                broken.append((("data", key), f"`{key}` is not valid JSON: {error}"))
    return JsonTexts(tuple(values), tuple(broken))


def dashboards(texts: JsonTexts) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """The dashboards among the texts of a ConfigMap, each with the way to its text."""
    for pointer, found in texts.values:
        if isinstance(found, dict) and isinstance(found.get("panels"), list):
            yield pointer, found


def dashboard_problems(texts: JsonTexts) -> Iterator[tuple[Pointer, str]]:
    """Everything that is wrong with the dashboards of a ConfigMap, a sentence each."""
    for pointer, dashboard in dashboards(texts):
        for message in (*_identity(dashboard), *_places(dashboard), *_sources(dashboard)):
            yield pointer, message


def queries(texts: JsonTexts) -> Iterator[tuple[Pointer, str]]:
    """Every expression of the dashboards of a ConfigMap that is whole as it stands."""
    for pointer, dashboard in dashboards(texts):
        for panel in _panels(dashboard):
            for target in mappings(panel.get("targets")):
                expression = target.get("expr")
                if isinstance(expression, str) and not _FILLED_IN.search(expression):
                    yield pointer, expression


def _panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All panels, those of closed rows among them."""
    for panel in mappings(dashboard["panels"]):
        yield panel
        yield from mappings(panel.get("panels"))


def _identity(dashboard: dict[str, Any]) -> Iterator[str]:
    uid = dashboard.get("uid")
    if not isinstance(uid, str) or not _UID.fullmatch(uid):
        yield f"the dashboard's uid is `{uid}`; Grafana allows at most 40 letters, digits, `-` and `_`"
    numbers = Counter(panel["id"] for panel in _panels(dashboard) if isinstance(panel.get("id"), int))
    for number, times in numbers.items():
        if times > 1:
            yield f"{times} panels have the id {number}; Grafana shows only one of them"


def _places(dashboard: dict[str, Any]) -> Iterator[str]:
    taken: dict[tuple[int, int], str] = {}
    for panel in mappings(dashboard["panels"]):
        title, place = panel.get("title", ""), mapping_at(panel, "gridPos")
        left, top, width, height = (cell if isinstance(cell := place.get(part), int) else 0 for part in "xywh")
        if left + width > _COLUMNS:
            yield f"the panel `{title}` is wider than the {_COLUMNS} columns of a dashboard"
        cells = [(column, line) for column in range(left, left + width) for line in range(top, top + height)]
        others = dict.fromkeys(taken[cell] for cell in cells if cell in taken)
        yield from (f"the panels `{other}` and `{title}` overlap" for other in others)
        taken.update(dict.fromkeys(cells, title))


def _sources(dashboard: dict[str, Any]) -> Iterator[str]:
    declared = [variable.get("name") for variable in mappings(list_at(dashboard, "templating", "list"))]
    for panel in _panels(dashboard):
        for part in (panel, *mappings(panel.get("targets"))):
            # Older dashboards name a data source by a text, which holds no variable.
            uid = str(mapping_at(part, "datasource").get("uid", ""))
            for name in dict.fromkeys(_VARIABLE.findall(uid)):
                if name not in declared:
                    yield f"the panel `{panel.get('title', '')}` uses the variable `{name}`, which is not declared"
