"""The memory of CUDA devices. CuPy keeps what arrays gave back for later arrays: `reserved` counts that too."""

from __future__ import annotations

from collections import OrderedDict

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


def memory_stats(device=None):
    """Return what is known of a device's memory, in bytes, by PyTorch's names; nothing where there is no device.

    Counted are `allocated_bytes` and `reserved_bytes`, each `.all.current` and `.all.peak`: CuPy's pool counts no more.
    """
    if not is_available():
        return OrderedDict()
    return OrderedDict(
        {
            "allocated_bytes.all.current": memory_allocated(device),
            "allocated_bytes.all.peak": max_memory_allocated(device),
            "reserved_bytes.all.current": memory_reserved(device),
            "reserved_bytes.all.peak": max_memory_reserved(device),
        }
    )


def memory_summary(device=None, abbreviated=False):
    """Return a table of a device's memory, to be printed.

    Args:
        abbreviated: accepted; the table is short.

    Raises:
        AssertionError: if there is no device.
    """
    index = located(device)[1]
    stats = memory_stats(index)
    rows = [
        (name, stats[f"{kind}_bytes.all.current"], stats[f"{kind}_bytes.all.peak"])
        for name, kind in (("Allocated memory", "allocated"), ("GPU reserved memory", "reserved"))
    ]
    title = f" Memory of device {index}: in use, and kept by CuPy's pool"
    line, lines = "=" * 60, [f" {'Metric':<24}| {'Cur Usage':>14} | {'Peak Usage':>14}"]
    lines += [f" {name:<24}| {_size(now):>14} | {_size(peak):>14}" for name, now, peak in rows]
    framed = [f"|{text:<60}|" for text in (line, title, line, *lines, line)]
    return "\n".join(framed) + "\n"


def _size(count):
    """Return a number of bytes as text."""
    for unit in ("B", "KiB", "MiB"):
        if count < 10240:
            return f"{count} {unit}"
        count //= 1024
    return f"{count} GiB"
