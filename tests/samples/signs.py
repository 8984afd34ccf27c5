"""Samples for `edutorch/ops/signs.py`."""

from tests.samples import Error, Sample, array, bools, ints, randn

KINKS = array([-2.0, -0.0, 0.0, 0.5, float("nan"), float("inf"), -float("inf")])
FLOATS = ("float64", "float32", "float16", "bfloat16")

SAMPLES = [
    Sample("neg", randn(2, 3)),
    Sample("neg", randn()),
    Sample("neg", ints(3).astype("uint8")),
    Sample("negative", randn(2, 3)),
    Sample("positive", randn(2, 3)),
    Sample("abs", randn(2, 3)),
    Sample("abs", KINKS, opts={"dtypes": FLOATS}),
    Sample("abs", ints(4, low=-9)),
    Sample("absolute", randn(2, 3)),
    Sample("sign", randn(2, 3)),
    Sample("sign", KINKS, opts={"dtypes": FLOATS}),
    Sample("sign", bools(3)),
    Sample("sgn", randn(2, 3)),
    Sample("sgn", KINKS, opts={"dtypes": FLOATS}),
    Sample("signbit", KINKS, opts={"dtypes": FLOATS}),
    Sample("signbit", randn(2, 3)),
    Sample("copysign", randn(2, 3), randn(3)),
    Sample("copysign", randn(2, 3), -2.0),
    Sample(
        "copysign",
        array([0.0, 1.0, -2.0, -3.0]),
        array([1.0, -0.0, 0.0, -1.0]),
        opts={"dtypes": FLOATS, "gradgrad": False, "reason": "PyTorch divides 0 by 0"},
    ),
    Sample("heaviside", array([-1.0, 0.0, 2.0]), randn(3), opts={"grad": False, "reason": "no derivative"}),
    Sample("heaviside", KINKS, randn(1), opts={"dtypes": FLOATS, "grad": False, "reason": "no derivative"}),
]

ERRORS = [
    Error("neg", bools(3)),
    Error("positive", bools(3)),
    Error("abs", bools(3)),
    Error("abs", 2),
    Error("heaviside", randn(3), ints(3)),
]
