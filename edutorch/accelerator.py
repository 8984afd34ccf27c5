"""Whichever accelerator there is, by one name: what programs ask that do not want to know whose it is.

device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else torch.device("cpu")
"""

from __future__ import annotations

from . import cuda
from .backends import device

__all__ = [
    "current_accelerator",
    "current_device_index",
    "device_count",
    "is_available",
    "set_device_index",
    "synchronize",
]


def is_available():
    """Return whether there is an accelerator that edutorch can use."""
    return cuda.is_available()


def device_count():
    """Return how many accelerators edutorch can use."""
    return cuda.device_count()


def current_accelerator(check_available=False):
    """Return the accelerator as a device without an index, or None where there is none.

    Example:
        >>> import edutorch as torch
        >>> device = torch.accelerator.current_accelerator() or torch.device("cpu")
    """
    return device("cuda") if is_available() else None


def current_device_index():
    """Return the index of the accelerator that new tensors go to.

    Raises:
        RuntimeError: if there is none.
    """
    _need_one()
    return cuda.current_device()


def set_device_index(device):
    """Choose the accelerator that new tensors go to; negative numbers change nothing.

    Raises:
        RuntimeError: if there is none.
    """
    if isinstance(device, int) and device < 0:
        return
    _need_one()
    cuda.set_device(device)


def synchronize(device=None):
    """Wait until the accelerator has done what it was asked for.

    Raises:
        RuntimeError: if there is none.
    """
    _need_one()
    cuda.synchronize(device)


def _need_one():
    if not is_available():
        raise RuntimeError("Cannot access accelerator device when none is available.")
