"""What a review in GitHub Actions is told by its command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line says of a review in Actions."""

    record: str | None
    """Where decisions are recorded, as `store_of` reads it."""
    remote: str
    number: int | None
    save: Path | None
    dry_run: bool
    handover: Path | None
    head: str | None
    began: datetime | None
    digest: str
    entries: tuple[str, ...]
    again: bool
    """Whether nothing but the time is the reason for it."""
