"""Wrappers that spread a module's work over devices."""

from .data_parallel import DataParallel

__all__ = ["DataParallel"]
