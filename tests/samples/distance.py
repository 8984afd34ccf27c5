"""Samples for `edutorch/ops/{distance,bilinear}.py`; `cdist` and `pdist` are in `matmul.py`."""

from tests.samples import Error, Sample, array, bools, ints, positive, rand, randn

INF = float("inf")
X, T = randn(3, 4), randn(3, 4, salt=1)
WHOLE = {"dtypes": ("float64", "float32", "float16", "bfloat16", "int64")}  # PyTorch wraps differences of uint8
CORNER = {"gradgrad": False, "reason": "PyTorch's second gradient is nan where a length is 0"}
W = randn(2, 4, 5)

SAMPLES = [
    *[Sample("pairwise_distance", X, T, p=p, opts=WHOLE) for p in (0, 0.5, 1, 2, 3, INF)],
    Sample("pairwise_distance", X, T, 2.0, 0.1, True, opts=WHOLE),
    Sample("pairwise_distance", X, randn(4), opts=WHOLE),
    Sample("pairwise_distance", randn(4), X, keepdim=True, opts=WHOLE),
    Sample("pairwise_distance", randn(), randn(salt=1), opts={"dtypes": ("float64", "float32")}),
    Sample("pairwise_distance", randn(0, 4), randn(0, 4)),
    Sample("pairwise_distance", randn(3, 0), randn(3, 0)),
    Sample("pairwise_distance", array([[1.0, 2.0]]), array([[1.0, 2.0]]), eps=0.0, opts=WHOLE | CORNER),
    Sample("cosine_similarity", X, T),
    Sample("cosine_similarity", X, T, 0),
    Sample("cosine_similarity", X, T, dim=-1, eps=2.0),
    Sample("cosine_similarity", X, randn(4)),
    Sample("cosine_similarity", randn(3, 1, 4), randn(2, 4), -1),
    Sample("cosine_similarity", randn(4), randn(4, salt=1), dim=0),
    Sample("cosine_similarity", X, ints(3, 4), opts={"dtypes": ("float64", "float32")}),
    Sample("cosine_similarity", randn(0, 4), randn(0, 4)),
    Sample("cosine_similarity", randn(3, 0), randn(3, 0)),
    Sample("nn.functional.cosine_similarity", array([[0.0, 0.0]]), array([[1.0, 2.0]]), opts=CORNER),
    *[Sample("nn.functional.normalize", X, p) for p in (0.5, 1, 2.0, 3, INF)],
    Sample("nn.functional.normalize", randn(2, 3, 4), dim=2),
    Sample("nn.functional.normalize", randn(2, 3, 4), dim=(0, 1)),
    Sample("nn.functional.normalize", randn(4), dim=0, eps=10.0),
    Sample("nn.functional.normalize", array([[0.0, 0.0], [3.0, 4.0]]), opts=CORNER),
    Sample("bilinear", X, randn(3, 5), W),
    Sample("bilinear", X, randn(3, 5), W, randn(2)),
    Sample("bilinear", randn(2, 3, 4), randn(2, 3, 5), W, bias=randn(2)),
    Sample("nn.functional.bilinear", randn(4), randn(5), W, randn(2)),
    Sample("bilinear", randn(0, 4), randn(0, 5), W, randn(2)),
]

ERRORS = [
    Error("pairwise_distance", X, randn(3, 3)),
    Error("pairwise_distance", X, 3),
    Error("pairwise_distance", 3, X),
    Error("pairwise_distance", X, bools(3, 4)),
    Error("pairwise_distance", bools(3, 4), bools(3, 4)),
    Error("cosine_similarity", X, randn(3, 3)),
    Error("cosine_similarity", X, T, dim=2),
    Error("cosine_similarity", randn(4), randn(4)),
    Error("cosine_similarity", ints(3, 4), ints(3, 4)),
    Error("cosine_similarity", X, 3),
    Error("nn.functional.normalize", ints(3, 4)),
    Error("nn.functional.normalize", randn(4)),
    Error("nn.functional.normalize", 3),
    Error("bilinear", X, randn(2, 5), W),
    Error("bilinear", randn(3, 5), randn(3, 4), W),
    Error("bilinear", X, X, W),
    Error("bilinear", X, randn(3, 5), W, randn(3)),
    Error("bilinear", X, randn(5), W),
    Error("bilinear", X, rand(3, 5).astype("float32"), W),
    Error("bilinear", 3, positive(3, 5), W),
]
