"""Which version of a model is meant: by its digest, or as the registry's champion."""

from __future__ import annotations

from penstock.runtime.faults import InputError
from penstock.runtime.registry.mlflow_registry import CHAMPION, Registry


def released_digest(model: str, digest: str, tracking: str) -> str:
    """`digest`, or the digest of the registry's champion where it is empty.

    Raises:
        InputError: the registry cannot be asked, or has no champion.
    """
    if digest:
        return digest
    champion = Registry(tracking).champion(model)
    if champion is None:
        raise InputError(f"no digest is given, and no version of `{model}` has the alias `{CHAMPION}`: train it first")
    return champion
