"""What a review in GitHub Actions is told by its command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line says of a review in Actions."""

    record: str | None = None
    """Where decisions are recorded, as `store_of` reads it."""
    remote: str = "origin"
    number: int | None = None
    save: Path | None = None
    dry_run: bool = False
    handover: Path | None = None
    head: str | None = None
    began: datetime | None = None
    digest: str = ""
    entries: tuple[str, ...] = ()
    again: bool = False
    """Whether nothing but the time is the reason for it."""
