"""Samples for `edutorch/ops/fill.py`."""

from tests.samples import Error, Sample, array, bools, ints, positive, randn

WRITES = {"grad": False, "reason": "a leaf cannot be written: tests/test_python_operators.py writes to results"}

SAMPLES = [
    Sample("zero_", randn(2, 3), opts=WRITES),
    Sample("zero_", ints(2), opts=WRITES),
    Sample("zero_", randn(), opts=WRITES),
    Sample("fill_", randn(2, 3), 2.5, opts=WRITES),
    Sample("fill_", randn(2, 3), randn(), opts=WRITES),
    Sample("fill_", randn(0, 3), 1, opts=WRITES),
    Sample("Tensor.copy_", randn(2, 3), randn(2, 3, salt=1), opts=WRITES),
    Sample("Tensor.copy_", randn(2, 3), randn(3), opts=WRITES),
    Sample("Tensor.copy_", randn(2, 3), 2.5, opts=WRITES),
    Sample("Tensor.copy_", ints(3), randn(3), opts=WRITES),
    Sample("Tensor.copy_", ints(3).astype("uint8"), -positive(3), opts=WRITES),
    Sample("Tensor.copy_", randn(3), ints(3), opts=WRITES),
    Sample("Tensor.copy_", randn(3), bools(3), opts=WRITES),
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
