"""Releases of KServe whose running pods go before others are ready, and changes that its webhook refuses.

In Standard mode a version under a canary strategy has a Deployment of its own, named by its digest. KServe deletes
every predictor that an InferenceService no longer names, and does not wait for the one that it names instead
(`reconcileCanaryDeployments` of 0.20, and its main branch). So the version that keeps the traffic has to be one that
has pods already: the stable one or its canary. A Release that is reverted names another, and has no canary.

A canary counts as ready with its first pod (`AvailableReplicas > 0`): a step that raises its share moves the traffic at
once, and the pods that the share needs start afterwards.

A predictor may be renamed only together with its model (`validatePredictorNameChange`), and the deployment mode of an
InferenceService that has been there never changes (`validateDeploymentMode`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from penstock.catalog.model import Catalog, SpecId, View
from penstock.diagnostics.model import Diagnostic
from penstock.ir.serving import canary_copies, predictor_name
from penstock.review.warnings.served import served
from penstock.specs.base import ManifestPatch
from penstock.specs.canary import Canary
from penstock.specs.release import Release
from penstock.specs.rollout import Rollout
from penstock.specs.units import Fraction


class _Served(NamedTuple):
    """What an InferenceService says of the versions that it serves."""

    mode: str
    release: Release
    canary: Canary | None
    """The strategy that names its predictors."""
    least: int
    """Replicas of all versions together, at least."""
    is_patched: bool
    """Whether a patch says how the stable predictor is called."""

    @property
    def step(self) -> int | None:
        """The step of the canary that is under way."""
        return self.release.spec.step if self.canary is not None and self.release.spec.previous is not None else None

    @property
    def stable(self) -> str:
        """The digest of the version that keeps what the canary does not get."""
        spec = self.release.spec
        return spec.previous.digest if self.step is not None and spec.previous is not None else spec.version.digest

    @property
    def share(self) -> Fraction:
        """What the version that is released gets of the traffic."""
        steps, step = self.canary.steps if self.canary is not None else [], self.step
        return steps[step].weight if step is not None and step < len(steps) else Fraction(1)

    @property
    def copies(self) -> int:
        """The replicas of that version."""
        return canary_copies(self.least, self.share)

    @property
    def names(self) -> set[str]:
        """What tells its predictors apart; without a strategy there is one, whatever its version."""
        return {self.stable, self.release.spec.version.digest} if self.canary is not None else {""}


def predictor_changes(base: Catalog, head: Catalog, touched: Iterable[SpecId]) -> Iterator[Diagnostic]:
    """A warning for each InferenceService that would be without pods for a while, or would not be changed at all."""
    touched = list(touched)
    rollouts = sorted({name for catalog in (base, head) for name in _rollouts(catalog, touched)})
    for environment in head.environments():
        moved = SpecId("Environment", environment) in touched
        before, after = base.view(environment), head.view(environment)
        served = [each.name for each in after.all(Rollout)] if moved else []
        for name in sorted({*rollouts, *served}):
            was, is_ = _served(before, name), _served(after, name)
            if was is not None and is_ is not None:
                yield from _problems(after, name, was, is_)


def _problems(after: View, name: str, was: _Served, is_: _Served) -> Iterator[Diagnostic]:
    environment = str(after.environment_name)
    if was.mode != is_.mode:
        yield Diagnostic.warning(
            "predictor-refused",
            f"KServe refuses to move `{name}` in {environment} from {was.mode} to {is_.mode} mode",
            after.span(SpecId("Environment", environment), ("kserve", "mode")),
            "it is served as before",
            help=(
                "delete its InferenceService when this is applied, and it is created in the new mode; or serve it from "
                "another Environment with a namespace of its own first",
            ),
        )
        return
    if is_.mode == "Knative" or was.is_patched or is_.is_patched:
        return
    keeps = is_.stable if is_.canary is not None else ""
    if keeps in was.names:
        yield from _short_of_pods(after, name, was, is_)
        return
    if (was.canary is None) != (is_.canary is None) and was.stable == is_.stable:
        yield Diagnostic.warning(
            "predictor-refused",
            f"KServe refuses the change of `{name}` in {environment} until it serves another version",
            after.span(SpecId("Rollout", name), ("strategy",)),
            "this changes the name of the running predictor",
            help=(_as_it_was(name, was),),
        )
    elif (answered := _answered(was, is_)) < 1:
        yield Diagnostic.warning(
            "predictor-gap",
            f"`{name}` in {environment} answers {f'only {answered!s} of its' if answered else 'no'} requests until "
            "the pods of another version are ready",
            after.span(is_.release, ("version", "digest")),
            "KServe deletes the running pods first",
            help=_through_a_canary(after, name, was, is_),
        )


def _short_of_pods(after: View, name: str, was: _Served, is_: _Served) -> Iterator[Diagnostic]:
    """Where the traffic of a canary grows to more than twice what its pods are for."""
    is_same = was.release.spec.version.digest == is_.release.spec.version.digest
    if is_same and was.step is not None and is_.canary is not None and is_.copies > 2 * was.copies:
        yield Diagnostic.warning(
            "predictor-overload",
            f"`{name}` in {after.environment_name} gives {is_.share!s} of the traffic to {was.copies} of "
            f"{is_.copies} replicas until the others have started",
            after.span(is_.release, ("version", "digest")),
            f"the canary had {was.share!s}",
            help=("move through steps that at most double the share, such as 25%, 50% and 100%",),
        )


def _as_it_was(name: str, was: _Served) -> str:
    """The patch that keeps the name of the running predictor."""
    if was.canary is None:
        until, patch = "until the next version has all traffic", "json: [{op: remove, path: /spec/predictor/name}]"
    else:
        called = predictor_name(was.stable)
        until, patch = "for good", f"merge: {{spec: {{predictor: {{name: {called}}}}}}}"
    return f"keep its name by a patch {until}: `{{kind: InferenceService, name: {name}, {patch}}}`"


def _through_a_canary(after: View, name: str, was: _Served, is_: _Served) -> tuple[str, ...]:
    """How the version gets its pods first; without a strategy now it cannot."""
    rollout = after.find(Rollout, name)
    if is_.canary is None or rollout is None:
        return ("release this version first, and remove the strategy then",)
    last = len(is_.canary.steps) - 1
    through = (
        f"go to it through a canary: `penstock promote {rollout.spec.model} --to {after.environment_name} --version N "
        f"--step {last}`, and `--complete` once its pods are ready"
    )
    return (through,) if was.canary is not None else (through, _as_it_was(name, was))


def _answered(was: _Served, is_: _Served) -> Fraction:
    """The share of the requests that goes to a canary which has pods already."""
    has_pods = is_.step is not None and is_.release.spec.version.digest in was.names
    return is_.share if has_pods else Fraction(0)


def _rollouts(catalog: Catalog, touched: Iterable[SpecId]) -> Iterator[str]:
    for spec_id in touched:
        if spec_id.kind == Rollout.kind_name and catalog.find(Rollout, spec_id.name) is not None:
            yield spec_id.name
        elif spec_id.kind == Release.kind_name and (release := catalog.find(Release, spec_id.name)) is not None:
            yield release.spec.rollout


def _served(view: View, name: str) -> _Served | None:
    """What KServe serves of a rollout; None where it serves nothing of it."""
    rollout, release, environment = served(view, name), view.release_of(name), view.environment
    if rollout is None or release is None or environment is None or environment.spec.kserve is None:
        return None
    if rollout.spec.serve.target != "kserve":
        return None
    spec = rollout.spec
    is_patched = any(map(_is_of_the_name, spec.patches))
    return _Served(environment.spec.kserve.mode, release, spec.strategy.canary, spec.serve.replicas.min, is_patched)


def _is_of_the_name(patch: ManifestPatch) -> bool:
    """Whether a patch names the stable predictor, or takes its name away."""
    predictor = ((patch.merge or {}).get("spec") or {}).get("predictor")
    by_merge = isinstance(predictor, dict) and "name" in predictor
    by_path = any(operation.path == "/spec/predictor/name" for operation in patch.json_ or ())
    return patch.kind == "InferenceService" and (by_merge or by_path)
