"""The evidence that a model passed its gates: an in-toto Statement v1, unsigned, in canonical JSON.

The subject is the model by the digest of its directory (`penstock.runtime.artifacts.directory_digest`); the predicate
says from which specs and data it was made, what it reads, and what each gate's rules measured, demanded and decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from penstock.runtime.faults import InputError

STATEMENT_FILE = "statement.json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:penstock:gate-evidence:v1"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that was read or made; an `InputError` for a value that is none of this type."""

    value: Mapping[str, Any]

    def __post_init__(self) -> None:
        types = (self.value.get("_type"), self.value.get("predicateType"))
        if types != (STATEMENT_TYPE, PREDICATE_TYPE):
            raise InputError(f"expected a statement of the type {PREDICATE_TYPE}, not {types[1]} in {types[0]}")

    @property
    def model(self) -> str:
        """The name of the model that the statement is about."""
        return str(self.value["subject"][0]["name"])

    @property
    def digest(self) -> str:
        """Digest of that model."""
        return f"sha256:{self.value['subject'][0]['digest']['sha256']}"

    @property
    def specs(self) -> str:
        """Digest of the specs that the model was made from."""
        return str(self.value["predicate"]["specs"])

    @property
    def datasets(self) -> dict[str, str]:
        """Fingerprint of each dataset that the model was made from."""
        return dict(self.value["predicate"]["datasets"])

    def blocking_failures(self) -> list[str]:
        """The blocking rules that did not hold, as ``gate/rule``."""
        return [
            f"{gate['gate']}/{rule['id']}"
            for gate in self.value["predicate"]["gates"]
            for rule in gate["rules"]
            if rule["outcome"] == "fail"
        ]

    def as_bytes(self) -> bytes:
        """The statement with sorted keys and without spaces: equal statements are equal bytes."""
        return orjson.dumps(self.value, option=orjson.OPT_SORT_KEYS) + b"\n"


def make_statement(
    *,
    model: str,
    digest: str,
    specs: str,
    datasets: Mapping[str, str],
    evaluation: Mapping[str, Any],
    gates: Sequence[Mapping[str, Any]],
    inputs: Mapping[str, str],
    code: Mapping[str, str],
    created: str,
) -> Statement:
    """The statement about the model with `digest`; `gates` are values of ``gate.json``, `inputs` types by name."""
    return Statement(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": model, "digest": {"sha256": digest.removeprefix("sha256:")}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "specs": specs,
                "datasets": dict(datasets),
                "evaluation": dict(evaluation),
                "gates": [_gate(each) for each in gates],
                "inputs": dict(inputs),
                "code": dict(code),
                "created": created,
            },
        }
    )


def _gate(verdict: Mapping[str, Any]) -> dict[str, Any]:
    rules = [{key: rule[key] for key in _RULE_KEYS if key in rule} for rule in verdict["rules"]]
    return {
        "gate": verdict["gate"],
        "passed": verdict["passed"],
        "clusters": verdict.get("clusters"),
        "rules": rules,
    }


_RULE_KEYS = ("id", "severity", "outcome", "figures", "skipped", "notes")
