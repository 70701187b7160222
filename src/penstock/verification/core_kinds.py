"""Kinds of Kubernetes itself, by the package `kubernetes-validate` where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.source.model import Pointer

_GROUPS = ("apps/", "batch/", "autoscaling/", "policy/", "networking.k8s.io/", "rbac.authorization.k8s.io/")


def is_core(api_version: str) -> bool:
    """Whether Kubernetes itself defines the kinds of this group."""
    return "/" not in api_version or api_version.startswith(_GROUPS)


def can_check() -> bool:
    """Whether the package is there; it is large, so that no extra but `dev` asks for it."""
    from importlib.util import find_spec

    return find_spec("kubernetes_validate") is not None


def core_problems(value: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """What the newest schemas that the package holds say of an object, strictly."""
    import kubernetes_validate

    try:
        kubernetes_validate.validate(value, kubernetes_validate.latest_version(), strict=True)
    except kubernetes_validate.ValidationError as error:
        yield tuple(error.path), str(error.message).splitlines()[0]
    except kubernetes_validate.SchemaNotFoundError:
        version = kubernetes_validate.latest_version()
        yield ("kind",), f"Kubernetes {version} has no `{value['kind']}` in {value['apiVersion']}"
