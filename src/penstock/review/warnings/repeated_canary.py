"""Rollouts that an Environment sends through their canaries again, with the version that serves already.

For Argo Rollouts any other template of pods is a new revision, which takes the traffic in the steps of the strategy.
Whoever edits a Rollout or a Release knows which one it is; an image, a store or a secret of an Environment is in the
pods of all its endpoints, and they all begin at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from penstock.catalog.model import Catalog, SpecId, View
from penstock.diagnostics.grammar import counted, joined
from penstock.diagnostics.model import Diagnostic
from penstock.review.model import ArtifactChange
from penstock.review.warnings.served import served
from penstock.specs.environment import Environment

_ROLLOUT = re.compile(r"^kind: Rollout$", re.MULTILINE)
_TEMPLATE = re.compile(r"^  template:\n((?: {3,}.*\n)*)", re.MULTILINE)
_SHOWN = 3


def repeated_canaries(
    base: Catalog, head: Catalog, touched: Iterable[SpecId], artifacts: Iterable[ArtifactChange]
) -> Iterator[Diagnostic]:
    """A warning for each Environment that changes the pods of Argo Rollouts whose version stays the same."""
    manifests = {one.path: one for one in artifacts if one.path.endswith("/serving.yaml")}
    for spec_id in touched:
        if spec_id.kind != Environment.kind_name or spec_id.name not in head.environments():
            continue
        before, after = base.view(spec_id.name), head.view(spec_id.name)
        if before.environment is None or before.environment == after.environment:
            continue
        names = sorted(path.split("/")[1] for path in manifests if path.startswith(f"{spec_id.name}/"))
        kept = (name for name in names if _is_same_version(before, after, name))
        again = [name for name in kept if _has_other_pods(manifests[f"{spec_id.name}/{name}/serving.yaml"])]
        if again:
            yield _warning(after, spec_id.name, again)


def _warning(after: View, environment: str, again: list[str]) -> Diagnostic:
    more = [f"{len(again) - _SHOWN} more"] if len(again) > _SHOWN else []
    named = joined([*(f"`{name}`" for name in again[:_SHOWN]), *more])
    does, pods = "go through their canaries", "their pods"
    if len(again) == 1:
        does, pods = "goes through its canary", "its pods"
    return Diagnostic.warning(
        "repeated-canary",
        f"{counted(len(again), 'rollout')} in {environment} {does} again, with the version that serves: {named}",
        after.span(SpecId(Environment.kind_name, environment), of="key"),
        f"this changes {pods}",
        help=(
            "apply this while nothing else is to be released there: a Release of another version meanwhile begins from "
            "the first step",
        ),
    )


def _is_same_version(before: View, after: View, name: str) -> bool:
    rollout, was, is_ = served(after, name), before.release_of(name), after.release_of(name)
    if rollout is None or served(before, name) is None or was is None or is_ is None:
        return False
    return rollout.spec.serve.target == "argo-rollouts" and was.spec.version.digest == is_.spec.version.digest


def _has_other_pods(manifest: ArtifactChange) -> bool:
    before, after = map(_template, manifest.read())
    return bool(before) and bool(after) and before != after


def _template(manifest: bytes) -> str:
    """The template of the pods of a Rollout, as it is written; empty where there is none."""
    documents = manifest.decode("utf-8", "replace").split("\n---\n")
    rollout = next((one for one in documents if _ROLLOUT.search(one)), "")
    found = _TEMPLATE.search(rollout)
    return found.group(1) if found is not None else ""
