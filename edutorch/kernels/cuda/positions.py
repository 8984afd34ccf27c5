"""Whether positions are in range, found in one launch: each look-up in a table asks."""

from __future__ import annotations

import numpy as np

from .grids import elementwise, in_order
from .source import WHOLE, Source, ctype

_source = Source("positions.cu", any_outside=WHOLE)


def note_outside(xp, index, lowest, size, outside):
    """Set the boolean `outside` if any of some whole numbers is not in [lowest, size)."""
    index = in_order(index)
    grid, block = elementwise(index.size)
    numbers = np.int64(index.size), np.int64(lowest), np.int64(size)
    _source.kernel(xp, f"any_outside<{ctype(index.dtype)}>")(grid, block, (index, *numbers, outside))
