"""A target is of a newer version than this program knows.

What it does: compares the version of KServe in each Environment with the newest one whose manifests are known here.

Why: what is compiled is what the newest known version takes. A later one may have renamed a field, and Kubernetes drops
a field that it does not know without a word. This is a warning: the manifests may well be right.

Example: `kserve: {version: "0.99"}`

Use instead: the version that the cluster runs, if this is a slip; else look through the notes of the releases between.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.model import Diagnostic
from penstock.specs.environment import Environment, KserveTarget

NEWEST_KSERVE = str(KserveTarget.model_fields["version"].default)
"""The language's default is the newest version that the target is written for."""


@rule("unknown-version", severities=WARNS)
def unknown_version(view: View, environment: Environment) -> Iterator[Diagnostic]:
    """Yields a version that is newer than what is known."""
    kserve = environment.spec.kserve
    if kserve is not None and _minor(kserve.version) > _minor(NEWEST_KSERVE):
        yield Diagnostic.warning(
            "unknown-version",
            f"nothing is known here of KServe {kserve.version}",
            view.span(environment, ("kserve", "version")),
            f"known up to {NEWEST_KSERVE}",
            help=(f"manifests are compiled as {NEWEST_KSERVE} takes them",),
        )


def _minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])
