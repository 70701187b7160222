"""Which version of a pipeline a schedule starts: the one that was compiled with it, whatever else the cluster holds.

The newest one would be wrong after a revert: the version to go back to is an older object, which a cluster that prunes
nothing still has. A version is named by its content, which a patch may still change: so a schedule first holds the
name of the pipeline, and the name of the version takes its place once all patches are applied.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from penstock.targets.base import Manifest

VERSION = "PipelineVersion"


class VersionOf(str):
    """An argument that ends in the name of the version of a pipeline; until it is `linked`, in the pipeline's."""

    __slots__ = ("pipeline", "prefix")
    pipeline: str
    prefix: str

    def __new__(cls, pipeline: str, prefix: str = "") -> VersionOf:
        """`prefix` stands before the name."""
        made = super().__new__(cls, prefix + pipeline)
        made.pipeline = pipeline
        made.prefix = prefix
        return made


def linked(manifests: Iterable[Manifest]) -> tuple[Manifest, ...]:
    """The manifests of a unit with the versions' names in its schedules; KeyError where there is no such pipeline."""
    manifests = tuple(manifests)
    names = {
        document["spec"]["pipelineName"]: document["metadata"]["name"]
        for manifest in manifests
        for document in manifest.documents
        if document.get("kind") == VERSION
    }
    return tuple(
        manifest._replace(
            documents=tuple(
                _linked(document, names) if document.get("kind") == "CronJob" else document
                for document in manifest.documents
            )
        )
        for manifest in manifests
    )


def _linked(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, VersionOf):
        return value.prefix + names[value.pipeline]
    if isinstance(value, dict):
        return {key: _linked(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_linked(each, names) for each in value]
    return value
