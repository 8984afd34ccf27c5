"""The forms around an operator's function: in-place, `out=`, sizes one by one, named tuples, half precision."""

from __future__ import annotations

import functools
import operator
import warnings

from .. import dtypes
from ..autograd.graph import widen
from ..autograd.versions import bump
from ..autograd.views import assign, refuse_cast
from ..tensor import Tensor


def inplace_form(call, name):
    """Return the method that runs an operator and writes the result into its first operand."""

    def form(self, *args, **kwargs):
        return assign(self, call, *args, **kwargs)

    form.__name__ = form.__qualname__ = name
    form.__doc__ = f"In-place form of `{name[:-1]}`: the result is written into this tensor, which is returned."
    return form


def alias(call, name):
    """Give an operator a second name, also as method and in-place method where it is one; returns the function."""
    for suffix in ("", "_"):
        if hasattr(Tensor, call.__name__ + suffix):
            setattr(Tensor, name + suffix, getattr(Tensor, call.__name__ + suffix))
    return call


def over(operator):
    """Give a function that stands in front of an operator its `.op`, for `F.mse_loss.op.source()` (a decorator)."""

    def mark(function):
        function.op = operator.op
        return function

    return mark


def no_derivative(name):
    """Return the gradient formula of an operator for which PyTorch has none: it raises in the backward pass."""

    def formula(g):
        raise RuntimeError(f"derivative for aten::{name} is not implemented")

    return formula


NO_DERIVATIVE = "torch::autograd::NotImplemented"  # the name of such an operator's node


def into(name, out, result):
    """Write a result into the tensor given as `out=`, resizing it if it is empty, as PyTorch does.

    Raises:
        RuntimeError: if `out` or an input requires grad, or the result's dtype does not fit.
    """
    if out is None:
        return result
    if result.tracked or out.tracked:
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    refuse_cast(result.dtype, out.dtype)
    if out.array.shape == result.array.shape:
        out.array[...] = result.array
        bump(out)
        return out
    if out.array.size:
        warnings.warn(
            f"An output with one or more elements was resized since it had shape {list(out.array.shape)}, which does"
            f" not match the required output shape {list(result.array.shape)}. Give an empty tensor to have it"
            " resized.",
            stacklevel=3,
        )
    out.array = result.array.astype(out.array.dtype)
    return out


def loose_sizes(call):
    """Return a method that takes sizes as one sequence or one by one: `x.view((2, 3))` and `x.view(2, 3)`."""

    @functools.wraps(call)
    def form(self, *sizes, **named):
        if len(sizes) == 1 and type(sizes[0]) is not int and not hasattr(sizes[0], "__index__"):
            sizes = sizes[0]
        elif not sizes:
            return call(self, **named)
        return call(self, sizes, **named)

    return form


def result_type(name, fields):
    """Return a named tuple class that prints as PyTorch's `torch.return_types.name`."""

    class Result(tuple):
        __slots__ = ()
        _fields = fields

        def __new__(cls, *values):
            return super().__new__(cls, values)

        def __repr__(self):
            inner = ",\n".join(f"{f}={v!r}" for f, v in zip(fields, self, strict=True))
            return f"torch.return_types.{name}(\n{inner})"

    for i, field in enumerate(fields):
        setattr(Result, field, property(operator.itemgetter(i)))
    Result.__name__ = Result.__qualname__ = name
    return Result


def half_kernel(kernel, extras=0):
    """Compute in float32 and round the floating results once, to the operands' half dtype.

    Args:
        extras: how many results, the last ones, stay as they are: only the gradient formulas see them.
    """

    def run(*args, **kwargs):
        flat = [a for x in args for a in (x if isinstance(x, (list, tuple)) else [x])]
        target = next(a.dtype for a in flat if getattr(a, "dtype", None) in dtypes.HALVES)
        result = kernel(*[widen(a) for a in args], **kwargs)
        return (*narrow(result[:-extras], target), *result[-extras:]) if extras else narrow(result, target)

    def narrow(result, target):
        if isinstance(result, (list, tuple)):
            return tuple(narrow(r, target) for r in result)
        return result.astype(target) if getattr(result, "dtype", None) == dtypes.FLOAT32 else result

    return run
