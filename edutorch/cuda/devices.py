"""Which CUDA devices there are, and which one is current."""

from __future__ import annotations

from types import SimpleNamespace

from ..backends import BACKENDS, cuda_backend, place
from ..backends import device as _device


def is_available():
    """Return whether there is a CUDA device that edutorch can use. CuPy is loaded for that only if it is installed."""
    return cuda_backend() is not None


def device_count():
    """Return how many CUDA devices edutorch can use."""
    backend = cuda_backend()
    return 0 if backend is None else backend.count()


def init():
    """Make the CUDA devices ready, which happens by itself when they are first used.

    Raises:
        AssertionError: if there are none.
    """
    place("cuda")


def is_initialized():
    """Return whether CUDA devices have been looked for, and found."""
    return "cuda" in BACKENDS


def located(device=None):
    """Return the backend and the number of a CUDA device that is named by a number, a string, a device or None.

    Raises:
        AssertionError, RuntimeError: if it is not at hand. ValueError: if it is no CUDA device.
    """
    backend, index = place("cuda" if device is None or (type(device) is int and device < 0) else _device(device))
    if backend.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {device}")
    return backend, backend.current() if index is None else index


def current_device():
    """Return the number of the CUDA device that new tensors go to.

    Raises:
        AssertionError: if there is none.
    """
    return located()[1]


def set_device(device):
    """Choose the CUDA device that new tensors go to; negative numbers change nothing.

    Raises:
        AssertionError, RuntimeError: if it is not at hand.
    """
    backend, index = located(device)
    backend.use(index)


class device:
    """In a `with` block, the CUDA device that new tensors go to: `with torch.cuda.device(1): …`.

    Args:
        device: a number, a name or a device; None and negative numbers change nothing.
    """

    def __init__(self, device):
        self.idx = located(device)[1]

    def __enter__(self):
        self._before = current_device()
        set_device(self.idx)

    def __exit__(self, *exception):
        set_device(self._before)


def synchronize(device=None):
    """Wait until a device (None: the current one) has done all that it was asked for.

    Raises:
        AssertionError: if there is none.
    """
    backend, index = located(device)
    backend.synchronize(index)


def get_device_properties(device=None):
    """Return what is known of a device: `name`, `total_memory` in bytes, `major`, `minor`, `multi_processor_count`.

    Raises:
        AssertionError: if there is none.
    """
    backend, index = located(device)
    known = backend.properties(index)
    return SimpleNamespace(
        name=known["name"].decode(),
        total_memory=known["totalGlobalMem"],
        major=known["major"],
        minor=known["minor"],
        multi_processor_count=known["multiProcessorCount"],
    )


def get_device_name(device=None):
    """Return a device's name, such as 'NVIDIA H100'."""
    return get_device_properties(device).name


def get_device_capability(device=None):
    """Return the version of what a device can do, such as (9, 0)."""
    known = get_device_properties(device)
    return known.major, known.minor


def get_arch_list():
    """Return which kinds of devices kernels are compiled for, such as ["sm_90"]: those at hand."""
    names = {"sm_{}{}".format(*get_device_capability(i)) for i in range(device_count())}
    return sorted(names)


def is_bf16_supported():
    """Return whether the current device computes in bfloat16: from version 8.0 on; no, where there is none."""
    return is_available() and get_device_capability() >= (8, 0)
