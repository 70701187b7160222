"""Manifests against the upstream definitions, as `penstock verify` holds them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.verification.crds import Crds
from penstock.verification.verify import verify


def problems(document: dict[str, Any], crds: Path) -> list[str]:
    """What the API server would refuse or drop; empty where it would take the document as it is.

    A kind for which there is no definition is a problem too.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "object.yaml"
        file.write_text(emit_yaml_documents([document]), encoding="utf-8")
        found = verify(file.parent, [file], _definitions(crds)).diagnostics.sorted()
    return [f"{one.headline}: {one.primary.message if one.primary else ''}" for one in found]


@cache
def _definitions(folder: Path) -> Crds:
    return Crds.of_folder(folder)
