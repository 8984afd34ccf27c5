"""Switches of products of matrices on CUDA devices."""

from .devices import cuda_backend


class matmul:
    """What products of float32 matrices may round."""

    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True


def is_built():
    """Return whether this edutorch computes on CUDA devices: whether CuPy is here, and finds one."""
    return cuda_backend() is not None
