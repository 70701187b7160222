"""Raw patches on generated manifests: the last word of a spec, for what the language does not say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from penstock.catalog.model import SpecId, View
from penstock.diagnostics.grammar import with_article
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Safety
from penstock.diagnostics.suggest import did_you_mean
from penstock.source.model import Pointer
from penstock.specs.base import ManifestPatch
from penstock.specs.json_patch import DoesNotFitError, patched
from penstock.specs.overlay import merge
from penstock.targets.base import Manifest
from penstock.targets.kubeflow.pipeline_objects import named_anew
from penstock.targets.kubeflow.versions import VERSION

Identity = tuple[str, str]
"""Kind and name of an object; of a version of a pipeline, the pipeline's name."""


def apply_patches(
    view: View,
    spec: SpecId,
    patches: Sequence[ManifestPatch],
    manifests: tuple[Manifest, ...],
    awaited: Iterable[Manifest] = (),
) -> tuple[tuple[Manifest, ...], list[Diagnostic]]:
    """The manifests with every patch applied in order; a patch that finds nothing, or does not fit, is an error.

    `awaited` are manifests that will only be there after a first Release: a patch on one of their objects waits. What
    it would find there is not known before, so that whether it fits is asked then.
    """
    diagnostics: list[Diagnostic] = []
    waiting = set(_identities(awaited))
    for position, patch in enumerate(patches):
        found = False
        for index, manifest in enumerate(manifests):
            documents = list(manifest.documents)
            for at, document in enumerate(documents):
                if _identity(document) != (patch.kind, patch.name):
                    continue
                found = True
                try:
                    documents[at] = _patched(document, patch)
                except _MisfitError as misfit:
                    diagnostics.append(_misfit(view, spec, position, misfit))
            manifests = (
                *manifests[:index],
                manifest._replace(documents=tuple(documents)),
                *manifests[index + 1 :],
            )
        if not found and (patch.kind, patch.name) not in waiting:
            known = {*_identities(manifests), *waiting}
            diagnostics.append(_without_target(view, spec, position, patch, known))
    return manifests, diagnostics


def _without_target(view: View, spec: SpecId, position: int, patch: ManifestPatch, known: set[Identity]) -> Diagnostic:
    """No object has the kind and name of the patch: which of the two is at fault, and what there is."""
    kinds = {kind for kind, _ in known}
    if patch.kind in kinds:
        part, right = "name", sorted(name for kind, name in known if kind == patch.kind)
        near = did_you_mean(patch.name, right) or (right if len(right) == 1 else [])
    else:
        part, right = "kind", sorted(kinds)
        near = did_you_mean(patch.kind, right)
    span = view.span(spec, ("patches", position, part))
    helps = [f"did you mean `{near[0]}`?"] if near else []
    if not near:
        listed = ", ".join(f"`{kind}/{name}`" for kind, name in sorted(known)) or "nothing"
        elsewhere = "" if spec.kind == "Environment" else "; put a patch for some environments into their `overrides`"
        helps.append(f"{spec} generates {listed} there{elsewhere}")
    return Diagnostic.error(
        "patch-without-target",
        f"no generated manifest of `{view.environment_name}` is {with_article(patch.kind)} named `{patch.name}`",
        span,
        help=tuple(helps),
        fix=Fix(Safety.UNSAFE, f"write `{near[0]}`", (Edit(span, near[0]),)) if near else None,
    )


class _MisfitError(ValueError):
    """A patch does not fit: where in it the fault is, and what was probably meant."""

    def __init__(self, reason: str, below: Pointer, guess: str | None = None) -> None:
        super().__init__(reason)
        self.below = below
        self.guess = guess


def _misfit(view: View, spec: SpecId, position: int, misfit: _MisfitError) -> Diagnostic:
    span = view.span(spec, ("patches", position, *misfit.below))
    guess = misfit.guess
    return Diagnostic.error(
        "patch-does-not-fit",
        f"the patch cannot be applied: {misfit}",
        span,
        help=(f"did you mean `{guess}`?",) if guess else (),
        fix=Fix(Safety.UNSAFE, f"write `{guess}`", (Edit(span, guess),)) if guess else None,
    )


def _identities(manifests: Iterable[Manifest]) -> list[Identity]:
    found = (_identity(document) for manifest in manifests for document in manifest.documents)
    return [identity for identity in found if all(identity)]


def _identity(document: Any) -> Identity:
    if not isinstance(document, dict):
        return "", ""
    metadata, spec, kind = document.get("metadata"), document.get("spec"), str(document.get("kind") or "")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if kind == VERSION and isinstance(metadata, dict):
        # Its own name is another one with each content, and none that a patch could give.
        name = spec.get("pipelineName") if isinstance(spec, dict) else None
    return kind, str(name or "")


def _patched(document: dict[str, Any], patch: ManifestPatch) -> dict[str, Any]:
    """The document after the patch; the document itself, whose parts others share, stays as it is."""
    result: Any = document
    if patch.merge is not None:
        result = merge(document, patch.merge)
        _keeps_identity(document, result, ("merge",))
    for position, operation in enumerate(patch.json_ or ()):
        try:
            result = patched(result, operation.model_dump(by_alias=True, exclude_unset=True))
        except DoesNotFitError as error:
            raise _MisfitError(str(error), ("json", position, error.part), error.guess) from error
        _keeps_identity(document, result, ("json", position, "path"))
    return dict(result) if patch.kind != VERSION else named_anew(result)


def _keeps_identity(before: dict[str, Any], after: Any, below: Pointer) -> None:
    if _identity(after) != _identity(before):
        raise _MisfitError("it would change the manifest's kind or name", below)
    if before["metadata"].get("namespace") != after["metadata"].get("namespace"):
        raise _MisfitError("it would change the manifest's namespace, and the kustomization would set it back", below)
    if before.get("kind") == VERSION and not _runs_the_same(before["spec"], after["spec"]):
        # Its gate would ask something else than the Gate that was reviewed, and `penstock run` would not know.
        raise _MisfitError("in a pipeline it can only change the `platformSpec`, not the steps", below)


def _runs_the_same(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return before["pipelineSpec"] == after.get("pipelineSpec") and isinstance(after.get("platformSpec"), dict)
