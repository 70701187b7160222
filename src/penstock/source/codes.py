"""All diagnostic codes of this room, with their manual pages."""

from __future__ import annotations

from penstock.source.reading.codes import READING
from penstock.source.writing.codes import WRITING

CODES = (*READING, *WRITING)
