"""Samples for `edutorch/ops/batch_norm.py`, `layer_norm.py`, `group_norm.py` and `rms_norm.py`."""

from tests.samples import Error, Sample, ints, rand, randn

F = "nn.functional."
FLOATS = {"dtypes": ("float64", "float32", "float16", "bfloat16")}
EMPTY = FLOATS | {"grad": False, "node": False, "reason": "PyTorch fails in the backward pass of an empty batch"}
ALONE = {"gradgrad": False, "reason": "PyTorch fails where there is a bias and no weight"}
FULL = {"dtypes": ("float64", "float32")}  # PyTorch's average pooling refuses what else it can

STRIDED = {"strided": False, "reason": "PyTorch takes a view that it cannot take"}


def fixed(*shape, low=0.0, high=1.0):
    """Return numbers that are no operand: they stay in float32 and have no gradient."""
    return rand(*shape, low=low, high=high).astype("float32")


SAMPLES = [
    Sample(F + "batch_norm", randn(4, 3), None, None, training=True),
    Sample(F + "batch_norm", randn(4, 3, 5), None, None, randn(3), randn(3), True),
    Sample(F + "batch_norm", randn(2, 3, 4, 5), None, None, randn(3), None, training=True, eps=0.1),
    Sample(F + "batch_norm", randn(2, 3, 2, 2, 2), None, None, None, randn(3), True, opts=ALONE),
    Sample(F + "batch_norm", randn(1, 3, 5) + 30, None, None, randn(3), randn(3), True, opts={"rtol": 1e-7}),
    Sample(F + "batch_norm", randn(0, 3), None, None, training=True, opts=EMPTY),
    Sample(F + "batch_norm", randn(2, 0), None, None, training=True, opts=EMPTY),
    Sample(F + "instance_norm", randn(2, 3, 4)),
    Sample(F + "instance_norm", randn(2, 3, 4, 5), None, None, randn(3), randn(3)),
    Sample(F + "instance_norm", randn(2, 3, 4, 2, 2), weight=randn(3), eps=0.1),
    Sample(F + "layer_norm", randn(2, 3), (3,)),
    Sample(F + "layer_norm", randn(2, 3, 4), (4,), randn(4), randn(4)),
    Sample(F + "layer_norm", randn(2, 3, 4), [3, 4], randn(3, 4), None, 0.1),
    Sample(F + "layer_norm", randn(2, 3, 4), (2, 3, 4), bias=randn(2, 3, 4), opts=ALONE),
    Sample(F + "layer_norm", randn(4), (4,), randn(4), randn(4)),
    Sample(
        F + "layer_norm", randn(3, 8) * 0.01 + 5, (8,), randn(8), randn(8), opts={"rtol": 1e-6, "dtypes": ("float64",)}
    ),
    Sample(F + "layer_norm", randn(0, 3), (3,), randn(3), randn(3), opts=EMPTY),
    Sample(F + "layer_norm", randn(3, 0), (0,), opts=EMPTY),
    Sample("layer_norm", randn(2, 3), (3,)),
    Sample(F + "group_norm", randn(2, 6), 3),
    Sample(F + "group_norm", randn(2, 6, 4), 2, randn(6), randn(6)),
    Sample(F + "group_norm", randn(2, 6, 3, 2), 6, randn(6), None, 0.1),
    Sample(F + "group_norm", randn(2, 6, 3), 1, None, randn(6), opts=ALONE | {"grad": False}),
    Sample(F + "group_norm", randn(0, 6), 3, opts=EMPTY),
    Sample("group_norm", randn(2, 6), 3),
    Sample(F + "rms_norm", randn(2, 3), (3,)),
    Sample(F + "rms_norm", randn(2, 3, 4), (4,), randn(4)),
    Sample(F + "rms_norm", randn(2, 3, 4), [3, 4], randn(3, 4), 0.1),
    Sample(F + "rms_norm", randn(0, 3), (3,)),
    Sample("rms_norm", randn(2, 3), (3,)),
    Sample(F + "local_response_norm", randn(2, 5, 3), 2, opts=FULL),
    Sample(F + "local_response_norm", randn(2, 5, 3, 2), 3, 0.1, 0.5, 2.0, opts=FULL | STRIDED),
    Sample(F + "local_response_norm", randn(2, 2, 3, 2, 2), 5, alpha=0.2, opts=FULL | STRIDED),
    Sample(F + "local_response_norm", randn(0, 5, 3), 2),
]

