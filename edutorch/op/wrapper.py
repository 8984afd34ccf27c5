"""What the code of an operator's function speaks of: the names that `template.py` writes, and what is behind them."""

from __future__ import annotations

import functools

import numpy as np

from .. import dtypes
from ..autograd.graph import edge_of
from ..autograd.versions import Storage, tick
from ..autograd.views import mark_unrecorded, sync
from ..backends import DEVICE_TYPE, XP
from ..errors import explain, not_a_tensor, not_a_tensor_in_list
from ..modes import autocast_state, is_anomaly_enabled, is_grad_enabled, is_inference_mode_enabled
from ..tensor import Tensor, wrap
from .forms import half_kernel, into
from .kernels import or_else
from .meeting import mixed
from .nodes import record_many
from .quiet import busy, quietly, quietly_alone

NUMBERS = frozenset((bool, int, float))

# Which partner dtypes and Python numbers an operand of a dtype can meet with no conversion at all. Halves are left
# out on purpose: they take the detour that computes in float32.
_FULL_FLOATS = {d: frozenset((d, *NUMBERS)) for d in (dtypes.FLOAT32, dtypes.FLOAT64)}
_INTEGERS = {
    d.numpy: frozenset((d.numpy, bool, int)) for d in dtypes.ALL if not d.is_floating_point and d is not dtypes.bool
}
_DIRECT = {
    "common": {**_FULL_FLOATS, **_INTEGERS, dtypes.BOOL: frozenset((dtypes.BOOL, bool))},
    "same": {**_FULL_FLOATS, **_INTEGERS, dtypes.BOOL: frozenset((dtypes.BOOL, bool))},
    "float": _FULL_FLOATS,
}
_NOTHING = frozenset()
_UNSET = object()


def namespace(op, half):
    """Return the globals of an operator's function."""
    return {
        "Tensor": Tensor,
        "new": object.__new__,
        "wrap": wrap,
        "Storage": Storage,
        "XP": XP,
        "DEVICE_TYPE": DEVICE_TYPE,
        "sync": sync,
        "edge_of": edge_of,
        "alias": _alias,
        "tick": tick,
        "is_anomaly_enabled": is_anomaly_enabled,
        "is_grad_enabled": is_grad_enabled,
        "autocast": autocast_state.get,
        "is_inference_mode_enabled": is_inference_mode_enabled,
        "not_a_tensor": not_a_tensor,
        "not_a_list": functools.partial(_not_a_list, op),
        "nothing": _NOTHING,
        "direct": _direct(op),
        "kernels": _HalfKernels(op) if half else op.kernels,
        "nodes": op.half_node_classes if half else op.node_classes,
        "result_type": op.result_type,
        "refuse_inference": _refuse_inference,
        "mark_unrecorded": mark_unrecorded,
        "quietly": quietly,
        "busy": busy,
        "quietly_alone": quietly_alone,
        "array_dtype": np.dtype,
        "to_numpy": dtypes.to_numpy,
        "is_floating": dtypes.is_floating,
        "_unset": _UNSET,
        "typed": typed,
        "_self": _Late(op),
        "_nth": functools.partial(_nth, op),
        "_detour": op.detour,
        "into": functools.partial(into, op.name),
        "number_first": op.number_first,
        "mixed": mixed,
        "_op": op,
        "_explain": functools.partial(_explain, op),
        "record_many": record_many,
        "_label": op.node_name,
        **{f"_default_{p.name}": p.default for p in op.signature if p.default is not p.empty},
    }


class _HalfKernels(dict):
    """An operator's kernels for half precision, made when they are first needed."""

    def __init__(self, op):
        self.op = op

    def __missing__(self, kind):
        widened = half_kernel(self.op.kernels[kind], len(self.op.extras))
        own = self.op.half_kernels.get(kind)
        self[kind] = widened if own is None else or_else(own, widened)
        return self[kind]


def _direct(op):
    """Return what an operator's operands meet without conversion; one that may refuse booleans sees them first."""
    table = _DIRECT.get(op.cast)
    return {d: partners - {bool} for d, partners in table.items()} if op.refuse and table else table


def _alias(y):
    """Return an output's memory without the output, which leads to the node that keeps it, and would make a ring."""
    kept = wrap(y.array)
    kept.storage = y.storage = Storage()
    return kept


class _Typed(dict):
    """Python numbers as 0-d arrays of one dtype, kept: NumPy takes half a microsecond to convert one each time."""

    def __init__(self, dtype):
        self.dtype = dtype

    def __missing__(self, value):
        array = np.array(value, self.dtype)
        array.flags.writeable = False  # by which `with_plain_numbers` knows it
        if value and len(self) < 4096:  # 0.0 equals -0.0, and must not stand for it
            self[value] = array
        return array


_TYPED = {dtype: _Typed(dtype) for dtype in (dtypes.FLOAT32, dtypes.FLOAT64)}


def typed(dtype, number):
    """Return a number as an operand that NumPy takes quickly: a 0-d array for the float dtypes."""
    kept = _TYPED.get(dtype)
    return number if kept is None else kept[number]


class _Late:
    """The operator's own function, looked up when a view is replayed."""

    def __init__(self, op):
        self.op = op

    def __call__(self, *args):
        return self.op.fn(*args)


def _nth(op, i):
    """Return the function that takes the same one of many views again."""
    return lambda *args: op.fn(*args)[i]


def _explain(op, error, arrays, statics):
    for name, value in statics.items():
        if name.startswith("dim") and isinstance(value, (str, float)):
            position = op.params.index(name) + 1
            raise TypeError(
                f"{op.name}(): argument '{name}' (position {position}) must be int, not {type(value).__name__}"
            ) from None
    better = explain(arrays, error)
    if better is error:
        raise error
    raise better from None


def _not_a_list(op, tensors):
    if isinstance(tensors, Tensor):
        return TypeError(f"{op.name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            return not_a_tensor_in_list(i, t)
    return TypeError(f"{op.name}() expects a sequence of tensors")


def _refuse_inference():
    raise RuntimeError(
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
        "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and "
        "use it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
    )
