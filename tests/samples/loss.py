"""Samples for the losses: `edutorch/ops/loss.py`, `nll.py`, `cross_entropy.py` and their like."""

import numpy as np

from tests.samples import Error, Sample, array, bools, ints, positive, rand, randn

INF = float("inf")
X, T = randn(3, 4), randn(3, 4, salt=1)
P, Q = rand(3, 4, low=0.05, high=0.95), rand(3, 4, salt=1, low=0.05, high=0.95)
REDUCTIONS = ("mean", "sum", "none")
FLOATS = ("float64", "float32", "float16", "bfloat16")
FULL = ("float64", "float32")
CLASSES = np.array([1, 0, 3])
SIGNS = np.array([[1, -1, 1, 1], [-1, -1, 1, -1], [1, 1, -1, -1]])
PAIRS = np.array([1, -1, 1])
PICTURES = ints(2, 3, 2, low=0, high=4)
NAMES = np.array([[1, 2, -1, 0], [-1, 0, 0, 0], [3, 0, 1, 2]])
WHOLE = {"dtypes": FLOATS}  # of whole numbers PyTorch rounds the margin, or wraps the difference
DIVISION = {"node": False, "reason": "PyTorch divides by a C++ number, DivBackward1"}
ONE = {"grad": False, "reason": "PyTorch refuses the gradient where the target has shape (1,)"}
NO_GRAPH = {"gradgrad": False, "reason": "PyTorch has no second gradient here"}


def F(name):
    return f"nn.functional.{name}"


def each(name, *args, opts=None, **kwargs):
    """Return a call with each reduction."""
    return [Sample(F(name), *args, reduction=r, opts=opts, **kwargs) for r in REDUCTIONS]


def weighed(name, *args, opts=None, **kwargs):
    """Return a call with each reduction, where the weights have no gradient."""
    return each(name, *args, opts={"constant": ("weight", "pos_weight"), **(opts or {})}, **kwargs)


