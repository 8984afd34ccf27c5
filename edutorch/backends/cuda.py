"""Switches of products of matrices on CUDA devices."""

from __future__ import annotations

from .devices import cuda_backend
from .switches import Flag, Precision, Reduction, Switches


class AllowTF32(Flag):
    """Whether float32 may be multiplied as TF32: `fp32_precision` as a bool."""

    def __get__(self, switches, owner=None):
        return self if switches is None else switches.fp32_precision == "tf32"

    def __set__(self, switches, value):
        switches.word = "high" if self.checked(value) else "highest"


class Matmul(Switches):
    """How exact products of matrices are on CUDA devices: `torch.backends.cuda.matmul`.

    Attributes:
        allow_tf32: whether float32 numbers may be cut to 10 bits of mantissa before they are multiplied ("TF32"); the
            sums stay in float32. GPUs from 2020 on multiply such numbers several times as fast.
        fp32_precision: the same in words, see `Precision`.
        allow_fp16_reduced_precision_reduction, allow_bf16_reduced_precision_reduction: whether partial sums of halves
            may be rounded to halves before they are added up.
        word: what `set_float32_matmul_precision` said.
    """

    allow_tf32 = AllowTF32(False, "set_allow_tf32_cublas")
    fp32_precision = Precision("none", "set_fp32_precision")
    allow_fp16_reduced_precision_reduction = Reduction(True, "")
    allow_bf16_reduced_precision_reduction = Reduction(True, "")

    @property
    def word(self):
        """How exact float32 is: "highest", "high" or "medium"."""
        return vars(self).get("_word", "high") if self.allow_tf32 else "highest"

    @word.setter
    def word(self, word):
        vars(self)["_word"] = word
        self.fp32_precision = "ieee" if word == "highest" else "tf32"


matmul = Matmul()


def is_built():
    """Return whether this edutorch computes on CUDA devices: whether CuPy is here, and finds one."""
    return cuda_backend() is not None
