"""The generated files that a tree says it holds: its index, and what its kustomizations apply."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import orjson
import yaml

from penstock.compiler import Artifact
from penstock.source.writing.artifact_index import index

_TEXT = r"[^\"\\\x00-\x1f]"
_LINE = re.compile(rf'^    "({_TEXT}+)": (\{{"sha256":"[0-9a-f]{{64}}","owner":"{_TEXT}*"\}}),?$', re.MULTILINE)
_RESOURCES = re.compile(r"\nresources:\n((?:- [\w.-]+(?:/[\w.-]+)+\n)*)\Z", re.ASCII)


def read_index(data: bytes | None) -> dict[str, str] | None:
    """Digest and owner of each artifact as they stand in an index, by path and in the order of the paths.

    None where it is no index that this compiler would write.
    """
    text = (data or b"").decode("utf-8", "replace")
    found = _lines(text)
    return found if found and list(found) == sorted(found) and _text_of(found).encode() == data else None


def owner_of(entry: str) -> str:
    """The owner that an entry of an index names."""
    return str(orjson.loads(entry)["owner"])


def digest_of(entry: str) -> str:
    """The SHA-256 that an entry of an index names, in hex."""
    return str(orjson.loads(entry)["sha256"])


def index_with(known: Mapping[str, str], compiled: Iterable[Artifact]) -> bytes:
    """The index of what stands in another one and of artifacts that are compiled anew."""
    merged = {**known, **_lines(index(compiled).decode())}
    return _text_of({path: merged[path] for path in sorted(merged)}).encode()


def _lines(text: str) -> dict[str, str]:
    return dict(_LINE.findall(text))


def _text_of(listed: Mapping[str, str]) -> str:
    """An index in the compiler's own frame, without taking each of thousands of lines apart."""
    frame = index(()).decode()
    lines = ",\n".join([f'    "{path}": {entry}' for path, entry in listed.items()])
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
