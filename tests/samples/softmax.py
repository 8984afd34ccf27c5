"""Samples for `edutorch/ops/softmax.py`."""

import edutorch
from tests.samples import Error, Sample, array, ints, randn

INF = float("inf")
FLOATS = ("float64", "float32", "float16", "bfloat16")
SINGLE = {"rtol": 1e-6}  # computed in float32
LARGE = array([[1000.0, 1001.0, -1000.0], [-INF, 0.0, 1.0]])

SAMPLES = [
    *[Sample(name, randn(2, 3, 4), dim) for name in ("softmax", "log_softmax", "logsumexp") for dim in (0, 1, -1)],
    *[Sample(name, randn(5), dim=0) for name in ("softmax", "log_softmax", "logsumexp")],
    *[Sample(name, randn(), 0) for name in ("softmax", "log_softmax", "logsumexp")],
    *[Sample(name, randn(), -1) for name in ("softmax", "log_softmax", "logsumexp")],
    *[Sample(name, randn(0, 3), 0) for name in ("softmax", "log_softmax", "logsumexp")],
    *[Sample(name, randn(0, 3), 1) for name in ("softmax", "log_softmax", "logsumexp")],
    *[Sample(name, LARGE, 1, opts={"dtypes": FLOATS}) for name in ("softmax", "logsumexp")],
    Sample("log_softmax", LARGE, 1, opts={"dtypes": FLOATS}),
    *[Sample(name, randn(2, 3), 1, edutorch.float64) for name in ("softmax", "log_softmax")],
    *[Sample(name, randn(2, 3), 1, dtype=edutorch.float32, opts=SINGLE) for name in ("softmax", "log_softmax")],
    *[Sample(name, ints(2, 3), 1, dtype=edutorch.float32, opts=SINGLE) for name in ("softmax", "log_softmax")],
    Sample("logsumexp", randn(2, 3), 1, True),
    Sample("logsumexp", randn(2, 3), (0, 1)),
    Sample("logsumexp", randn(2, 3, 4), (0, -1), keepdim=True),
    Sample("logsumexp", randn(2, 3, 4), [0, -1]),
    Sample("logsumexp", ints(2, 3), 0),
    Sample("logsumexp", array([[-INF, -INF], [INF, 1.0]]), 1, opts={"dtypes": FLOATS}),
]

ERRORS = [
    Error("softmax", randn(2, 3), 2),
    Error("softmax", randn(), 1),
    Error("softmax", ints(2, 3), 1),
    Error("softmax", ints(2, 3), 0),
    Error("log_softmax", randn(2, 3), -3),
    Error("log_softmax", ints(2, 3), 1),
    Error("logsumexp", randn(2, 3), 2),
    Error("logsumexp", randn(2, 3), (0, 0)),
]
