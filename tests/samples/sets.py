"""Distinct values, places in a sequence, counts."""

import numpy as np

from tests.samples import Error, Sample, array, bools, ints, rand, randn

NAN, INF = float("nan"), float("inf")
REPEATED = array([3.0, 1.0, 2.0, 1.0, 3.0, 3.0])
ROWS = array([[3.0, 1.0], [2.0, 1.0], [3.0, 1.0], [3.0, 1.0]])
EDGES = array([1.0, 3.0, 5.0])
NO_GRADIENT = {"grad": False, "reason": "PyTorch has a node here that only raises"}
FLOATS = {"dtypes": ("float64", "float32"), "grad": False, "reason": "PyTorch counts float and double only"}
NUMBERS = {"dtypes": ("float64", "float32", "int64", "int32", "uint8")}

SAMPLES = [
    Sample("unique", REPEATED, opts=NO_GRADIENT),
    Sample("unique", REPEATED, return_inverse=True, opts=NO_GRADIENT),
    Sample("unique", REPEATED, return_counts=True, opts=NO_GRADIENT),
    Sample("unique", ROWS, True, True, True, opts=NO_GRADIENT),
    Sample("unique", ROWS, dim=0, opts=NO_GRADIENT),
    Sample("unique", ROWS, dim=1, return_inverse=True, return_counts=True, opts=NO_GRADIENT),
    Sample("unique", array([1.0, NAN, NAN]), opts=NO_GRADIENT | {"dtypes": ("float64", "float32", "bfloat16")}),
    Sample("unique", randn(0), opts=NO_GRADIENT),
    Sample("unique", bools(5)),
    Sample("unique_consecutive", REPEATED, opts=NO_GRADIENT),
    Sample("unique_consecutive", REPEATED, True, True, opts=NO_GRADIENT),
    Sample("unique_consecutive", ROWS, return_counts=True, opts=NO_GRADIENT),
    Sample("unique_consecutive", ROWS, dim=0, return_inverse=True, opts=NO_GRADIENT),
    Sample("isin", REPEATED, array([2.0, 5.0, 1.0]), opts=NUMBERS),
    Sample("isin", ROWS, array([[2.0], [5.0]]), invert=True, opts=NUMBERS),
    Sample("isin", ints(5), 3),
    Sample("isin", 3, ints(5)),
    Sample("isin", ints(5), ints(3), assume_unique=False),
    Sample("searchsorted", EDGES, array([[3.0, 6.0], [0.0, 4.0]]), opts=NUMBERS),
    Sample("searchsorted", EDGES, EDGES, right=True, opts=NUMBERS),
    Sample("searchsorted", EDGES, EDGES, side="right", out_int32=True, opts=NUMBERS),
    Sample("searchsorted", EDGES, 3.5, opts=NUMBERS),
    Sample("searchsorted", array([[1.0, 3.0], [2.0, 4.0]]), array([[3.0, 0.0, 9.0], [3.0, 4.0, 4.0]]), opts=NUMBERS),
    Sample("searchsorted", array([5.0, 1.0, 3.0]), array([3.0]), sorter=np.array([1, 2, 0]), opts=NUMBERS),
    Sample("bucketize", array([[3.0, 6.0]]), EDGES, opts=NUMBERS),
    Sample("bucketize", EDGES, EDGES, right=True, out_int32=True, opts=NUMBERS),
    Sample("bucketize", 3, ints(4) * 0 + np.arange(4)),
    Sample("bincount", ints(9)),
    Sample("bincount", ints(9), minlength=20),
    Sample("bincount", ints(9), randn(9), opts=FLOATS),
    Sample("bincount", ints(9), ints(9, salt=1)),
    Sample("bincount", ints(0)),
    Sample("bincount", ints(4, dtype="uint8")),
    Sample("histc", randn(50), opts=FLOATS),
    Sample("histc", randn(50), 5, opts=FLOATS),
    Sample("histc", rand(5, 9), bins=4, min=0, max=1, opts=FLOATS),
    Sample("histc", array([1.0, 1.0]), 4, opts=FLOATS),
    Sample("histc", array([1.0, 2.0, 3.0, NAN, 9.0]), 4, 1, 3, opts=FLOATS),
    Sample("histogram", randn(50), 5, opts=FLOATS),
    Sample("histogram", randn(50), 5, range=(-1.0, 1.0), opts=FLOATS),
    Sample("histogram", randn(50), EDGES - 3, opts=FLOATS),
    Sample("histogram", randn(50), 4, weight=rand(50), density=True, opts=FLOATS),
]

ERRORS = [
    Error("unique", randn(0, 3), dim=1),
    Error("unique", randn(3), dim=1),
    Error("isin", bools(3), bools(2)),
    Error("searchsorted", EDGES, EDGES, side="middle"),
    Error("searchsorted", EDGES, EDGES, right=True, side="left"),
    Error("searchsorted", randn(2, 3), randn(3)),
    Error("searchsorted", randn(2, 3), 1.0),
    Error("bucketize", EDGES, randn(2, 3)),
    Error("bincount", ints(2, 2)),
    Error("bincount", ints(3) - 11),
    Error("bincount", randn(3)),
    Error("bincount", ints(3), randn(2)),
    Error("bincount", ints(3), minlength=-1),
    Error("histc", ints(3)),
    Error("histc", randn(3), 0),
    Error("histc", randn(3), 4, 3, 1),
    Error("histc", array([1.0, INF]), 4),
]
