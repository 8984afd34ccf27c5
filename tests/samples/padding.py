"""Samples for `edutorch/ops/padding.py`."""

from tests.samples import Error, Sample, array, bools, ints, randn

F = "nn.functional.pad"


def own(mode):
    """Return the samples that the modes with the tensor's own values have in common."""
    return [
        Sample(F, randn(2, 3, 4), (1, 2), mode=mode),
        Sample(F, randn(3, 4), (3, 0), mode),
        Sample(F, randn(2, 3, 4), (-1, 2), mode=mode),
        Sample(F, randn(2, 3, 4), (0, 0), mode=mode),
        Sample(F, randn(0, 3, 4), (1, 1), mode=mode),
        Sample(F, randn(2, 3, 4, 5), (1, 2, 2, 1), mode=mode),
        Sample(F, randn(2, 3, 4, 5), (-1, 2, 2, -1), mode=mode),
        Sample(F, randn(3, 4, 5), [1, 2, 0, 3], mode=mode),
        Sample(F, randn(2, 3, 4, 5), (1, 2, 2, 1, 1, 2), mode=mode),
        Sample(F, randn(1, 2, 3, 4, 5), (-1, 4, 2, 1, 1, -1), mode=mode),
    ]


def own_errors(mode):
    """Return what the modes with the tensor's own values refuse."""
    return [
        Error(F, randn(4), (1, 2), mode),
        Error(F, randn(2, 3, 4, 5), (1, 2), mode),
        Error(F, randn(3, 4, 5), (1, 2, 2, 1, 1, 1), mode),
        Error(F, randn(1, 2, 3, 4, 5, 6), (1, 2, 2, 1, 5, -1), mode),
        Error(F, randn(2, 3, 4), (), mode),
        Error(F, randn(2, 3, 4), (1, 1, 1), mode),
        Error(F, randn(2, 3, 4), (1, 1), mode, 1.0),
        Error(F, randn(2, 3, 0), (1, 1), mode),
        Error(F, randn(2, 3, 4), (-3, -3), mode),
    ]


SAMPLES = [
    Sample(F, randn(2, 3, 4), (1, 2)),
    Sample(F, randn(2, 3, 4), (1, 2), value=1.7),
    Sample(F, randn(2, 3, 4), (1, -1, 0, 2, -1, 0), "constant", -2),
    Sample(F, randn(3, 4), (-2, -2)),
    Sample(F, randn(3), ()),
    Sample(F, randn(), ()),
    Sample(F, ints(2, 3), (1, 1, 2, 0)),
    Sample(F, bools(2, 3), (1, 1), value=1),
    Sample("constant_pad_nd", randn(2, 3), (1, 1)),
    Sample("constant_pad_nd", randn(2, 3), [1, 1, -1, 2], 2.5),
    Sample(
        "constant_pad_nd", randn(2, 3), (0, 1), value=float("inf"), opts={"dtypes": ("float64", "float32", "float16")}
    ),
    *own("reflect"),
    *own("replicate"),
    *own("circular"),
    Sample(F, randn(2, 3, 4), (9, 5), mode="replicate"),
    Sample(F, randn(2, 3, 4), (4, 4), mode="circular"),
    Sample(F, array([[1.0, float("nan"), float("inf")]]), (2, 1), "reflect", opts={"dtypes": ("float64", "float32")}),
]

ERRORS = [
    Error(F, randn(2, 3, 4), (1,)),
    Error(F, randn(2, 3), (1, 1, 1, 1, 1, 1)),
    Error(F, randn(), (1, 1)),
    Error(F, randn(2, 3, 4), (-3, -3)),
    Error(F, randn(2, 3, 4), (1, 1), "zeros"),
    Error(F, randn(2, 3), 1),
    Error(F, randn(2, 3), (1.5, 2)),
    Error(F, randn(2, 3), (1, "a")),
    Error(F, randn(2, 3), None),
    Error(F, randn(2, 3), (1, 1), "constant", "a"),
    Error(F, ints(2, 3), (1, 1), value=float("nan")),
    Error(F, ints(2, 3, dtype="uint8"), (1, 1), value=-1),
    Error("constant_pad_nd", randn(2, 3), (1,)),
    Error("constant_pad_nd", randn(2, 3), (1, 1, 1, 1, 1, 1)),
    Error("constant_pad_nd", randn(2, 3), (-2, -2)),
    *own_errors("reflect"),
    *own_errors("replicate"),
    *(e for e in own_errors("circular") if 0 not in e.args[0].shape),
    Error(F, randn(2, 3, 0), (1, 1), "circular"),
    Error(F, randn(2, 3, 4), (4, 0), "reflect"),
    Error(F, randn(2, 3, 4, 5), (1, 2, 5, 1), "reflect"),
    Error(F, randn(1, 2, 3, 4, 5), (1, 2, 2, 1, 5, -1), "reflect"),
    Error(F, randn(2, 3, 4, 5), (-5, 0, -4, 0), "reflect"),
    Error(F, randn(2, 3, 4, 5), (-6, 0, 1, 0), "replicate"),
    Error(F, randn(2, 3, 4, 5), (1, 2, 5, 1), "circular"),
    Error(F, bools(2, 3, 4), (1, 1), "reflect"),
    Error(F, bools(2, 3, 4, 5), (1, 1, 1, 1), "replicate"),
]
