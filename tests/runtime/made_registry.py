"""A store and a registry of a test's own, and the command that registers a model there."""

from __future__ import annotations

import shutil
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run

from penstock.runtime.artifacts import write_json
from penstock.runtime.registry.champion import released_digest
from penstock.runtime.registry.store import ModelStore
from runtime.made_model import MadeModel


class Place:
    """A store and a registry of a test's own."""

    def __init__(self, root: Path, empty_registry: Path) -> None:
        self.root = root
        self.tracking = f"sqlite:///{root / 'mlflow.db'}"
        shutil.copy(empty_registry, root / "mlflow.db")
        (root / "store").mkdir()
        self.store = (root / "store").as_uri()
        self.client = MlflowClient(self.tracking, self.tracking)

    def command(self, made: MadeModel) -> list[str]:
        baseline = made.root / "baseline"
        baseline.mkdir(exist_ok=True)
        write_json(baseline / "profile.json", {})
        flags = f"--model made --model-dir {made.model} --baseline {baseline} --card {made.root / 'card'}"
        flags += f" --evidence {made.root / 'evidence'} --tracking {self.tracking} --model-store {self.store}"
        return ["register", *flags.split(), "--environment", "local", "--registration", str(self.root / "registration")]

    def versions(self) -> list[str]:
        return sorted(str(each.version) for each in self.client.search_model_versions("name='made'"))

    def runs(self) -> list[Run]:
        """The runs that MLflow shows of the model."""
        experiment = self.client.get_experiment_by_name("made")
        return [] if experiment is None else list(self.client.search_runs([experiment.experiment_id]))

    def champion(self) -> str:
        """The champion's digest; its files are whole in the store."""
        digest = released_digest("made", "", self.tracking)
        ModelStore.open(self.store).fetch("made", digest, "model", self.root / "champion")
        return digest
