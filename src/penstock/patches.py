"""Raw patches on generated manifests: the last word of a spec, for what the language does not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from penstock.catalog.model import SpecId, View
from penstock.diagnostics.model import Diagnostic
from penstock.diagnostics.suggest import did_you_mean
from penstock.specs.base import ManifestPatch
from penstock.specs.overlay import merge
from penstock.targets.base import Manifest


def apply_patches(
    view: View, spec: SpecId, patches: Sequence[ManifestPatch], manifests: tuple[Manifest, ...]
) -> tuple[tuple[Manifest, ...], list[Diagnostic]]:
    """The manifests with every patch applied in order; a patch that finds nothing, or does not fit, is an error."""
    diagnostics: list[Diagnostic] = []
    for position, patch in enumerate(patches):
        place = view.span(spec, ("patches", position))
        found = False
        for index, manifest in enumerate(manifests):
            documents = list(manifest.documents)
            for at, document in enumerate(documents):
                if _identity(document) != (patch.kind, patch.name):
                    continue
                found = True
                try:
                    documents[at] = _patched(document, patch)
                except ValueError as error:
                    diagnostics.append(
                        Diagnostic.error("patch-does-not-fit", f"the patch does not fit: {error}", place)
                    )
            manifests = (
                *manifests[:index],
                replace(manifest, documents=tuple(documents)),
                *manifests[index + 1 :],
            )
        if not found:
            known = sorted({"/".join(_identity(d)) for m in manifests for d in m.documents if all(_identity(d))})
            near = did_you_mean(f"{patch.kind}/{patch.name}", known)
            listed = ", ".join(f"`{name}`" for name in (near or known)) or "nothing"
            diagnostics.append(
                Diagnostic.error(
                    "patch-without-target",
                    f"no generated manifest is a {patch.kind} named `{patch.name}`",
                    place,
                    help=(f"{spec} generates {listed} in {view.environment_name}",),
                )
            )
    return manifests, diagnostics


def _identity(document: dict[str, Any]) -> tuple[str, str]:
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return str(document.get("kind") or ""), str(name or "")


def _patched(document: dict[str, Any], patch: ManifestPatch) -> dict[str, Any]:
    """The document after the patch; the document itself, whose parts others share, stays as it is."""
    result: Any = merge(document, patch.merge) if patch.merge is not None else document
    if patch.json_ is not None:
        import jsonpatch

        operations = [o.model_dump(by_alias=True, exclude_unset=True) for o in patch.json_]
        try:
            result = jsonpatch.apply_patch(result, operations)
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            raise ValueError(str(error)) from error
    if _identity(result) != _identity(document):
        raise ValueError("it would change the manifest's kind or name")
    return dict(result)
