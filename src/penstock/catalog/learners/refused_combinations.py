"""Values of parameters that a learner of scikit-learn takes one by one and refuses together.

The table beside this file is what scikit-learn 1.9 does with a few rows, so that nothing heavy is imported to read it;
a test holds it against the scikit-learn that is installed. A rule names parameters, each with the values for which it
stands, in the words of `parameter_values` and with `true` and `false` for themselves. Where all of them hold, the
learner cannot be fitted, whatever its other parameters are.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from penstock.catalog.learners.parameter_values import values_of

TABLE = Path(__file__).with_suffix(".json")

REFUSED = "refused"
"""With these the learner cannot be fitted or used."""
UNSURE = "without_probabilities"
"""With these a classifier says which class, and not how probable each is."""
DEFAULTS = "defaults"
"""What the parameters of the rules are where nothing is written."""
TASK = "task"
"""In a rule, the model's task, which is no parameter of the learner."""


@cache
def combinations() -> dict[str, dict[str, Any]]:
    """By the path of a learner: the rules of each sort, and the defaults of the parameters that they name."""
    found: dict[str, dict[str, Any]] = json.loads(TABLE.read_bytes())
    return found


def holds(alternatives: str, value: Any) -> bool:
    """Whether a value is one of the alternatives of a rule, written as in the table."""
    if isinstance(value, bool) and str(value).lower() in alternatives.split(" | "):
        return True
    return values_of(alternatives).takes(value)
