"""Samples for the poolings: `edutorch/ops/{pooling,average_pooling,adaptive_pooling,unpooling}.py`."""

import numpy as np

from tests.samples import Error, Sample, array, ints, randn

F, INF, NAN = "nn.functional.", float("inf"), float("nan")
FLOATS = {"dtypes": ("float64", "float32", "float16", "bfloat16")}
SHAPES = {1: (2, 3, 8), 2: (2, 3, 8, 7), 3: (2, 2, 5, 6, 4)}

TIES = array([[[0.0, 1.0, 1.0, 2.0], [1.0, 0.0, 2.0, 1.0], [-INF, -INF, 3.0, NAN], [-INF, -INF, NAN, 3.0]]])


def sliding(name, d):
    """Return the samples that max and average pooling over `d` dimensions have in common."""
    name, shape = f"{F}{name}_pool{d}d", SHAPES[d]
    return [
        Sample(name, randn(*shape), 2),
        Sample(name, randn(*shape[1:]), 2),
        Sample(name, randn(*shape), (2,) * d, (1,) * d, (1,) * d),
        Sample(name, randn(*shape), 3, 2, 1, ceil_mode=True),
        Sample(name, randn(*shape), 3, stride=1),
        Sample(name, randn(*shape), [2], [3], [0]),
        Sample(name, randn(*shape), 2, stride=None, padding=1),
        Sample(name, randn(0, *shape[1:]), 2),
        Sample(name, randn(*shape), 1, 1),
    ]


def sliding_errors(name, d):
    """Return what max and average pooling over `d` dimensions refuse."""
    name, x = f"{F}{name}_pool{d}d", randn(*SHAPES[d])
    return [
        Error(name, x[0, 0], 2),
        Error(name, x[None], 2),
        Error(name, x, (2,) * (d + 1)),
        Error(name, x, ()),
        Error(name, x, 2, (1,) * (d + 1)),
        Error(name, x, 2, 1, (1,) * (d + 1)),
        *(Error(name, x, *numbers) for numbers in [(0,), (-1,), (2, 0), (2, -1), (2, 1, -1), (2, 1, 2), (9,)]),
        Error(name, x[:, :0], 2),
        Error(name, x[..., :0], 2),
        Error(name, x, "a"),
        Error(name, x, 2.5),
        Error(name, 1.0, 2),
    ]


def maxima(d):
    """Return the samples of max pooling over `d` dimensions alone."""
    name, shape = f"{F}max_pool{d}d", SHAPES[d]
    return [
        Sample(name, randn(*shape), 2, 1, 0, 2),
        Sample(name, randn(*shape), 2, 1, 1, (2,) * d, True),
        Sample(name, randn(*shape), 2, return_indices=True),
        Sample(name, randn(*shape), 3, 2, 1, 1, False, True),
        Sample(name, randn(*shape), 3, 2, 1, ceil_mode=True, return_indices=True),
    ]


def unpooled(d):
    """Return samples of max unpooling over `d` dimensions."""
    name, inner = f"{F}max_unpool{d}d", (4, 3, 2)[:d]
    size = [2 * n for n in inner]
    index = np.argsort(np.random.default_rng(0).random((2, 3, int(np.prod(size)))))[..., : int(np.prod(inner))]
    index, x = index.reshape(2, 3, *inner), randn(2, 3, *inner)
    return [
        Sample(name, x, index, 2),
        Sample(name, x[0], index[0], (2,) * d, 2, 0),
        Sample(name, x, index, 2, output_size=[n + 1 for n in size]),
        Sample(name, x, index, 2, output_size=(2, 3, *size)),
        Error(name, x, index, 2, output_size=(3,) * (d + 1)),
        Error(name, x, index, 2, output_size=(1,) * d),
        Error(name, x, index.astype(np.int32), 2),
        Error(name, x, index[:1], 2),
        Error(name, x, index * 0 + 1000, 2),
        Error(name, x[None], index[None], 2),
        Error(name, x[:, :0], index[:, :0], 2),
        Error(name, x, index, 2, -3),
        Error(name, ints(2, 3, *inner), index, 2),
    ]


def adaptive(name, d):
    """Return the samples that adaptive max and average pooling over `d` dimensions have in common."""
    name, shape = f"{F}adaptive_{name}_pool{d}d", SHAPES[d]
    return [
        Sample(name, randn(*shape), 3),
        Sample(name, randn(*shape), 1),
        Sample(name, randn(*shape), 2),
        Sample(name, randn(*shape[1:]), 3),
        Sample(name, randn(*shape), (4, 7, 2)[:d]),
        Sample(name, randn(*shape), 9),
        Sample(name, randn(0, *shape[1:]), 3),
        Sample(name, randn(*shape), 0, opts={"grad": False, "reason": "PyTorch refuses an empty gradient"}),
        *([] if d == 1 else [Sample(name, randn(*shape), (3, None, 2)[:d]), Sample(name, randn(*shape), (None,) * d)]),
    ]


def adaptive_errors(name, d):
    """Return what adaptive pooling over `d` dimensions refuses."""
    name, x = f"{F}adaptive_{name}_pool{d}d", randn(*SHAPES[d])
    return [
        Error(name, x[0, 0], 2),
        Error(name, x[None], 2),
        Error(name, x, (2,) * (d + 1)),
        Error(name, x, ()),
        Error(name, x, None),
        Error(name, x, "a"),
        Error(name, x, 2.5),
        Error(name, x, -1),
        Error(name, x[..., :0], 2),
        Error(name, ints(*SHAPES[d]), 3),
    ]