REGRESSION = [
    *[s for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss") for s in each(name, X, T)],
    *[Sample(F(name), X, randn(4)) for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")],
    *[Sample(F(name), randn(4), X) for name in ("mse_loss", "l1_loss", "smooth_l1_loss")],
    *[Sample(F(name), randn(), randn(salt=1)) for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")],
    *[Sample(F(name), randn(0), randn(0)) for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")],
    *[Sample(F(name), X, T, size_average=False) for name in ("mse_loss", "l1_loss", "smooth_l1_loss")],
    *[Sample(F(name), X, T, reduce=False) for name in ("mse_loss", "l1_loss", "smooth_l1_loss")],
    *[s for name in ("mse_loss", "l1_loss", "huber_loss") for s in each(name, X, T, weight=positive(3, 4))],
    *each("smooth_l1_loss", X, T, beta=0.3),
    *each("smooth_l1_loss", X, T, beta=0),
    *each("huber_loss", X, T, delta=0.3),
    Sample(F("mse_loss"), X, ints(3, 4)),
]

CLASSIFICATION = [
    *each("cross_entropy", X, CLASSES),
    *weighed("cross_entropy", X, CLASSES, weight=positive(4)),
    *each("cross_entropy", X, CLASSES, ignore_index=0),
    *weighed("cross_entropy", X, np.array([1, -100, 2]), weight=positive(4)),
    *each("cross_entropy", X, CLASSES, label_smoothing=0.2),
    *weighed("cross_entropy", X, CLASSES, weight=positive(4), ignore_index=3, label_smoothing=0.2),
    *each("cross_entropy", randn(2, 4, 3, 2), PICTURES),
    *weighed("cross_entropy", randn(2, 4, 3, 2), PICTURES, weight=positive(4), ignore_index=1, label_smoothing=0.3),
    *each("cross_entropy", randn(2, 4, 3), ints(2, 3, high=4)),
    *each("cross_entropy", randn(2, 4, 3, 2, 2), ints(2, 3, 2, 2, high=4)),
    *each("cross_entropy", randn(4), np.array(2)),
    *each("cross_entropy", randn(4), np.array(2), label_smoothing=0.1),
    Sample(F("cross_entropy"), randn(4), np.array([2]), opts=ONE),
    Sample(F("cross_entropy"), X, CLASSES.astype(np.uint8)),
    Sample(F("cross_entropy"), X, CLASSES, label_smoothing=1.0),
    Sample(F("cross_entropy"), X, CLASSES, label_smoothing=-1.0),
    Sample(F("cross_entropy"), X, CLASSES, size_average=False),
    Sample(F("cross_entropy"), randn(40, 50), ints(40, high=50)),
    Sample(F("cross_entropy"), array([[1000.0, 0.0, -1000.0], [-1e4, -1e4, -1e4]]), np.array([2, 1])),
    Sample(F("cross_entropy"), array([[-INF, 0.0, 1.0]]), np.array([1]), opts={"dtypes": FLOATS}),
    Sample(F("cross_entropy"), array([[-INF, 0.0], [1.0, 2.0]]), np.array([-100, 1]), opts={"dtypes": FLOATS}),
    *each("cross_entropy", X, np.array([-100, -100, -100])),
    *each("cross_entropy", randn(0, 4), ints(0)),
    *each("cross_entropy", randn(2, 4, 0), ints(2, 0)),
    *each("cross_entropy", X, P, opts=DIVISION),
    *each("cross_entropy", X, P, weight=positive(4), label_smoothing=0.2, opts=DIVISION),
    *each("cross_entropy", randn(2, 4, 3), rand(2, 4, 3), weight=positive(4), opts=DIVISION),
    *each("cross_entropy", randn(4), rand(4), opts=DIVISION),
    *each("cross_entropy", randn(0, 4), rand(0, 4), opts=DIVISION),
    *each("nll_loss", X, CLASSES),
    *weighed("nll_loss", X, CLASSES, weight=positive(4), ignore_index=3),
    *each("nll_loss", randn(2, 4, 3, 2), PICTURES),
    *weighed("nll_loss", randn(2, 4, 3, 2), PICTURES, weight=positive(4), ignore_index=1),
    *each("nll_loss", randn(2, 4, 3), ints(2, 3, high=4)),
    *each("nll_loss", randn(4), np.array(2)),
    *each("nll_loss", randn(4), np.array([2]), opts=ONE),
    *each("nll_loss", randn(0, 4), ints(0)),
    *each("nll_loss", X, np.array([-100, -100, -100])),
    Sample(F("nll_loss"), array([[-INF, 0.0], [1.0, 2.0]]), np.array([-100, 1]), opts={"dtypes": FLOATS}),
    *each("binary_cross_entropy", P, Q),
    *weighed("binary_cross_entropy", P, Q, weight=positive(4)),
    *each("binary_cross_entropy", array([0.0, 1.0, 1.0, 0.5]), array([1.0, 1.0, 0.0, 1.0]), opts=NO_GRAPH),
    Sample(F("binary_cross_entropy"), rand(0, 4), rand(0, 4)),
    Sample(F("binary_cross_entropy"), P, Q, reduce=False),
    *each("binary_cross_entropy_with_logits", X, P),
    *weighed("binary_cross_entropy_with_logits", X, P, weight=positive(4), pos_weight=positive(4, salt=1)),
    *each("binary_cross_entropy_with_logits", X, bools(3, 4).astype(np.float32)),
    Sample(F("binary_cross_entropy_with_logits"), array([200.0, -200.0]), array([0.0, 1.0])),
    Sample(F("binary_cross_entropy_with_logits"), randn(0), rand(0)),
    Sample(F("binary_cross_entropy_with_logits"), X, P, size_average=False),
]

DISTRIBUTIONS = [
    *each("kl_div", X, P),
    *each("kl_div", X, T, log_target=True),
    Sample(F("kl_div"), X, P, reduction="batchmean"),
    Sample(F("kl_div"), randn(), rand(), reduction="batchmean"),
    Sample(F("kl_div"), X, rand(4), reduction="sum"),
    Sample(F("kl_div"), X, array([0.0, 0.5, 0.5, 0.0]), reduction="sum", opts={"grad": False, "reason": "0 ln 0"}),
    Sample(F("kl_div"), X, P, size_average=False),
    *each("poisson_nll_loss", X, positive(3, 4)),
    *each("poisson_nll_loss", X, positive(3, 4), full=True),
    *each("poisson_nll_loss", positive(3, 4), positive(3, 4, salt=1), log_input=False, full=True),
    *each("gaussian_nll_loss", X, T, positive(3, 4)),
    *each("gaussian_nll_loss", X, T, positive(3, 1), full=True),
    Sample(F("gaussian_nll_loss"), X, T, positive(3)),
    Sample(F("gaussian_nll_loss"), X, T, 0.5),
    Sample(F("gaussian_nll_loss"), X, T, positive(3, 4), eps=1.0),
]

MARGINS = [
    *each("hinge_embedding_loss", X, SIGNS, opts=WHOLE),
    *each("hinge_embedding_loss", X, SIGNS, margin=0.5, opts=WHOLE),
    *each("margin_ranking_loss", X, T, SIGNS, opts=WHOLE),
    *each("margin_ranking_loss", X, T, SIGNS, margin=0.5, opts=WHOLE),
    *each("cosine_embedding_loss", X, T, PAIRS),
    *each("cosine_embedding_loss", X, T, PAIRS, margin=0.3),
    Sample(F("cosine_embedding_loss"), randn(4), randn(4, salt=1), np.array(-1), margin=-0.5),
    Sample(F("cosine_embedding_loss"), X, T, np.array([0, 1, 2]), reduction="none"),
    *each("triplet_margin_loss", X, T, randn(3, 4, salt=2), opts=WHOLE),
    *each("triplet_margin_loss", X, T, randn(3, 4, salt=2), margin=5, p=1, eps=1e-3, swap=True, opts=WHOLE),
    Sample(F("triplet_margin_loss"), randn(4), randn(4, salt=1), randn(4, salt=2), opts={"dtypes": FULL}),
    *each("triplet_margin_with_distance_loss", X, T, randn(3, 4, salt=2), swap=True, margin=4.0, opts=WHOLE),
    *each("soft_margin_loss", X, SIGNS),
    Sample(F("soft_margin_loss"), X, SIGNS[0]),
    *each("multi_margin_loss", X, CLASSES, opts=NO_GRAPH),
    *weighed("multi_margin_loss", X, CLASSES, p=2, margin=0.5, weight=positive(4), opts=NO_GRAPH),
    Sample(F("multi_margin_loss"), randn(4), np.array(2), opts=NO_GRAPH),
    Sample(F("multi_margin_loss"), randn(4), np.array([2]), reduction="none", opts=NO_GRAPH),
    Sample(F("multi_margin_loss"), randn(), np.array(0), reduction="none", opts=NO_GRAPH),
    *each("multilabel_margin_loss", X, NAMES, opts=NO_GRAPH),
    Sample(F("multilabel_margin_loss"), X, np.array([[1, 1, -1, 0]] * 3), opts=NO_GRAPH),
    Sample(F("multilabel_margin_loss"), randn(4), NAMES[0], reduction="none", opts=NO_GRAPH),
    *each("multilabel_soft_margin_loss", X, bools(3, 4).astype(np.float64)),
    *each("multilabel_soft_margin_loss", X, bools(3, 4).astype(np.float64), weight=positive(4)),
]

STEPS, LABELS = randn(6, 3, 5), ints(3, 3, low=1, high=5)
READ, SAID = np.array([6, 5, 6]), np.array([3, 2, 0])
NO_SECOND = {"gradgrad": False, "reason": "PyTorch has no second gradient here"}
SEQUENCES = [
    *each("ctc_loss", STEPS, LABELS, READ, SAID, opts=NO_SECOND),
    *each("ctc_loss", STEPS, LABELS, np.array([2, 5, 6]), SAID, zero_infinity=True, opts=NO_SECOND),
    *each("ctc_loss", STEPS, LABELS, np.array([2, 0, 0]), SAID, opts=NO_SECOND),
    Sample(F("ctc_loss"), STEPS, np.array([[1, 1, 2], [3, 3, 3], [2, 1, 2]]), READ, SAID, opts=NO_SECOND),
    Sample(F("ctc_loss"), STEPS, np.array([4, 1, 4, 1, 1]), READ, SAID, opts=NO_SECOND),
    Sample(F("ctc_loss"), STEPS, LABELS - 1, (6, 5, 6), (3, 2, 1), blank=4, opts=NO_SECOND),
    Sample(F("ctc_loss"), STEPS, LABELS.astype(np.int32), READ.astype(np.int32), SAID, opts=NO_SECOND),
    Sample(F("ctc_loss"), STEPS, ints(3, 0), READ, SAID * 0, reduction="none", opts=NO_SECOND),
    Sample(F("ctc_loss"), randn(6, 5), np.array([1, 2]), np.array(6), np.array(2), opts=NO_SECOND),
    Sample(F("ctc_loss"), randn(50, 2, 7), ints(2, 20, low=1, high=7), (50, 45), (20, 15), opts=NO_SECOND),
    Sample("ctc_loss", STEPS, LABELS, READ, SAID, 0, 2, opts=NO_SECOND),
    Sample("ctc_loss", STEPS, LABELS, READ, SAID, opts=NO_SECOND),
]

TORCH = [
    Sample("kl_div", X, P),
    Sample("kl_div", X, T, 2, log_target=True),
    Sample("binary_cross_entropy_with_logits", X, P, reduction=2),
    Sample("poisson_nll_loss", X, positive(3, 4), True, False, 1e-8, 0),
    Sample("hinge_embedding_loss", X, SIGNS, 1.0, 2, opts=WHOLE),
    Sample("margin_ranking_loss", X, T, SIGNS, 0.5, opts=WHOLE),
    Sample("cosine_embedding_loss", X, T, PAIRS, reduction=0),
    Sample("triplet_margin_loss", X, T, randn(3, 4, salt=2), 1.0, 2.0, 1e-6, True, 0, opts=WHOLE),
]

SAMPLES = REGRESSION + CLASSIFICATION + DISTRIBUTIONS + MARGINS + SEQUENCES + TORCH

ERRORS = [
    *[Error(F(name), randn(4, 3), randn(3, 2)) for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")],
    *[Error(F(name), ints(3), ints(3)) for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")],
    *[Error(F(name), X, T, reduction="most") for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")],
    *[Error(F(name), X, T, weight=randn(3)) for name in ("mse_loss", "l1_loss", "huber_loss")],
    *[Error(F(name), X, T, weight=X, reduction="most") for name in ("mse_loss", "l1_loss", "huber_loss")],
    Error(F("mse_loss"), 3, X),
    Error(F("smooth_l1_loss"), X, T, beta=-1.0),
    Error(F("huber_loss"), X, T, delta=0),
    *[
        Error(F(name), *args)
        for name in ("cross_entropy", "nll_loss")
        for args in (
            (X, ints(4)),
            (X, np.array([1, 4, 0])),
            (X, np.array([1, -1, 0])),
            (X, np.array(1)),
            (X, ints(3, dtype=np.int32)),
            (X, bools(3)),
            (X, rand(3)),
            (X, ints(3, 1)),
            (X, ints(3, 2)),
            (X, rand(3, 1)),
            (randn(4), CLASSES),
            (X, CLASSES, randn(3)),
            (X, CLASSES, randn(4, 1)),
            (X, CLASSES, randn(4).astype(np.float32)),
            (ints(3, 4), CLASSES),
            (randn(2, 4, 3), ints(2, 2)),
            (randn(2, 4, 3), ints(2)),
            (randn(2, 4, 3, 2), ints(2, 2, 2)),
            (randn(2, 4, 3, 2), ints(2, 6)),
            (randn(2, 4, 3, 2), ints(3, 3, 2)),
            (randn(2, 4, 3, 2), PICTURES + 4),
            (randn(2, 4, 3, 2), PICTURES.astype(np.int32)),
            (randn(2, 4, 3, 2), PICTURES, randn(3)),
            (3, CLASSES),
            (X, 3),
            (X, None),
            (X, [1, 0, 3]),
        )
    ],
    Error(F("nll_loss"), randn(), np.array(0)),
    Error(F("nll_loss"), X, CLASSES, reduction="batchmean"),
    Error(F("nll_loss"), X, CLASSES, positive(4), opts={"track": True}),
    Error(F("cross_entropy"), X, CLASSES, positive(4), opts={"track": True}),
    Error(F("cross_entropy"), X, CLASSES, reduction="most"),
    Error(F("cross_entropy"), X, CLASSES, label_smoothing=1.5),
    Error(F("cross_entropy"), X, ints(3, 4)),
    Error(F("cross_entropy"), X, P, ignore_index=1),
    Error(F("cross_entropy"), X, P, randn(3)),
    Error(F("cross_entropy"), randn(3, 0), ints(3)),
    Error(F("binary_cross_entropy"), X, P),
    Error(F("binary_cross_entropy"), P, X),
    Error(F("binary_cross_entropy"), P, rand(4)),
    Error(F("binary_cross_entropy"), P, bools(3, 4)),
    Error(F("binary_cross_entropy"), ints(3, high=2), ints(3, high=2)),
    Error(F("binary_cross_entropy"), P, Q, reduction="most"),
    Error(F("binary_cross_entropy"), P, Q, positive(4), opts={"track": True}),
    Error(F("binary_cross_entropy_with_logits"), X, rand(4)),
    Error(F("binary_cross_entropy_with_logits"), X, ints(3, 4, high=2)),
    Error(F("binary_cross_entropy_with_logits"), ints(3), ints(3, high=2)),
    Error(F("binary_cross_entropy_with_logits"), X, P, reduction="most"),
    Error(F("binary_cross_entropy_with_logits"), X, P, pos_weight=positive(4), opts={"track": True}),
    Error("binary_cross_entropy_with_logits", X, 3),
    Error(F("kl_div"), X, ints(3, 4)),
    Error(F("kl_div"), X, 3),
    Error(F("kl_div"), X, P, reduction="most"),
    Error(F("poisson_nll_loss"), X, P, reduction="most"),
    Error(F("poisson_nll_loss"), 3, P),
    Error(F("gaussian_nll_loss"), X, T, positive(3, 3)),
    Error(F("gaussian_nll_loss"), X, T, X),
    Error(F("gaussian_nll_loss"), X, T, -0.5),
    Error(F("gaussian_nll_loss"), X, T, P, reduction="most"),
    Error(F("hinge_embedding_loss"), X, 3),
    Error(F("hinge_embedding_loss"), X, SIGNS, reduction="most"),
    Error(F("margin_ranking_loss"), X, T, PAIRS),
    Error(F("cosine_embedding_loss"), X, T, PAIRS[:2]),
    Error(F("cosine_embedding_loss"), X, T, SIGNS),
    Error(F("cosine_embedding_loss"), X, randn(3, 3), PAIRS),
    Error(F("cosine_embedding_loss"), randn(4), randn(4), PAIRS),
    Error(F("cosine_embedding_loss"), 3, T, PAIRS),
    Error(F("triplet_margin_loss"), X, T, randn(4)),
    Error(F("triplet_margin_loss"), X, T, X, margin=0),
    Error(F("triplet_margin_loss"), X, T, 3),
    Error(F("triplet_margin_with_distance_loss"), X, T, randn(4)),
    Error(F("triplet_margin_with_distance_loss"), X, T, X, margin=-1.0),
    Error(F("triplet_margin_with_distance_loss"), X, T, X, reduction="most"),
    Error(F("soft_margin_loss"), X, 3),
    Error(F("soft_margin_loss"), ints(3), ints(3)),
    Error(F("soft_margin_loss"), randn(4), SIGNS),
    Error(F("soft_margin_loss"), X, randn(3, 4), opts={"track": True}),
    Error(F("multi_margin_loss"), X, CLASSES, p=3),
    Error(F("multi_margin_loss"), X, CLASSES, weight=randn(3)),
    Error(F("multi_margin_loss"), X, CLASSES, weight=randn(4, 1)),
    Error(F("multi_margin_loss"), X, CLASSES, weight=randn(4).astype(np.float32)),
    Error(F("multi_margin_loss"), X, CLASSES, weight=randn(4), opts={"track": True}),
    Error(F("multi_margin_loss"), X, CLASSES + 4),
    Error(F("multi_margin_loss"), X, CLASSES - 1),
    Error(F("multi_margin_loss"), X, CLASSES.astype(np.int32)),
    Error(F("multi_margin_loss"), ints(3, 4), CLASSES),
    Error(F("multi_margin_loss"), X, CLASSES[:2]),
    Error(F("multi_margin_loss"), randn(4), CLASSES),
    Error(F("multi_margin_loss"), randn(2, 3, 4), CLASSES),
    Error(F("multi_margin_loss"), X, 3),
    Error(F("multilabel_margin_loss"), X, NAMES[:2]),
    Error(F("multilabel_margin_loss"), X, NAMES + 4),
    Error(F("multilabel_margin_loss"), X, NAMES - 1),
    Error(F("multilabel_margin_loss"), X, NAMES.astype(np.int32)),
    Error(F("multilabel_margin_loss"), ints(3, 4), NAMES),
    Error(F("multilabel_margin_loss"), randn(2, 3, 4), NAMES),
    Error(F("multilabel_margin_loss"), 3, NAMES),
    Error(F("multilabel_soft_margin_loss"), X, P, reduction="most"),
    Error(F("multilabel_soft_margin_loss"), 3, P),
    Error(F("ctc_loss"), STEPS, LABELS, READ, SAID, blank=5),
    Error(F("ctc_loss"), STEPS, LABELS, READ + 1, SAID),
    Error(F("ctc_loss"), STEPS, LABELS, READ - 6, SAID),
    Error(F("ctc_loss"), STEPS, LABELS, READ, SAID + 1),
    Error(F("ctc_loss"), STEPS, LABELS, READ, SAID - 1),
    Error(F("ctc_loss"), STEPS, LABELS, READ[:2], SAID),
    Error(F("ctc_loss"), STEPS, LABELS, READ, SAID[:2]),
    Error(F("ctc_loss"), STEPS, LABELS, READ.astype(np.float32), SAID),
    Error(F("ctc_loss"), STEPS, LABELS[:2], READ, SAID),
    Error(F("ctc_loss"), STEPS, LABELS[0], READ, SAID),
    Error(F("ctc_loss"), STEPS, LABELS[None], READ, SAID),
    Error(F("ctc_loss"), ints(6, 3, 5), LABELS, READ, SAID),
    Error(F("ctc_loss"), randn(0, 3, 5), LABELS, READ, SAID),
    Error(F("ctc_loss"), STEPS, LABELS, READ, SAID, reduction="most"),
]
