"""The repository's specs as one value: named, typed when somebody asks, seen from each environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from hashlib import blake2b
from typing import Any, Literal, TypeVar

import orjson

from penstock.catalog.dependencies import CHANGING, Dependencies, spec_key
from penstock.catalog.errors.wording import likely_name
from penstock.catalog.memo import Memo
from penstock.catalog.repository import FilesInMemory, RepositoryFiles, file_digest
from penstock.catalog.values import LoadedSpec, Overridden, SpecId, id_of, overriding, written_in
from penstock.catalog.view import View
from penstock.diagnostics.model import Diagnostic, Span, has_errors
from penstock.source.model import Document, Pointer, SourceFile
from penstock.specs.addresses import Address, locate, resolve
from penstock.specs.base import Resource, is_name
from penstock.specs.environment import STAGES
from penstock.specs.kinds import KINDS
from penstock.specs.overlay import merge

__all__ = ["RELATIONS", "Catalog", "LoadedSpec", "Overridden", "SpecId", "View", "id_of", "written_in"]

T = TypeVar("T")
R = TypeVar("R", bound=Resource)

RELATIONS = {
    "gates-of": ("Gate", "model"),
    "rollouts-of": ("Rollout", "model"),
    "release-of": ("Release", "rollout"),
}
"""Reverse lookups: the kind that is looked for, and the field that names what it belongs to."""

_NAME_IN_TEXT = re.compile(r"""\bname:\s*["']?([\w.-]+)""")


