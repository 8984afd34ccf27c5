"""Samples for `edutorch/ops/special.py`."""

from tests.samples import Error, Sample, array, ints, positive, rand, randn

INF, NAN = float("inf"), float("nan")
FLOATS = ("float64", "float32", "float16", "bfloat16")
FLAT = {"dtypes": FLOATS, "gradgrad": False, "reason": "derivatives are infinite or undefined at the edges"}
EXACT = ("float64", "float32")

SAMPLES = [
    Sample("erf", randn(2, 3)),
    Sample("erf", randn(4, 5) * 3),
    Sample("erf", randn()),
    Sample("erf", randn(0)),
    Sample("erf", array([0.0, -0.0, 1e-20, 0.46875, 4.0, 6.0, 30.0, INF, -INF, NAN]), opts={"dtypes": FLOATS}),
    Sample("erfc", randn(2, 3)),
    Sample("erfc", array([0.0, -0.3, 0.46875, 4.0, 10.0, 26.0, INF, -INF]), opts={"dtypes": EXACT}),
    Sample("erfinv", rand(2, 3, low=-0.99, high=0.99)),
    Sample("erfinv", array([0.0, 1.0, -1.0, 2.0, NAN]), opts=FLAT),
    Sample("erfinv", array([0.999999, -0.9999999999]), opts={"dtypes": ("float64",)}),
    Sample("lgamma", positive(2, 3)),
    Sample("lgamma", array([-0.5, -1.5, 0.1, 10.0, 100.0]), opts={"dtypes": EXACT}),
    Sample("lgamma", array([0.0, 1.0, 2.0, -1.0, INF, NAN]), opts={**FLAT, "grad": False}),
    Sample("digamma", positive(2, 3)),
    Sample("digamma", array([0.0, -0.5, 20.0]), opts={**FLAT, "dtypes": EXACT}),
    Sample("polygamma", 1, positive(2, 3), opts={"dtypes": EXACT}),
    Sample("polygamma", 2, positive(2, 3), opts={"dtypes": EXACT}),
]

ERRORS = [Error("erf", 1.0), Error("erfinv", "a"), Error("Tensor.erf_", ints(3)), Error("polygamma", -1, positive(3))]
