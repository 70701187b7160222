"""The model card as people read it: the facts of ``card.json`` as Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from penstock.runtime.artifacts import PARTS
from penstock.runtime.documents.class_tables import class_row_table, class_table, confusion_table
from penstock.runtime.documents.markdown import Markdown, code, escaped, interval_text, prose, table, value_text
from penstock.runtime.evaluation.figures import clusters_said

Facts = Mapping[str, Any]
_OUTCOMES = {"pass": "✓ pass", "fail": "✗ fail", "warn": "! warn", "skip": "– skipped"}


def render(facts: Facts) -> str:
    """The card as Markdown."""
    from jinja2 import Environment, StrictUndefined

    filters = {
        "code": code,
        "facts": _fact_table,
        "verdict": _verdict_table,
        "metrics": _metric_table,
        "groups": _group_table,
        "datasets": _dataset_table,
        "parts": _part_table,
        "shares": _share_table,
        "class_figures": class_table,
        "confusion": confusion_table,
        "class_rows": class_row_table,
        "features": _feature_table,
        "sensitive": _sensitive_table,
    }
    # Not HTML: `finalize` escapes every value for Markdown instead.
    environment = Environment(undefined=StrictUndefined, finalize=escaped, keep_trailing_newline=True)
    environment.filters.update(filters)
    text = resources.files(__package__).joinpath("card.md.jinja").read_text(encoding="utf-8")
    rendered = environment.from_string(text).render(card=_for_readers(facts))
    return _single_blank_lines(rendered)


def _for_readers(facts: Facts) -> dict[str, Any]:
    """The facts with what only the document needs: tables of named values, shares in percent, notes of gates."""
    threshold = "" if facts["threshold"] is None else f", positive from a score of {facts['threshold']:g}"
    return {
        **facts,
        "confidence": f"{facts['confidence']:.0%}",
        "test_rows": f"{facts['test_rows']:,}",
        "overview": {
            "Task": f"{facts['task']}{threshold}",
            "Risk": facts["risk_tier"],
            "Model": code(facts["digest"]),
            "Specs": code(facts["specs"]),
        },
        "gates": [
            {
                "name": gate["gate"],
                "decided": _decided(gate),
                "rules": gate["rules"],
                "about": {rule["id"]: _about(rule) for rule in gate["rules"] if _about(rule)},
                "notes": _notes(gate),
                "has_intervals": any(each["figure"]["low"] is not None for r in gate["rules"] for each in r["figures"]),
                "clusters": _said(gate.get("clusters")),
            }
            for gate in facts["gates"]
        ],
        "clusters": _said(facts["clusters"]),
        "left_out": _left_out(facts["left_out"], " in time" if facts["horizon"] else ""),
        "positive": _positive(facts),
        "split": _split(facts["split"]),
        "training": _training(facts),
    }


def _decided(gate: Facts) -> str:
    """How the gate decided, and on how many of its rules nothing could be said."""
    skipped = sum(rule["outcome"] == "skip" for rule in gate["rules"])
    passed = "passed" if gate["passed"] else "failed"
    return f"{passed}, with {skipped} of {len(gate['rules'])} rules skipped" if skipped else passed


def _about(rule: Facts) -> str:
    """What a rule measures, and why it is there."""
    about = "" if rule["outcome"] == "skip" else rule["about"]
    sentence = prose(f"{about[0].upper()}{about[1:]}.") if about else ""
    return Markdown(" ".join(each for each in (sentence, escaped(rule["why"] or "")) if each))


def _left_out(counts: Facts, in_time: str) -> str:
    """How many rows are in no part, and why; nothing where all are in one."""
    reasons = [f"{count:,} {_LEFT_OUT[why].format(in_time)}" for why, count in counts.items() if count]
    total = sum(counts.values())
    return f"{total:,} {'row is' if total == 1 else 'rows are'} in no split: {', '.join(reasons)}" if reasons else ""


def _positive(facts: Facts) -> str:
    """Which value of a binary label is positive."""
    if facts["task"] != "binary":
        return ""
    value = facts["positive"]
    if value is None:
        return Markdown(f"{code('true')} or {code('1')}")
    return code(str(value).lower() if isinstance(value, bool) else str(value))


_LEFT_OUT = {
    "without_label": "without a label{}",
    "not_due": "whose label is not due yet",
    "without_time": "without a time",
    "gap": "in the gaps between the splits",
}
"""Why rows are in no part."""


def _said(clusters: Facts | None) -> str:
    return clusters_said(clusters) if clusters is not None else ""


def _split(split: Facts) -> str:
    """How the rows were split, in words."""
    if split["by"] == "time":
        gap = split.get("gap")
        return f"by time, {f'with gaps of {gap}' if gap else 'without gaps'}"
    if split["by"] == "random":
        return "at random, by a hash of their entity"
    return f"by {split['column']}" if split["by"] == "group" and "column" in split else f"by {split['by']}"


def _training(facts: Facts) -> dict[str, Any]:
    """How the model came about, by name; of one that was trained elsewhere only what its file says."""
    external = facts["external"]
    libraries = ", ".join(f"{name} {version}" for name, version in facts["libraries"].items())
    if external is not None:
        return {
            "Learner": code(facts["learner"]),
            "Trained": "elsewhere",
            "File": code(external["file"]),
            "Digest of the file": code(external["digest"]),
            "Libraries": libraries,
        }
    searched = ", ".join(facts["searched"])
    return {
        "Learner": code(facts["learner"]),
        **{f"Parameter {name}": code(json.dumps(value)) for name, value in sorted(facts["params"].items())},
        **({"Found by search": searched} if searched else {}),
        "Numbers": _steps(facts["preprocess"]["numeric"]),
        "Categories": _steps(facts["preprocess"]["categorical"]),
        "Seed": facts["seed"],
        "Libraries": libraries,
    }


def _notes(gate: Facts) -> list[str]:
    return [
        Markdown(f"{escaped(rule['id'])}: {prose(note)}")
        for rule in gate["rules"]
        for note in (*([rule["skipped"]] if rule["skipped"] else []), *rule["notes"], *rule["reasons"])
    ]


def _steps(steps: Facts) -> str:
    return ", ".join(f"{name}: {value}" for name, value in steps.items())


def _fact_table(facts: Facts) -> Markdown:
    return table(("", ""), list(facts.items()))


def _verdict_table(gate: Facts) -> Markdown:
    rows: list[tuple[object, ...]] = []
    for rule in gate["rules"]:
        for each in rule["figures"]:
            bounds = " and ".join(f"{_SIGNS[b['kind']]} {b['value']:g}" for b in each["bounds"])
            unit = f" {each['unit']}" if each["unit"] else ""
            figure = each["figure"]
            rows.append(
                (
                    rule["id"],
                    figure["name"],
                    _figure(figure) + unit,
                    bounds + unit,
                    Markdown(_OUTCOMES[each["outcome"]]),
                )
            )
        if not rule["figures"]:
            rows.append((rule["id"], "", "", "", Markdown(_OUTCOMES[rule["outcome"]])))
    return table(("Rule", "Figure", "Measured", "Bound", "Outcome"), rows)


_SIGNS = {"at_least": "≥", "at_most": "≤"}


def _figure(figure: Facts) -> str:
    if figure["estimate"] is None:
        return "not measurable"
    interval = "" if figure["low"] is None or figure["high"] is None else f" ({interval_text(figure)})"
    return f"{figure['estimate']:.4g}{interval}"


def _metric_table(metrics: Facts) -> Markdown:
    rows = [
        (name, value_text(figure["estimate"]), interval_text(figure), figure["method"])
        for name, figure in metrics.items()
    ]
    return table(("Metric", "Estimate", "Interval", "Method of the interval"), rows, right=(1,))


def _group_table(by_group: Facts) -> Markdown:
    metrics = by_group["metrics"]
    rows = [
        (group, *(value_text(values.get(group)) for values in metrics.values()), f"{count:,}")
        for group, count in sorted(by_group["rows"].items())
    ]
    return table(("Group", *metrics, "Rows"), rows, right=range(1, len(metrics) + 2))


def _dataset_table(datasets: Facts) -> Markdown:
    rows = [(name, f"{each['rows']:,}", code(each["fingerprint"])) for name, each in datasets.items()]
    return table(("Dataset", "Rows", "Fingerprint"), rows, right=(1,))


def _share_table(parts: Facts) -> Markdown:
    """The parts of a binary task, of whose label the mean is the share of positives."""
    return _part_table(parts, "Share of positives")


def _part_table(parts: Facts, mean: str = "Mean label") -> Markdown:
    """The parts in the order of time, without a column that none of them fills: a class has no mean, say."""
    ordered = [(name, parts[name]) for name in sorted(parts, key=PARTS.index)]
    columns = {
        "Part": [name for name, _ in ordered],
        "Rows": [f"{part['rows']:,}" for _, part in ordered],
        "Period (UTC)": [f"{part['from']} to {part['until']}" if "from" in part else "–" for _, part in ordered],
        mean: [value_text(part.get("label_mean")) for _, part in ordered],
    }
    filled = [name for name, cells in columns.items() if any(cell != "–" for cell in cells)]
    right = [filled.index(name) for name in ("Rows", mean) if name in filled]
    return table(filled, list(zip(*(columns[name] for name in filled), strict=True)), right=right)


def _sensitive_table(uses: Sequence[Facts]) -> Markdown:
    return table(("Column", "Use", "Purpose"), [(code(use["column"]), use["use"], use["purpose"]) for use in uses])


def _feature_table(features: Sequence[Facts]) -> Markdown:
    return table(
        ("Feature", "Type", "Feature set"), [(code(each["name"]), each["type"], each["set"]) for each in features]
    )


def _single_blank_lines(text: str) -> str:
    lines: list[str] = []
    for line in (each.rstrip() for each in text.splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).rstrip("\n") + "\n"
