"""The memory of CUDA devices. CuPy keeps what arrays gave back for later arrays: `reserved` counts that too."""

from __future__ import annotations

from .devices import is_available, located


def empty_cache():
    """Give memory that no array uses back to the devices; nothing happens where there are none."""
    if is_available():
        located()[0].empty_cache()


def memory_allocated(device=None):
    """Return how many bytes tensors take on a device: 0, where there is none."""
    return _asked("memory_allocated", device)


def memory_reserved(device=None):
    """Return how many bytes are taken from a device, also those kept for later tensors: 0, where there is none."""
    return _asked("memory_reserved", device)


def _asked(name, device):
    if not is_available():
        return 0
    backend, index = located(device)
    return getattr(backend, name)(index)


def max_memory_allocated(device=None):
    """Return the most bytes that tensors took on a device since `reset_peak_memory_stats`: 0, where there is none.

    Without it, since this was first asked: watching costs a little, and begins when somebody wants to know.
    """
    if not is_available():
        return 0
    backend, index = located(device)
    return backend.peaks()[index]


max_memory_reserved = memory_reserved  # what is reserved only grows until `empty_cache`


def reset_peak_memory_stats(device=None):
    """Let `max_memory_allocated` begin anew, with what is in use now; nothing happens where there is no device."""
    if is_available():
        backend, index = located(device)
        backend.peaks()[index] = backend.memory_allocated(index)


reset_max_memory_allocated = reset_peak_memory_stats


def mem_get_info(device=None):
    """Return how many bytes of a device are free, and how many it has.

    Raises:
        AssertionError: if there is none.
    """
    backend, index = located(device)
    return backend.memory_info(index)
