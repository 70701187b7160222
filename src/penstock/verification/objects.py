"""One Kubernetes object against its definition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Document, Pointer
from penstock.verification.cel_rules import broken_rules
from penstock.verification.crds import Crd
from penstock.verification.strict_schema import strict, with_defaults

_LONGEST_MESSAGE = 200


class ObjectChecker:
    """Checks objects of one kind; the strict schema is made once."""

    def __init__(self, crd: Crd) -> None:
        from jsonschema import Draft202012Validator

        self._crd = crd
        self._validator = Draft202012Validator(strict(crd.schema))

    def problems(self, document: Document) -> Iterator[Diagnostic]:
        """Fields that are unknown, missing or of the wrong form, then rules that do not hold."""
        value = with_defaults(document.value, self._crd.schema)
        sound = True
        try:
            for error in self._validator.iter_errors(value):
                sound = False
                yield from schema_problem(document, error)
        except re.error as error:
            # Kubernetes reads patterns as RE2 does, and has escapes such as `\p{L}` that Python lacks.
            sound = False
            headline = f"a pattern of {self._crd.kind} could not be evaluated, so the object is not fully checked"
            yield Diagnostic.warning("rule-not-evaluated", headline, document.span(()), str(error))
        yield from repeated_keys(document, value, self._crd.schema)
        if sound:
            yield from self._rules(document, value)

    def _rules(self, document: Document, value: Any) -> Iterator[Diagnostic]:
        for finding in broken_rules(value, self._crd.schema):
            if finding.outcome == "broken":
                headline = f"{_where(finding.pointer)} breaks a rule of {self._crd.kind}"
                yield Diagnostic.error("object-rule", headline, document.span(finding.pointer), finding.message)
            else:
                yield Diagnostic.warning(
                    "rule-not-evaluated",
                    f"a rule of {self._crd.kind} could not be evaluated",
                    document.span(finding.pointer),
                    finding.message,
                )


def repeated_keys(document: Document, value: Any, schema: dict[str, Any], at: Pointer = ()) -> Iterator[Diagnostic]:
    """Items of lists that are maps or sets to Kubernetes, and that come twice."""
    if isinstance(value, dict):
        properties, every = schema.get("properties", {}), schema.get("additionalProperties")
        for key, item in value.items():
            below = properties.get(key) or (every if isinstance(every, dict) else {})
            yield from repeated_keys(document, item, below, (*at, key))
    elif isinstance(value, list):
        seen: set[str] = set()
        for index, item in enumerate(value):
            identity = _identity(item, schema)
            if identity is not None and identity in seen:
                headline = f"{_where((*at, index))} duplicates {identity}"
                yield Diagnostic.error("object-schema", headline, document.span((*at, index)))
            seen.add(identity or "")
            yield from repeated_keys(document, item, schema.get("items", {}), (*at, index))


def _identity(item: Any, schema: dict[str, Any]) -> str | None:
    kind = schema.get("x-kubernetes-list-type")
    if kind == "set":
        return repr(item)
    if kind == "map" and isinstance(item, dict):
        return ", ".join(f"{key}: {item.get(key)}" for key in schema.get("x-kubernetes-list-map-keys", ()))
    return None


def schema_problem(
    document: Document, error: Any, code: str = "object-schema", at: Pointer = ()
) -> Iterator[Diagnostic]:
    """An error of jsonschema in the part of the document to which `at` leads."""
    pointer: Pointer = (*at, *error.absolute_path)
    if error.validator == "additionalProperties" and error.validator_value is False:
        for key in sorted(error.instance.keys() - error.schema.get("properties", {}).keys()):
            span = document.span((*pointer, key), of="key")
            yield Diagnostic.error(code, f"{_where(pointer)} has no field `{key}`", span)
        return
    message = error.message if len(error.message) <= _LONGEST_MESSAGE else f"fails `{error.validator}`"
    yield Diagnostic.error(code, f"{_where(pointer)}: {message}", document.span(pointer))


def _where(pointer: Pointer) -> str:
    return f"`{'.'.join(str(part) for part in pointer)}`" if pointer else "the object"
