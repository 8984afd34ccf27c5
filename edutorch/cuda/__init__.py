"""CUDA devices: whether there are any, so that a program can choose between them and the CPU.

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

This version of edutorch computes on the CPU, and finds none.
"""

from ..backends import array_module

__all__ = ["current_device", "device_count", "is_available", "manual_seed", "manual_seed_all", "synchronize"]


def is_available():
    """Return whether there is a CUDA device that edutorch can use."""
    return device_count() > 0


def device_count():
    """Return how many CUDA devices edutorch can use: none, in this version."""
    return 0


def manual_seed(seed):
    """Seed the random numbers of the current CUDA device; nothing happens where there is none."""


def manual_seed_all(seed):
    """Seed the random numbers of all CUDA devices; nothing happens where there is none."""


def current_device():
    """Return the number of the device in use.

    Raises:
        AssertionError: if there is none.
    """
    array_module("cuda")
    return 0


def synchronize(device=None):
    """Wait until the device has done all it was given.

    Raises:
        AssertionError: if there is none.
    """
    array_module("cuda")
