"""Cutting Markdown to what GitHub takes.

A comment holds 65,536 characters of four bytes, the texts of a check run 65,535 characters, and a step's summary one
mebibyte; what a server counts has differed between versions. A text within 65,535 bytes of UTF-8 is within all of them.
"""

from __future__ import annotations

import re

COMMENT_BYTES = 65_535
CHECK_BYTES = 65_535
SUMMARY_BYTES = 1024 * 1024 - 1
TITLE_CHARACTERS = 255
ANNOTATION_BYTES = 64 * 1024 - 1

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_DETAILS = re.compile(r"<(/?)details\b", re.IGNORECASE)


def cut_markdown(text: str, limit: int, notice: str) -> str:
    """The text if its UTF-8 is within `limit` bytes; else as many whole lines as are, and the notice.

    A fence and folded parts that the cut leaves open are closed, so that the notice is seen.
    """
    whole = _encoded(text).decode("utf-8")
    if len(_encoded(whole)) <= limit:
        return whole
    lines = whole.split("\n")
    size = [0]
    for line in lines:
        size.append(size[-1] + len(_encoded(line)) + 1)
    kept = len(lines)
    while kept:
        ending = _closing(lines[:kept]) + f"\n{notice}\n"
        if size[kept] + len(_encoded(ending)) <= limit:
            return "\n".join(lines[:kept]) + "\n" + ending
        # Lines are dropped for what is too much, then one by one for what the ending needs.
        kept = max((index for index in range(kept) if size[index] <= limit), default=0)
    return cut_plain(notice, limit)


def cut_plain(text: str, limit: int) -> str:
    """As much of the beginning as `limit` bytes of UTF-8 hold, whole characters; an ellipsis shows the cut."""
    encoded = _encoded(text)
    if len(encoded) <= limit:
        return encoded.decode("utf-8")
    ellipsis = "…".encode()
    return encoded[: max(0, limit - len(ellipsis))].decode("utf-8", "ignore") + "…"


def _closing(lines: list[str]) -> str:
    """What closes the fence and the folded parts that these lines leave open."""
    fence = ""
    folded = 0
    for line in lines:
        marker = _FENCE.match(line)
        if fence:
            if marker and marker.group(1).startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif marker:
            fence = marker.group(1)
        else:
            folded += sum(-1 if closing else 1 for closing in _DETAILS.findall(line))
    return (f"{fence}\n" if fence else "") + "</details>\n" * max(0, folded)


def _encoded(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which has none and JSON must not hold, becomes a question mark."""
    return text.encode("utf-8", "replace")
