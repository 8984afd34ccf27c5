"""Samples for `F.interpolate`, `F.grid_sample` and `F.affine_grid`: `edutorch/ops/{resample,grid_sample}.py`."""

import itertools

import numpy as np

from tests.samples import Error, Sample, ints, rand, randn

F = "nn.functional."
SHAPES = {1: (2, 3, 5), 2: (2, 3, 5, 4), 3: (1, 2, 5, 4, 3)}
FLOATS = {"dtypes": ("float64", "float32", "float16", "bfloat16")}
NO_BYTES = {"dtypes": ("float64", "float32", "float16", "bfloat16", "int64", "int32", "bool")}  # these are rounded
MADE_OF_OTHERS = {"node": False, "reason": "made of other operators, with their nodes"} | {
    "dtypes": ("float64", "float32")
}
BYTES = ints(1, 2, 26, 19, high=256).astype(np.uint8)
STRAIGHT = {1: ("linear",), 2: ("bilinear", "bicubic"), 3: ("trilinear",)}


def resized(d):
    """Return samples of `interpolate` over `d` dimensions."""
    name, x = F + "interpolate", randn(*SHAPES[d])
    ways = [
        {"scale_factor": 2},
        {"scale_factor": (2.0, 3.0, 1.0)[:d]},
        {"size": (3, 7, 2)[:d]},
        {"size": 1},
        {"scale_factor": 1.7},
        {"scale_factor": 0.6},
        {"scale_factor": 1.7, "recompute_scale_factor": True},
        {"size": list(SHAPES[d][2:])},
    ]
    for way in ways:
        for mode in ("nearest", "nearest-exact", "area"):
            yield Sample(name, x, mode=mode, **way)
        for mode, corners in itertools.product(STRAIGHT[d], (None, False, True)):
            yield Sample(name, x, mode=mode, align_corners=corners, opts=NO_BYTES, **way)
    yield Sample(name, randn(0, *SHAPES[d][1:]), 3)


def smoothed():
    """Return samples of `interpolate` with `antialias`."""
    for mode, size in itertools.product(("bilinear", "bicubic", "lanczos"), ((3, 2), (9, 7), (2, 9), (5, 4), 1)):
        for corners in (False,) if mode == "lanczos" else (False, True):
            opts = {"dtypes": ("float64", "float32", "int64", "float16")}
            yield Sample(
                F + "interpolate", randn(2, 3, 5, 4), size, mode=mode, antialias=True, align_corners=corners, opts=opts
            )
    for factor in (0.4, 1.5):
        yield Sample(F + "interpolate", randn(2, 3, 9, 7), None, factor, "bicubic", antialias=True, opts=opts)


def looked_up():
    """Return samples of `grid_sample`."""
    name, options = F + "grid_sample", itertools.product(("zeros", "border", "reflection"), (False, True))
    for padding, corners in options:
        grid = rand(2, 6, 7, 2, low=-1.6, high=1.6)
        for mode in ("bilinear", "nearest", "bicubic"):
            yield Sample(name, randn(2, 3, 5, 4), grid, mode, padding, corners, opts=MADE_OF_OTHERS)
        deep = rand(2, 2, 3, 4, 3, low=-1.6, high=1.6)
        for mode in ("bilinear", "nearest"):
            yield Sample(name, randn(2, 3, 3, 5, 4), deep, mode, padding, corners, opts=MADE_OF_OTHERS)
    yield Sample(name, randn(2, 3, 1, 1), rand(2, 2, 2, 2), "bilinear", "reflection", True, opts=MADE_OF_OTHERS)
    yield Sample(name, randn(2, 0, 5, 4), rand(2, 2, 2, 2), opts=MADE_OF_OTHERS)


