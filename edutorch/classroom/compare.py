"""Are two results the same? If not: what is the first thing that tells them apart."""

from __future__ import annotations

import math
import numbers
from typing import NamedTuple

import numpy as np

from ..tensor import Tensor

RTOL, ATOL = 1e-4, 1e-5  # float32 results of two honest ways differ by less than this


class Difference(NamedTuple):
    """What tells a result from the expected one.

    Attributes:
        kind: "nothing", "kind", "length", "keys", "shape", "dtype", "values" or "graph".
        at: where inside the result, such as `[1]`; empty for the result itself.
        expected, got: the two parts that differ.
    """

    kind: str
    at: str
    expected: object
    got: object


def difference(expected, got, rtol=RTOL, atol=ATOL, at=""):
    """Return the first Difference between an expected value and what was got, or None.

    Tensors must agree in shape, dtype and, within the tolerances, values, and must be part of a graph where the
    expected one is. Containers must be of the same kind; a Python float may be given as an int, not the other way.
    """
    if expected is None or got is None:
        return None if expected is got else Difference("nothing" if got is None else "kind", at, expected, got)
    if isinstance(expected, Tensor):
        return _tensors(expected, got, rtol, atol, at)
    if isinstance(expected, (tuple, list)):
        return _sequences(expected, got, rtol, atol, at)
    if isinstance(expected, dict):
        return _mappings(expected, got, rtol, atol, at)
    if isinstance(expected, np.ndarray):
        return _arrays(expected, got, rtol, atol, at)
    if isinstance(expected, (bool, np.bool_, numbers.Number)):
        return _numbers(expected, got, rtol, atol, at)
    if isinstance(expected, set | frozenset):
        same = isinstance(got, set | frozenset) and expected == got
        return None if same else Difference("values", at, expected, got)
    if type(got) is not type(expected):
        return Difference("kind", at, expected, got)
    return None if expected == got else Difference("values", at, expected, got)


def same(one, other, rtol=RTOL, atol=ATOL):
    """Whether two results cannot be told apart, in either direction."""
    return difference(one, other, rtol, atol) is None and difference(other, one, rtol, atol) is None


def close(expected, got, rtol=RTOL, atol=ATOL):
    """Whether two arrays of one shape hold the same values; NaN equals NaN."""
    if expected.dtype.kind in "biu" and got.dtype.kind in "biu":
        return bool((expected == got).all())
    expected, got = (a.astype(np.float64) for a in (expected, got))
    return bool(np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True).all())


def _tensors(expected, got, rtol, atol, at):
    if not isinstance(got, Tensor):
        return Difference("kind", at, expected, got)
    if got.shape != expected.shape:
        return Difference("shape", at, expected, got)
    if got.dtype != expected.dtype:
        return Difference("dtype", at, expected, got)
    if not close(expected.array, got.array, rtol, atol):
        return Difference("values", at, expected, got)
    if expected.requires_grad and not got.requires_grad:
        return Difference("graph", at, expected, got)
    return None


def _sequences(expected, got, rtol, atol, at):
    kind = tuple if isinstance(expected, tuple) else list
    if not isinstance(got, kind):
        return Difference("kind", at, expected, got)
    if len(got) != len(expected):
        return Difference("length", at, expected, got)
    pairs = enumerate(zip(expected, got, strict=True))
    found = (difference(e, g, rtol, atol, f"{at}[{i}]") for i, (e, g) in pairs)
    return next((d for d in found if d), None)


def _mappings(expected, got, rtol, atol, at):
    if not isinstance(got, dict):
        return Difference("kind", at, expected, got)
    if got.keys() != expected.keys():
        return Difference("keys", at, expected, got)
    found = (difference(expected[k], got[k], rtol, atol, f"{at}[{k!r}]") for k in expected)
    return next((d for d in found if d), None)


def _arrays(expected, got, rtol, atol, at):
    if not isinstance(got, np.ndarray):
        return Difference("kind", at, expected, got)
    for kind in ("shape", "dtype"):
        if getattr(got, kind) != getattr(expected, kind):
            return Difference(kind, at, expected, got)
    return None if close(expected, got, rtol, atol) else Difference("values", at, expected, got)


def _numbers(expected, got, rtol, atol, at):
    kind = next(k for k in (bool, int, float, complex) if isinstance(expected, _LIKE[k]))
    if not isinstance(got, _LIKE[kind]) or (kind is not bool and isinstance(got, (bool, np.bool_))):
        return Difference("kind", at, expected, got)
    if kind in (bool, int, complex):
        return None if got == expected else Difference("values", at, expected, got)
    agree = math.isclose(got, expected, rel_tol=rtol, abs_tol=atol) or (math.isnan(got) and math.isnan(expected))
    return None if agree else Difference("values", at, expected, got)


_LIKE = {bool: (bool, np.bool_), int: numbers.Integral, float: numbers.Real, complex: numbers.Complex}
