"""Samples for `edutorch/ops/bitwise.py`."""

from tests.samples import Error, Sample, array, bools, ints, randn

TRUTH = array([0.0, 1.0, -2.0, 0.0, float("nan")])
FLAT = {
    "grad": False,
    "reason": "truth has no slope: the in-place form ends the history, PyTorch's keeps the old one",
}
FLOATS = ("float64", "float32", "float16", "bfloat16")
BITS = ("bitwise_and", "bitwise_or", "bitwise_xor")

SAMPLES = [
    *[Sample(name, TRUTH, array([0.0, 0.0, 3.0, 1.0, 0.0]), opts={"dtypes": FLOATS, **FLAT})
      for name in ("logical_and", "logical_or", "logical_xor")],
    *[Sample(name, bools(2, 3), bools(3)) for name in ("logical_and", "logical_or", "logical_xor")],
    *[Sample(name, ints(4, high=3), randn(4), opts=FLAT) for name in ("logical_and", "logical_or", "logical_xor")],
    Sample("logical_not", TRUTH, opts={"dtypes": FLOATS, **FLAT}),
    Sample("logical_not", bools(3)),
    *[Sample(name, ints(2, 3, low=-9), ints(3)) for name in BITS],
    *[Sample(name, bools(2, 3), bools(3)) for name in BITS],
    *[Sample(name, bools(3), ints(3)) for name in BITS],
    *[Sample(name, ints(3), 6) for name in BITS],
    *[Sample(name, ints(3).astype("uint8"), 300) for name in BITS],
    *[Sample(name, bools(3), True) for name in BITS],
    *[Sample(name, 6, ints(3)) for name in BITS],
    Sample("bitwise_not", ints(3, low=-9)),
    Sample("bitwise_not", bools(3)),
    Sample("bitwise_not", ints(3).astype("uint8")),
    *[Sample(name, ints(4, low=-9), ints(4, high=4)) for name in ("bitwise_left_shift", "bitwise_right_shift")],
    *[Sample(name, ints(4, low=-9), 2) for name in ("bitwise_left_shift", "bitwise_right_shift")],
    *[Sample(name, ints(4, low=-9), 64) for name in ("bitwise_left_shift", "bitwise_right_shift")],
    *[Sample(name, ints(4).astype("uint8"), 9) for name in ("bitwise_left_shift", "bitwise_right_shift")],
    *[Sample(name, bools(4), 2) for name in ("bitwise_left_shift", "bitwise_right_shift")],
    *[Sample(name, 5, ints(4, high=3)) for name in ("bitwise_left_shift", "bitwise_right_shift")],
    *[Sample(f"Tensor.{name}", ints(3), 6) for name in ("__rand__", "__ror__", "__rxor__")],
]  # fmt: skip

ERRORS = [
    *[Error(name, randn(3), randn(3)) for name in BITS],
    *[Error(name, randn(3), 1) for name in BITS],
    *[Error(name, ints(3), 1.5) for name in BITS],
    Error("bitwise_not", randn(3)),
    Error("Tensor.__invert__", randn(3)),
    Error("bitwise_left_shift", randn(3), 1),
    Error("bitwise_right_shift", randn(3), 1),
    Error("bitwise_left_shift", bools(3), bools(3)),
    Error("logical_and", randn(3), 2),
    Error("bitwise_and", ints(2, 3), ints(4)),
]
