"""Pattern over the address, the former one of a renamed spec included: a new name leaves nobody's rules behind.

What comes or goes as a whole, such as a spec or a canary, does so with all its fields. A pattern for one of these does
not speak of the whole, but whoever it asks is asked.
"""

from __future__ import annotations

import re
from functools import lru_cache

from penstock.review.policy.predicates.subject import PolicySubject


def holds(wanted: str, subject: PolicySubject) -> bool | None:
    """Whether the whole address fits the pattern; `*` stands for any text, everything else for itself.

    None where only the address of something within it does.
    """
    pattern = _compiled(wanted)
    change = subject.change
    if pattern.fullmatch(str(change.address)):
        return True
    if change.renamed_from is not None and pattern.fullmatch(str(change.renamed_from)):
        return True
    return None if any(map(pattern.fullmatch, change.held)) else False


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
