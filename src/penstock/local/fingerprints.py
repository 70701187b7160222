"""The fingerprint of a step: equal fingerprints mean that a finished run stands for a new one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from penstock.local.pipeline import LocalStep


def fingerprint(step: LocalStep, values: dict[str, str], inputs: dict[str, str], code: list[str]) -> str:
    """Hex digest over the step's command with parameters filled in, the content of its inputs, and its code."""
    digests = {name: Path(digest) for name, digest in inputs.items()}
    outputs = {name: Path(name) for name in step.outputs}
    filled = step.arguments(values, digests, outputs)
    content = json.dumps({"name": step.name, "command": filled, "environment": step.environment, "code": code})
    return hashlib.sha256(content.encode()).hexdigest()
