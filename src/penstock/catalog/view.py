"""The specs as one environment sees them; everything that is computed from specs looks through this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from penstock.catalog.dependencies import Dependencies, environment_key, file_key, names_key, relation_key, spec_key
from penstock.catalog.values import SpecId, id_of
from penstock.diagnostics.model import Severity, Span
from penstock.source.model import Pointer
from penstock.specs.base import Resource
from penstock.specs.dataset import Dataset
from penstock.specs.environment import Environment
from penstock.specs.feature_set import FeatureSet
from penstock.specs.gate import Gate
from penstock.specs.model import Model
from penstock.specs.release import Release
from penstock.specs.rollout import Rollout
from penstock.specs.team import Team

if TYPE_CHECKING:
    from penstock.catalog.model import Catalog

T = TypeVar("T")
R = TypeVar("R", bound=Resource)


class View:
    """The specs as one environment sees them: overrides merged and validated.

    Whatever is asked for is noted in the view's `Dependencies`, if it has one (see `recording`). A spec that is missing
    or invalid raises KeyError where it is asked for by name, and is left out of lists; `find` gives None instead.
    """

    def __init__(self, catalog: Catalog, environment: str | None, reads: Dependencies | None = None) -> None:
        self.catalog = catalog
        self._environment = environment
        self._reads = reads
        self._seen = catalog.seen(environment)

    def recording(self, reads: Dependencies) -> View:
        """The same view, noting what is read in `reads`."""
        return View(self.catalog, self._environment, reads)

    def in_environment(self, environment: str | None) -> View:
        """The specs as another environment sees them, noting what is read in the same place."""
        return View(self.catalog, environment, self._reads)

    @property
    def environment_name(self) -> str | None:
        """Which environment it is; None before overrides."""
        self._note(environment_key(self._environment))
        return self._environment

    @property
    def environment(self) -> Environment | None:
        """The environment itself; None before overrides, or where its spec is invalid."""
        if self.environment_name is None:
            return None
        return self.find(Environment, self.environment_name)

    def environments(self) -> tuple[str, ...]:
        """The names of all environments, in the order of `Catalog.environments`."""
        self._note(names_key(Environment.kind_name))
        return self.catalog.environments()

    def find(self, kind: type[R], name: str) -> R | None:
        """The spec of a kind by its name; None where it is missing or invalid."""
        known = self._seen.get((kind.kind_name, name))
        if known is None:
            found = self.catalog.overridden(SpecId(kind.kind_name, name), self._environment)
            known = spec_key(kind.kind_name, name), found.resource if found is not None else None
            self._seen[kind.kind_name, name] = known
        key, resource = known
        self._note(key)
        return resource if isinstance(resource, kind) else None

    def get(self, kind: type[R], name: str) -> R:
        """The spec of a kind by its name; KeyError where it is missing or invalid."""
        found = self.find(kind, name)
        if found is None:
            raise KeyError(f"{kind.kind_name}/{name}")
        return found

    def dataset(self, name: str) -> Dataset:
        """The dataset of this name; KeyError as `get`."""
        return self.get(Dataset, name)

    def feature_set(self, name: str) -> FeatureSet:
        """The feature set of this name; KeyError as `get`."""
        return self.get(FeatureSet, name)

    def model(self, name: str) -> Model:
        """The model of this name; KeyError as `get`."""
        return self.get(Model, name)

    def gate(self, name: str) -> Gate:
        """The gate of this name; KeyError as `get`."""
        return self.get(Gate, name)

    def rollout(self, name: str) -> Rollout:
        """The rollout of this name; KeyError as `get`."""
        return self.get(Rollout, name)

    def team(self, name: str) -> Team:
        """The team of this name; KeyError as `get`."""
        return self.get(Team, name)

    def release(self, name: str) -> Release:
        """The release of this name; KeyError as `get`."""
        return self.get(Release, name)

    def all(self, kind: type[R]) -> tuple[R, ...]:
        """All valid specs of a kind, sorted by name."""
        self._note(names_key(kind.kind_name))
        return tuple(self._existing(kind, (spec_id.name for spec_id in self.catalog.ids(kind.kind_name))))

    def is_complete(self, kind: type[Resource]) -> bool:
        """Whether every spec of the kind is valid; what follows from the absence of one is uncertain otherwise.

        So it is where a document cannot be read, which may be one of the kind.
        """
        self._note(names_key(kind.kind_name))
        if any(found.severity is Severity.ERROR for found in self.catalog.reading):
            return False
        return all(self.find(kind, spec_id.name) is not None for spec_id in self.catalog.ids(kind.kind_name))

    def is_declared(self, kind: type[Resource], name: str) -> bool:
        """Whether something of this name may be meant to exist, valid or not."""
        self._note(spec_key(kind.kind_name, name))
        return self.catalog.is_declared(SpecId(kind.kind_name, name))

    def gates_of(self, model: str) -> tuple[Gate, ...]:
        """The gates that judge a model, sorted by name."""
        return tuple(self._existing(Gate, self._related("gates-of", model)))

    def rollouts_of(self, model: str) -> tuple[Rollout, ...]:
        """The rollouts that serve a model in this environment (in any, before overrides), sorted by name."""
        return tuple(self._existing(Rollout, self._related("rollouts-of", model)))

    def release_of(self, rollout: str) -> Release | None:
        """The release of a rollout in this environment; None where there is none yet."""
        return next(iter(self.releases_of(rollout)), None)

    def releases_of(self, rollout: str) -> tuple[Release, ...]:
        """All releases of a rollout in this environment, sorted by name; more than one is a mistake."""
        return tuple(self._existing(Release, self._related("release-of", rollout)))

    def data(self, kind: str, name: str) -> dict[str, Any]:
        """A spec as plain data after overrides: `apiVersion`, `kind`, `metadata`, `spec`. KeyError as `get`."""
        self._note(spec_key(kind, name))
        found = self.catalog.overridden(SpecId(kind, name), self._environment)
        if found is None or found.resource is None:
            raise KeyError(f"{kind}/{name}")
        return found.data

    def read_file(self, path: str) -> bytes | None:
        """The bytes of a file of the repository; None where there is none."""
        self._note(file_key(path))
        return self.catalog.read_file(path)

    def digest_of(self, path: str) -> str | None:
        """``sha256:...`` of a file of the repository; None where there is none."""
        self._note(file_key(path))
        found = self.catalog.fingerprint(file_key(path))
        return f"sha256:{found}" if found else None

    def span(
        self,
        spec: Resource | SpecId,
        pointer: Pointer = (),
        of: Literal["value", "key"] = "value",
        within: tuple[int, int] | None = None,
    ) -> Span:
        """Where a place below ``spec`` of a spec is written: in this environment's overrides, or in the spec itself."""
        spec_id = spec if isinstance(spec, SpecId) else id_of(spec)
        return self.catalog.span(spec_id, ("spec", *pointer), environment=self._environment, of=of, within=within)

    def memo(self, key: object, compute: Callable[[View], T]) -> T:
        """The value under `key` in this environment, computed once; its reads count at each use.

        Whatever the value depends on must be in `key`, or read through the view that `compute` is given.
        """
        return self.catalog.memo(self._environment, key, lambda reads: compute(self.recording(reads)), self._reads)

    def _existing(self, kind: type[R], names: Iterable[str]) -> Iterator[R]:
        for name in names:
            found = self.find(kind, name)
            if found is not None:
                yield found

    def _related(self, relation: str, name: str) -> Sequence[str]:
        self._note(relation_key(relation, self._environment, name))
        return self.catalog.related(relation, self._environment, name)

    def _note(self, key: str) -> None:
        if self._reads is not None:
            self._reads.note(key)
