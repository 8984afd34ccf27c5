"""Array libraries: which module computes on which type of array, and which device that is.

`XP[type(array)]` is the module (`numpy`, later `cupy`) whose functions run on the array; operators are written
against it as `xp`. The namespace of Tensors registers itself here too: gradient formulas run on both.
"""

from __future__ import annotations

import numpy as np
from ml_dtypes import bfloat16

from . import cuda, cudnn, mps

# NumPy's scalars stand here too: its operators turn 0-d arrays into them, and formulas must go on.
XP: dict = dict.fromkeys((np.ndarray, np.float32, np.float64, np.float16, bfloat16, np.bool_, np.int64), np)
DEVICE_TYPE: dict = {np.ndarray: "cpu"}


class device:
    """Where a tensor's memory lies: `device("cpu")`, `device("cuda", 0)`, `device("cuda:0")`."""

    def __init__(self, type, index=None):
        if isinstance(type, device):
            type, index = type.type, type.index
        elif isinstance(type, int):
            type, index = "cuda", type
        elif ":" in type:
            type, _, number = type.partition(":")
            if not number.isdigit():
                raise RuntimeError(f"Invalid device string: '{type}:{number}'")
            index = int(number)
        if type not in ("cpu", "cuda", "mps", "meta"):
            raise RuntimeError(
                "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy,"
                f" vulkan, mps, meta, hpu, mtia, privateuseone device type at start of device string: {type}\nThe usual"
                " ones are cpu and cuda."
            )
        self.type, self.index = type, index

    def __repr__(self):
        return f"device(type='{self.type}'" + (")" if self.index is None else f", index={self.index})")

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other):
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self):
        return hash((self.type, self.index))

    def __reduce__(self):
        return device, (self.type, self.index)


CPU = device("cpu")


def array_module(where=None):
    """Return the array module that makes arrays on a device (`None`: the CPU).

    Raises:
        RuntimeError: when the device is not at hand.
    """
    where = CPU if where is None else device(where)
    if where.type == "cpu":
        return np
    if where.type == "cuda":
        raise AssertionError(
            "Torch not compiled with CUDA enabled\nThis version of edutorch computes on the CPU only: use device='cpu'."
        )
    raise RuntimeError(f"device '{where}' is not available here: use device='cpu'")
