"""MLflow's registry: one version for each digest, and the alias `champion` on the newest that passed its gates.

A version is made with all its tags in one transaction, so none exists that does not say which files it stands for. Two
processes that register the same digest may both make one; each then sees both and keeps the older. The alias moves
last, so it never names a version whose files are not all in the store.

A version links to one run of MLflow, which shows its parameters and figures: the run that is made before the version,
or the one that an attempt before has left. Other runs of the same digest are removed with the versions they were for.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.runtime.faults import InputError
from penstock.runtime.registry.mlflow_runs import Figures, Runs
from penstock.runtime.registry.sqlite import create_database

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

CHAMPION = "champion"
DIGEST_TAG = "penstock.digest"
EVIDENCE_TAG = "penstock.evidence"
"""On a version: the digest of its statement's file."""
PREDECESSOR_TAG = "penstock.predecessor"
"""On a version that became champion: the digest of the one that it followed."""

_ROOM = "free disk space or quota, and run this again; finished work is kept"
_RIGHTS = "allow this user to write the file and its folder"
_REMEDIES = {
    "database or disk is full": _ROOM,
    "readonly database": _RIGHTS,
    "unable to open database file": _RIGHTS,
    "database is locked": "another process is writing to it: run this again when that one has finished",
    "file is not a database": "use the address of another file, or move this one away",
}
"""What SQLite says -> what to do."""
_OF_THE_FOLDER = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), _ROOM),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _RIGHTS),
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """What the registry says of a version."""

    digest: str
    """Digest of the model's files."""
    evidence: str
    """Digest of the file of its statement."""


