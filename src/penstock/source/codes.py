"""All diagnostic codes of this room, with their manual pages."""

from __future__ import annotations

from penstock.source.reading_codes import READING
from penstock.source.writing_codes import WRITING

CODES = (*READING, *WRITING)
