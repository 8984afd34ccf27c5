"""Running totals."""

import edutorch
from tests.samples import Error, Sample, array, bools, ints, positive, randn

NAN, INF = float("nan"), float("inf")
TWO_ZEROS = array([[2.0, 0.0, 3.0, 1.5], [0.0, 4.0, 0.0, 2.0]])
REPEATED = array([1.0, 3.0, 2.0, 3.0, 5.0, 1.0])
FLOATS = dict(dtypes=("float64", "float32", "float16", "bfloat16"))
NO_GRADIENT = dict(grad=False, inplace=False, reason="whole numbers have no gradient; PyTorch keeps them from floats")
IN_C = dict(node=False, reason="PyTorch's own C++ multiplies by a number under another name, MulBackward1")
IN_C |= dict(dtypes=FLOATS["dtypes"] + ("int64", "int32"))

SAMPLES = [
    Sample("cumsum", randn(5), 0),
    Sample("cumsum", randn(2, 3), 0),
    Sample("cumsum", randn(2, 3, 4), -2),
    Sample("cumsum", randn(2, 3), dim=1, dtype=edutorch.float64),
    Sample("cumsum", randn(2, 3), 1, dtype=edutorch.int64, opts=NO_GRADIENT),
    Sample("cumsum", randn(), 0),
    Sample("cumsum", randn(0, 3), 0),
    Sample("cumsum", bools(5), 0),
    Sample("cumprod", positive(5), 0),
    Sample("cumprod", randn(2, 3), 0),
    Sample("cumprod", TWO_ZEROS, 1),
    Sample("cumprod", TWO_ZEROS, 0),
    Sample("cumprod", randn(), 0),
    Sample("cumprod", ints(2, 3, low=1, high=4), -1),
    Sample("cummax", randn(6), 0),
    Sample("cummax", REPEATED, 0),
    Sample("cummax", array([1.0, NAN, 2.0, NAN, 5.0]), 0, opts=FLOATS),
    Sample("cummax", randn(3, 4), 1),
    Sample("cummax", randn(3, 4), dim=-2),
    Sample("cummax", randn(), 0),
    Sample("cummax", randn(0, 3), 0),
    Sample("cummin", randn(6), 0),
    Sample("cummin", REPEATED, 0),
    Sample("cummin", randn(3, 4), 0),
    Sample("logcumsumexp", randn(5), 0, opts=FLOATS),
    Sample("logcumsumexp", randn(2, 3), 1, opts=FLOATS),
    Sample("logcumsumexp", randn(2, 3), -2, opts=FLOATS),
    Sample("logcumsumexp", randn(), 0, opts=FLOATS),
    Sample("logcumsumexp", array([-INF, -INF, 3.0, 800.0, -800.0]), 0, opts=FLOATS | dict(grad=False, reason="NaN")),
]

ERRORS = [
    Error("cumsum", randn(2, 3), 2),
    Error("cumprod", randn(2, 3), -3),
    Error("cummax", randn(2), 1),
    Error("logcumsumexp", ints(3), 0),
]
