"""Faster forwards for single operators on single devices; `ops/` remains the plain text of each."""

from . import cpu
