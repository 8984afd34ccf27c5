"""Kernels for CUDA devices, written in CUDA C++. Importing this package registers them.

One idea is a pair of files: `row_norm.cu` holds the device's code, compiled by NVRTC when it is first needed;
`row_norm.py` says for which operator it stands in, and how many threads run it. `common.cuh` is put before each.
"""

from . import (
    activations,
    attention,
    batch_norm,
    conv,
    cross_entropy,
    embedding,
    indexing,
    linear,
    matmul,
    multi_tensor,
    pooling,
    positions,
    random,
    recurrent,
    row_norm,
    softmax,
    sums,
)
