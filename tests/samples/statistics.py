"""Spread, quantiles, covariances."""

from tests.samples import Error, Sample, array, bools, ints, positive, rand, randn

NAN = float("nan")
WITH_NAN = array([[1.0, NAN, 3.0, 2.0], [4.0, 5.0, NAN, 0.5]])
SHARES = array([0.0, 0.3, 0.9, 1.0])
QUANTILE = {
    "dtypes": ("float64", "float32"),
    "node": False,
    "reason": "PyTorch drops the dimension by another operator, SqueezeBackward4",
}
NO_ROOT = {"gradgrad": False, "reason": "the root of 0 has no second derivative"}

SAMPLES = [
    Sample("var", randn(5)),
    Sample("var", randn(3, 4)),
    Sample("var", randn(3, 4), 1),
    Sample("var", randn(3, 4), 0, False),
    Sample("var", randn(3, 4), 1, True, True),
    Sample("var", randn(3, 4), False),
    Sample("var", randn(3, 4), unbiased=True),
    Sample("var", randn(2, 3, 4), (0, 2), correction=0, keepdim=True),
    Sample("var", randn(3, 4), 1, correction=2),
    Sample("var", randn(3, 4), dim=None, correction=0),
    Sample("var", randn(3, 4), axis=1, keepdims=True),
    Sample("var", randn(1), opts={"gradgrad": False, "reason": "NaN"}),
    Sample("var", randn(0)),
    Sample("std", randn(5)),
    Sample("std", randn(3, 4), 0),
    Sample("std", randn(2, 3, 4), (0, -1), correction=0, keepdim=True),
    Sample("std", randn(3, 4), unbiased=False),
    Sample("std", array([[2.0, 2.0], [1.0, 3.0]]), 1, opts=NO_ROOT),
    Sample("var_mean", randn(3, 4)),
    Sample("var_mean", randn(3, 4), 1),
    Sample("var_mean", randn(3, 4), 0, False, True),
    Sample("var_mean", randn(3, 4), False),
    Sample("std_mean", randn(3, 4)),
    Sample("std_mean", randn(3, 4), dim=0, correction=0, keepdim=True),
    Sample("std_mean", randn(2, 3, 4), (1, 2)),
    Sample("quantile", randn(7), 0.3, opts=QUANTILE),
    Sample("quantile", randn(3, 4), 0.5, opts=QUANTILE),
    Sample("quantile", randn(3, 4), 0.25, 1, opts=QUANTILE),
    Sample("quantile", randn(3, 4), 0.25, 0, True, opts=QUANTILE),
    Sample("quantile", randn(3, 4), 0.25, keepdim=True, opts=QUANTILE),
    Sample("quantile", randn(3, 4), SHARES, opts=QUANTILE),
    Sample("quantile", randn(3, 4), SHARES, dim=1, opts=QUANTILE),
    Sample("quantile", randn(3, 4, 2), SHARES, dim=-2, keepdim=True, opts=QUANTILE),
    Sample("quantile", randn(3, 4), SHARES, keepdim=True, opts=QUANTILE),
    Sample("quantile", randn(7), 0.3, interpolation="lower", opts=QUANTILE),
    Sample("quantile", randn(7), 0.3, interpolation="higher", opts=QUANTILE),
    Sample("quantile", randn(6), 0.3, interpolation="nearest", opts=QUANTILE),
    Sample("quantile", randn(7), 0.3, interpolation="midpoint", opts=QUANTILE),
    Sample("quantile", randn(), 0.3, opts=QUANTILE),
    Sample("quantile", WITH_NAN, 0.5, 0, opts=QUANTILE),
    Sample("nanquantile", WITH_NAN, 0.5, opts=QUANTILE),
    Sample("nanquantile", WITH_NAN, 0.3, 1, opts=QUANTILE),
    Sample("nanquantile", WITH_NAN, SHARES, dim=0, keepdim=True, opts=QUANTILE),
    Sample("cov", randn(3, 5)),
    Sample("cov", randn(5)),
    Sample("cov", randn(3, 5), correction=0),
    Sample("cov", randn(3, 4), fweights=ints(4, low=1)),
    Sample(
        "cov",
        randn(3, 4),
        aweights=positive(4),
        opts={"dtypes": ("float64", "float32"), "reason": "weights are floats"},
    ),
    Sample(
        "corrcoef", randn(3, 5), opts={"dtypes": ("float64", "float32"), "reason": "sqrt(int) of equal rows is NaN"}
    ),
    Sample("corrcoef", randn(5), opts={"node": False, "reason": "PyTorch divides by another name"}),
]

ERRORS = [
    Error("var", ints(3)),
    Error("std", bools(3)),
    Error("var_mean", ints(3)),
    Error("std_mean", ints(3)),
    Error("var", randn(3), 1),
    Error("var", randn(3, 2), (0, 0)),
    Error("quantile", randn(3), 1.5),
    Error("quantile", randn(3), array([0.5, -1.0])),
    Error("quantile", randn(3), rand(2, 2)),
    Error("quantile", ints(3), 0.5),
    Error("quantile", randn(0), 0.5),
    Error("quantile", randn(3), 0.5, interpolation="cubic"),
    Error("nanquantile", randn(3), 2.0),
    Error("cov", randn(2, 3, 4)),
    Error("cov", bools(3)),
    Error("cov", randn(2, 3), fweights=randn(3)),
    Error("cov", randn(2, 3), fweights=ints(2)),
    Error("cov", randn(2, 3), fweights=ints(3) - 20),
    Error("cov", randn(2, 3), aweights=ints(3)),
    Error("corrcoef", randn(2, 3, 4)),
]
