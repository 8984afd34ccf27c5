"""Samples for `edutorch/ops/compare.py`."""

from tests.samples import Error, Sample, array, bools, ints, randn

INF, NAN = float("inf"), float("nan")
FLOATS = ("float64", "float32", "float16", "bfloat16")
LEFT = array([-1.0, 0.0, 1.0, 2.0, NAN, INF])
RIGHT = array([1.0, 0.0, -1.0, NAN, NAN, INF])
FLAT = {
    "grad": False,
    "reason": "a comparison has no slope: its in-place form ends the history, PyTorch's gives zeros",
}
NAMES = ("eq", "ne", "lt", "le", "gt", "ge", "not_equal", "less", "less_equal", "greater", "greater_equal")
TESTS = ("isnan", "isinf", "isfinite", "isposinf", "isneginf", "isreal")
CLOSE = array([1.0, 1.0, NAN, INF, 0.0]), array([1.0 + 1e-7, 1.1, NAN, INF, 1e-9])

SAMPLES = [
    *[Sample(name, LEFT, RIGHT, opts={"dtypes": FLOATS, **FLAT}) for name in NAMES],
    *[Sample(name, randn(2, 3), randn(3), opts=FLAT) for name in NAMES],
    *[Sample(name, randn(2, 3), 0.5, opts=FLAT) for name in NAMES],
    *[Sample(name, ints(5), 5) for name in NAMES],
    *[Sample(name, ints(5), randn(5), opts=FLAT) for name in ("eq", "lt")],
    Sample("eq", bools(4), True),
    *[Sample(name, LEFT, RIGHT, opts={"dtypes": FLOATS}) for name in ("maximum", "minimum", "fmax", "fmin")],
    *[Sample(name, randn(2, 3), randn(3)) for name in ("maximum", "minimum", "fmax", "fmin")],
    *[Sample(name, ints(4), randn(4)) for name in ("maximum", "minimum", "fmax", "fmin")],
    *[Sample(name, LEFT, opts={"dtypes": FLOATS}) for name in TESTS],
    *[Sample(name, randn(2, 3)) for name in TESTS],
    Sample("isclose", *CLOSE, opts={"dtypes": FLOATS}),
    Sample("isclose", array([1.0, NAN]), array([1.0, NAN]), equal_nan=True, opts={"dtypes": FLOATS}),
    Sample("isclose", randn(2, 3), randn(3), rtol=0.5, atol=0.1),
    Sample("isclose", randn(2, 3), randn(2, 3), 0, 0),
    Sample("isclose", ints(4), ints(4, salt=1), atol=2),
    Sample("allclose", randn(2, 3), randn(2, 3)),
    Sample("allclose", randn(2, 3), randn(2, 3) + 1e-7),
    Sample("allclose", randn(2, 3), randn(2, 3, salt=1)),
    Sample("equal", randn(2, 3), randn(2, 3)),
    Sample("equal", randn(2, 3), randn(2, 3, salt=1)),
    Sample("equal", randn(2, 3), randn(3)),
    Sample("equal", ints(3), ints(3)),
]  # fmt: skip

ERRORS = [
    Error("eq", randn(2, 3), randn(4)),
    Error("maximum", randn(3), 2.0),
    Error("maximum", 2.0, randn(3)),
    Error("isclose", randn(3), ints(3)),
    Error("isclose", randn(3), randn(3), atol=-1.0),
    Error("isclose", randn(3), randn(3), rtol=-1.0),
    Error("allclose", randn(3), 2),
    Error("equal", randn(3), 2),
]
