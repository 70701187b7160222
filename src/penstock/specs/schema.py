"""JSON Schemas of the language, for editors and for whoever writes specs by program.

`kind_schema` describes one kind, `combined_schema` a document of any kind, chosen by its `kind`. Overrides are
described as what they are: a part of `spec` in which nothing is required and `null` removes. What a schema cannot say
(the order of two bounds, references, everything that looks at two specs) is left to `penstock check`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from penstock.specs.base import Resource
from penstock.specs.kinds import KINDS
from penstock.specs.review import in_words

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TEMPLATE = "#/$defs/{model}"
_BY_REFERENCE = re.compile(r"#/\$defs/(.+)")


def kind_schema(kind: str) -> dict[str, Any]:
    """The schema of one kind. KeyError where there is no such kind."""
    schema = _schema({kind: KINDS[kind]})
    return {"$schema": DIALECT, "title": kind, "$ref": f"#/$defs/{kind}", "$defs": schema}


def combined_schema() -> dict[str, Any]:
    """The schema of a document of any kind; an editor completes and explains the kind that it finds."""
    definitions = _schema(KINDS)
    return {
        "$schema": DIALECT,
        "title": "Penstock spec",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": definitions["Dataset"]["properties"]["apiVersion"],
            "kind": {
                "description": "Kind of the spec.",
                "oneOf": [{"const": name, "description": cls.summary} for name, cls in KINDS.items()],
            },
            "metadata": {"$ref": "#/$defs/Metadata"},
        },
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{name}"},
            }
            for name in KINDS
        ],
        "$defs": definitions,
    }


def _schema(kinds: Mapping[str, type[Resource]]) -> dict[str, Any]:
    """The definitions of the kinds and of all that they are made of, with overrides spelt out."""
    _, schema = models_json_schema(
        [(cls, "validation") for cls in kinds.values()], by_alias=True, ref_template=TEMPLATE
    )
    definitions: dict[str, Any] = schema["$defs"]
    for definition in definitions.values():
        for key, described in definition.get("properties", {}).items():
            if _is_of_key(described.get("title"), key):
                del described["title"]
            # pydantic leaves words out that are those of the class; an editor shows what stands at the key.
            reference = _BY_REFERENCE.fullmatch(described.get("$ref", ""))
            if reference is not None:
                described.setdefault("description", definitions[reference[1]]["description"])
        for described in definition.get("properties", {}).values():
            if "patternProperties" in described:
                # pydantic says what keys look like; only this says that there are no others.
                described.setdefault("additionalProperties", False)
            meaning = in_words(described["x-penstock"]) if "x-penstock" in described else ""
            if meaning:
                # Editors show the description, and no key of ours.
                described["description"] += f"\n\nReview: {meaning}."
    for name, cls in kinds.items():
        of_kind = definitions[name]
        of_kind["description"] = f"{cls.summary[0].upper()}{cls.summary[1:]}."
        overrides = of_kind["properties"]["overrides"]
        overrides["additionalProperties"] = _partial(of_kind["properties"]["spec"], definitions)
    return definitions


def _is_of_key(title: str | None, key: str) -> bool:
    """Whether a title is the key in other letters, which pydantic makes of it: `Atleast`."""
    return title is not None and title.replace(" ", "").lower() == key.replace("_", "").lower()


def _partial(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a merge patch over what `schema` describes (RFC 7396).

    Mappings are merged, so nothing in them is required and each key may be `null`; a list is replaced as a whole, so
    what it holds stays as strict as it is.
    """
    reference = _BY_REFERENCE.fullmatch(schema.get("$ref", ""))
    if reference is not None:
        name = f"{reference[1]}Override"
        if name not in definitions:
            definitions[name] = {}  # stands for itself while what it holds is described
            definitions[name] = _partial(definitions[reference[1]], definitions)
        return {**schema, "$ref": f"#/$defs/{name}"}
    changed = {key: value for key, value in schema.items() if key not in ("required", "default", "minProperties")}
    for several in ("anyOf", "oneOf"):
        if "properties" in schema:
            # Which of its keys a mapping must have is a question to the whole.
            changed.pop(several, None)
        elif several in schema:
            # Of the forms of a patch more than one may fit, since nothing in them is required.
            changed.pop(several)
            changed["anyOf"] = [_partial(one, definitions) for one in schema[several]]
    changed.pop("discriminator", None)
    if "properties" in schema:
        changed["properties"] = {
            key: _removable(_partial(value, definitions)) for key, value in schema["properties"].items()
        }
    if "patternProperties" in schema:
        changed["patternProperties"] = {
            key: _removable(_partial(value, definitions)) for key, value in schema["patternProperties"].items()
        }
    if isinstance(schema.get("additionalProperties"), dict):
        changed["additionalProperties"] = _removable(_partial(schema["additionalProperties"], definitions))
    return changed


def _removable(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, or `null`; the description of the field stays beside it."""
    kept = {key: value for key, value in schema.items() if key in ("description", "x-penstock", "title")}
    plain = {key: value for key, value in schema.items() if key not in kept}
    if {"type": "null"} in plain.get("anyOf", ()):
        return schema
    return {**kept, "anyOf": [plain, {"type": "null"}]}
