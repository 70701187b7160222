"""Pattern over the address, the former one of a renamed spec included: a new name leaves nobody's rules behind."""

from __future__ import annotations

import re
from functools import lru_cache

from penstock.review.policy.predicates.subject import PolicySubject


def holds(wanted: str, subject: PolicySubject) -> bool:
    """Whether the whole address fits the pattern; `*` stands for any text, everything else for itself."""
    pattern = _compiled(wanted)
    change = subject.change
    if pattern.fullmatch(str(change.address)):
        return True
    return change.renamed_from is not None and pattern.fullmatch(str(change.renamed_from)) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
