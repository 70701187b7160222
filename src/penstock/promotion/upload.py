"""A model that was trained on this machine, put where an environment loads its models from."""

from __future__ import annotations

import tempfile
from pathlib import Path

from penstock.promotion.candidate import Candidate
from penstock.promotion.refusal import RefusalError
from penstock.runtime.faults import InputError
from penstock.runtime.registry.store import ModelStore


def upload(candidate: Candidate, source: str, target: str) -> str:
    """Copy the version from the model store at `source` to the one at `target`; the address that servers load.

    Every folder of it goes along, as if it had been registered there. What `target` holds already is not written again.

    Raises:
        RefusalError: one of the stores cannot be reached, or `source` does not hold the version as it was registered.
    """
    try:
        here, there = ModelStore.open(source), ModelStore.open(target)
        folders = here.manifest(candidate.model, candidate.digest) or {}
        if not folders:
            raise RefusalError(
                f"{source} has no complete version {candidate.digest} of `{candidate.model}`; "
                f"run `penstock run {candidate.model}` again"
            )
        with tempfile.TemporaryDirectory(prefix="penstock-upload-") as temporary:
            copies = {name: Path(temporary) / name for name in folders}
            for name, copy in copies.items():
                here.fetch(candidate.model, candidate.digest, name, copy)
            there.put(candidate.model, candidate.digest, copies)
    except InputError as error:
        raise RefusalError(str(error)) from None
    return there.address(candidate.model, candidate.digest)
