"""Samples for `edutorch/ops/{embedding,embedding_bag}.py` and `F.one_hot`."""

import numpy as np

from tests.samples import Error, Sample, array, bools, ints, randn

F, NAN = "nn.functional.", float("nan")
WORDS = np.array([[1, 2, 2], [5, 0, 2]])
ROW, STARTS = np.array([1, 2, 2, 5, 0, 2]), np.array([0, 3, 3, 4])
FLOATS = {"dtypes": ("float64", "float32", "float16", "bfloat16")}
ONCE = {"gradgrad": False, "reason": "PyTorch has no second derivative of bags"}
HALVES = {"dtypes": ("float64", "float32", "float16", "bfloat16")} | ONCE
LARGE = np.arange(60) % 4


def bag(*args, **kwargs):
    """Return a sample of `embedding_bag` for each way of making one row of many."""
    return [Sample(F + "embedding_bag", *args, mode=mode, opts=HALVES, **kwargs) for mode in ("sum", "mean", "max")]


SAMPLES = [
    Sample(F + "embedding", WORDS, randn(6, 3)),
    Sample(F + "embedding", WORDS.astype(np.int32), randn(6, 3)),
    Sample(F + "embedding", np.array(2), randn(6, 3)),
    Sample(F + "embedding", np.zeros((0, 2), np.int64), randn(6, 3)),
    Sample(F + "embedding", WORDS, randn(6, 3), 2),
    Sample(F + "embedding", WORDS, randn(6, 3), padding_idx=-1),
    Sample(F + "embedding", WORDS, randn(6, 3), scale_grad_by_freq=True),
    Sample(F + "embedding", LARGE, randn(6, 3)),
    Sample(F + "embedding", WORDS, randn(6, 1)),
    Sample(F + "embedding", WORDS, randn(6, 0)),
    Sample(F + "embedding", WORDS, array([[NAN, 1.0]] * 6), opts=FLOATS),
    Sample("embedding", randn(6, 3), WORDS, 2, True),
    *bag(WORDS, randn(6, 3)),
    *bag(ROW, randn(6, 3), STARTS),
    *bag(ROW, randn(6, 3), np.array([0, 3, 6]), include_last_offset=True),
    *bag(ROW, randn(6, 3), STARTS, padding_idx=2),
    *bag(ROW, randn(6, 3), STARTS, padding_idx=-1),
    *bag(ROW.astype(np.int32), randn(6, 3), STARTS.astype(np.int32)),
    *bag(np.zeros(0, np.int64), randn(6, 3), np.array([0, 0])),
    *bag(LARGE, randn(6, 3), np.array([0, 20, 21])),
    *bag(ROW, array([[1.0, 1.0]] * 6), STARTS),
    # Each word as often as the others: elsewhere PyTorch takes one word's frequency for another's.
    *bag(np.array([1, 2, 2, 1]), randn(6, 3), np.array([0, 3]), scale_grad_by_freq=True)[:2],
    Sample(F + "embedding_bag", WORDS, randn(6, 3), mode="sum", per_sample_weights=randn(2, 3), opts=HALVES),
    Sample(
        F + "embedding_bag",
        ROW,
        randn(6, 3),
        STARTS,
        mode="sum",
        per_sample_weights=randn(6),
        padding_idx=2,
        opts=HALVES,
    ),
    Sample(F + "one_hot", ints(2, 3, high=4)),
    Sample(F + "one_hot", ints(2, 3, high=4), 6),
    Sample(F + "one_hot", np.array(2), num_classes=3),
    Sample(F + "one_hot", np.zeros((0, 2), np.int64), 3),
]

ERRORS = [
    Error(F + "embedding", randn(6, 3), randn(2)),
    Error(F + "embedding", randn(2), randn(6, 3)),
    Error(F + "embedding", bools(2), randn(6, 3)),
    Error(F + "embedding", WORDS.astype(np.int16), randn(6, 3)),
    Error(F + "embedding", WORDS + 1, randn(6, 3)),
    Error(F + "embedding", -WORDS, randn(6, 3)),
    Error(F + "embedding", WORDS, randn(6)),
    Error(F + "embedding", WORDS, randn(6, 3), 6),
    Error(F + "embedding", WORDS, randn(6, 3), -7),
    Error(F + "embedding", WORDS, randn(6, 3), 1.5),
    Error(F + "embedding", 1, randn(6, 3)),
    Error("embedding", randn(6, 3), WORDS + 6),
    Error(F + "embedding_bag", WORDS, randn(6, 3), STARTS),
    Error(F + "embedding_bag", ROW, randn(6, 3)),
    Error(F + "embedding_bag", ROW, randn(6, 3), STARTS + 1),
    Error(F + "embedding_bag", ROW, randn(6, 3), np.array([0, 9])),
    Error(F + "embedding_bag", ROW, randn(6, 3), randn(2)),
    Error(F + "embedding_bag", ROW, randn(6, 3), STARTS[None]),
    Error(F + "embedding_bag", WORDS[None], randn(6, 3)),
    Error(F + "embedding_bag", ROW, randn(6, 3), STARTS, mode="median"),
    Error(F + "embedding_bag", ROW, randn(6, 3), STARTS, per_sample_weights=randn(6)),
    Error(F + "embedding_bag", ROW, randn(6, 3), STARTS, mode="sum", per_sample_weights=randn(5)),
    Error(F + "embedding_bag", ROW, randn(6, 3), STARTS, mode="sum", per_sample_weights=ints(6)),
    Error(F + "embedding_bag", ROW, randn(6, 3), STARTS, mode="max", scale_grad_by_freq=True),
    Error(F + "embedding_bag", ROW, randn(6, 3), STARTS, mode="max", sparse=True),
    Error(F + "embedding_bag", ROW, randn(6, 3), STARTS, padding_idx=6),
    Error(F + "embedding_bag", ROW, randn(3), STARTS),
    Error(F + "embedding_bag", ROW, ints(6, 3), STARTS),
    Error(F + "one_hot", np.array([1, 2]), 2),
    Error(F + "one_hot", np.array([1, -2])),
    Error(F + "one_hot", randn(2)),
    Error(F + "one_hot", np.zeros(0, np.int64)),
    Error(F + "one_hot", np.array([1]), 0),
    Error(F + "one_hot", np.array([1]), 1.5),
    Error(F + "one_hot", 1),
]
