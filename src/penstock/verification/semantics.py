"""Objects of the right form that would not do what they say: what no schema sees, a rule a function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from penstock.source.model import Pointer
from penstock.verification.parts import list_at, mapping_at, mappings

SemanticRule = Callable[[dict[str, Any]], Iterator[tuple[Pointer, str]]]

_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_REPLICAS = (("minReplicas", "maxReplicas"), ("minReplicaCount", "maxReplicaCount"))
_LONGEST_CRON_JOB = 52


def sense_problems(value: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """Everything that the rules of this module find in one object."""
    for rule in RULES:
        yield from rule(value)


def name(value: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """An object without a name."""
    metadata = mapping_at(value, "metadata")
    if not metadata.get("name") and not metadata.get("generateName") and not value["kind"].endswith("List"):
        yield (), f"this {value['kind']} has no `metadata.name`"


def replicas(value: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """At most fewer replicas than at least."""
    for at, node in _nodes(value):
        for low, high in _REPLICAS:
            least, most = node.get(low), node.get(high)
            # 0 stands for no upper bound to KServe.
            if isinstance(least, int) and isinstance(most, int) and 0 < most < least:
                yield (*at, high), f"`{high}` ({most}) is below `{low}` ({least})"


def selectors(value: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """A selector of pods that the object's own template does not carry."""
    if not mapping_at(value, "spec", "template"):
        return
    wanted = mapping_at(value, "spec", "selector", "matchLabels")
    carried = mapping_at(value, "spec", "template", "metadata", "labels")
    for key, label in wanted.items():
        if carried.get(key) != label:
            yield ("spec", "selector", "matchLabels", key), f"the template's pods do not carry `{key}: {label}`"


def canary_weights(value: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """Canaries of an InferenceService, or splits of an InferenceGraph, whose shares are no whole."""
    if value.get("kind") == "InferenceService":
        total = _sum(list_at(value, "spec", "canary"), "trafficPercent")
        if total > 100:
            yield ("spec", "canary"), f"the canaries get {total}% of the traffic"
    if value.get("kind") == "InferenceGraph":
        for name, node in mapping_at(value, "spec", "nodes").items():
            if mapping_at(node).get("routerType") == "Splitter":
                total = _sum(list_at(node, "steps"), "weight")
                if total != 100:
                    yield ("spec", "nodes", name, "steps"), f"the weights of the splitter `{name}` sum to {total}"


def _sum(items: list[Any], key: str) -> int:
    numbers = (item.get(key) for item in mappings(items))
    return sum(number for number in numbers if isinstance(number, int))


def labels(value: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """Labels that Kubernetes refuses; those of a template are known when it is filled."""
    for at, node in _nodes(value):
        if at[-1:] != ("labels",) or at[-2:-1] != ("metadata",):
            continue
        for key, label in node.items():
            if not _LABEL_KEY.fullmatch(key):
                yield (*at, key), f"`{key}` is not a valid label key"
            elif isinstance(label, str) and not (_LABEL_VALUE.fullmatch(label) or "{{" in label):
                yield (*at, key), f"`{label}` is not a valid label value: at most 63 letters, digits, `-`, `_` and `.`"


def texts(value: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """Labels and annotations that are no text: a cluster refuses the object, and no definition says so."""
    for at, node in _nodes(value):
        if at[-2:-1] == ("metadata",) and at[-1] in ("annotations", "labels"):
            for key, text in node.items():
                if not isinstance(text, str):
                    shown = orjson.dumps(text).decode()
                    yield (*at, key), f"`{key}` is `{shown}`, where Kubernetes takes text alone: quote it"


def pinned_images(value: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """Images of containers that may be others tomorrow; a policy's pattern is no image.

    A pipeline that only runs locally has none.
    """
    for at, node in _nodes(value):
        image = node.get("image")
        is_local = image == "" and at[-1:] == ("container",)
        if (
            isinstance(image, str)
            and "*" not in image
            and _is_container(at)
            and not (is_local or _DIGEST.search(image))
        ):
            yield (*at, "image"), f"the image `{image}` is not pinned by digest"


def _is_container(at: Pointer) -> bool:
    """Containers stand in lists of pods, and in the model of an InferenceService and an executor of a pipeline."""
    return at[-2:-1] in (("containers",), ("initContainers",)) or at[-1:] in (("container",), ("model",))


def cron_job_name(value: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """A CronJob whose jobs would have names that are too long."""
    name = mapping_at(value, "metadata").get("name")
    if value.get("kind") == "CronJob" and isinstance(name, str) and len(name) > _LONGEST_CRON_JOB:
        yield (
            ("metadata", "name"),
            f"the name of a CronJob can have at most {_LONGEST_CRON_JOB} characters, and this has {len(name)}",
        )


RULES: tuple[SemanticRule, ...] = (
    name,
    replicas,
    selectors,
    canary_weights,
    labels,
    texts,
    pinned_images,
    cron_job_name,
)


def _nodes(value: Any, at: Pointer = ()) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Every mapping in the object, with the way to it."""
    if isinstance(value, dict):
        yield at, value
        for key, item in value.items():
            yield from _nodes(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _nodes(item, (*at, index))