ERRORS = [
    Error(F + "batch_norm", randn(1, 3), None, None, training=True),
    Error(F + "batch_norm", randn(1, 3, 1), None, None, training=True),
    Error(F + "batch_norm", randn(3), None, None, training=True),
    Error(F + "batch_norm", randn(4, 3), None, None),
    Error(F + "batch_norm", randn(4, 3), fixed(2), fixed(3)),
    Error(F + "batch_norm", randn(4, 3), fixed(3), fixed(2)),
    Error(F + "batch_norm", randn(4, 3), randn(3), None),
    Error(F + "batch_norm", randn(4, 3), randn(3), None, training=True),
    Error(F + "batch_norm", randn(4, 3), None, None, randn(2), training=True),
    Error(F + "batch_norm", randn(4, 3), None, None, None, randn(2), training=True),
    Error(F + "batch_norm", randn(4, 3), fixed(3), fixed(3)),
    Error(F + "batch_norm", randn(4, 3), None, None, fixed(3), training=True),
    Error(F + "batch_norm", randn(4, 3), None, None, training=True, eps=-1),
    Error(F + "batch_norm", ints(4, 3), None, None, training=True),
    Error(F + "batch_norm", 2.0, None, None),
    Error(F + "instance_norm", randn(2, 3)),
    Error(F + "instance_norm", randn(3)),
    Error(F + "instance_norm", randn(2, 3, 4), use_input_stats=False),
    Error(F + "instance_norm", randn(2, 3, 4), randn(2), randn(3), use_input_stats=False),
    Error(F + "instance_norm", randn(2, 3, 4), randn(3), None),
    Error(F + "instance_norm", randn(2, 3, 4), None, None, randn(2)),
    Error(F + "layer_norm", randn(2, 3), (4,)),
    Error(F + "layer_norm", randn(2, 3), (3,), randn(4)),
    Error(F + "layer_norm", randn(2, 3), (3,), None, randn(4)),
    Error(F + "layer_norm", randn(2, 3), ()),
    Error(F + "layer_norm", randn(2, 3), 3),
    Error(F + "layer_norm", randn(2, 3), (2, 3, 4)),
    Error(F + "layer_norm", randn(2, 3), (3,), fixed(3)),
    Error(F + "layer_norm", fixed(2, 3), (3,), randn(3)),
    Error(F + "layer_norm", randn(2, 3), (3,), 2.0),
    Error(F + "layer_norm", ints(2, 3), (3,)),
    Error(F + "layer_norm", 2.0, (3,)),
    Error(F + "group_norm", randn(2, 6), 4),
    Error(F + "group_norm", randn(6), 3),
    Error(F + "group_norm", randn(2, 6), 0),
    Error(F + "group_norm", randn(2, 6), -1),
    Error(F + "group_norm", randn(1, 6), 6),
    Error(F + "group_norm", randn(1, 6, 1), 6),
    Error(F + "group_norm", randn(2, 6), 3, randn(3)),
    Error(F + "group_norm", randn(2, 6), 3, fixed(6)),
    Error(F + "group_norm", ints(2, 6), 3),
    Error(F + "rms_norm", randn(2, 3), (4,)),
    Error(F + "rms_norm", randn(2, 3), ()),
    Error(F + "rms_norm", randn(2, 3), 3),
    Error(F + "rms_norm", randn(2, 3), (3,), randn(4)),
    Error(F + "rms_norm", ints(2, 3), (3,)),
    Error(F + "rms_norm", 2.0, (3,)),
    Error(F + "local_response_norm", randn(3), 2),
    Error(F + "local_response_norm", randn(3, 4), 2),
]
