"""Whether a version was judged as strictly as where it is to be served: overrides may differ in what they ask of it.

They may differ in what it is tested on as well: a feature that sees the future in one environment alone, or that the
model has there alone, or rows that are set aside there, make a model look better than it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penstock.catalog.digests import find_spec_digest
from penstock.catalog.lineage import datasets_of
from penstock.catalog.model import View
from penstock.review.changes.diff import Difference, differences
from penstock.review.changes.directions import LOOSENED, UNKNOWN
from penstock.review.changes.quarantined_rows import quarantining
from penstock.specs.addresses import Address
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.gate import Gate
from penstock.specs.model import Model

_FEATURES = ".features"
_EXAM = (_FEATURES, ".label", ".slices", ".split", ".task", ".threshold")
"""The fields of a model that say what it is tested on."""
_JUDGING = (Gate.kind_name, Model.kind_name)
_TESTS = ".tests"
"""Tests of a gate, which judge nobody."""
_OWN = (".source", ".freshness")
"""Where an environment has its rows from, and how new they are there, is its own affair."""


def trained_as(here: View, model: str, specs: str) -> tuple[View, ...]:
    """The environments in which specs of this digest train the model."""
    views = map(here.in_environment, here.catalog.environments())
    return tuple(view for view in views if find_spec_digest(view, model) == specs)


def asked_less(here: View, trained: Sequence[View], model: str) -> str:
    """Why a version may not be served in an environment, since each of those that may have judged it asks less.

    Empty where one of `trained` asks no less, and so where there is none.
    """
    found = {str(view.environment_name): _looser(here, view, model) for view in trained}
    if not found or not all(found.values()):
        return ""
    where, what = next(iter(found.items()))
    name = here.environment_name
    is_judging = what is not None and what.kind in _JUDGING and what.parts[0] != _FEATURES
    differs, remain = ("asks less than", "ask as much") if is_judging else ("is another than", "have the same")
    trains = here.environment is not None and here.environment.spec.training
    remedy = (
        f"train it for `{name}`, as `penstock run {model} --environment {name}` does"
        if trains
        else f"{remain} in `{where}`, for `{name}` trains nothing"
    )
    return f"the version was judged for `{where}`, where `{what}` {differs} in `{name}`: {remedy}"


def _looser(here: View, there: View, model: str) -> Address | None:
    """The first field by which the gates of a model, its test or its data ask less `there`; None where there is none.

    What is not ordered by risk may ask less.
    """
    differing = _differences(here, there, model)
    return next((one.address for one in differing if one.judgement.direction in (LOOSENED, UNKNOWN)), None)


def _differences(here: View, there: View, model: str) -> Iterator[Difference]:
    known = {gate.name: gate for gate in there.gates_of(model)}
    for gate in here.gates_of(model):
        # One that did not judge there is told by its name.
        if gate.name in known:
            found = differences(Address(Gate.kind_name, gate.name), gate.spec, known[gate.name].spec)
            yield from (one for one in found if one.address.parts[0] != _TESTS)
    asked, was_asked = here.model(model), there.model(model)
    found = differences(Address("Model", model), asked.spec, was_asked.spec)
    yield from (one for one in found if one.address.parts[0] in _EXAM)
    for name in asked.spec.features:
        yield from _of_spec(FeatureSet, name, here, there)
    for name in datasets_of(here, model):
        yield from (one for one in _of_spec(Dataset, name, here, there) if one.address.parts[0] not in _OWN)


def _of_spec(kind: type[FeatureSet] | type[Dataset], name: str, here: View, there: View) -> Iterator[Difference]:
    one, other = here.find(kind, name), there.find(kind, name)
    if one is not None and other is not None:
        for difference in differences(Address(kind.kind_name, name), one.spec, other.spec):
            yield quarantining(difference, other.spec)
