"""Data that Python reads by itself: no lineage leads from there, so whoever answers for privacy has to see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from penstock.catalog.embedded_code import embedded_code
from penstock.catalog.marked_texts import CODE
from penstock.catalog.model import SpecId, View
from penstock.catalog.python.reads import NOTHING, CodeReads, DataRead, code_reads, command_reads
from penstock.catalog.upstream import sensitivity
from penstock.diagnostics.grammar import listed
from penstock.review.changes.directions import LOOSENED, UNKNOWN
from penstock.review.changes.labelled_rows import NAMING_CODE, may_name_code, newly_labelled, sensitive_columns
from penstock.review.changes.specs import HIDDEN, SpecEdit
from penstock.review.impact.dependency_graph import DependencyGraph
from penstock.review.model import Change, Operation
from penstock.source.model import Pointer
from penstock.specs.addresses import Address, is_within
from penstock.specs.base import Resource
from penstock.specs.dataset import SENSITIVITIES
from penstock.specs.kinds import KINDS
from penstock.specs.model import Model
from penstock.specs.review import Area

_ANYTHING = "anything: it may run any code"


class _Code(NamedTuple):
    """Code that a field names."""

    pointer: Pointer
    name: str
    reads: CodeReads


def data_reads(
    base: DependencyGraph, head: DependencyGraph, edits: Sequence[SpecEdit], behind: Sequence[SpecEdit]
) -> Iterator[Change]:
    """For each field of head that names code: what that newly reads by itself, or reads otherwise than before.

    Where nobody can tell what the code reads, it may be something else with every edit of the code. `edits` are of
    specs, `behind` of what stands behind names in them. The columns of a dataset are declared, so of its own function
    only the rows of others are told that hold sensitive columns. Of code that nobody edits it is told, too, where the
    rows that it reads are declared or labelled as sensitive now.
    """
    by_spec: dict[SpecId, list[SpecEdit]] = {}
    for edit in (*edits, *behind):
        if edit.spec.kind in NAMING_CODE and edit.change.operation not in (Operation.REMOVED, Operation.MOVED):
            by_spec.setdefault(edit.spec, []).append(edit)
    labelled = newly_labelled(base, head, edits)
    for spec_id in sorted({*by_spec, *(may_name_code(head) if labelled else ())}):
        yield from _of_spec(base, head, spec_id, by_spec.get(spec_id, ()), labelled)


def _of_spec(
    base: DependencyGraph,
    head: DependencyGraph,
    spec_id: SpecId,
    edits: Sequence[SpecEdit],
    labelled: Mapping[str, Sequence[SpecEdit]],
) -> Iterator[Change]:
    former = next((edit.change.renamed_from for edit in edits if edit.change.renamed_from is not None), None)
    name_before = former.name if former is not None else spec_id.name
    everywhere = head.catalog.environments()
    # Where an override has gone, other code is run than before.
    had = _apart(base, SpecId(spec_id.kind, name_before), labelled).intersection(everywhere)
    apart = sorted(_apart(head, spec_id, labelled) | had)
    found: dict[tuple[str, str], Change] = {}
    for environment in (None, *apart):
        where = [one for one in everywhere if one not in apart] if environment is None else [environment]
        known = _named(base.catalog.view(environment), spec_id.kind, name_before)
        for address, code in _named(head.catalog.view(environment), spec_id.kind, spec_id.name).items():
            causes = [edit for edit in edits if _concerns(edit, f"{spec_id}{address}")]
            before = known[address].reads if address in known else NOTHING
            by_label = {name: labelled[name] for name, _ in code.reads.datasets if name in labelled}
            is_concerned = bool(edits or by_label)
            change = _change(head, spec_id, environment, code, before, causes, by_label) if is_concerned else None
            if change is None:
                continue
            key = address, change.why
            known_change = found.get(key)
            # In an environment it is one more change only where it is another.
            seen = known_change.environments if known_change is not None else ()
            found[key] = replace(known_change or change, environments=tuple(dict.fromkeys((*seen, *where))))
    for change in found.values():
        is_hidden = bool(everywhere) and not change.environments
        yield replace(change, why=f"{change.why}; {HIDDEN}") if is_hidden else change


def _apart(side: DependencyGraph, spec_id: SpecId, labelled: Iterable[str]) -> set[str]:
    """The environments in which the code, or a label of the rows that it reads, may be another on a side."""
    code = _named(side.catalog.view(None), spec_id.kind, spec_id.name).values()
    names = {*labelled, *(name for one in code for name, _ in one.reads.datasets)}
    read = (SpecId("Dataset", name) for name in names)
    return {name for one in (spec_id, *read) for name in side.catalog.overriding(one)}


def _named(view: View, kind: str, name: str) -> dict[str, _Code]:
    """The code that a spec names, by the address of the field within the spec."""
    resource = view.find(KINDS[kind], name)
    if resource is None:
        return {}
    spec_id = SpecId(kind, name)
    start = len(str(spec_id))
    return {
        str(view.catalog.address(spec_id, code.pointer, view.environment_name))[start:]: code
        for code in _code_of(view, resource)
    }


def _code_of(view: View, resource: Resource) -> Iterator[_Code]:
    for found in (each for what in CODE for each in embedded_code(view, resource, what)):
        reads = code_reads(view, found.text)
        if found.pointer[1:3] == ("source", "python"):
            others = [each for each in reads.datasets if each[0] != resource.name]
            reads = CodeReads(datasets=tuple(each for each in others if any(sensitive_columns(view, each[0]))))
        yield _Code(found.pointer, found.text, reads)
    if isinstance(resource, Model):
        for position, step in enumerate(resource.spec.steps):
            reads = command_reads(view, step.command)
            yield _Code(("spec", "steps", position, "command"), step.name, reads)


def _concerns(edit: SpecEdit, address: str) -> bool:
    """Whether an edit is of a field, of what holds it, or of what it holds."""
    one = str(edit.change.address)
    return is_within(one, address) or is_within(address, one)


def _change(
    head: DependencyGraph,
    spec_id: SpecId,
    environment: str | None,
    code: _Code,
    before: CodeReads,
    causes: Sequence[SpecEdit],
    by_label: Mapping[str, Sequence[SpecEdit]],
) -> Change | None:
    """What is to be told of code. `by_label` are the datasets that it reads of which edits make columns sensitive."""
    after = code.reads
    known = {_written(read) for read in before.reads}
    new = [read for read in after.reads if _written(read) not in known]
    datasets = [name for name, _ in after.datasets if name not in dict(before.datasets) or name in by_label]
    is_other = bool(causes) and after.is_open
    if not new and not datasets and not is_other:
        return None
    view = head.catalog.view(environment)
    columns = [one for name in datasets for one in sensitive_columns(view, name)]
    label = max((SENSITIVITIES.index(sensitivity(view, one)) for one in columns), default=None)
    names = [".".join(one) for one in columns]
    words = list(_in_words(new, after, datasets, names, is_other=is_other))
    return Change(
        address=Address(spec_id.kind, spec_id.name),
        operation=Operation.CHANGED,
        before={"code": code.name, "reads": _all(before)},
        after={"code": code.name, "reads": _all(after)} | ({"sensitive": names} if names else {}),
        direction=LOOSENED if columns else UNKNOWN,
        area=Area.PRIVACY,
        cause="indirect",
        why=f"the code behind `{code.name}` reads data by itself, past labels and purposes: {'; '.join(words)}",
        sensitivity=SENSITIVITIES[label] if label is not None else None,
        span=head.catalog.span(spec_id, code.pointer, environment=environment),
        through=tuple(dict.fromkeys(read.at[0] for read in new)) or tuple(path for _, (path, _) in after.datasets),
        rests_on=tuple(sorted({edit.change.fingerprint for edit in (*causes, *chain(*by_label.values()))})),
    )


def _in_words(
    new: Sequence[DataRead],
    after: CodeReads,
    datasets: Sequence[str],
    columns: Sequence[str],
    *,
    is_other: bool,
) -> Iterator[str]:
    """What is new, in words."""
    shown = new or [read for read in after.reads if read.targets is None and is_other]
    for read in shown:
        path, line = read.at
        what = listed(read.targets) if read.targets else "under a computed name"
        yield f"`{read.by}` in {path}:{line} reads {what}"
    if not after.is_followed and is_other:
        yield _ANYTHING
    for name in datasets:
        yield f"these are rows of Dataset/{name}"
    if columns:
        yield f"with the sensitive columns {listed(columns)}"


def _written(read: DataRead) -> str:
    """A read without its line, which means nothing."""
    return f"{read.by} {', '.join(read.targets)}" if read.targets is not None else f"{read.by} anything"


def _all(reads: CodeReads) -> list[str]:
    found = {_written(read) for read in reads.reads} | {f"Dataset/{name}" for name, _ in reads.datasets}
    return sorted(found if reads.is_followed else {*found, "anything"})
