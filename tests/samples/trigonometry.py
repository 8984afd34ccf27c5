"""Samples for `edutorch/ops/trigonometry.py`."""

from tests.samples import Error, Sample, array, ints, positive, rand, randn

INF, NAN = float("inf"), float("nan")
FLOATS = ("float64", "float32", "float16", "bfloat16")
UNIT = rand(2, 3, low=-0.9, high=0.9)
ENDS = array([0.0, 1.0, -1.0, 2.0, INF, NAN])
EDGES = {"dtypes": FLOATS, "gradgrad": False, "reason": "derivatives are infinite or undefined at the edges"}

SAMPLES = [
    *[Sample(name, randn(2, 3)) for name in ("sin", "cos", "tan", "sinh", "cosh", "asinh", "arcsinh", "atan")],
    Sample("arctan", randn(2, 3)),
    *[Sample(name, UNIT) for name in ("asin", "acos", "atanh", "arcsin", "arccos", "arctanh")],
    *[Sample(name, UNIT + 2) for name in ("acosh", "arccosh")],
    *[Sample(name, randn()) for name in ("sin", "cos", "tan")],
    *[Sample(name, ENDS, opts=EDGES) for name in ("asin", "acos", "atan", "acosh", "atanh")],
    Sample("sin", array([100.0, 1000.0, INF, NAN]), opts={"dtypes": ("float64", "float32")}),
    Sample("atan2", randn(2, 3), randn(3)),
    Sample("atan2", array([0.0, 0.0, 1.0, -1.0, -0.0]), array([0.0, -1.0, 0.0, 0.0, -1.0]), opts=EDGES),
    Sample("atan2", ints(3), ints(3, salt=1)),
    Sample("arctan2", randn(2, 3), positive(3)),
    Sample("deg2rad", randn(2, 3)),
    Sample("rad2deg", randn(2, 3)),
    Sample("sinc", randn(2, 3)),
    Sample("sinc", array([0.0, 0.5, 1.5]), opts={"gradgrad": False, "reason": "PyTorch's is nan at zero"}),
]  # fmt: skip

ERRORS = [
    Error("sin", "a"),
    Error("atan2", randn(2, 3), randn(4)),
    Error("atan2", randn(3), 2.0),
    Error("Tensor.sin_", ints(3)),
]
