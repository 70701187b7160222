"""A structural schema of Kubernetes as a strict JSON Schema: what the API server would drop is an error.

Source: "Specifying a structural schema", "Pruning" and "Defaulting" in the documentation of CustomResourceDefinitions.
"""

from __future__ import annotations

from typing import Any

_OBJECT_FIELDS = ("apiVersion", "kind", "metadata")
_ANY_METADATA = {"type": "object"}
_INT_OR_STRING = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
_VALUE_KEYWORDS = (
    "enum", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "multipleOf", "required",
    "allOf", "anyOf", "oneOf", "not",
)  # fmt: skip


def strict(schema: dict[str, Any], *, is_object: bool = True) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a structural schema. `is_object`: the root, which has ``metadata`` of its own."""
    if schema.get("x-kubernetes-int-or-string"):
        return {key: schema[key] for key in _VALUE_KEYWORDS if key in schema} | _nullable(schema, _INT_OR_STRING)
    found = {key: schema[key] for key in _VALUE_KEYWORDS if key in schema}
    _bounds(found)
    if "type" in schema:
        found["type"] = [schema["type"], "null"] if schema.get("nullable") else schema["type"]
    if "items" in schema:
        found["items"] = strict(schema["items"], is_object=False)
    if _holds_fields(schema):
        found.update(_fields(schema, is_object or bool(schema.get("x-kubernetes-embedded-resource"))))
    return found


def with_defaults(value: Any, schema: dict[str, Any]) -> Any:
    """The value as the API server sees it: absent fields that have a default hold it."""
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        every = schema.get("additionalProperties")
        found = {
            key: with_defaults(item, properties.get(key) or (every if isinstance(every, dict) else {}))
            for key, item in value.items()
        }
        for key, field in properties.items():
            if key not in found and "default" in field:
                found[key] = with_defaults(field["default"], field)
        return found
    if isinstance(value, list):
        return [with_defaults(item, schema.get("items", {})) for item in value]
    return value


def _holds_fields(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "object" or "properties" in schema or "additionalProperties" in schema


def _fields(schema: dict[str, Any], is_object: bool) -> dict[str, Any]:
    properties = {key: strict(field, is_object=False) for key, field in schema.get("properties", {}).items()}
    if is_object:
        for key in _OBJECT_FIELDS:
            properties.setdefault(key, {})
        properties["metadata"] = _ANY_METADATA
    others = schema.get("additionalProperties")
    found: dict[str, Any] = {"properties": properties} if properties else {}
    if isinstance(others, dict):
        found["additionalProperties"] = strict(others, is_object=False)
    elif others is None and not schema.get("x-kubernetes-preserve-unknown-fields"):
        found["additionalProperties"] = False
    return found


def _nullable(schema: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    if not schema.get("nullable"):
        return {"allOf": [*schema.get("allOf", ()), form]}
    return {"allOf": [*schema.get("allOf", ()), {"anyOf": [*form["anyOf"], {"type": "null"}]}]}


def _bounds(found: dict[str, Any]) -> None:
    """OpenAPI 3.0 says by a flag that a bound is exclusive; JSON Schema gives the bound itself."""
    for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if found.pop(flag, False) is True:
            found[flag] = found.pop(bound)
