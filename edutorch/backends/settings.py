"""Settings that PyTorch programs make about exactness. They are kept, and asked for; computation here is exact in
float32, and repeats, whatever they say."""

from __future__ import annotations

import warnings

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_float32_matmul_precision",
    "set_float32_matmul_precision",
    "use_deterministic_algorithms",
]

_kept = {"precision": "highest", "deterministic": False}


def set_float32_matmul_precision(precision):
    """Say how exact products of float32 matrices need to be: "highest", "high" or "medium".

    Warns:
        UserWarning: for any other word, which is not kept.
    """
    if precision not in ("highest", "high", "medium"):
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current "
            "set_float32_matmul_precision call has no effect.",
            stacklevel=2,
        )
        return
    _kept["precision"] = precision


def get_float32_matmul_precision():
    """Return what `set_float32_matmul_precision` was given last."""
    return _kept["precision"]


def use_deterministic_algorithms(mode, *, warn_only=False):
    """Ask for algorithms that repeat bit by bit. All are so here."""
    _kept["deterministic"] = bool(mode)


def are_deterministic_algorithms_enabled():
    """Return whether `use_deterministic_algorithms(True)` was asked for."""
    return _kept["deterministic"]
