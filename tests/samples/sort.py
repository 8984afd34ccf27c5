"""Sorting, top k, and what follows from order."""

from tests.samples import Error, Sample, array, bools, randn

NAN, INF = float("nan"), float("inf")
WITH_NAN = array([[1.0, NAN, 3.0, -INF], [4.0, INF, 5.0, NAN]])
TIES = array([1.0, 3.0, 3.0, 2.0, 1.0, 3.0])
FLOATS = {"dtypes": ("float64", "float32", "float16", "bfloat16")}
NUMBERS = {"dtypes": ("float64", "float32", "float16", "bfloat16", "int64", "int32", "uint8")}
DISTINCT = {"dtypes": ("float64", "float32"), "reason": "PyTorch leaves the order of equal elements open"}

SAMPLES = [
    Sample("sort", randn(6), opts=DISTINCT),
    Sample("sort", TIES, stable=True, opts={"method": False, "reason": "methods take stable by name only: below"}),
    Sample("sort", TIES),
    Sample("sort", TIES, descending=True),
    Sample("sort", randn(3, 4), 0),
    Sample("sort", randn(3, 4), -1, True),
    Sample("sort", randn(2, 3, 4), dim=1, descending=True),
    Sample("sort", WITH_NAN, opts=FLOATS),
    Sample("sort", WITH_NAN, 1, True, opts=FLOATS),
    Sample("sort", bools(7)),
    Sample("sort", randn()),
    Sample("sort", randn(0, 3), 0),
    Sample("argsort", randn(6)),
    Sample("argsort", TIES, stable=True),
    Sample("argsort", TIES, dim=0, descending=True, stable=True),
    Sample("argsort", randn(3, 4), 0),
    Sample("argsort", randn(3, 4), -1, True),
    Sample("argsort", randn()),
    Sample("msort", randn(4, 3)),
    Sample("msort", randn()),
    Sample("topk", randn(6), 2, opts=DISTINCT),
    Sample("topk", randn(3, 5), 2, opts=DISTINCT),
    Sample("topk", randn(4, 3), 2, 0, opts=DISTINCT),
    Sample("topk", randn(3, 5), 3, largest=False, opts=DISTINCT),
    Sample("topk", randn(3, 5), 5, -1, True, True, opts=DISTINCT),
    Sample("topk", randn(3, 5), 0, opts=DISTINCT),
    Sample("topk", randn(), 1, opts=NUMBERS),
    Sample("topk", WITH_NAN[:, :3], 2, opts=FLOATS),
    Sample("kthvalue", randn(6), 2, opts=DISTINCT),
    Sample("kthvalue", randn(3, 5), 3, 0, opts=DISTINCT),
    Sample("kthvalue", randn(3, 5), 1, dim=1, keepdim=True, opts=DISTINCT),
    Sample("kthvalue", WITH_NAN[0], 4, opts=FLOATS),
    Sample("kthvalue", randn(), 1, opts=NUMBERS),
]

ERRORS = [
    Error("sort", randn(3), 1),
    Error("sort", [1.0]),
    Error("argsort", randn(2, 3), 2),
    Error("topk", randn(3), 4),
    Error("topk", randn(3), -1),
    Error("topk", bools(3), 1),
    Error("topk", randn(3), 1, 1),
    Error("kthvalue", randn(3), 0),
    Error("kthvalue", randn(3, 2), 4, 0),
    Error("kthvalue", bools(3), 1),
]
