"""Samples for `edutorch/ops/division.py`."""

from tests.samples import Error, Sample, array, bools, ints, positive, randn

SIGNS = array([-7.0, -3.5, -1.0, 0.0, 1.0, 3.5, 7.0])
FLOATS = ("float64", "float32", "float16", "bfloat16")
NUMBERS = ("float64", "float32", "int64", "int32")

SAMPLES = [
    Sample("div", randn(2, 3), positive(3)),
    Sample("div", randn(2, 3), positive(2, 3)),
    Sample("div", randn(2, 3), 2),
    Sample("div", randn(2, 3), 0.3),
    Sample("div", 2, positive(3)),
    Sample("div", array([1.0, 0.0, -1.0]), 0, opts={"gradgrad": False, "reason": "infinite"}),
    Sample("div", ints(4), 0),
    Sample("div", SIGNS, 2, rounding_mode="floor"),
    Sample("div", SIGNS, 2, rounding_mode="trunc"),
    Sample("div", SIGNS, -2.5, rounding_mode="floor"),
    Sample("div", SIGNS, -2.5, rounding_mode="trunc"),
    Sample("div", SIGNS, positive(7), rounding_mode="floor", opts={"dtypes": FLOATS}),
    Sample("div", SIGNS, -positive(7), rounding_mode="trunc", opts={"dtypes": FLOATS}),
    Sample("div", ints(6, low=-9), array([2.0]), rounding_mode="floor", opts={"dtypes": NUMBERS}),
    Sample("div", ints(6, low=-9), ints(6, low=1, high=4), rounding_mode="trunc"),
    Sample("div", ints(6, low=-9), ints(6, low=-4, high=-1), rounding_mode="floor"),
    Sample("divide", randn(2, 3), positive(3)),
    Sample("divide", SIGNS, 2, rounding_mode="floor"),
    Sample("true_divide", randn(2, 3), positive(3)),
    Sample("true_divide", ints(3), ints(3, low=1)),
    Sample("floor_divide", SIGNS, 2, opts={"grad": False, "reason": "PyTorch has no derivative"}),
    Sample("floor_divide", SIGNS, positive(7), opts={"dtypes": FLOATS, "grad": False, "reason": "no derivative"}),
    Sample("floor_divide", 5, positive(7), opts={"dtypes": FLOATS, "grad": False, "reason": "no derivative"}),
    Sample("floor_divide", ints(6, low=-9), ints(6, low=-4, high=-1)),
    Sample("remainder", SIGNS, 3),
    Sample("remainder", SIGNS, -3),
    Sample("remainder", SIGNS, 2.5),
    Sample("remainder", SIGNS, positive(7), opts={"dtypes": FLOATS}),
    Sample("remainder", randn(2, 3), -positive(3), opts={"dtypes": FLOATS}),
    Sample("remainder", ints(6, low=-9), ints(6, low=-4, high=-1)),
    Sample("remainder", 7, positive(3), opts={"dtypes": FLOATS, "grad": False, "reason": "no derivative"}),
    Sample("fmod", SIGNS, 3),
    Sample("fmod", SIGNS, -2.5),
    Sample("fmod", SIGNS, positive(7), opts={"dtypes": FLOATS}),
    Sample("fmod", ints(6, low=-9), ints(6, low=-4, high=-1)),
    Sample("Tensor.__rdiv__", positive(3), 2),
    Sample("Tensor.__rtruediv__", positive(3), 2),
    Sample("Tensor.__rmod__", positive(3), 7, opts={"dtypes": FLOATS, "grad": False, "reason": "no derivative"}),
]

ERRORS = [
    Error("div", randn(3), 2, rounding_mode="up"),
    Error("div", ints(3), 0, rounding_mode="floor"),
    Error("div", randn(2, 3), randn(4)),
    Error("floor_divide", ints(3), 0),
    Error("floor_divide", ints(3), ints(3, high=1)),
    Error("floor_divide", bools(3), bools(3)),
    Error("remainder", ints(3), 0),
    Error("remainder", bools(3), bools(3)),
    Error("fmod", ints(3), 0),
    Error("Tensor.div_", ints(3), 2),
]
