"""What a training step does to all tensors of a model at once: steps of optimizers, the gradients' norm, unscaling.

A model of a hundred parameters would take a thousand small launches to step by AdamW; here it takes one. The addresses
of all tensors are an argument of the launch. `Backend.multi_tensor` leads optimizers and others here, which stand on
floors above and below. Nothing here was measured on a GPU.
"""

from __future__ import annotations

import math

import numpy as np

from ... import dtypes
from .grids import wide
from .source import FLOATS, FULL, Source, ctype

THREADS, CHUNK = 256, 4096
SIZES = (60, 500)  # rows of a table: one of 60 takes less than 4 KB, which older drivers can pass
TABLES = {n: np.dtype([("rows", np.int64), ("row", np.int64, (n, 8))]) for n in SIZES}
NORMS = {2.0: "Length", math.inf: "Largest"}

_each = [f"{t}, {n}" for t in FLOATS for n in SIZES]
_source = Source(
    "multi_tensor.cu",
    count=[f"{t}, {n}" for t in FULL for n in SIZES],
    adam=_each,
    sgd=_each,
    norm=[f"{t}, {norm}, {n}" for t in FLOATS for norm in NORMS.values() for n in SIZES],
    finish_norm=[f"{t}, {norm}" for t in FLOATS for norm in NORMS.values()],
    clip=_each,
    unscale=_each,
)


def takes(*arrays):
    """Whether arrays can stand in one row of a table: floats of one dtype and size, contiguous, on one device."""
    first = arrays[0]
    return (
        dtypes.is_floating(first.dtype)
        and first.size > 0
        and all(
            a.dtype == first.dtype
            and a.size == first.size
            and a.flags.c_contiguous
            and a.data.device_id == first.data.device_id
            for a in arrays
        )
    )


def tables(rows):
    """Yield (table, its number of rows' places, blocks) for rows of arrays; a table holds the first array's size."""
    for start in range(0, len(rows), SIZES[-1]):
        part = rows[start : start + SIZES[-1]]
        places = next(n for n in SIZES if n >= len(part))
        table, block = np.zeros((), TABLES[places]), 0
        lines = []
        for row in part:
            lines.append([block, row[0].size, *[0 if a is None else a.data.ptr for a in row], *[0] * (6 - len(row))])
            block += -(-row[0].size // CHUNK)
        table["rows"], table["row"][: len(part)] = len(part), lines
        yield table, places, block


def _place_of(xp, lr):
    """Return a learning rate as an array on the device, if it is one, and as a number."""
    return (lr, 0.0) if isinstance(lr, xp.ndarray) else (None, lr)


# ---- optimizers


def adam(xp, rows, t, group):
    """Step by Adam's rule: all parameters of one dtype on one device.

    Args:
        rows: of each parameter: itself, its gradient, and its state by name.
        t: the number of this step; None where the counts lie on the device, among the states: they are counted up here.
        group: the options; `lr` may be an array on the device then.
    """
    (there, lr), (beta1, beta2), decay = _place_of(xp, group["lr"]), group["betas"], group["weight_decay"]
    dtype, number = ctype(rows[0][0].dtype), wide(rows[0][0].dtype).type
    decoupled = decay if group["decoupled_weight_decay"] else 0.0
    rate = root = shrink = 0.0  # where the device has them
    if t is not None:
        root = math.sqrt(1 - beta2**t)
        rate, shrink = lr * root / (1 - beta1**t), 1 - lr * decoupled
    arrays = [
        (p, g, state["exp_avg"], state["exp_avg_sq"], state.get("max_exp_avg_sq") if group["amsgrad"] else None,
         state["step"] if t is None else None)
        for p, g, state in rows
    ]  # fmt: skip
    given = (beta1, 1 - beta1, beta2, 1 - beta2, group["eps"], 0.0 if decoupled else decay)
    for table, places, blocks in tables(arrays):
        of_tensor = None
        if t is None:
            of_tensor = xp.empty((int(table["rows"]), 3), np.float64)
            numbers = map(np.float64, (lr, beta1, beta2, decoupled))
            kernel = _source.kernel(xp, f"count<{ctype(rows[0][2]['step'].dtype)}, {places}>")
            kernel((-(-places // THREADS),), (THREADS,), (table, there, *numbers, of_tensor))
        kernel = _source.kernel(xp, f"adam<{dtype}, {places}>")
        numbers = map(number, (rate, root, shrink, *given))
        kernel((blocks,), (THREADS,), (table, of_tensor, *numbers, np.int32(group["maximize"])))


def sgd(xp, rows, t, group):
    """Step by SGD's rule: all parameters of one dtype on one device; see `adam`. `lr` may lie on the device."""
    momentum, (there, rate) = group["momentum"], _place_of(xp, group["lr"])
    number = wide(rows[0][0].dtype).type
    gain = 1 - group["dampening"] if t > 1 else 1
    arrays = [(p, g, state["momentum_buffer"] if momentum else None) for p, g, state in rows]
    for table, places, blocks in tables(arrays):
        kernel = _source.kernel(xp, f"sgd<{ctype(rows[0][0].dtype)}, {places}>")
        numbers = map(number, (rate, momentum, gain, group["weight_decay"]))
        flags = map(np.int32, (group["nesterov"], group["maximize"]))
        kernel((blocks,), (THREADS,), (table, there, *numbers, *flags))


# ---- gradients


def norm(xp, arrays, order):
    """Return the norm of arrays of one dtype on one device, as if they were one vector: an array of no dimensions.

    Args:
        order: 2 or infinity.
    """
    dtype, kind = ctype(arrays[0].dtype), NORMS[order]
    parts = list(tables([(a,) for a in arrays]))
    blocks = sum(n for _, _, n in parts)
    of_block, total = xp.empty(blocks, wide(arrays[0].dtype).type), xp.empty((), arrays[0].dtype)
    first = 0
    for table, places, n in parts:
        _source.kernel(xp, f"norm<{dtype}, {kind}, {places}>")((n,), (THREADS,), (table, of_block[first : first + n]))
        first += n
    _source.kernel(xp, f"finish_norm<{dtype}, {kind}>")((1,), (1024,), (of_block, np.int64(blocks), total))
    return total


def clip(xp, arrays, total, most):
    """Scale arrays, in place, so that their norm is at most so much, given that it is `total` now."""
    dtype, number = ctype(arrays[0].dtype), wide(arrays[0].dtype).type
    for table, places, blocks in tables([(a,) for a in arrays]):
        _source.kernel(xp, f"clip<{dtype}, {places}>")((blocks,), (THREADS,), (table, total, number(most)))


def unscale(xp, arrays, scale, overflowed):
    """Divide arrays of one dtype by a scale, in place, and note in `overflowed` whether one is inf or nan then."""
    dtype = ctype(arrays[0].dtype)
    for table, places, blocks in tables([(a,) for a in arrays]):
        _source.kernel(xp, f"unscale<{dtype}, {places}>")((blocks,), (THREADS,), (table, scale, overflowed))