class Catalog:
    """All specs of a repository. Nothing is validated before somebody asks for it, and nothing twice."""

    def __init__(
        self,
        documents: Iterable[Document],
        repository: RepositoryFiles | None = None,
        diagnostics: Iterable[Diagnostic] = (),
        files: Iterable[SourceFile] = (),
    ) -> None:
        """`documents` and `diagnostics` are what reading gave.

        `files` are those in which reading found syntax errors: names that stand in their text count as declared, so
        that one missing bracket is not reported as a hundred dangling references.
        """
        self.repository: RepositoryFiles = repository if repository is not None else FilesInMemory({})
        self.reading: tuple[Diagnostic, ...] = tuple(diagnostics)
        """What reading the files found."""
        self.strays: list[Document] = []
        """Documents without a known kind or a name."""
        self.repeated: list[tuple[SpecId, Document]] = []
        """Documents whose name is taken by an earlier one of the same kind."""
        self._documents: dict[SpecId, Document] = {}
        self._loaded: dict[SpecId, LoadedSpec | None] = {}
        self._problems: dict[SpecId, tuple[Diagnostic, ...]] = {}
        self._overridden: dict[tuple[SpecId, str | None], Overridden] = {}
        self._views: dict[str | None, View] = {}
        self._seen: dict[str | None, dict[tuple[str, str], tuple[str, Resource | None]]] = {}
        self._memo = Memo(self)
        self._by_relation: dict[str | None, dict[tuple[str, str], tuple[str, ...]]] = {}
        self._derived: dict[tuple[int, str], tuple[Resource, Any]] = {}
        self._file_digests: dict[str, str] = {}
        self._changing: set[str] = set()
        self._names_anywhere = {match for file in files for match in _NAME_IN_TEXT.findall(file.text)}
        for document in documents:
            self._add(document)

    def _add(self, document: Document) -> None:
        kind, metadata = document.value.get("kind"), document.value.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if not isinstance(kind, str) or kind not in KINDS or not isinstance(name, str):
            self.strays.append(document)
            # The name may stand under a misspelt key.
            texts = metadata.values() if isinstance(metadata, dict) else ()
            self._names_anywhere.update(text for text in texts if isinstance(text, str))
            return
        if not is_name(name):
            # Others refer to it by the name that it should have; the mistake is reported here alone.
            self._names_anywhere.add(likely_name(name) or name)
        spec_id = SpecId(kind, name)
        if spec_id in self._documents:
            self.repeated.append((spec_id, document))
        else:
            self._documents[spec_id] = document

    @cached_property
    def _by_kind(self) -> dict[str, tuple[SpecId, ...]]:
        groups: dict[str, list[SpecId]] = {}
        for spec_id in sorted(self._documents):
            groups.setdefault(spec_id.kind, []).append(spec_id)
        return {kind: tuple(ids) for kind, ids in groups.items()}

    def ids(self, kind: str | None = None) -> tuple[SpecId, ...]:
        """The ids of all specs, or of one kind, sorted; invalid specs are among them."""
        if kind is not None:
            return self._by_kind.get(kind, ())
        return tuple(spec_id for known in sorted(self._by_kind) for spec_id in self._by_kind[known])

    def is_declared(self, spec_id: SpecId) -> bool:
        """Whether something of this name may be meant to exist, readable or not."""
        return spec_id in self._documents or spec_id.name in self._names_anywhere

    def document(self, spec_id: SpecId) -> Document | None:
        """The document that declares the spec, valid or not."""
        return self._documents.get(spec_id)

    def loaded(self, spec_id: SpecId) -> LoadedSpec | None:
        """The typed spec; None where it does not exist or is invalid."""
        if spec_id not in self._loaded:
            self._load(spec_id)
        return self._loaded[spec_id]

    def find(self, kind: type[R], name: str) -> R | None:
        """The spec of a kind by its name, before overrides; None where it does not exist or is invalid."""
        loaded = self.loaded(SpecId(kind.kind_name, name))
        return loaded.resource if loaded is not None and isinstance(loaded.resource, kind) else None

    def problems(self, spec_id: SpecId) -> tuple[Diagnostic, ...]:
        """What is wrong with the spec by itself, before overrides and whatever it refers to."""
        self.loaded(spec_id)
        return self._problems.get(spec_id, ())

    def _load(self, spec_id: SpecId) -> None:
        from penstock.catalog.validation import validate

        document = self._documents.get(spec_id)
        if document is None:
            self._loaded[spec_id] = None
            return
        resource, problems = validate(document)
        self._problems[spec_id] = tuple(problems)
        self._loaded[spec_id] = LoadedSpec(spec_id, resource, document) if resource is not None else None

    def overridden(self, spec_id: SpecId, environment: str | None) -> Overridden | None:
        """The spec as an environment sees it; None where it does not exist or is invalid before the merge."""
        loaded = self.loaded(spec_id)
        if loaded is None:
            return None
        patch = loaded.resource.overrides.get(environment) if environment is not None else None
        seen = environment if patch else None
        known = self._overridden.get((spec_id, seen))
        if known is None:
            if seen is None:
                known = Overridden(loaded.resource, {k: v for k, v in loaded.data.items() if k != "overrides"})
            else:
                from penstock.catalog.validation import validate_overridden

                known = validate_overridden(loaded, seen)
            self._overridden[spec_id, seen] = known
        return known

    def overriding(self, spec_id: SpecId) -> tuple[str, ...]:
        """The environments that the spec carries overrides for, sorted."""
        document = self._documents.get(spec_id)
        overrides = document.value.get("overrides") if document is not None else None
        return tuple(sorted(overrides)) if isinstance(overrides, dict) else ()

    @cached_property
    def _environments(self) -> tuple[str, ...]:
        def order(spec_id: SpecId) -> tuple[int, str]:
            spec = self._documents[spec_id].value.get("spec")
            stage = spec.get("stage") if isinstance(spec, dict) else None
            return STAGES.index(stage) if stage in STAGES else len(STAGES), spec_id.name

        return tuple(spec_id.name for spec_id in sorted(self.ids("Environment"), key=order))

    def environments(self) -> tuple[str, ...]:
        """The names of all environments, by stage from development to production, then by name."""
        return self._environments

    def view(self, environment: str | None) -> View:
        """The specs as one environment sees them; None is before overrides."""
        if environment not in self._views:
            self._views[environment] = View(self, environment)
        return self._views[environment]

    def seen(self, environment: str | None) -> dict[tuple[str, str], tuple[str, Resource | None]]:
        """What views of an environment have looked up, by kind and name: its key in `Dependencies`, and the spec."""
        return self._seen.setdefault(environment, {})

    def views(self) -> tuple[View, ...]:
        """A view of each environment, in the order of `environments`."""
        return tuple(self.view(environment) for environment in self.environments())

    def span(
        self,
        place: Address | SpecId,
        pointer: Pointer = (),
        *,
        environment: str | None = None,
        of: Literal["value", "key"] = "value",
        within: tuple[int, int] | None = None,
    ) -> Span:
        """Where an address stands, or the value at `pointer` of a spec's document (``("spec", "model")``).

        With `environment`, a place that its overrides write is found there. What does not exist gives the place of
        the nearest parent that does. KeyError where there is no such spec.
        """
        if isinstance(place, Address):
            spec_id = SpecId(place.kind, place.name)
            pointer = self.pointer(place, environment) or ()
        else:
            spec_id = place
        document = self._documents[spec_id]
        if environment is not None and pointer[:1] == ("spec",):
            patch = (document.value.get("overrides") or {}).get(environment)
            written = overriding(patch, pointer[1:])
            if written is not None:
                return document.span(("overrides", environment, *written), of, within)
        return document.span(pointer, of, within)

    def pointer(self, address: Address, environment: str | None = None) -> Pointer | None:
        """The pointer in its document, merged for the environment, that an address names; None where there is none."""
        spec_id = SpecId(address.kind, address.name)
        document = self._documents.get(spec_id)
        if document is None:
            return None
        found = resolve(address, self._plain_spec(spec_id, environment))
        return ("spec", *found) if found is not None else resolve(address, document.value)

    def address(self, spec_id: SpecId, pointer: Pointer = (), environment: str | None = None) -> Address:
        """The address of a place in a spec's document; ``spec`` itself is not part of an address."""
        document = self._documents.get(spec_id)
        value: Any = document.value if document is not None else {}
        if pointer[:1] == ("spec",):
            value, pointer = self._plain_spec(spec_id, environment), pointer[1:]
        return locate(spec_id.kind, spec_id.name, value, pointer)

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What reading, validating and resolving references found, in order; everything is loaded for it."""
        from penstock.catalog.problems import catalog_problems

        return catalog_problems(self)

    @property
    def has_errors(self) -> bool:
        """Whether any of the diagnostics is an error."""
        return has_errors(self.diagnostics)

    def memo(
        self, environment: str | None, key: object, compute: Callable[[Dependencies], T], reads: Dependencies | None
    ) -> T:
        """The value under `key` in an environment, computed once (see `Memo`)."""
        return self._memo.value(environment, key, compute, reads)

    def keys_overridden(self, environment: str | None) -> frozenset[str]:
        """The keys (see `Dependencies`) of the specs that carry overrides for an environment; none before overrides."""
        return self._keys_overridden.get(environment, frozenset())

    @cached_property
    def _keys_overridden(self) -> dict[str | None, frozenset[str]]:
        found: dict[str | None, set[str]] = {}
        for spec_id in self._documents:
            for environment in self.overriding(spec_id):
                found.setdefault(environment, set()).add(spec_key(spec_id.kind, spec_id.name))
        return {environment: frozenset(keys) for environment, keys in found.items()}

    def derived(self, resource: R, key: str, compute: Callable[[R], T]) -> T:
        """What follows from one typed spec alone, computed once: environments that do not override it share it."""
        known = self._derived.get((id(resource), key))
        if known is None:
            # The spec is kept with the value, so that no other can take its identity.
            known = self._derived[id(resource), key] = resource, compute(resource)
        value: T = known[1]
        return value

    def fingerprint(self, key: str) -> str:
        """What a key of `Dependencies` stands for now, in short; another text where that has changed."""
        what, _, rest = key.partition(":")
        if what == "spec":
            kind, _, name = rest.partition("/")
            document = self._documents.get(SpecId(kind, name))
            return "" if document is None else _short(orjson.dumps(document.value))
        if what == "names":
            return _short("\n".join(spec_id.name for spec_id in self.ids(rest)).encode())
        if what == "file":
            return self._file_digest(rest)
        if what == "environment":
            return rest
        environment, _, name = rest.partition(":")
        return " ".join(self.related(what, environment or None, name))

    def read_file(self, path: str) -> bytes | None:
        """The bytes of a file of the repository; None where there is none."""
        data = self.repository.read(path)
        digest = file_digest(path, data)
        if self._file_digests.setdefault(path, digest) != digest:
            self._changing.add(path)
        return data

    @property
    def files_read(self) -> dict[str, str]:
        """The `fingerprint` of each file that was read; `CHANGING` where another reading gave other bytes."""
        return {**self._file_digests, **dict.fromkeys(self._changing, CHANGING)}

    def _file_digest(self, path: str) -> str:
        if path not in self._file_digests:
            self.read_file(path)
        return self._file_digests[path]

    def related(self, relation: str, environment: str | None, name: str) -> tuple[str, ...]:
        """The names behind a reverse lookup: ``gates-of`` or ``rollouts-of`` a model, ``release-of`` a rollout."""
        return self._relations(environment).get((relation, name), ())

    def _relations(self, environment: str | None) -> dict[tuple[str, str], tuple[str, ...]]:
        if environment not in self._by_relation:
            self._by_relation[environment] = self._find_relations(environment)
        return self._by_relation[environment]

    def _find_relations(self, environment: str | None) -> dict[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], list[str]] = {}
        for relation, (kind, field) in RELATIONS.items():
            for spec_id in self.ids(kind):
                target = self._related_to(spec_id, field, environment)
                if target is not None:
                    found.setdefault((relation, target), []).append(spec_id.name)
        return {key: tuple(names) for key, names in found.items()}

    def _related_to(self, spec_id: SpecId, field: str, environment: str | None) -> str | None:
        """What the spec names in `field`, where it has to do with the environment."""
        spec = self._plain_spec(spec_id, environment)
        target = spec.get(field)
        concerned = environment is None or _concerns(spec_id.kind, spec, environment)
        return target if isinstance(target, str) and concerned else None

    def _plain_spec(self, spec_id: SpecId, environment: str | None) -> dict[str, Any]:
        data = self._documents[spec_id].value
        spec, overrides = data.get("spec"), data.get("overrides")
        if environment is not None and isinstance(overrides, dict) and environment in overrides:
            spec = merge(spec, overrides[environment])
        return spec if isinstance(spec, dict) else {}


def _concerns(kind: str, spec: dict[str, Any], environment: str) -> bool:
    """Whether a spec has to do with an environment: rollouts list several, a release names one, a gate all."""
    if kind == "Rollout":
        listed = spec.get("environments")
        return isinstance(listed, list) and environment in listed
    return kind != "Release" or spec.get("environment") == environment


def _short(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()
