"""Samples for `edutorch/ops/dropout.py` that draw nothing; what is drawn is tested in `tests/nn/test_dropout.py`."""

from tests.samples import Error, Sample, ints, randn

F = "nn.functional."
ALL = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout")
SHAPES = {"dropout1d": (2, 3, 4), "dropout3d": (2, 3, 2, 2, 2)}

SAMPLES = [
    *[Sample(F + name, randn(*SHAPES.get(name, (2, 3, 2, 2))), 0.3, training=False) for name in ALL],
    *[Sample(F + name, randn(*SHAPES.get(name, (2, 3, 2, 2))), p=0.0, training=True) for name in ALL],
    *[Sample(F + name, randn(*SHAPES.get(name, (2, 3, 2, 2))), p=1.0, training=True) for name in ALL],
    Sample("dropout", randn(2, 3), 1.0, True),
    Sample("feature_dropout", randn(2, 3), 1.0, True),
    Sample("alpha_dropout", randn(2, 3), 0.4, False),
    Sample("feature_alpha_dropout", randn(2, 3), 1.0, True),
    Sample(F + "dropout", randn(0, 3), 0.5),
    Sample(F + "dropout1d", randn(3, 4), 1.0),
    Sample(F + "dropout3d", randn(3, 2, 2, 2), 1.0),
]

ERRORS = [
    *[Error(F + name, randn(*SHAPES.get(name, (2, 3, 2, 2))), p) for name in ALL for p in (1.5, -0.5, "a")],
    *[Error(F + name, ints(2, 3), 0.5) for name in ("dropout",)],
    *[Error(F + name, 2.0) for name in ("dropout", "alpha_dropout", "feature_alpha_dropout")],
    Error(F + "dropout", randn(3), float("nan")),
    Error(F + "dropout1d", randn(3)),
    Error(F + "dropout1d", randn(3, 4, 5, 6)),
    Error(F + "feature_alpha_dropout", randn(3), 0.5, True),
    Error("dropout", randn(3), 1.5, True),
    Error("feature_dropout", randn(3), 0.5, True),
]
