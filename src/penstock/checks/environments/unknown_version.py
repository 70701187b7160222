"""A target's version is newer than this version of Penstock knows.

What it does: compares the version of KServe in each Environment with the newest one that Penstock supports.

Why: manifests are compiled for the newest supported version. A later one may have renamed a field, and Kubernetes
silently drops unknown fields. This is a warning: the manifests may well be right.

Example: `kserve: {version: "0.99"}`

Use instead: the version that the cluster runs, if this is a typo; otherwise read the release notes of the versions
between.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.model import Diagnostic
from penstock.specs.components import KserveTarget
from penstock.specs.environment import Environment

NEWEST_KSERVE = str(KserveTarget.model_fields["version"].default)
"""The language's default is the newest version that the target is written for."""


@rule("unknown-version", severities=WARNS, once=True)
def unknown_version(view: View, environment: Environment) -> Iterator[Diagnostic]:
    """Yields a version that is newer than what is known."""
    kserve = environment.spec.kserve
    if kserve is not None and _minor(kserve.version) > _minor(NEWEST_KSERVE):
        yield Diagnostic.warning(
            "unknown-version",
            f"KServe {kserve.version} is newer than the supported versions",
            view.span(environment, ("kserve", "version")),
            f"supported up to {NEWEST_KSERVE}",
            help=(f"manifests are compiled for {NEWEST_KSERVE}",),
        )


def _minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])
