"""Small compiled pipelines for tests: each step is one shell script, in the form that the compiler emits."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

IMAGE = "registry.example.com/runtime@sha256:" + "0" * 64


@dataclass
class Script:
    """A step: its shell script sees ``$1`` its output folder, ``$2`` the parameter, and then its inputs' folders."""

    name: str
    script: str
    reads: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    cache: bool = True
    retries: int = 0
    timeout: int | None = None
    image: str = IMAGE


def write_pipeline(path: Path, *scripts: Script) -> Path:
    """Write the pipeline of these steps to `path`; every step has one output, ``out``."""
    tasks: dict[str, Any] = {}
    components: dict[str, Any] = {}
    executors: dict[str, Any] = {}
    platform: dict[str, Any] = {}
    for s in scripts:
        arguments = ["{{$.outputs.artifacts['out'].path}}", "{{$.inputs.parameters['as_of']}}"]
        arguments += [f"{{{{$.inputs.artifacts['{name}'].path}}}}" for name in s.reads]
        tasks[s.name] = {
            "taskInfo": {"name": f"title of {s.name}"},
            "componentRef": {"name": f"comp-{s.name}"},
            "cachingOptions": {"enableCache": True} if s.cache else {},
            "dependentTasks": [*s.reads, *s.after],
            "inputs": {
                "parameters": {"as_of": {"componentInputParameter": "as_of"}},
                "artifacts": {
                    name: {"taskOutputArtifact": {"producerTask": name, "outputArtifactKey": "out"}} for name in s.reads
                },
            },
            "retryPolicy": {"maxRetryCount": s.retries},
        }
        components[f"comp-{s.name}"] = {
            "executorLabel": f"exec-{s.name}",
            "outputDefinitions": {"artifacts": {"out": {}}},
        }
        executors[f"exec-{s.name}"] = {
            "container": {"image": s.image, "command": ["sh", "-euc", s.script, "sh"], "args": arguments}
        }
        if s.timeout:
            platform[f"exec-{s.name}"] = {"activeDeadlineSeconds": str(s.timeout)}
    spec = {
        "schemaVersion": "2.1.0",
        "pipelineInfo": {"name": "test"},
        "root": {
            "dag": {"tasks": tasks},
            "inputDefinitions": {"parameters": {"as_of": {"parameterType": "STRING", "defaultValue": "then"}}},
        },
        "components": components,
        "deploymentSpec": {"executors": executors},
    }
    second = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": platform}}}}
    path.write_text(yaml.safe_dump_all([spec, second]))
    return path


_COUNT = 'echo ran >> "$PWD/ran-{name}"; '


def times_run(root: Path, name: str) -> int:
    """How often a `counted` step has run."""
    log = root / f"ran-{name}"
    return len(log.read_text().splitlines()) if log.exists() else 0


def counted(name: str, script: str, **options: object) -> Script:
    """A step that leaves a line in the working directory each time it runs."""
    return Script(name, _COUNT.format(name=name) + script, **options)  # type: ignore[arg-type]
