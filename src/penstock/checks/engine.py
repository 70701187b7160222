"""Runs the rules over a catalog: every spec in every environment in which it differs, each mistake reported once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from penstock.catalog.dependencies import SPEC, Dependencies
from penstock.catalog.model import Catalog, SpecId, View
from penstock.catalog.problems import catalog_problems, repository_problems, spec_problems
from penstock.checks.rule import Rule
from penstock.checks.rules import rules_of
from penstock.diagnostics.deduplicate import deduplicated
from penstock.diagnostics.model import Diagnostic, Diagnostics, Severity
from penstock.specs.kinds import KINDS
from penstock.specs.rollout import Rollout


def check(catalog: Catalog) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with a repository, in order, one diagnostic for each cause."""
    found = Diagnostics()
    found.extend(catalog_problems(catalog))
    by_rules = (one for spec_id in catalog.ids() for one in _by_rules(catalog, spec_id, Dependencies()))
    kinds = {spec_id.kind for spec_id in catalog.ids()}
    once = {rule.code.name for kind in kinds for rule in rules_of(kind) if rule.once}
    found.extend(deduplicated(_of_what_was_read(catalog, by_rules), once))
    return found.sorted()


def _of_what_was_read(catalog: Catalog, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Those that do not speak of what the reader has refused: its author mends that first."""
    refused = {one.primary.span for one in catalog.reading if one.severity is Severity.ERROR and one.primary}
    for one in found:
        spans = {label.span for label in (one.primary, *one.secondary) if label is not None}
        if refused.isdisjoint(spans):
            yield one


def check_spec(catalog: Catalog, spec_id: SpecId, reads: Dependencies) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with one spec; it is checked again only when something in `reads` has changed.

    With `check_documents`, the specs of a catalog one by one give what `check` gives, but that a name that nothing has
    and that is written in many places is reported at each.
    """
    found = Diagnostics()
    found.extend(spec_problems(catalog, spec_id, reads))
    found.extend(_of_what_was_read(catalog, _by_rules(catalog, spec_id, reads)))
    return found.sorted()


def check_documents(catalog: Catalog) -> tuple[Diagnostic, ...]:
    """What belongs to no single spec: files that cannot be read, documents that are no specs, repeated names."""
    found = Diagnostics()
    found.extend(repository_problems(catalog))
    return found.sorted()


def check_across(catalog: Catalog) -> Iterator[Diagnostic]:
    """What only a comparison of all specs, or a look at the files beside them, can tell; `check` does not include it.

    `penstock check` asks for it. Compiling and reviewing, which check specs one by one, do not.
    """
    # Loaded where it is asked for: compiling begins with this module.
    from penstock.checks.datasets.conflicting_sensitivity import conflicting_sensitivity
    from penstock.checks.datasets.data_path import misspelt_files

    yield from misspelt_files(catalog)
    yield from conflicting_sensitivity(catalog)


def _by_rules(catalog: Catalog, spec_id: SpecId, reads: Dependencies) -> Iterator[Diagnostic]:
    rules = rules_of(spec_id.kind)
    base = Dependencies()
    met: set[str] = set()
    everywhere = list(_in_view(catalog.view(None).recording(base), spec_id, rules, met))
    yield from everywhere
    reads.note_all(base.keys)
    known = {(one.code, one.primary) for one in everywhere}
    for environment in _differing(catalog, spec_id, base):
        own = Dependencies()
        for one in _in_view(catalog.view(environment).recording(own), spec_id, rules, met):
            if (one.code, one.primary) not in known:
                yield _where(one, environment) if environment in catalog.overriding(spec_id) else one
        reads.note_all(own.keys)
    yield from _accepting_nothing(catalog, spec_id, met)


def _accepting_nothing(catalog: Catalog, spec_id: SpecId, met: set[str]) -> Iterator[Diagnostic]:
    loaded = catalog.loaded(spec_id)
    if loaded is not None and loaded.resource.metadata.accepted_warnings:
        # Loaded where it is asked for: few specs accept anything.
        from penstock.checks.accepted_warning import unneeded

        yield from unneeded(catalog.view(None), loaded.resource, met)


def _where(diagnostic: Diagnostic, environment: str) -> Diagnostic:
    """The diagnostic with the environment that it is so in: overrides of something else may be all that it has."""
    return replace(diagnostic, help=(*diagnostic.help, f"in `{environment}`, with its overrides"))


def _in_view(view: View, spec_id: SpecId, rules: tuple[Rule, ...], met: set[str]) -> Iterator[Diagnostic]:
    """What the rules find, without the warnings that the spec accepts; the codes of these are added to `met`."""
    resource = view.find(KINDS[spec_id.kind], spec_id.name)
    if resource is None:
        return
    accepted = resource.metadata.accepted_warnings
    for rule in rules:
        for one in rule.check(view, resource):
            if one.code in accepted and one.severity is Severity.WARNING:
                met.add(one.code)
            else:
                yield one


def _differing(catalog: Catalog, spec_id: SpecId, reads: Dependencies) -> tuple[str, ...]:
    """The environments in which the rules could find something else than before overrides.

    Those are where something that was read carries overrides, and for a rollout all that serve it: what it needs of
    an environment is looked for there.
    """
    names = {
        environment for key in reads.keys if key.startswith(SPEC) for environment in catalog.overriding(_spec_of(key))
    }
    if spec_id.kind == Rollout.kind_name and (rollout := catalog.find(Rollout, spec_id.name)) is not None:
        names.update(rollout.spec.environments)
    return tuple(environment for environment in catalog.environments() if environment in names)


def _spec_of(key: str) -> SpecId:
    kind, _, name = key.removeprefix(SPEC).partition("/")
    return SpecId(kind, name)
