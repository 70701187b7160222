"""Generated directories for tests: artifacts with their index, what a compile would write, and what is there then."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from penstock.source.stat_cache import Observed
from penstock.source.writing import write_plan
from penstock.source.writing.artifact_index import INDEX
from penstock.source.writing.output import OutputDirectory

ONE = {"prod/a.yaml": "a", "prod/b.yaml": "b", "staging/a.yaml": "a"}
"""Some artifacts, by their paths."""


def with_index(files: Mapping[str, str]) -> dict[str, bytes]:
    """The artifacts with the index that lists them."""
    bodies = {path: text.encode() for path, text in files.items()}
    listed = {path: {"sha256": hashlib.sha256(body).hexdigest(), "owners": ["x"]} for path, body in bodies.items()}
    return bodies | {INDEX: json.dumps({"version": 1, "artifacts": listed}).encode()}


def planned(root: Path, files: Mapping[str, str], known: Mapping[str, Observed] | None = None) -> write_plan.WritePlan:
    """What a compile would do that comes to `files`."""
    digests = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()}
    return OutputDirectory(root).plan(digests, with_index(files)[INDEX], known)


def applied(root: Path, plan: write_plan.WritePlan, files: Mapping[str, str]) -> dict[str, Observed]:
    output = OutputDirectory(root)
    return output.apply(plan, lambda paths: output.write({path: files[path].encode() for path in paths}))


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def compile_into(root: Path, files: Mapping[str, str]) -> write_plan.WritePlan:
    plan = planned(root, files)
    applied(root, plan, files)
    return plan


def codes(root: Path, files: Mapping[str, str]) -> list[tuple[str, str | None]]:
    return [(found.code, found.path) for found in OutputDirectory(root).differences(planned(root, files))]
