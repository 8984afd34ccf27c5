"""Faster forwards for single operators on single devices; `ops/` remains the plain text of each."""

from ..backends import when_joining
from . import cpu


@when_joining
def _load(backend):
    """Load the kernels of a kind of device when one joins: a machine without pays nothing for them."""
    if backend.type == "cuda" and backend.kernels:
        from .cuda import multi_tensor, positions, random, sums

        backend.multi_tensor, backend.add_rows = multi_tensor, sums.add_rows
        backend.note_outside, backend.random_stream = positions.note_outside, random.DevicePhilox
