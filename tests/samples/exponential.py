"""Samples for `edutorch/ops/exponential.py`."""

from tests.samples import Error, Sample, array, ints, positive, rand, randn

INF, NAN = float("inf"), float("nan")
EDGES = array([0.0, -1.0, 1.0, INF, -INF, NAN])
FLOATS = ("float64", "float32", "float16", "bfloat16")
SINGULAR = {
    "dtypes": FLOATS,
    "gradgrad": False,
    "reason": "second derivatives are infinite or undefined at the edges",
}

SAMPLES = [
    Sample("exp", randn(2, 3)),
    Sample("exp", randn()),
    Sample("exp", randn(0, 3)),
    Sample("exp", array([-1000.0, 1000.0, INF, -INF, NAN]), opts={"dtypes": FLOATS}),
    Sample("exp2", randn(2, 3)),
    Sample("expm1", randn(2, 3)),
    Sample("expm1", array([1e-10, -1e-10, 1.0]), opts={"dtypes": ("float64", "float32")}),
    Sample("log", positive(2, 3)),
    Sample("log", EDGES, opts=SINGULAR),
    Sample("log2", positive(2, 3)),
    Sample("log10", positive(2, 3)),
    Sample("log1p", positive(2, 3)),
    Sample("log1p", array([1e-10, -1e-10, -1.0]), opts={**SINGULAR, "dtypes": ("float64", "float32")}),
    Sample("sqrt", positive(2, 3)),
    Sample("sqrt", EDGES, opts=SINGULAR),
    Sample("rsqrt", positive(2, 3)),
    Sample("rsqrt", EDGES, opts=SINGULAR),
    Sample("sigmoid", randn(2, 3)),
    Sample("sigmoid", array([-1000.0, -50.0, 0.0, 50.0, 1000.0, INF, -INF, NAN]), opts={"dtypes": FLOATS}),
    Sample("logit", rand(2, 3, low=0.1, high=0.9)),
    Sample("logit", rand(2, 3), 0.3),
    Sample("logit", rand(2, 3), eps=0.3),
    Sample("logit", array([0.0, 1.0, -1.0, 2.0]), opts=SINGULAR),
    Sample("tanh", randn(2, 3)),
    Sample("tanh", array([-1000.0, 0.0, 1000.0, INF, NAN]), opts={"dtypes": FLOATS}),
    Sample("logaddexp", randn(2, 3), randn(3)),
    Sample("logaddexp", array([1000.0, -1000.0, -INF]), array([1000.0, -1000.0, 1.0]), opts=SINGULAR),
    Sample("logaddexp2", randn(2, 3), randn(3)),
    Sample("xlogy", randn(2, 3), positive(3)),
    Sample("xlogy", randn(2, 3), 2.0),
    Sample("xlogy", 2.0, positive(3), opts={"node": False, "reason": "PyTorch has a node of its own"}),
    Sample("xlogy", array([0.0, 0.0, 1.0, 0.0]), array([0.0, 2.0, 2.0, -1.0]), opts=SINGULAR),
    Sample("xlogy", ints(3), ints(3, low=1)),
]  # fmt: skip

ERRORS = [
    Error("exp", 2),
    Error("exp", [1.0]),
    Error("Tensor.exp_", ints(3)),
    Error("Tensor.sqrt_", randn(3), opts={"track": True}),
    Error("logaddexp", ints(3), ints(3)),
    Error("logaddexp", randn(3), 2.0),
]
