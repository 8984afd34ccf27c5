"""What every operator is tried on. `tests/test_ops.py` runs each sample on PyTorch and on edutorch, and compares.

    Sample("add", randn(2, 3), randn(3), alpha=2)

calls `torch.add(a, b, alpha=2)` in both. NumPy arrays become tensors, lists of arrays lists of tensors, and everything
else is passed as it is. Arrays of float64 (from `randn`, `rand`, `positive`, `array`) are operands: they are tried in
every dtype, and differentiated. Arrays of other dtypes (`ints`, `bools`) are indices and masks, and stay.
"""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np


def _generator(shape, salt):
    return np.random.Generator(np.random.PCG64([salt, *shape, len(shape)]))


def randn(*shape, salt=0):
    """Return normal numbers: an operand."""
    return np.asarray(_generator(shape, 1 + salt).standard_normal(shape))


def rand(*shape, salt=0, low=0.0, high=1.0):
    """Return uniform numbers: an operand."""
    return np.asarray(_generator(shape, 1000 + salt).uniform(low, high, shape))


def positive(*shape, salt=0):
    """Return numbers between 0.5 and 3: an operand."""
    return rand(*shape, salt=salt, low=0.5, high=3.0)


def array(values):
    """Return the given numbers as an operand."""
    return np.array(values, dtype=np.float64)


def ints(*shape, low=0, high=10, salt=0, dtype=np.int64):
    """Return integers in [low, high): an index, or an operand that stays integer."""
    return np.asarray(_generator(shape, 2000 + salt).integers(low, high, shape, dtype=dtype))


def bools(*shape, salt=0):
    """Return booleans: a mask."""
    return np.asarray(_generator(shape, 3000 + salt).random(shape) < 0.5)


DTYPES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "uint8", "bool")


class Call:
    """One call of an operator, to be made on either framework.

    Args:
        name: from the torch namespace (`linalg.inv`), or `Tensor.name` for what is only a method.
        opts: `grad`, `gradgrad`, `inplace`, `method`, `out`, `node`, `strided`: set to False to leave a check out;
            `dtypes`: which to try; `rtol`: for float64 (others scale); `reason`: why, wherever a check is left out;
            `constant`: the keyword arguments that have no gradient;
            `through`: a function of the result whose value is compared instead, where the result is not unique.
    """

    def __init__(self, name, *args, opts=None, **kwargs):
        self.name, self.args, self.kwargs, self.opts = name, args, kwargs, opts or {}
        if any(v is False for v in self.opts.values()) and "reason" not in self.opts:
            raise ValueError(f"sample of {name}: a check is left out without a reason")

    def wants(self, check):
        """Whether a check applies."""
        return self.opts.get(check, True)

    def __repr__(self):
        shown = [_short(a) for a in self.args] + [f"{k}={_short(v)}" for k, v in self.kwargs.items()]
        return f"{self.name}({', '.join(shown)})"


class Sample(Call):
    """A call that succeeds (in float64 at least)."""


class Error(Call):
    """A call that raises: the same exception type and first sentence in both frameworks."""


def _short(value):
    if isinstance(value, np.ndarray):
        return f"{value.dtype.name[0]}{list(value.shape)}"
    if isinstance(value, (list, tuple)) and any(isinstance(v, np.ndarray) for v in value):
        return "[" + ", ".join(map(_short, value)) + "]"
    return repr(value)


def _gather():
    samples, errors = [], []
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        family = importlib.import_module(f"{__name__}.{module}")
        samples += family.SAMPLES
        errors += family.ERRORS
    return samples, errors


def all_samples():
    """Return every family's samples."""
    return _gather()[0]


def all_errors():
    """Return every family's error cases."""
    return _gather()[1]
