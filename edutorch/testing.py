"""Comparisons for tests: `torch.testing.assert_close`."""

from __future__ import annotations

import numpy as np

from . import dtypes
from .tensor import Tensor

__all__ = ["assert_close"]

# The rounding of each dtype, and what a few operations make of it: (rtol, atol). PyTorch's own table.
_TOLERANCES: dict = {
    dtypes.float16: (1e-3, 1e-5),
    dtypes.bfloat16: (1.6e-2, 1e-5),
    dtypes.float32: (1.3e-6, 1e-5),
    dtypes.float64: (1e-7, 1e-7),
}


def assert_close(
    actual,
    expected,
    *,
    allow_subclasses=True,
    rtol=None,
    atol=None,
    equal_nan=False,
    check_device=True,
    check_dtype=True,
    check_layout=True,
    check_stride=False,
    msg=None,
):
    """Assert that two tensors (or numbers, or containers of such) have the same shape and dtype and close values.

    Math: |actual - expected| <= atol + rtol |expected|

    Args:
        rtol, atol: the tolerances, both or neither; by default what suits the dtype, (1.3e-6, 1e-5) for float32.
        equal_nan: whether nan equals nan.
        check_dtype, check_stride, check_device: whether these must be equal too. check_layout, allow_subclasses:
            accepted; there is one layout, and subclasses are always allowed.
        msg: the error's text; or a function that makes it of the usual one.

    Raises:
        AssertionError: saying how many elements differ, and where they differ most.
        ValueError: if only one tolerance is given.
        TypeError: for what is no tensor and cannot be made one.

    Example:
        >>> import edutorch as torch
        >>> torch.testing.assert_close(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0000001]))
    """
    if (rtol is None) != (atol is None):
        missing = "rtol" if rtol is None else "atol"
        raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}.")
    checks = {"rtol": rtol, "atol": atol, "equal_nan": equal_nan}
    checks |= {"dtype": check_dtype, "stride": check_stride, "device": check_device}
    problem = _difference(actual, expected, checks, at="")
    if problem is not None:
        raise AssertionError(msg(problem) if callable(msg) else msg or problem)


def _difference(actual, expected, checks, at):
    """Return what distinguishes two values, or None."""
    where = f"\n\nThe failure occurred for item {at}" if at else ""
    if isinstance(actual, dict) and isinstance(expected, dict):
        if actual.keys() != expected.keys():
            return (
                "The keys of the mappings do not match:\n"
                f"Missing keys in the actual mapping: {sorted(expected.keys() - actual.keys())}\n"
                f"Additional keys in the actual mapping: {sorted(actual.keys() - expected.keys())}{where}"
            )
        found = (_difference(actual[k], expected[k], checks, f"{at}[{k!r}]") for k in expected)
        return next((problem for problem in found if problem), None)
    if isinstance(actual, (list, tuple)) and isinstance(expected, (list, tuple)):
        if len(actual) != len(expected):
            return f"The length of the sequences mismatch: {len(actual)} != {len(expected)}{where}"
        found = (_difference(a, e, checks, f"{at}[{i}]") for i, (a, e) in enumerate(zip(actual, expected, strict=True)))
        return next((problem for problem in found if problem), None)
    if not any(isinstance(actual, kind) and isinstance(expected, kind) for kind in (Tensor, np.ndarray, (int, float))):
        raise TypeError(f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}.")
    problem = _attributes(actual, expected, checks) or _values(actual, expected, checks)
    return problem and problem + where


def _attributes(actual, expected, checks):
    """Return in which attribute two tensors differ, or None."""
    if not (isinstance(actual, Tensor) and isinstance(expected, Tensor)):
        return None
    if actual.shape != expected.shape:
        return f"The values for attribute 'shape' do not match: {actual.shape} != {expected.shape}."
    for name, mine, theirs in (
        ("device", actual.device, expected.device),
        ("dtype", actual.dtype, expected.dtype),
        ("stride()", actual.stride(), expected.stride()),
    ):
        if checks[name.removesuffix("()")] and mine != theirs:
            return f"The values for attribute '{name}' do not match: {mine} != {theirs}."
    return None


def _values(actual, expected, checks):
    """Return how the values differ, or None."""
    a, e = _array(actual), _array(expected)
    rtol, atol = checks["rtol"], checks["atol"]
    if rtol is None:
        rtol, atol = (max(pair) for pair in zip(_tolerances(actual), _tolerances(expected), strict=True))
    close = np.isclose(a, e, rtol=rtol, atol=atol, equal_nan=checks["equal_nan"])
    if close.all():
        return None
    with np.errstate(all="ignore"):
        absolute = np.where(close, 0, np.abs(a - e))
        relative = np.where(close, 0, absolute / np.abs(e))
    exact = rtol == 0 and atol == 0
    verdict = "equal" if exact else "close"
    if a.ndim == 0:
        worst = [("Absolute", absolute.item(), atol), ("Relative", relative.item(), rtol)]
        lines = [f"Scalars are not {verdict}!\n", f"Expected {e.item()} but got {a.item()}."]
        lines += [
            f"{name} difference: {by}" + ("" if exact else f" (up to {most} allowed)") for name, by, most in worst
        ]
        return "\n".join(lines)
    wrong = int((~close).sum())
    lines = [
        f"Tensor-likes are not {verdict}!\n",
        f"Mismatched elements: {wrong} / {a.size} ({wrong / a.size:.1%})",
    ]
    for name, by, allowed in (("absolute", absolute, atol), ("relative", relative, rtol)):
        worst = np.unravel_index(np.nanargmax(np.where(np.isnan(by), np.inf, by)), a.shape)
        index = tuple(int(i) for i in worst)
        lines.append(f"Greatest {name} difference: {by[worst].item()} at index {index}"
                     + ("" if exact else f" (up to {allowed} allowed)"))  # fmt: skip
    return "\n".join(lines)


def _array(value):
    """Return a value as an array; booleans and bfloat16 as numbers that NumPy subtracts."""
    array = np.asarray(value.detach().cpu().array if isinstance(value, Tensor) else value)
    if array.dtype.kind in "iub":
        return array.astype(np.int64)
    return array if array.dtype.kind == "f" else array.astype(np.float32)


def _tolerances(value):
    dtype = value.dtype if isinstance(value, Tensor) else dtypes.float64 if isinstance(value, float) else None
    return _TOLERANCES.get(dtype, (0.0, 0.0))