class Registry:
    """MLflow's registry at an address, such as ``sqlite:///mlflow.db`` or ``http://mlflow:5000``."""

    def __init__(self, uri: str) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        logging.getLogger("alembic").setLevel(logging.WARNING)
        # It logs the whole traceback of what it then raises, and what is told here in one sentence.
        logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
        from mlflow import MlflowClient

        self._uri = uri
        with self._faults():
            self._create()
            self._client: MlflowClient = MlflowClient(tracking_uri=uri, registry_uri=uri)
        self._runs = Runs(self._client, DIGEST_TAG)

    def champion(self, model: str) -> str | None:
        """The digest of the version that the alias names; None while there is none.

        Raises:
            InputError: MLflow cannot be asked, or somebody else gave the alias to a version without a digest.
        """
        version = self._crowned(model)
        if version is None:
            return None
        digest: str | None = version.tags.get(DIGEST_TAG)
        if digest is None:
            raise InputError(
                f"version {version.version} of `{model}` has the alias `{CHAMPION}` and no tag `{DIGEST_TAG}`: it was "
                "not registered by a pipeline; move the alias to one that was"
            )
        return digest

    def rival(self, model: str, digest: str) -> str | None:
        """The champion that a version with this `digest` has to beat; None while there is none.

        Where that version is the champion itself, it is the one that it followed: judged again, a model meets the
        same rival as the first time, and never itself. Raises as `champion`.
        """
        champion = self.champion(model)
        version = self._crowned(model) if champion == digest else None
        return champion if version is None else version.tags.get(PREDECESSOR_TAG)

    def _crowned(self, model: str) -> ModelVersion | None:
        """The version that has the alias; None while none has."""
        from mlflow.exceptions import MlflowException

        with self._faults():
            try:
                return self._client.get_model_version_by_alias(model, CHAMPION)
            except MlflowException as error:
                if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                    return None
                raise

    def version(self, model: str, number: int) -> RegisteredVersion:
        """What a version is.

        Raises:
            InputError: MLflow cannot be asked, there is no such version, or no pipeline has registered it.
        """
        from mlflow.exceptions import MlflowException

        place = _without_login(self._uri)
        with self._faults():
            try:
                found = self._client.get_model_version(model, str(number))
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
                raise InputError(f"MLflow at `{place}` has no version {number} of `{model}`") from None
        tags = found.tags
        if DIGEST_TAG not in tags or EVIDENCE_TAG not in tags:
            raise InputError(
                f"version {number} of `{model}` in MLflow at `{place}` lacks the tags `{DIGEST_TAG}` and "
                f"`{EVIDENCE_TAG}`: it was not registered by a pipeline; name one that was"
            )
        return RegisteredVersion(tags[DIGEST_TAG], tags[EVIDENCE_TAG])

    def register(self, model: str, digest: str, source: str, tags: Mapping[str, str], figures: Figures) -> int:
        """The number of the one version of `model` with this digest, made where there is none, tagged with `tags`.

        The run that it links to holds `figures` afterwards, each of them once.
        """
        with self._faults():
            self._ensure_model(model)
            version = self._only(model, digest)
            if version is None:
                run = self._runs.begin(model, digest)
                self._client.create_model_version(model, source, run_id=run, tags={DIGEST_TAG: digest, **tags})
                version = self._only(model, digest)
                assert version is not None, "the created version exists"
            for name, value in tags.items():
                if version.tags.get(name) != value:
                    self._client.set_model_version_tag(model, version.version, name, value)
            if version.run_id:
                self._runs.complete(version.run_id, tags, figures)
                self._runs.keep_only(model, digest, version.run_id)
            return int(version.version)

    def crown(self, model: str, version: int) -> None:
        """Set the alias `champion` to a version."""
        from mlflow.exceptions import MlflowException

        with self._faults():
            try:
                self._client.set_registered_model_alias(model, CHAMPION, str(version))
            except MlflowException:
                # Of two processes that both set it for the first time, the store takes one: then it is there.
                if self._crowned(model) is None:
                    raise
                self._client.set_registered_model_alias(model, CHAMPION, str(version))

    def _create(self) -> None:
        try:
            create_database(self._uri)
        except OSError as error:
            remedy = _OF_THE_FOLDER.get(error.errno or 0)
            if remedy is None:
                raise
            raise InputError(f"MLflow at `{self._uri}` cannot be created: {error.strerror}: {remedy}") from None

    def _ensure_model(self, model: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(model)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _only(self, model: str, digest: str) -> ModelVersion | None:
        """The oldest version with this digest; younger ones, which a race or a kill has left, are removed."""
        from mlflow.exceptions import MlflowException

        found = [
            version
            for version in self._client.search_model_versions(f"name='{model}' and tags.`{DIGEST_TAG}`='{digest}'")
            if version.tags.get(DIGEST_TAG) == digest
        ]
        if not found:
            return None
        oldest, *younger = sorted(found, key=lambda version: int(version.version))
        for version in younger:
            log.info("Version %s of `%s` duplicates %s and is removed.", version.version, model, oldest.version)
            try:
                self._client.delete_model_version(model, version.version)
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":  # the other process was faster
                    raise
        return oldest

    @contextmanager
    def _faults(self) -> Iterator[None]:
        from mlflow.exceptions import MlflowException

        try:
            yield
        except MlflowException as error:
            place = _without_login(self._uri)
            raise InputError(f"MLflow at `{place}` says: {_told(error.message.replace(self._uri, place))}") from None
        except Exception as error:
            # MLflow lets through what its database says, such as that the disk is full. The library that says it is
            # there only where MLflow opens a database itself, and so it is known by its name.
            if type(error).__module__.partition(".")[0] != "sqlalchemy":
                raise
            said = _told(str(getattr(error, "orig", None) or error))
            raise InputError(f"MLflow at `{_without_login(self._uri)}` says: {said}") from error


def _told(said: str) -> str:
    """What a database says, without the statement at which it does, and what to do where that is known."""
    what = said.partition("\n[SQL: ")[0].partition("\n(Background on")[0].removeprefix("(sqlite3.OperationalError) ")
    return next((f"{what}: {remedy}" for words, remedy in _REMEDIES.items() if what.endswith(words)), what)


def _without_login(uri: str) -> str:
    """An address as it may stand in a log: without user and password."""
    scheme, separator, rest = uri.partition("://")
    place = rest.rpartition("@")[2] if "@" in rest.partition("/")[0] else rest
    return f"{scheme}{separator}{place}"
