"""What a card tells the callers of a model: how a request names and writes the features, and what the answer means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEXTS = ("string", "bool")
"""Types of features that a server gets as text."""


def request_facts(training: Mapping[str, Any]) -> dict[str, Any]:
    """What ``training.json`` says of requests and answers.

    Returns:
        ``texts``: the types of the features that are text; ``numbers``: the columns of vectors; ``answers``: the class
        of each column that the server answers, of a multiclass model.
    """
    features = training["features"]
    kinds = {each["type"] for each in features}
    return {
        "texts": [kind for kind in _TEXTS if kind in kinds],
        "numbers": [each["name"] for each in features if "vector" in each],
        "answers": training.get("answers", []),
    }
