"""A model needs a Python package that the runtime image is not known to contain.

What it does: collects the package of `estimator.class` or, if this or `estimator.python` is in the repository, the
packages that its file imports outside of functions and conditions, and those that the imported files of the repository
import. Except for the standard library, the repository and the packages of Penstock's runtime, each must be in
`images.libraries` of every Environment with a cluster that trains models. An Environment without this list only gives a
warning. Versions are not checked: the digest of the image pins them. Local runs use the packages installed on the
machine.

Why: training would fail in the cluster, after the data has been read.

Example, where `staging` has `images: {runtime: ..., libraries: [lightgbm]}`:

    estimator: {class: xgboost.XGBClassifier}

Use instead: add the package to the image, update the image's digest, and list the package:

    images: {runtime: "REGISTRY/runtime@sha256:...", libraries: [lightgbm, xgboost]}
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from penstock.catalog.model import View
from penstock.catalog.python.imports import Import, foreign_imports, is_foreign
from penstock.catalog.python.runtime_modules import is_brought
from penstock.checks.models.unknown_class import means_scikit_learn
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.grammar import listed
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Label, Safety, Span
from penstock.diagnostics.suggest import did_you_mean
from penstock.specs.environment import Environment
from penstock.specs.model import Model


@rule("missing-library", severities=MAY_WARN)
def missing_library(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields each package that an image lacks, or may lack."""
    for needed in _needed(view, model):
        places = list(_trained_in(view, model))
        lacking = [one for one in places if needed.library not in (one.spec.libraries or ())]
        known = [one for one in lacking if one.spec.libraries is not None]
        if known:
            yield _lacking(view, model, needed, known)
        elif lacking:
            yield _unsaid(view, model, needed, lacking)


def _needed(view: View, model: Model) -> Iterator[Import]:
    """The packages that the image has to hold; without a place where the spec itself names one."""
    estimator = model.spec.estimator
    path = estimator.class_
    if path is not None and is_foreign(view, path):
        if not means_scikit_learn(path):
            yield Import(path.partition(".")[0])
    elif path is not None and not is_brought(path.partition(".")[0]):
        yield from foreign_imports(view, path.rpartition(".")[0])
    elif estimator.python is not None:
        yield from foreign_imports(view, estimator.python.partition(":")[0])


def _trained_in(view: View, model: Model) -> Iterator[Environment]:
    """The environments whose cluster trains the model with this estimator."""
    here = view.environment_name
    for name in view.environments() if here is None else (here,):
        seen = view.in_environment(name)
        environment, own = seen.find(Environment, name), seen.find(Model, model.name)
        # Where an override changes the estimator, the view of that environment tells.
        is_same = own is not None and own.spec.estimator == model.spec.estimator
        if is_same and environment is not None and environment.spec.retrains:
            yield environment


def _lacking(view: View, model: Model, needed: Import, places: list[Environment]) -> Diagnostic:
    library, at = needed.library, _at(view, model, needed)
    labels = [
        Label(view.span(one, ("images", "libraries")), f"the packages in the image of `{one.name}`") for one in places
    ]
    guesses = did_you_mean(library, sorted({each for one in places for each in one.spec.libraries or ()}))
    if guesses:
        help_ = f"did you mean `{guesses[0]}`?"
    else:
        help_ = f"add `{library}` to the list if the image contains it; otherwise build an image with it"
    fix = None
    if guesses and needed.at is None:
        fix = Fix(Safety.UNSAFE, f"write `{guesses[0]}`", (Edit(at, guesses[0]),))
    return Diagnostic.error(
        "missing-library",
        f"`{model.name}` needs the package `{library}`, which the runtime image does not contain",
        at,
        secondary=(*_asking(view, model, needed), *labels),
        help=(help_,),
        fix=fix,
    )


def _unsaid(view: View, model: Model, needed: Import, places: list[Environment]) -> Diagnostic:
    library = needed.library
    labels = [Label(view.span(one, ("images", "runtime")), f"the image of `{one.name}`") for one in places]
    names = listed(one.name for one in places)
    return Diagnostic.warning(
        "missing-library",
        f"`{model.name}` needs the package `{library}`, which the runtime image may not contain",
        _at(view, model, needed),
        secondary=(*_asking(view, model, needed), *labels),
        help=(f"if it does, list it in {names}: `images: {{runtime: ..., libraries: [{library}]}}`",),
    )


def _at(view: View, model: Model, needed: Import) -> Span:
    """The import or, where the spec itself names the package, that name."""
    if needed.at is not None:
        return Span.point(*needed.at)
    return view.span(model, ("estimator", "class"), within=(0, len(needed.library)))


def _asking(view: View, model: Model, needed: Import) -> Iterator[Label]:
    """What leads from the spec to the import."""
    if needed.at is None:
        return
    way = [*needed.by_way_of, needed.at]
    for (path, line), (imported, _) in pairwise(way):
        yield Label(Span.point(path, line), f"imports `{imported}`")
    what = "python" if model.spec.estimator.python is not None else "class"
    file = f"`{way[0][0]}`" if needed.by_way_of else "this file"
    yield Label(view.span(model, ("estimator", what)), f"the estimator is defined in {file}")
