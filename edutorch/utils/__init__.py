"""Data loading and other helpers around training."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import data

__all__ = ["data"]


def __getattr__(name):
    """Load `data` when it is first asked for: many programs do without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")


def __dir__():
    return sorted({*globals(), *__all__})
