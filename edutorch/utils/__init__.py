"""Data loading and other helpers around training."""

from typing import TYPE_CHECKING

from ..later import load_later

if TYPE_CHECKING:
    from . import data

__all__ = ["data"]
__getattr__, __dir__ = load_later(__name__, "data")