SAMPLES = [
    *(s for d in SHAPES for s in resized(d)),
    *smoothed(),
    *(Sample(F + "interpolate", BYTES, size, mode="bilinear", antialias=a) for size in (9, 35) for a in (False, True)),
    *(Sample(F + "interpolate", BYTES, size, mode="bicubic", antialias=True) for size in (9, 35)),
    *(Sample(F + "interpolate", BYTES, size, mode=m) for size in (9, 52) for m in ("nearest", "nearest-exact")),
    *looked_up(),
    *(
        Sample(F + "affine_grid", randn(2, 2, 3), (2, 3, 5, 4), corners, opts=MADE_OF_OTHERS)
        for corners in (False, True)
    ),
    *(Sample(F + "affine_grid", randn(2, 3, 4), (2, 3, 5, 4, 2), c, opts=MADE_OF_OTHERS) for c in (None, True)),
    Sample(F + "affine_grid", randn(2, 2, 3), (2, 3, 1, 4), True, opts=MADE_OF_OTHERS),
    Sample(F + "upsample", randn(1, 2, 3, 4), scale_factor=2, mode="bilinear"),
    Sample(F + "upsample_nearest", randn(1, 2, 3, 4), 5),
    Sample(F + "upsample_bilinear", randn(1, 2, 3, 4), scale_factor=2, opts=NO_BYTES),
]

X, G = randn(2, 3, 5, 4), rand(2, 6, 7, 2)

ERRORS = [
    *(Error(F + "interpolate", X, *given) for given in [(), (3, 2), ((3,),), ((3, 4, 5),), (0,), (-1,), ((2.5, 3),)]),
    *(Error(F + "interpolate", X, scale_factor=f) for f in ((2,), (2, 3, 4), 0.1, -1.0)),
    Error(F + "interpolate", X, 3, recompute_scale_factor=True),
    *(Error(F + "interpolate", X, 3, mode=mode) for mode in ("linear", "trilinear", "lanczos", "cubic")),
    *(Error(F + "interpolate", X, 3, mode=mode, align_corners=True) for mode in ("nearest", "area", "nearest-exact")),
    *(Error(F + "interpolate", randn(2, 3, 5), 3, mode=mode) for mode in ("bilinear", "bicubic", "trilinear")),
    *(
        Error(F + "interpolate", randn(*shape), 3)
        for shape in [(4,), (3, 4), (2, 3, 1, 1, 1, 1), (2, 0, 4, 4), (2, 2, 0, 4)]
    ),
    Error(F + "interpolate", X, 3, mode="nearest", antialias=True),
    Error(F + "interpolate", randn(2, 3, 5), 3, mode="linear", antialias=True),
    Error(F + "interpolate", X, 3, mode="lanczos", antialias=True, align_corners=True),
    *(Error(F + "interpolate", ints(2, 3, 5, 4), 3, mode=m) for m in ("nearest", "bilinear", "bicubic", "area")),
    *(Error(F + "interpolate", ints(2, 3, 5), 3, mode=m) for m in ("nearest", "linear")),
    Error(F + "grid_sample", X, G, "cubic"),
    Error(F + "grid_sample", X, G, "nearest", "mirror"),
    *(
        Error(F + "grid_sample", X, g)
        for g in (G[:1], G[..., :1], rand(2, 2, 6, 7, 3), rand(2, 6, 2), ints(2, 6, 7, 2), 1)
    ),
    Error(F + "grid_sample", X[..., :0], G),
    Error(F + "grid_sample", X[0], G[0]),
    Error(F + "grid_sample", ints(2, 3, 5, 4), ints(2, 6, 7, 2)),
    Error(F + "grid_sample", randn(2, 3, 3, 5, 4), rand(2, 2, 6, 7, 3), "bicubic"),
    *(
        Error(F + "affine_grid", randn(2, 2, 3), s)
        for s in [(2, 3, 5, 4, 6), (2, 3, 5), (2, 3, 0, 4), (2, 3, 5, -4), 5]
    ),
    Error(F + "affine_grid", randn(2, 2, 3), (3, 3, 5, 4)),
    Error(F + "affine_grid", randn(2, 3), (2, 3, 5, 4)),
    Error(F + "affine_grid", ints(2, 2, 3), (2, 3, 5, 4)),
]
