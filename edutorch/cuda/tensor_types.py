"""The old constructors of tensors on the device: `torch.cuda.FloatTensor`. Much teaching code chooses one by name.

FloatTensor = torch.cuda.FloatTensor if torch.cuda.is_available() else torch.FloatTensor
"""

from __future__ import annotations

from .. import dtypes
from ..backends import device
from ..ops.legacy import tensortype
from .devices import is_available

__all__ = ["BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor",
           "IntTensor", "LongTensor", "ShortTensor"]  # fmt: skip


class _OnDevice(tensortype):
    """The type of these constructors."""

    def __call__(cls, *data, device=None):
        if not is_available():
            raise TypeError(
                f"type {cls.__module__}.{cls.__name__} not available. Torch not compiled with CUDA enabled."
            )
        return super().__call__(*data).to("cuda")

    def __instancecheck__(cls, value):
        return super().__instancecheck__(value) and value.is_cuda


def _tensor_type(dtype):
    text = f"The old constructor of {dtype} tensors on the device. New code says `torch.tensor(values, device='cuda')`."
    names = {"dtype": dtype, "device": device("cuda"), "__module__": "torch.cuda", "__doc__": text}
    return _OnDevice(f"{dtype.legacy}Tensor", (), names)


FloatTensor, DoubleTensor = _tensor_type(dtypes.float32), _tensor_type(dtypes.float64)
HalfTensor, BFloat16Tensor = _tensor_type(dtypes.float16), _tensor_type(dtypes.bfloat16)
LongTensor, IntTensor, ShortTensor = map(_tensor_type, (dtypes.int64, dtypes.int32, dtypes.int16))
CharTensor, ByteTensor, BoolTensor = map(_tensor_type, (dtypes.int8, dtypes.uint8, dtypes.bool))
