"""Samples for `edutorch/ops/activation.py`."""

from tests.samples import Error, Sample, array, bools, ints, randn

INF, NAN = float("inf"), float("nan")

SAMPLES = [
    Sample("relu", randn(2, 3)),
    Sample("relu", randn()),
    Sample(
        "relu",
        array([-1.0, 0.0, -0.0, 2.0, INF, -INF, NAN]),
        opts={"dtypes": ("float64", "float32", "float16", "bfloat16")},
    ),
    Sample("relu", ints(4, low=-9)),
]

ERRORS = [Error("relu", bools(3)), Error("relu", 2.0), Error("Tensor.relu_", randn(3), opts={"track": True})]
