"""Marks in the timeline of NVIDIA's profilers (Nsight Systems): `with torch.cuda.nvtx.range("forward"): …`.

Where there is no CUDA device nothing is marked, and a program with marks runs all the same; PyTorch raises an error.
"""

from __future__ import annotations

import contextlib

from ..backends import cuda_backend

__all__ = ["mark", "range", "range_pop", "range_push"]

_open = [0]


def range_push(msg):
    """Begin a stretch of the timeline, inside those that are open; return how many those are."""
    backend = cuda_backend()
    if backend is not None:
        backend.xp.cuda.nvtx.RangePush(msg)
    _open[0] += 1
    return _open[0] - 1


def range_pop():
    """End the stretch that was begun last; return how many remain open."""
    backend = cuda_backend()
    if backend is not None:
        backend.xp.cuda.nvtx.RangePop()
    _open[0] -= 1
    return _open[0]


def mark(msg):
    """Mark this moment."""
    backend = cuda_backend()
    if backend is not None:
        backend.xp.cuda.nvtx.Mark(msg)


@contextlib.contextmanager
def range(msg, *args, **kwargs):
    """Mark what a `with` block does; the arguments are formatted into the message."""
    range_push(msg.format(*args, **kwargs))
    try:
        yield
    finally:
        range_pop()
