"""Settings that PyTorch programs make about exactness and threads. They are kept, and asked for. On the processor
computation is exact in float32, and repeats, whatever they say."""

from __future__ import annotations

import os
import warnings

from .cuda import matmul

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_float32_matmul_precision",
    "get_num_threads",
    "set_float32_matmul_precision",
    "set_num_threads",
    "use_deterministic_algorithms",
]

_kept = {"deterministic": False, "threads": None}


def set_float32_matmul_precision(precision):
    """Say how exact products of float32 matrices need to be: "highest", "high" or "medium".

    On CUDA devices the two lower ones let numbers be cut to 10 bits of mantissa before they are multiplied (TF32), as
    `torch.backends.cuda.matmul.allow_tf32 = True` does; the processor multiplies exactly.

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
    matmul.word = precision


def get_float32_matmul_precision():
    """Return how exact products of float32 matrices are: what `set_float32_matmul_precision` was given last, or what
    `torch.backends.cuda.matmul` says since."""
    return matmul.word


def use_deterministic_algorithms(mode, *, warn_only=False):
    """Ask for algorithms that repeat bit by bit. All are so here."""
    _kept["deterministic"] = bool(mode)


def are_deterministic_algorithms_enabled():
    """Return whether `use_deterministic_algorithms(True)` was asked for."""
    return _kept["deterministic"]


def set_num_threads(num):
    """Ask for a number of threads. It is kept; what counts here is the environment when Python starts.

    NumPy's matrix products read it then: `OMP_NUM_THREADS=1 python train.py`. All else runs on one thread.

    Raises:
        RuntimeError: for what is no positive integer.
    """
    if isinstance(num, bool) or not isinstance(num, int):
        raise RuntimeError(f"set_num_threads expects an int, but got {type(num).__name__}")
    if num < 1:
        raise RuntimeError("set_num_threads expects a positive integer")
    _kept["threads"] = num


def get_num_threads():
    """Return what `set_num_threads` was given last; before, what the environment or the machine says."""
    return _kept["threads"] or int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
