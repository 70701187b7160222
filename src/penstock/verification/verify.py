"""Everything that is verified of generated files, in one walk over their documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from penstock.diagnostics.model import Diagnostic, Diagnostics
from penstock.source.model import Document
from penstock.verification.core_kinds import can_check, core_problems, is_core
from penstock.verification.crds import Crds
from penstock.verification.dashboards import JsonTexts, dashboard_problems, dashboards, json_texts
from penstock.verification.files import read_generated
from penstock.verification.objects import ObjectChecker
from penstock.verification.pipelines import pipeline_parts, pipeline_problems
from penstock.verification.promql import expressions, promql_problems
from penstock.verification.rule_files import is_rule_file, rule_problems
from penstock.verification.semantics import sense_problems
from penstock.verification.tree import missing_entries, repeated_objects


@dataclass(slots=True)
class Verification:
    """What was found, and how much was looked at."""

    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    files: int = 0
    checked: Counter[str] = field(default_factory=Counter)
    """What was checked, by kind: objects, and `pipeline`, `rule file`, `dashboard` and `PromQL`."""
    unchecked: Counter[str] = field(default_factory=Counter)
    """Objects by kind for which there is no definition."""


def verify(root: Path, places: Iterable[Path] = (), crds: Crds | None = None) -> Verification:
    """Verify the files at `places` (``generated/`` where none is given) of the repository at `root`.

    Objects are checked with `crds`. ImportError without the extra `verify`, CrdError for definitions that are no YAML.
    """
    documents, found = read_generated(root, places)
    result = Verification(files=len({document.file.path for document in documents}))
    result.diagnostics.extend(found)
    checkers: dict[tuple[str, str], ObjectChecker | None] = {}
    for document in documents:
        result.diagnostics.extend(pipeline_problems(document))
        pipelines = [kind for kind, _, _ in pipeline_parts(document)]
        result.checked["pipeline"] += pipelines.count("pipeline")
        result.diagnostics.extend(rule_problems(document))
        result.checked["rule file"] += is_rule_file(document.value)
        texts = json_texts(document.value)
        found_expressions = list(expressions(document.value, texts))
        result.checked["PromQL"] += len(found_expressions)
        for pointer, message in promql_problems(found_expressions):
            headline = "this is not valid PromQL"
            result.diagnostics.append(Diagnostic.error("promql-syntax", headline, document.span(pointer), message))
        for pointer, message in dashboard_problems(texts):
            result.diagnostics.append(Diagnostic.error("dashboard-semantics", message, document.span(pointer)))
        result.checked["dashboard"] += sum(1 for _ in dashboards(texts))
        if _is_object(document):
            result.diagnostics.extend(_object_problems(document, texts, crds, checkers, result))
        elif not (pipelines or is_rule_file(document.value) or _has_another_reader(document)):
            headline = "this is no object, pipeline or rule file, so nothing of it was checked"
            result.diagnostics.append(Diagnostic.warning("unknown-form", headline, document.span(())))
    result.diagnostics.extend(repeated_objects(documents))
    if not places:
        result.diagnostics.extend(missing_entries(documents))
    result.diagnostics.extend(_unverified(result.unchecked))
    return result


def _is_object(document: Document) -> bool:
    value = document.value
    texts = isinstance(value.get("apiVersion"), str) and isinstance(value.get("kind"), str)
    return texts and value["kind"] != "Kustomization"


def _has_another_reader(document: Document) -> bool:
    """Whether it is one of the forms that kustomize and promtool read, and refuse where they are wrong."""
    return document.value.get("kind") == "Kustomization" or {"rule_files", "tests"} <= document.value.keys()


def _object_problems(
    document: Document,
    texts: JsonTexts,
    crds: Crds | None,
    checkers: dict[tuple[str, str], ObjectChecker | None],
    result: Verification,
) -> Iterator[Diagnostic]:
    api_version, kind = document.value["apiVersion"], document.value["kind"]
    for pointer, message in (*sense_problems(document.value), *texts.broken):
        yield Diagnostic.error("object-semantics", message, document.span(pointer))
    if is_core(api_version) and can_check():
        result.checked[kind] += 1
        for pointer, message in core_problems(document.value):
            yield Diagnostic.error("object-schema", message, document.span(pointer))
        return
    key = (api_version, kind)
    if key not in checkers:
        crd = crds.find(api_version, kind) if crds is not None else None
        checkers[key] = ObjectChecker(crd) if crd is not None else None
    checker = checkers[key]
    if checker is None:
        result.unchecked[f"{kind} ({api_version})"] += 1
        return
    result.checked[kind] += 1
    yield from checker.problems(document)


def _unverified(kinds: Counter[str]) -> Iterator[Diagnostic]:
    for kind, count in sorted(kinds.items()):
        yield Diagnostic.note(
            "unverified-kind",
            f"{count} of the kind {kind} could not be checked: no definition found",
            help=("pass the cluster's definitions with `--crds DIR` or `--cluster CONTEXT`",),
        )
