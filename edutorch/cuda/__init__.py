"""CUDA devices: whether there are any, so that a program can choose between them and the CPU.

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

This version of edutorch computes on the CPU, and finds none.
"""

from ..backends import array_module
from ..later import load_later

__all__ = [
    "current_device",
    "device_count",
    "empty_cache",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "set_device",
    "synchronize",
]


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


def is_bf16_supported():
    """Return whether the device computes in bfloat16: no, where there is none."""
    return False


def is_initialized():
    """Return whether a device has been used."""
    return False


def empty_cache():
    """Give cached memory back to the device; nothing happens where there is none."""


def memory_allocated(device=None):
    """Return how many bytes tensors take on the device: 0, where there is none."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def _need_device(device=None):
    """Refuse what cannot be done without a device.

    Raises:
        AssertionError: always, in this version.
    """
    array_module("cuda")


current_device = synchronize = set_device = _need_device
get_device_name = get_device_properties = get_device_capability = _need_device

__getattr__, __dir__ = load_later(__name__, "amp")