UNPOOLED = [case for d in (1, 2, 3) for case in unpooled(d)]

SAMPLES = [
    *(s for d in (1, 2, 3) for name in ("max", "avg") for s in sliding(name, d)),
    *(s for d in (1, 2, 3) for s in maxima(d)),
    Sample(F + "max_pool2d", TIES, 2, opts=FLOATS),
    Sample(F + "max_pool2d", TIES, 2, return_indices=True, opts=FLOATS),
    Sample(F + "max_pool2d", TIES, 3, 1, 1, return_indices=True, opts=FLOATS),
    Sample(F + "max_pool1d", TIES, 3, 1, 1, return_indices=True, opts=FLOATS),
    Sample(F + "max_pool2d", randn(1, 2, 20, 20), 17, 2),
    Sample(F + "max_pool2d", ints(2, 3, 4, 4), 2),
    Sample(F + "max_pool2d", randn(2, 3, 8, 7), (3, 2), (2, 1), (1, 0)),
    Sample(F + "max_pool2d", randn(2, 3, 8, 7), 2, 3),
    Sample(F + "max_pool2d", randn(1, 2, 8, 8), 4),
    Sample(F + "max_pool2d_with_indices", randn(2, 3, 4, 4), 2),
    Sample(F + "max_pool3d_with_indices", randn(2, 3, 4, 4, 4), 2),
    *(Sample(f"max_pool{d}d", randn(*SHAPES[d]), 3, 2, 1, 1, True) for d in (1, 2, 3)),
    Sample("max_pool1d_with_indices", randn(2, 3, 8), 3, 2, 1),
    Sample("avg_pool1d", randn(2, 3, 8), 3, 2, 1, True, False),
    Sample(F + "avg_pool1d", randn(2, 3, 8), 3, 2, 1, count_include_pad=False),
    Sample(F + "avg_pool2d", randn(2, 3, 8, 7), 3, 2, 1, count_include_pad=False),
    Sample(F + "avg_pool2d", randn(2, 3, 8, 7), 3, 2, 1, True, False),
    Sample(F + "avg_pool2d", randn(2, 3, 8, 7), 2, divisor_override=3),
    Sample(F + "avg_pool2d", randn(2, 3, 8, 7), (3, 2), (1, 2), (1, 0), divisor_override=-3),
    Sample(F + "avg_pool2d", ints(2, 3, 4, 4, low=-9), 3, 2, 1),
    Sample(F + "avg_pool2d", array([[[1.0, INF, 2.0, NAN], [1.0, 2.0, 3.0, 4.0]]]), 2, opts=FLOATS),
    Sample(F + "avg_pool3d", randn(2, 2, 5, 6, 4), 2, 1, 1, True, False, 5),
    *(s for d in (1, 2, 3) for name in ("max", "avg") for s in adaptive(name, d)),
    *(Sample(f"{F}adaptive_max_pool{d}d", randn(*SHAPES[d]), n, True) for d in (1, 2, 3) for n in (2, 3)),
    Sample(F + "adaptive_max_pool2d", TIES, 3, return_indices=True, opts=FLOATS),
    Sample(F + "adaptive_max_pool1d_with_indices", randn(2, 3, 7), 3),
    Sample(F + "adaptive_max_pool2d_with_indices", randn(2, 3, 7, 5), 3),
    Sample(F + "adaptive_max_pool3d_with_indices", randn(2, 3, 3, 4, 5), 2),
    Sample("adaptive_avg_pool1d", randn(2, 3, 8), 3),
    Sample("adaptive_max_pool1d", randn(2, 3, 8), 3),
    *(Sample(f"{F}lp_pool{d}d", randn(*SHAPES[d]), 2, 2) for d in (1, 2, 3)),
    *(Sample(f"{F}lp_pool{d}d", randn(*SHAPES[d]), 3, 3, 2, True) for d in (1, 2, 3)),
    *(Sample(f"{F}lp_pool{d}d", randn(*SHAPES[d]), INF, 2) for d in (1, 2, 3)),
    Sample(F + "lp_pool2d", randn(*SHAPES[2]), 1, (2, 3), 1),
    *(case for case in UNPOOLED if isinstance(case, Sample)),
]

ERRORS = [
    *(e for d in (1, 2, 3) for name in ("max", "avg") for e in sliding_errors(name, d)),
    *(Error(f"{F}max_pool{d}d", randn(*SHAPES[d]), 2, 1, 0, n) for d in (1, 2, 3) for n in (0, -1, (1,) * (d + 1))),
    *(Error(f"{F}avg_pool{d}d", randn(*SHAPES[d]), 2, divisor_override=n) for d in (2, 3) for n in (0, 1.5)),
    *(e for d in (1, 2, 3) for name in ("max", "avg") for e in adaptive_errors(name, d)),
    Error(F + "adaptive_max_pool2d", randn(2, 0, 8, 7), 2),
    Error(F + "lp_pool2d", randn(2, 3, 8, 7), 0, 2),
    *(case for case in UNPOOLED if isinstance(case, Error)),
]
