"""The generated files that a tree says it holds: its index, and what its kustomizations apply."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import yaml

from penstock.compiler import Artifact, index

_TEXT = r"[^\"\\\x00-\x1f]"
_LINE = re.compile(rf'^    "({_TEXT}+)": (\{{"sha256":"([0-9a-f]{{64}})","owner":"({_TEXT}*)"\}}),?$', re.MULTILINE)
_RESOURCES = re.compile(r"\nresources:\n((?:- [\w.-]+(?:/[\w.-]+)+\n)*)\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listed:
    """An artifact as an index lists it."""

    entry: str
    """Its digest and owner, as they stand in the index."""
    digest: str
    owner: str


def read_index(data: bytes | None) -> dict[str, Listed] | None:
    """What an index lists, by path; None where it is not one that this compiler would write."""
    text = (data or b"").decode("utf-8", "replace")
    found = _lines(text)
    return found if found and _text_of(found).encode() == data else None


def index_with(known: Mapping[str, Listed], compiled: Iterable[Artifact]) -> bytes:
    """The index of what stands in another one and of artifacts that are compiled anew."""
    return _text_of({**known, **_lines(index(compiled).decode())}).encode()


def _lines(text: str) -> dict[str, Listed]:
    return {path: Listed(entry, f"sha256:{digest}", owner) for path, entry, digest, owner in _LINE.findall(text)}


def _text_of(listed: Mapping[str, Listed]) -> str:
    """An index in the compiler's own frame, without taking each of thousands of lines apart."""
    frame = index(()).decode()
    lines = ",\n".join(f'    "{path}": {listed[path].entry}' for path in sorted(listed))
    return frame.replace("{\n\n  }", f"{{\n{lines}\n  }}")


def applied(kustomization: bytes | None) -> frozenset[str]:
    """The files that a kustomization applies."""
    text = (kustomization or b"").decode("utf-8", "replace")
    plain = _RESOURCES.search(text)
    if plain is not None:
        return frozenset(line[2:] for line in plain[1].splitlines())
    try:
        found = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return frozenset()
    resources = found.get("resources") if isinstance(found, dict) else None
    return frozenset(str(one) for one in resources) if isinstance(resources, list) else frozenset()
