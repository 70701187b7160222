"""Sensitive columns that newly reach a model, along the lineage of columns."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from penstock.catalog.lineage import Touch, Use, Ways, datasets_of, lineage, read_by_code
from penstock.catalog.model import SpecId, View
from penstock.catalog.upstream import Column, Path
from penstock.diagnostics.grammar import joined
from penstock.review.changes.directions import LOOSENED, NEUTRAL, UNKNOWN
from penstock.review.changes.same_rows import SameRows
from penstock.review.changes.specs import HIDDEN, SpecEdit
from penstock.review.impact.dependency_graph import DependencyGraph, column_addresses
from penstock.review.model import Change, Operation
from penstock.specs.addresses import Address, is_within
from penstock.specs.dataset import SENSITIVITIES, Dataset
from penstock.specs.review import Area

_TOLD_FROM = SENSITIVITIES.index("internal")
_RISKY_FROM = SENSITIVITIES.index("sensitive")
_SHOWN = 3
"""How many further ways of a column are told."""
_READ = ("Dataset", "FeatureSet", "Model")
"""The kinds that a model is made from, and itself."""

Uses = dict[tuple[Column, Use], Touch]


def newly_reaching(
    base: DependencyGraph,
    head: DependencyGraph,
    edits: Sequence[SpecEdit],
    behind: Sequence[SpecEdit],
    reading: Iterable[SpecId],
) -> Iterator[Change]:
    """For each model that the edits reach: the columns above public that it did not touch before, or not as such.

    What only decides which values reach the model is told where it is sensitive: every join has a key. A sensitive
    column that a model learns from already is told again where it comes by another feature, or by one that is computed
    otherwise: a tenth of it may have become the whole.

    A column counts with the more sensitive of its labels on the two sides, so that lowering the label and using the
    column in one pull request hides nothing; and with those of other datasets over the same rows. Each rests on the
    edits on its way, `behind` names too: what reaches the model as a tenth of a column is another thing when it is the
    whole. `reading` are specs whose code reads other rows than before, whoever edited what.
    """
    former: dict[SpecId, str] = {}
    models: set[str] = set()
    same_rows = SameRows(head.catalog, base.catalog)
    edited = frozenset(edit.spec.name for edit in edits if edit.spec.kind == "Dataset")
    # Of the code behind a name, what it reads may be another.
    of_code = (edit for edit in behind if edit.function)
    for edit in (*edits, *of_code):
        renamed = edit.change.renamed_from
        if renamed is not None:
            former[edit.spec] = renamed.name
        if edit.change.operation is not Operation.MOVED and edit.spec.kind in _READ:
            models |= _models(head, edit.spec)
    remade = tuple(edit.change for edit in (*edits, *behind) if _remakes(edit))
    models |= {name for spec_id in reading if spec_id.kind in _READ for name in _models(head, spec_id)}
    for model in sorted(models):
        for change in _of_model(base, head, former, model, same_rows, edited, remade):
            yield replace(change, rests_on=_on_the_way(change.through, (*edits, *behind)))


def _models(head: DependencyGraph, spec_id: SpecId) -> set[str]:
    """The models that a spec is a part of, itself where it is one."""
    return {one.name for one in (spec_id, *head.specs(spec_id)) if one.kind == "Model"}


def _of_model(
    base: DependencyGraph,
    head: DependencyGraph,
    former: dict[SpecId, str],
    after: str,
    same_rows: SameRows,
    edited: Container[str],
    remade: Sequence[Change],
) -> Iterator[Change]:
    """The changes, each through all that lies on any of the ways by which the column comes, a shortest one first."""
    before = former.get(SpecId("Model", after), after)
    if not (_touches_private(base, before, same_rows) or _touches_private(head, after, same_rows)):
        return
    found: dict[tuple[Column, Use, str, _How], _Told] = {}
    views = {view.environment_name: view for view in head.views(after)}
    names = dict.fromkeys([*views, *(view.environment_name for view in base.views(before))])
    everywhere = head.catalog.environments()
    plain = [one for one in everywhere if one not in names]
    for name in names:
        now = views.get(name) or head.catalog.view(name)
        known = base.catalog.view(name)
        uses_before, uses_after = _uses(known, before), _uses(now, after)
        texts = [str(one.address) for one in remade if _is_seen(one, name, names)]
        for (column, use), touch in sorted(uses_after.items(), key=lambda item: item[0]):
            # A column of a renamed dataset is the same column.
            once = (former.get(SpecId("Dataset", column[0]), column[0]), column[1])
            is_new = (once, use) not in uses_before or (uses_before[once, use].decides and not touch.decides)
            label, label_before = max(_label(now, column), _label(known, once)), _label(known, once)
            elsewhere = ""
            if is_new or column[0] in edited:
                there, name_there = same_rows.label(now, column)
                label_before = max(label_before, same_rows.label(known, once)[0])
                label, elsewhere = (there, name_there) if there > label else (label, "")
            if label < (_RISKY_FROM if touch.decides else _TOLD_FROM):
                continue
            how: _How | None = "new" if is_new else "labelled" if label > label_before else None
            if how is None and label >= _RISKY_FROM and not touch.decides:
                ways_now, ways_known = lineage(now).ways(after, column, use), lineage(known).ways(before, once, use)
                how = "remade" if _is_remade(ways_now, ways_known, former, column, texts) else None
            if how is None:
                continue
            # What is new in one environment may have come to another before.
            told = found.setdefault((column, use, SENSITIVITIES[label], how), _Told(touch.path))
            told.environments.extend([name] if name is not None else plain)
            told.addresses.update(dict.fromkeys(_addresses(now, after, column, use)))
            told.elsewhere.update(dict.fromkeys([elsewhere] if elsewhere else []))
    ways = [(key[1], SENSITIVITIES.index(key[2]), one.path, key[3], one.environments) for key, one in found.items()]
    for ((column, use, sensitivity, how), told), way in zip(found.items(), ways, strict=True):
        if any(_is_part(way, other) for other in ways):
            continue
        change = _change(head, after, column, use, sensitivity, told.path, how, tuple(dict.fromkeys(told.environments)))
        aside = [one for one in told.addresses if one not in change.through]
        also = [one for one in aside if one.startswith("FeatureSet/")]
        more = [f"{len(also) - _SHOWN} more"] if len(also) > _SHOWN else []
        besides = f", and by {joined([*(f'`{one}`' for one in also[:_SHOWN]), *more])}" if also else ""
        others = joined(f"Dataset/{name}" for name in told.elsewhere)
        by = f" ({sensitivity} by the label of {others}, which has the same rows)" if others else ""
        hidden = f"; {HIDDEN}" if everywhere and not change.environments else ""
        yield replace(change, why=change.why + besides + by + hidden, through=(*change.through, *aside))


@dataclass(slots=True)
class _Told:
    """How a column reaches a model in the environments of which the same is to be told."""

    path: Path
    """A shortest one."""
    environments: list[str] = field(default_factory=list)
    addresses: dict[str, None] = field(default_factory=dict)
    """All that lies on any way."""
    elsewhere: dict[str, None] = field(default_factory=dict)
    """Other datasets over the same rows that label it so."""


def _addresses(view: View, model: str, column: Column, use: Use) -> Iterator[str]:
    """All that lies on a way by which a column comes: whoever approved one of them has not approved another."""
    ways = lineage(view).ways(model, column, use)
    yield from column_addresses(tuple(map(".".join, sorted(ways.columns))), "")
    for end in ways.ends:
        yield from column_addresses((end,), use)


def _remakes(edit: SpecEdit) -> bool:
    """Whether an edit decides what becomes of columns on their way: of the text of a feature, or of a query.

    What is taken away from a text decides it too: without its condition, an aggregate is of all rows.
    """
    change, place = edit.change, (edit.spec.kind, *edit.pointer[:2])
    is_text = place in (("FeatureSet", "spec", "features"), ("Dataset", "spec", "source"))
    return is_text and change.direction is not NEUTRAL


def _is_seen(change: Change, environment: str | None, apart: Container[str | None]) -> bool:
    """Whether a view has a change; that before overrides stands for all environments that have none of their own.

    Only that has a change which overrides hide in every environment.
    """
    if environment is not None:
        return environment in change.environments
    return not change.environments or any(one not in apart for one in change.environments)


def _is_remade(ways: Ways, before: Ways, former: dict[SpecId, str], column: Column, remade: Sequence[str]) -> bool:
    """Whether a column that reached the model comes by a feature that it did not, or is another by then."""
    known = {
        f"{former.get(SpecId('FeatureSet', name), name)}.{feature}"
        for name, _, feature in (end.partition(".") for end in ways.ends)
    }
    if known - set(before.ends):
        return True
    made = [step for end in ways.ends for step in column_addresses((end,), "feature")]
    made += [f"Dataset/{dataset}.source" for dataset, _ in ways.columns if dataset != column[0]]
    return any(is_within(one, step) for one in remade for step in made)


_How = Literal["new", "labelled", "remade"]
"""`new`: a column did not reach the model so; `labelled`: it had a weaker label; `remade`: it came otherwise."""
_Way = tuple[Use, int, Path, _How, list[str]]
"""As what a column reaches the model, its label, by which path, how, and in which environments."""


def _is_part(one: _Way, other: _Way) -> bool:
    """Whether a way is the end of another that tells as much and more: what is approved of that holds for it too."""
    use, label, path, how, environments = one
    whole = other[2]
    return (
        (use, how) == (other[0], other[3])
        and label <= other[1]
        and len(path) < len(whole)
        and whole[-len(path) :] == path
        and set(environments) <= set(other[4])
    )


def _on_the_way(through: tuple[str, ...], edits: Iterable[SpecEdit]) -> tuple[str, ...]:
    """The edits of what the way leads over, and of what makes it: the texts of features, the sources of datasets."""
    specs = {step.partition(".")[0] for step in through}
    found = set()
    for edit in edits:
        change, address = edit.change, str(edit.change.address)
        part = change.address.parts[:1]
        is_beside = part in ((".columns",), (".features",), (".metadata",)) and not any(
            is_within(address, step) or is_within(step, address) for step in through
        )
        is_prose = change.area is Area.DOCUMENTATION and change.direction is NEUTRAL
        if str(change.address.spec) in specs and not is_beside and not is_prose:
            found.add(change.fingerprint)
    return tuple(sorted(found))


def _touches_private(reach: DependencyGraph, model: str, same_rows: SameRows) -> bool:
    """Whether any dataset that the model is made from has a column above public; most lineage is spared by that.

    Where all of its own are public, one may be private by another dataset.
    """
    for view in reach.views(model):
        by_code = (name for name, _ in read_by_code(view, view.model(model)))
        for name in (*datasets_of(view, model), *by_code):
            dataset = view.find(Dataset, name)
            if dataset is None or any(one.sensitivity != "public" for one in dataset.spec.columns.values()):
                return True
            if same_rows.is_labelled(view, dataset):
                return True
    return False


def _uses(view: View, model: str) -> Uses:
    try:
        return lineage(view).touches(model)
    except KeyError:
        return {}


def _label(view: View, column: Column) -> int:
    """How sensitive a side declares the column to be; least of all where it does not have it."""
    document = view.catalog.document(SpecId("Dataset", column[0]))
    return SENSITIVITIES.index(lineage(view).sensitivity(column)) if document is not None else 0


def _change(
    head: DependencyGraph,
    model: str,
    column: Column,
    use: Use,
    sensitivity: str,
    path: Path,
    how: _How,
    environments: tuple[str, ...],
) -> Change:
    spec_id = SpecId("Model", model)
    does = {
        "new": "newly reaches the model",
        "labelled": f"is now labelled `{sensitivity}`, and reaches the model",
        "remade": "reaches the model otherwise than before",
    }[how]
    is_risky = SENSITIVITIES.index(sensitivity) >= _RISKY_FROM
    return Change(
        address=Address("Model", model),
        operation=Operation.CHANGED,
        before=None if how == "new" else {"column": ".".join(column), "use": use},
        after={"column": ".".join(column), "use": use, "sensitivity": sensitivity},
        direction=UNKNOWN if how == "remade" else LOOSENED if is_risky else NEUTRAL,
        area=Area.PRIVACY,
        cause="indirect",
        why=f"{sensitivity} column {'.'.join(column)} {does} as {use}: {' -> '.join(path)}",
        environments=environments,
        sensitivity=sensitivity,
        span=head.catalog.span(spec_id, ("spec", "features")),
        through=tuple(column_addresses(path, use)),
    )
