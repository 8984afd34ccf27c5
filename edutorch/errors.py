"""Error messages: PyTorch's exception type and first sentence, then the shapes and the likely remedy.

Operators raise what this file builds, so the words stand in one place. `explain` turns an exception of the array
library (a broadcasting failure, say) into the error that PyTorch would raise for the same call.
"""

from __future__ import annotations

from numpy.exceptions import AxisError

from . import dtypes


class _LinAlgError(RuntimeError):
    """A matrix that cannot be inverted, factored or decomposed: `torch.linalg.LinAlgError`."""


LinAlgError = _LinAlgError


def type_name(value):
    """Return the name of a value's type (or of a type) as PyTorch's messages give it, with its module."""
    kind = value if isinstance(value, type) else type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def with_remedy(message, remedy):
    """Join PyTorch's sentence and our advice, the advice on a line of its own."""
    return f"{message}\n{remedy}"


def shape_list(shapes):
    """Return shapes as words: `(2, 3) and (4,)`."""
    return " and ".join(str(tuple(shape)) for shape in shapes)


def cannot_broadcast(shapes):
    """Build the error for shapes that do not broadcast, naming the first axis (from the right) that clashes."""
    shapes = [tuple(s) for s in shapes]
    a, b = shapes[0], shapes[-1]
    for left in shapes:
        for right in shapes:
            for axis in range(-1, -min(len(left), len(right)) - 1, -1):
                if left[axis] != right[axis] and 1 not in (left[axis], right[axis]):
                    a, b = left, right
                    position = max(len(a), len(b)) + axis
                    return RuntimeError(
                        with_remedy(
                            f"The size of tensor a ({a[axis]}) must match the size of tensor b ({b[axis]}) "
                            f"at non-singleton dimension {position}",
                            f"The shapes {shape_list((a, b))} do not broadcast: aligned from the right, sizes must be"
                            " equal or 1. Check for a missing unsqueeze, reshape or transpose.",
                        )
                    )
    return RuntimeError(f"The shapes {shape_list(shapes)} do not broadcast")


def dimension_out_of_range(ndim, dim):
    """Build the error for a `dim` that the tensor does not have."""
    reach = max(ndim, 1)
    return IndexError(f"Dimension out of range (expected to be in range of [{-reach}, {reach - 1}], but got {dim})")


def not_a_tensor(function, parameter, position, value):
    """Build the error for an argument that must be a tensor and is not."""
    kind = type(value).__module__ + "." if type(value).__module__ not in ("builtins", "__main__") else ""
    sentence = (
        f"{function}(): argument '{parameter}' (position {position}) must be Tensor, not {kind}{type(value).__name__}"
    )
    if value is None:
        return TypeError(with_remedy(sentence, "None is what a function gives back that has no `return`."))
    if isinstance(value, (bool, int, float, list, tuple)) or hasattr(value, "__array__"):
        return TypeError(with_remedy(sentence, "Make it a tensor first: torch.tensor(value)."))
    return TypeError(sentence)


def not_a_tensor_in_list(index, value, argument=0):
    """Build the error for an element, of a list that must hold tensors, that is none."""
    sentence = f"expected Tensor as element {index} in argument {argument}, but got {type_name(value)}"
    return TypeError(with_remedy(sentence, "Make it a tensor first: torch.tensor(value)."))


C_NAMES = {
    "float32": "float",
    "float64": "double",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "int64": "long int",
    "int32": "int",
    "int16": "short int",
    "int8": "signed char",
    "uint8": "unsigned char",
    "bool": "bool",
}


def refuse_different_dtypes(name, numpy_dtypes):
    """Raise PyTorch's error if the operands of a matrix product do not all have one dtype."""
    if len(set(numpy_dtypes)) < 2:
        return
    found = [dtypes.of_numpy(d) for d in numpy_dtypes]
    names, c_names = [d.legacy for d in found], [C_NAMES.get(d.name, d.name) for d in found]
    a, b = names[:2]
    if name == "linear":  # x W^T is a `mm`; with a bias it is an `addmm`, to which the bias comes first
        name, names = ("addmm", [names[2], a, b]) if len(names) == 3 else ("mm", names)
    if name in ("addmm", "addbmm"):
        c, one, two = names
        who = ("self", c) if c != two else ("mat1", one)
        sentence = f"{who[0]} and mat2 must have the same dtype, but got {who[1]} and {two}"
    elif name in ("mv", "addmv"):
        c, one, two = names if name == "addmv" else (b, a, b)
        sentence = f"addmv input tensors must have the same dtype, but got {c}, {one}, and {two}"
    elif name == "baddbmm" and a != b:
        sentence = f"Input dtypes must be the same, got: input {c_names[0]}, batch1: {c_names[1]}, batch2: {c_names[2]}"
    elif name in ("bmm", "baddbmm"):
        sentence = f"expected scalar type {a} but found {names[-1]}"
    elif name in ("dot", "vdot"):
        sentence = f"dot : expected both vectors to have same dtype, but found {a} and {b}"
    elif name == "inner":
        sentence = "both inputs should have same dtype"
    else:
        sentence = f"expected m1 and m2 to have the same dtype, but got: {c_names[0]} != {c_names[1]}"
    remedy = "Convert one of them: x.to(y.dtype)."
    if "Double" in names:
        remedy += " NumPy's floats are float64 (Double), PyTorch's float32 (Float), unless told otherwise."
    raise RuntimeError(with_remedy(sentence, remedy))


def different_devices(first, second):
    """Build the error for operands on different devices."""
    return RuntimeError(
        with_remedy(
            f"Expected all tensors to be on the same device, but found at least two devices, {first} and {second}!",
            "Move one of them: x.to(y.device).",
        )
    )


def not_implemented(kernel, array):
    """Build the error for an operator that lacks a dtype; `kernel` is PyTorch's name for its inner part."""
    dtype = dtypes.of(array)
    remedy = (
        "It works on integers and booleans: x.long(), x.bool()."
        if dtype in (dtypes.float32, dtypes.float64)
        else "Convert the tensor first, e.g. x.float()."
    )
    return NotImplementedError(with_remedy(f"\"{kernel}\" not implemented for '{dtype.legacy}'", remedy))


def need_floats(array, kernel):
    """Raise `not_implemented` for integers and booleans."""
    if not dtypes.is_floating(array.dtype):
        raise not_implemented(kernel, array)


def bool_subtraction(both):
    """Build the error for a difference of booleans, which could mean two things; `both`: both operands are boolean."""
    if both:
        return RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead."
        )
    return RuntimeError(
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a "
        "mask, use the `~` or `logical_not()` operator instead."
    )


def number_overflow(array):
    """Build the error for a Python number that an integer dtype cannot hold."""
    kind = {"int32": "int"}.get(array.dtype.name, array.dtype.name + "_t")
    return RuntimeError(f"value cannot be converted to type {kind} without overflow")


def explain(arrays, error):
    """Return the error PyTorch would raise where the array library raised `error`.

    Args:
        arrays: the operator's array operands.
        error: what NumPy or CuPy raised.
    """
    if isinstance(error, AxisError) and error.axis is not None:
        return dimension_out_of_range(error.ndim, error.axis)
    text = str(error)
    if "boolean subtract" in text:
        return bool_subtraction(both=True)
    shapes = [a.shape for a in arrays if hasattr(a, "shape")]
    if isinstance(error, ValueError) and "broadcast" in text and len(shapes) > 1:
        return cannot_broadcast(shapes)
    return error
