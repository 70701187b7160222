"""Custom resource definitions: found by kind in a folder or in a list that a cluster gave, parsed when needed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_KIND = re.compile(r"""\bkind["']?:[ \t]*["']?(\w+)""")


class _Loader(yaml.CSafeLoader):
    """PyYAML, for definitions as they are published."""


# YAML 1.1 gives a lone `=` a type of its own, for which PyYAML has no constructor; definitions list it as an operator.
_Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: str(node.value))


class CrdError(Exception):
    """The definitions cannot be read; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Crd:
    """One served version of one kind."""

    kind: str
    api_version: str
    schema: dict[str, Any]
    """The structural schema, as it is published."""
    origin: str


class Crds:
    """The definitions by kind and version. Texts are parsed when a kind is asked for that they seem to define."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        """`texts` are pairs of a name to show and YAML: definitions, or a `List` of them."""
        self._waiting: dict[str, list[tuple[str, str]]] = {}
        self._known: dict[tuple[str, str], Crd] = {}
        for origin, text in texts:
            for kind in set(_KIND.findall(text)):
                self._waiting.setdefault(kind, []).append((origin, text))

    @classmethod
    def of_folder(cls, folder: Path) -> Crds:
        """The definitions in all YAML files below `folder`; CrdError where there is none."""
        found = sorted(path for path in folder.rglob("*.y*ml") if path.suffix in (".yaml", ".yml"))
        files = [path for path in found if not path.is_dir()]
        if not files:
            raise CrdError(f"there are no YAML files below `{folder}`")
        return cls((path.as_posix(), _text(path)) for path in files)

    def find(self, api_version: str, kind: str) -> Crd | None:
        """The definition of a kind in one version; None where there is none. CrdError for YAML that does not parse."""
        for origin, text in self._waiting.pop(kind, ()):
            for crd in _parse(origin, text):
                self._known.setdefault((crd.api_version, crd.kind), crd)
        return self._known.get((api_version, kind))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CrdError(f"`{path.as_posix()}` is not UTF-8 text") from None


def _parse(origin: str, text: str) -> Iterator[Crd]:
    try:
        documents = list(yaml.load_all(text, Loader=_Loader))  # a safe loader
    except yaml.YAMLError as error:
        raise CrdError(f"`{origin}` is not valid YAML: {error}") from None
    for document in documents:
        if isinstance(document, dict) and document.get("kind") == "CustomResourceDefinition":
            yield from _versions(origin, document)
        elif isinstance(document, dict) and isinstance(document.get("items"), list):
            for item in document["items"]:
                if isinstance(item, dict) and item.get("kind") == "CustomResourceDefinition":
                    yield from _versions(origin, item)


def _versions(origin: str, document: dict[str, Any]) -> Iterator[Crd]:
    try:
        spec = document["spec"]
        kind, group = spec["names"]["kind"], spec["group"]
        for version in spec["versions"]:
            schema = version.get("schema", {}).get("openAPIV3Schema")
            if version.get("served", True) and schema is not None:
                yield Crd(kind, f"{group}/{version['name']}", schema, origin)
    except (KeyError, TypeError, AttributeError) as error:
        # Those of v1beta1, which Kubernetes 1.22 dropped, have one `version`.
        why = f"it lacks `{error.args[0]}`" if isinstance(error, KeyError) else "a part has another form"
        raise CrdError(f"`{origin}` holds a definition that is not one of apiextensions.k8s.io/v1: {why}") from None
