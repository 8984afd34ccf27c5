"""`Source`: the kernels of one file of CUDA C++, compiled for the device at their first use."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import ClassVar

import numpy as np
from ml_dtypes import bfloat16

HERE = Path(__file__).parent
# CuPy adds -ftz=true, for its own kernels too: float32 numbers closer to 0 than 2^-126 are taken, and written, as 0.
OPTIONS = ("--std=c++17",)

_CTYPES = {
    np.dtype(np.float32): "float",
    np.dtype(np.float64): "double",
    np.dtype(np.float16): "__half",
    np.dtype(bfloat16): "__nv_bfloat16",
    np.dtype(np.bool_): "bool",
    np.dtype(np.uint8): "unsigned char",
    np.dtype(np.int8): "signed char",
    np.dtype(np.int16): "short",
    np.dtype(np.int32): "int",
    np.dtype(np.int64): "long long",
}
FULL = ("float", "double")
HALVES = ("__half", "__nv_bfloat16")
FLOATS = (*FULL, *HALVES)
WHOLE = ("long long", "int", "short", "signed char", "unsigned char")


def ctype(dtype):
    """Return CUDA's name for a NumPy dtype: "float", "__half", "long long"."""
    return _CTYPES[np.dtype(dtype)]


class Source:
    """The kernels of one `.cu` file.

    Args:
        name: the file, in this folder.
        kernels: for each `__global__` function of it, the template arguments that it may be asked for, each as text;
            `("",)` for one that is no template. All that stand here are compiled and tried in `make kernels`.

    Example:
        source = Source("row_norm.cu", forward=FLOATS, backward=[f"{t}, {n}" for t in FLOATS for n in (32, 256)])
        kernel = source.kernel(xp, f"forward<{ctype(x.dtype)}>")
        kernel((blocks,), (threads,), (x, y, np.int32(n), np.float32(eps)))
    """

    made: ClassVar[list[Source]] = []

    def __init__(self, name, **kernels):
        self.path = HERE / name
        self.expressions = frozenset(
            _tidy(f"{kernel}<{arguments}>" if arguments else kernel)
            for kernel, instances in kernels.items()
            for arguments in instances
        )
        self._found: dict = {}
        Source.made.append(self)

    @functools.cached_property
    def code(self):
        """The text that is compiled: what all kernels share, then the file."""
        common = HERE / "common.cuh"
        return "".join(f'#line 1 "{path.name}"\n{path.read_text(encoding="utf-8")}' for path in (common, self.path))

    def kernel(self, xp, expression):
        """Return a kernel by its C++ name, `forward<float>`: a CuPy `RawKernel`, which loads itself on each device.

        Args:
            xp: cupy, or what stands for it.

        Raises:
            KeyError: for one that was not declared.
        """
        found = self._found.get((xp, expression))
        if found is None:
            if _tidy(expression) not in self.expressions:
                raise KeyError(f"{self.path.name}: {expression} is not declared where its Source is made")
            # One module for each: the others of the file need not be compiled for it.
            module = xp.RawModule(code=self.code, options=OPTIONS, name_expressions=(expression,))
            found = self._found[xp, expression] = module.get_function(expression)
        return found


def _tidy(expression):
    return re.sub(r"\s*([<>,])\s*", r"\1", expression)
