"""Max pooling on NumPy: no masked writes, which take ten times as long as arithmetic on bytes."""

from __future__ import annotations

import numpy as np

from ...errors import not_implemented
from ...ops.pooling import before_the_contest, first_greatest, give_to_winners, max_pool
from ...ops.windows import places

_BITS = {d.itemsize: d for d in map(np.dtype, ("int32", "int64"))}


@max_pool.kernel("cpu")
def _max_pool(xp, input, windows):
    if input.dtype.kind == "b":
        raise not_implemented(f"max_pool{len(windows.size)}d", input)
    at_once = windows.inside and input.size  # the first place needs no contest
    if at_once:
        best = input[windows.looks[0][1]].copy()
        winner = np.zeros(best.shape, np.min_scalar_type(places(windows) - 1))
    else:
        best, winner = before_the_contest(xp, input, windows)
    code = winner.dtype.type
    for place, (of, at) in enumerate(windows.looks):
        if at_once and not place:
            continue
        value, so_far = input[at], best[of]
        # Places only grow, so the last that was better is the greatest number among those that were.
        np.maximum(winner[of], (value > so_far) * code(place), out=winner[of])
        np.maximum(so_far, value, out=so_far)
    if input.dtype.kind == "f" and best.size and np.isnan(best.max()):  # "better" says nothing of nan
        return first_greatest(xp, input, windows)
    return best, winner


@give_to_winners.kernel("cpu")
def _give_to_winners(xp, input, winner, windows):
    if not (windows.apart and places(windows) <= 4 and input.itemsize in _BITS):
        return give_to_winners.op.forward(xp, input, winner, windows)
    lead = input.shape[: input.ndim - len(windows.size)]
    covered = tuple(k * c for k, c in zip(windows.kernel, windows.count, strict=True))
    tiled = windows.inside and windows.kernel == windows.stride and covered == windows.size
    out = (np.empty if tiled else np.zeros)((*lead, *windows.size), input.dtype)
    bits = _BITS[input.itemsize]  # as integers: with floats, infinity times false would be nan
    given, taken = input.view(bits), out.view(bits)
    for place, (of, at) in enumerate(windows.looks):
        np.multiply(given[of], winner[of] == place, out=taken[at])
    return out
