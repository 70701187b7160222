"""What a model is trained from, as one digest: evidence and releases carry it, so that a stale one is noticed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from penstock.catalog.functions import paths_of
from penstock.catalog.lineage import datasets_of
from penstock.catalog.model import SpecId, View
from penstock.source.canonical import bytes_digest, canonical_json, digest
from penstock.specs.base import Resource
from penstock.specs.kinds import KINDS
from penstock.specs.model import Model
from penstock.specs.shapes import scalars

_NOT_TRAINING = {"Model": ("card", "retrain", "resources", "patches")}
"""Keys of a spec that change nothing about the model that is trained."""


def spec_digest(view: View, model: Model | str) -> str:
    """`sha256:...` over the model, its feature sets, datasets and gates as this environment sees them.

    Prose, owner, labels, card, schedule, resources and rollouts are left out; the files of named functions are in it.
    Defaults are written out before, so that writing one changes nothing. KeyError where something is invalid.
    """
    name = model if isinstance(model, str) else model.name
    return view.memo(("spec-digest", name), lambda inner: _digest(inner, name))


def trained_from(view: View, model: str) -> tuple[SpecId, ...]:
    """The specs that a model's digest covers, sorted."""
    spec = view.model(model).spec
    ids = {SpecId("Model", model)}
    ids |= {SpecId("FeatureSet", name) for name in spec.features}
    ids |= {SpecId("Dataset", name) for name in datasets_of(view, model)}
    ids |= {SpecId("Gate", gate.name) for gate in view.gates_of(model)}
    return tuple(sorted(ids))


def _digest(view: View, model: str) -> str:
    parts: dict[str, orjson.Fragment] = {}
    files: dict[str, str | None] = {}
    for spec_id in trained_from(view, model):
        part = _part(view, view.get(KINDS[spec_id.kind], spec_id.name))
        parts[str(spec_id)] = part.canonical
        for path in part.files:
            data = view.read_file(path)
            if data is not None:
                files[path] = bytes_digest(data)
    return digest({"specs": parts, "files": files})


@dataclass(frozen=True, slots=True)
class _Part:
    """What one spec adds to a digest."""

    canonical: orjson.Fragment
    """What of the spec matters to training, as canonical JSON."""
    files: tuple[str, ...]
    """The files of the functions that it names."""


def _part(view: View, resource: Resource) -> _Part:
    return view.catalog.derived(resource, "part-of-digest", _find_part)


def _find_part(resource: Resource) -> _Part:
    plain = resource.model_dump(mode="json", by_alias=True)
    left_out = _NOT_TRAINING.get(resource.kind_name, ())
    spec = {key: value for key, value in plain["spec"].items() if key not in left_out}
    files = tuple(_function_files(plain, type(resource)))
    return _Part(orjson.Fragment(canonical_json(_without_prose(spec))), files)


def _function_files(plain: dict[str, Any], kind: type) -> Iterator[str]:
    for found in scalars(kind, "holds", plain):
        if found.scalar.holds == "function":
            yield from paths_of(found.text)


def _without_prose(value: Any) -> Any:
    """The value without descriptions and reasons; a column may be called `description`, which is no prose."""
    if isinstance(value, dict):
        return {
            key: _without_prose(item)
            for key, item in value.items()
            if not (key in ("description", "why") and isinstance(item, str))
        }
    if isinstance(value, list):
        return [_without_prose(item) for item in value]
    return value
