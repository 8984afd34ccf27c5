"""Samples for `edutorch/ops/fill.py`."""

from tests.samples import Error, Sample, array, ints, randn

SAMPLES = [
    Sample("fill", randn(2, 3), 2),
    Sample("fill", randn(2, 3), 2.7),
    Sample("fill", randn(2, 3), randn()),
    Sample("fill", ints(3), 2.7),
]

ERRORS = [
    Error("fill", randn(3), randn(1)),
    Error("Tensor.fill_", randn(3), randn(3)),
    Error("Tensor.fill_", array([1.0]), 2.0, opts={"track": True}),
    Error("Tensor.copy_", randn(2), randn(3)),
    Error("Tensor.copy_", randn(2), [1, 2]),
    Error("Tensor.zero_", randn(2), opts={"track": True}),
]
