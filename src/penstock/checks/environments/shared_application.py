"""Two environments have one Application of Argo CD.

What it does: compares the names of the Applications of the Environments that have `argoCd` with the same `namespace`.

Why: an Application is of one environment. Of two with the same name, the one that is applied last counts: Argo CD then
follows that environment and nobody looks after the other; with `prune` it may delete what it applied there.

Example: `application: ml` in `staging` and in `production`.

Use instead: another name in one of them, or no `application` in both: then it has the environment's name in it.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label, Span
from penstock.specs.environment import Environment


@rule("shared-application")
def shared_application(view: View, environment: Environment) -> Iterator[Diagnostic]:
    """Yields the later by name of two environments that have one Application."""
    if view.environment_name is not None or (own := _application(environment)) is None:
        return
    for other in view.all(Environment):
        if other.name < environment.name and _application(other) == own:
            yield Diagnostic.error(
                "shared-application",
                f"`{environment.name}` and `{other.name}` have one Application, `{own[1]}`",
                _place(view, environment),
                "whichever is applied last counts",
                secondary=(Label(_place(view, other), "the same name"),),
                help=("give one of them another `application`, or leave it out in both",),
            )


def _application(environment: Environment) -> tuple[str, str] | None:
    """Namespace and name of an environment's Application, if it is applied at all."""
    target = environment.spec.argo_cd
    if target is None or not environment.spec.cluster:
        return None
    return target.namespace, target.application_of(environment.name)


def _place(view: View, environment: Environment) -> Span:
    """Where the name is written, or else where Argo CD is declared."""
    return view.span(environment, ("argoCd", "application"), of="key")
