"""Activations, element by element: one launch forward, one backward."""

from __future__ import annotations

import numpy as np

from ... import dtypes
from ...backends import XP
from ...ops.activation import relu
from ...ops.exponential import sigmoid, tanh
from ...ops.gates import gelu, silu
from .grids import elementwise, in_order
from .source import FLOATS, Source, ctype

_KINDS = {"Relu": relu, "Sigmoid": sigmoid, "Tanh": tanh, "Silu": silu}
_GELU = {"none": "Gelu", "tanh": "GeluTanh"}
_WIDTHS = {"float": 4, "double": 2, "__half": 8, "__nv_bfloat16": 8}  # numbers in 16 bytes
_types = [f"{t}, {width}" for t in FLOATS for width in (1, _WIDTHS[t])]
_instances = [f"{activation}, {types}" for activation in (*_KINDS, *_GELU.values()) for types in _types]
_source = Source("activations.cu", forward=_instances, backward=_instances)


def _run(name, activation, *arrays):
    """Run a kernel on arrays of one shape and dtype."""
    first = arrays[0]
    if not first.size or not dtypes.is_floating(first.dtype):
        return NotImplemented
    xp = XP[type(first)]
    result = xp.empty_like(first)
    if any(a.strides != result.strides for a in arrays):  # in memory, they have gaps or different orders
        arrays = [in_order(a) for a in arrays]
        result = xp.empty(first.shape, first.dtype)
    arrays = [*arrays, result]
    if not result.flags.c_contiguous:
        axes = sorted(range(result.ndim), key=lambda axis: -result.strides[axis])  # as they lie in memory
        arrays = [a.transpose(axes) for a in arrays]
    t = ctype(first.dtype)
    width = 1 if any(a.data.ptr % 16 for a in arrays) else _WIDTHS[t]
    kernel = _source.kernel(xp, f"{name}<{activation}, {t}, {width}>")
    kernel(*elementwise(-(-first.size // width)), (*arrays, np.int64(first.size)))
    return result


def _stand_in(op, activation):
    """Register an activation's kernels; what its formula keeps, the input or the output, is what `slope` is given."""
    op.kernel("cuda", halves=True)(lambda xp, input: _run("forward", activation, input))
    op.backward_kernel("cuda", "input", halves=True)(lambda g, kept: _run("backward", activation, g, kept))


for _activation, _op in _KINDS.items():
    _stand_in(_op, _activation)


@gelu.kernel("cuda", halves=True)
def gelu_kernel(xp, input, *, approximate):
    """Compute x Phi(x)."""
    return _run("forward", _GELU[approximate], input) if approximate in _GELU else NotImplemented


@gelu.backward_kernel("cuda", halves=True)
def gelu_gradients_kernel(xp, g, input, approximate, intact):
    """Compute g (Phi(x) + x phi(x))."""
    found = _run("backward", _GELU[approximate], g, input)
    return found if found is NotImplemented else (found,)
