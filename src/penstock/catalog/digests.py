"""What a model is trained from, as one digest: evidence and releases carry it, so that a stale one is noticed."""

from __future__ import annotations

from typing import Any

import orjson

from penstock.catalog.embedded_code import embedded_code
from penstock.catalog.lineage import datasets_of
from penstock.catalog.marked_texts import CODE
from penstock.catalog.model import SpecId, View
from penstock.python.paths import module_of, paths_of
from penstock.source.canonical import canonical_json, digest, pointed
from penstock.specs.base import Resource
from penstock.specs.kinds import KINDS
from penstock.specs.model import Model

_NOT_TRAINING = {"Model": (("card",), ("retrain",), ("resources",), ("patches",), ("search", "pods"))}
"""Keys of a spec that change nothing about the model that is trained."""

_LATER = {
    "Dataset": (("source", "dialect"),),
    "Model": (("preprocess", "numeric", "pca"),),
    "Gate": (("clusters",),),
}
"""Keys that the language had not always, and that say nothing where absent: digests of before then still hold."""


def spec_digest(view: View, model: str) -> str:
    """`sha256:...` over the model, its feature sets, datasets and gates as this environment sees them.

    Prose, owner, labels, card, schedule, resources and rollouts are left out; the files of the functions and classes
    that are named are in it. Code that these import is not: the review follows it.
    Defaults are written out before, so that writing one changes nothing. KeyError where something is invalid.
    """
    return view.memo(("spec-digest", model), lambda inner: _digest(inner, model))


def find_spec_digest(view: View, model: str) -> str | None:
    """The same; None where something is invalid."""
    try:
        return spec_digest(view, model)
    except KeyError:
        return None


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
    files: dict[str, str] = {}
    for spec_id in trained_from(view, model):
        resource = view.get(KINDS[spec_id.kind], spec_id.name)
        parts[str(spec_id)] = view.catalog.derived(resource, "training", _what_trains)
        for code in (found for what in CODE for found in embedded_code(view, resource, what)):
            for path in paths_of(module_of(code.text)):
                found = view.digest_of(path)
                if found is not None:
                    files[path] = found
    return digest({"specs": parts, "files": files})


def _what_trains(resource: Resource) -> orjson.Fragment:
    """What of a spec matters to training, as canonical JSON."""
    spec = resource.model_dump(mode="json", by_alias=True, include={"spec"})["spec"]
    for *above, key in _NOT_TRAINING.get(resource.kind_name, ()):
        holder = spec
        for name in above:
            holder = holder[name] or {}
        holder.pop(key, None)
    spec = _without_prose(spec)
    for *above, key in _LATER.get(resource.kind_name, ()):
        holder = spec
        for name in above:
            holder = holder[name]
        if holder[key] is None:
            del holder[key]
    if isinstance(resource, Model):
        _keep_types(spec)
    return orjson.Fragment(canonical_json(spec))


def _keep_types(spec: dict[str, Any]) -> None:
    """Tell 1 from 1.0 in what a learner is given: to scikit-learn, one feature and all of them."""
    spec["estimator"]["params"] = pointed(spec["estimator"]["params"])
    for choices in ((spec.get("search") or {}).get("space") or {}).values():
        choices["choice"] = pointed(choices.get("choice"))


def _without_prose(value: Any) -> Any:
    """The value without descriptions and reasons; a column may be called `description`, which is no prose."""
    if isinstance(value, dict):
        return {
            key: item if isinstance(item, str) else _without_prose(item)
            for key, item in value.items()
            if not (key in ("description", "why") and isinstance(item, str))
        }
    if isinstance(value, list):
        return [item if isinstance(item, str) else _without_prose(item) for item in value]
    return value
