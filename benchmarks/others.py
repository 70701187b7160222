"""The same work by other means: kfp's own compiler, PyYAML's dumper, git's look at a tree."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import yaml

SAMPLE = 12


def kfp_compiler(root: Path) -> tuple[float, int]:
    """Seconds for one pipeline with kfp's compiler, and how many were tried.

    The pipeline has as many container steps as the repository's largest, chained, each with arguments of text.
    """
    script = """
import sys, time, tempfile
from kfp import dsl, compiler

@dsl.container_component
def step(previous: dsl.Input[dsl.Artifact], out: dsl.Output[dsl.Artifact], text: str):
    return dsl.ContainerSpec(image="example.com/x@sha256:" + "0" * 64, command=["penstock-step"],
                             args=["--in", previous.path, "--out", out.path, "--text", text])

@dsl.container_component
def first(out: dsl.Output[dsl.Artifact]):
    return dsl.ContainerSpec(image="example.com/x@sha256:" + "0" * 64, command=["penstock-step"], args=[out.path])

def build():
    @dsl.pipeline(name="p")
    def pipeline():
        task = first()
        for index in range(int(sys.argv[1]) - 1):
            task = step(previous=task.outputs["out"], text=f"value {index}")
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        compiler.Compiler().compile(pipeline, file.name)

build()
began = time.perf_counter()
for _ in range(3):
    build()
print((time.perf_counter() - began) / 3)
"""
    steps = (root / "generated/production/flight-delay/training.yaml").read_text().count("componentRef:")
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(steps)], capture_output=True, text=True, check=True
    )
    return float(run.stdout.split()[-1]), 3


def pyyaml_dumper(files: list[Path]) -> tuple[float, int]:
    """Seconds for dumping one generated file with PyYAML's C dumper, and how many were tried."""
    chosen = random.Random(0).sample(files, min(SAMPLE, len(files)))
    documents = [list(yaml.load_all(path.read_bytes(), yaml.CSafeLoader)) for path in chosen]
    began = time.perf_counter()
    for each in documents:
        yaml.dump_all(each, Dumper=yaml.CSafeDumper, sort_keys=False)
    return (time.perf_counter() - began) / len(chosen), len(chosen)


def git_status(root: Path) -> float:
    """Seconds for `git status` over the tree, once all of it is in the index."""
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True)
    began = time.perf_counter()
    subprocess.run(["git", "-C", str(root), "status", "--porcelain"], check=True, capture_output=True)
    return time.perf_counter() - began
