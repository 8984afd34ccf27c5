"""Samples for `edutorch/ops/rounding.py`."""

from tests.samples import Error, Sample, array, bools, ints, randn

INF, NAN = float("inf"), float("nan")
FLOATS = ("float64", "float32", "float16", "bfloat16")
HALVES = array([-2.5, -1.5, -0.5, -0.2, 0.0, 0.5, 1.5, 2.5, 3.2, INF, NAN])
STEPS = array([-1.0, 0.0, 0.25, 0.5, 1.0, 2.0])

SAMPLES = [
    *[Sample(name, randn(2, 3)) for name in ("floor", "ceil", "trunc", "fix", "round", "frac")],
    *[Sample(name, HALVES, opts={"dtypes": FLOATS}) for name in ("floor", "ceil", "trunc", "round")],
    *[Sample(name, ints(3)) for name in ("floor", "ceil", "trunc", "round")],
    Sample("frac", array([-2.5, -0.5, 0.0, 1.5, 3.25]), opts={"dtypes": FLOATS}),
    Sample("round", randn(2, 3), decimals=2, opts={"dtypes": ("float64", "float32")}),
    Sample("round", randn(2, 3) * 1000, decimals=-2, opts={"dtypes": ("float64", "float32")}),
    Sample("round", array([0.125, 0.375, -0.125]), decimals=2),
    Sample("clamp", STEPS, 0, 1),
    Sample("clamp", STEPS, 0.25, 0.75),
    Sample("clamp", STEPS, min=0),
    Sample("clamp", STEPS, max=0.5),
    Sample("clamp", STEPS, 2, 1),
    Sample("clamp", array([NAN, INF, -INF, 0.5]), 0, 1, opts={"dtypes": FLOATS}),
    Sample("clamp", randn(2, 3), randn(3), randn(2, 1)),
    Sample("clamp", STEPS, array([0.0]), array([1.0])),
    Sample("clamp", STEPS, array([1.0]), array([0.0])),
    Sample("clamp", randn(2, 3), min=randn(3)),
    Sample("clamp", randn(2, 3), max=randn(3)),
    Sample("clamp", STEPS, array([0.5]), array([0.5])),
    Sample("clamp", ints(5), 0.5, 4),
    Sample("clamp", ints(5).astype("uint8"), 2, 100),
    Sample("clamp", randn(0), 0, 1),
    Sample("clamp", randn(), 0, 1),
    Sample("clip", STEPS, 0, 1),
    Sample("clamp_min", STEPS, 0.5),
    Sample("clamp_min", STEPS, array([0.5])),
    Sample("clamp_min", STEPS, randn(6)),
    Sample("clamp_max", STEPS, 0.5),
    Sample("clamp_max", STEPS, array([0.5])),
    Sample("nan_to_num", array([NAN, INF, -INF, 1.5]), opts={"dtypes": FLOATS}),
    Sample("nan_to_num", array([NAN, INF, -INF, 1.5]), 1.0, 2.0, 3.0, opts={"dtypes": FLOATS}),
    Sample("nan_to_num", array([NAN, INF, -INF, 1.5]), posinf=9.0, opts={"dtypes": FLOATS}),
    Sample("nan_to_num", ints(3)),
    Sample("nan_to_num", bools(3)),
]

ERRORS = [
    *[Error(name, bools(3)) for name in ("floor", "ceil", "trunc", "round", "frac")],
    Error("frac", ints(3)),
    Error("round", ints(3), decimals=1),
    Error("clamp", randn(3)),
    Error("clamp", bools(3), False, True),
    Error("clamp", ints(3).astype("uint8"), -1, 300),
    Error("clamp", ints(3).astype("int32"), 0, 2**40),
    Error("clamp", randn(3), randn(2), randn(2)),
    Error("clamp_min", bools(3), True),
    Error("clamp_max", bools(3), True),
    Error("Tensor.clamp_", randn(2), randn(3)),
]
