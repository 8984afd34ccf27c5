"""Data loading and other helpers around training."""

from . import data
