"""``penstock verify``: generated files against the official protobufs and CRDs, and what neither of them sees."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from penstock.cli.main import OK, PROBLEMS, WRONG_USE, lacks
from penstock.cli.output import add_format, show
from penstock.cli.repository import NoRepositoryError, add_root, find_root
from penstock.diagnostics.grammar import counted
from penstock.verification.crds import CrdError, Crds
from penstock.verification.verify import Verification, verify

_CLUSTER_SECONDS = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add_root(parser)
    add_format(parser)
    definitions = parser.add_mutually_exclusive_group()
    definitions.add_argument("--crds", type=Path, metavar="DIR", help="folder with the CRDs of the cluster, as YAML")
    definitions.add_argument(
        "--cluster", metavar="CONTEXT", help="read the CRDs from a cluster, by its kubectl context"
    )
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders to verify (default: generated/)"
    )


def run(options: argparse.Namespace) -> int:
    """Verify, and say how much was looked at."""
    try:
        root = find_root(options)
        result = verify(root, options.paths, _definitions(options))
    except (NoRepositoryError, CrdError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_USE
    except ModuleNotFoundError as error:
        print(lacks(error, "verifying needs", "verify"), file=sys.stderr)
        return WRONG_USE
    show(result.diagnostics.sorted(), root, options.format)
    if options.format == "text":
        print(_summary(result))
    return PROBLEMS if result.diagnostics.has_errors else OK


def _definitions(options: argparse.Namespace) -> Crds | None:
    if options.crds is not None:
        return Crds.of_folder(options.crds)
    if options.cluster is not None:
        return Crds([(f"cluster {options.cluster}", _from_cluster(options.cluster))])
    return None


def _from_cluster(context: str) -> str:
    """All definitions of a cluster as YAML; CrdError where kubectl is missing or says no."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise CrdError("kubectl is not installed; save the CRDs to a folder, and pass it with --crds")
    try:
        answer = subprocess.run(
            [kubectl, "get", "customresourcedefinitions", "--context", context, "--output", "yaml"],
            capture_output=True,
            text=True,
            timeout=_CLUSTER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CrdError(f"the cluster `{context}` did not answer within {_CLUSTER_SECONDS} seconds") from None
    if answer.returncode != 0:
        raise CrdError(f"kubectl could not read the definitions of `{context}`: {answer.stderr.strip()}")
    return answer.stdout


def _summary(result: Verification) -> str:
    checked, unchecked = _counts(result.checked), _counts(result.unchecked)
    lines = [f"{counted(result.files, 'file')}: {checked or 'nothing to check'}"]
    if unchecked:
        lines.append(f"not checked, without a CRD: {unchecked}")
    return "\n".join(lines)


def _counts(kinds: Counter[str]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()) if count)
