"""Samples for activations: `edutorch/ops/activation.py`, `rectifiers.py`, `exponential_units.py`, `gates.py`, …"""

import numpy as np

import edutorch
from tests.samples import Error, Sample, array, bools, ints, randn

INF, NAN = float("inf"), float("nan")
FLOATS = ("float64", "float32", "float16", "bfloat16")
CORNERS = array([-4.0, -3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 25.0, -25.0])
EXTREMES = array([INF, -INF, NAN, 0.0, 100.0, -100.0])
F = "nn.functional."
COMPOSED = {"dtypes": ("float64", "float32", "float16", "bfloat16", "int64", "int32", "uint8")}
NO_SECOND = {"gradgrad": False, "reason": "PyTorch has no second gradient", "rtol": 1e-7}  # its 1/6 is float32

PLAIN = [
    "relu", "relu6", "elu", "selu", "celu", "gelu", "silu", "mish", "hardtanh", "hardswish", "leaky_relu", "softplus",
    "softshrink", "hardshrink", "logsigmoid", "sigmoid", "tanh",
]  # fmt: skip
SMOOTH_AT_INFINITY = ["relu", "relu6", "elu", "selu", "celu", "hardtanh", "leaky_relu", "softplus", "softshrink",
                      "hardshrink", "logsigmoid", "sigmoid", "tanh", "hardsigmoid"]  # fmt: skip

SAMPLES = [
    Sample("relu", randn(2, 3)),
    Sample("relu", randn()),
    Sample("relu", array([-1.0, 0.0, -0.0, 2.0, INF, -INF, NAN]), opts={"dtypes": FLOATS}),
    Sample("relu", ints(4, low=-9)),
    Sample("relu", randn(70, 90)),
    *[Sample(F + name, randn(2, 3, 4)) for name in PLAIN],
    *[Sample(F + name, randn()) for name in PLAIN],
    *[Sample(F + name, randn(0, 2)) for name in PLAIN],
    *[Sample(F + name, CORNERS) for name in PLAIN],
    *[
        Sample(F + name, EXTREMES, opts={"dtypes": FLOATS, "grad": False, "reason": "nan either way"})
        for name in SMOOTH_AT_INFINITY
    ],
    Sample(F + "hardsigmoid", CORNERS, opts=NO_SECOND),
    Sample(F + "hardsigmoid", randn(2, 3), opts=NO_SECOND),
    Sample(F + "softsign", randn(2, 3), opts=COMPOSED),
    Sample(F + "tanhshrink", randn(2, 3), opts=COMPOSED),
    Sample(F + "elu", CORNERS, 0.5),
    Sample(F + "elu", CORNERS, alpha=-2.0),
    Sample(F + "celu", CORNERS, 0.5),
    Sample(F + "leaky_relu", CORNERS, 0.3),
    Sample(F + "leaky_relu", CORNERS, negative_slope=-2),
    Sample(F + "hardtanh", CORNERS, -3, 2.5),
    Sample(F + "hardtanh", CORNERS, 0.0, 0.0),
    Sample(F + "hardtanh", ints(4, low=-9), -2, 3),
    Sample(F + "hardshrink", CORNERS, 1.0),
    Sample(F + "hardshrink", CORNERS, -1.0),
    Sample(F + "softshrink", CORNERS, lambd=2.0),
    Sample(F + "softshrink", CORNERS, 0),
    Sample(F + "softplus", CORNERS, beta=2.0, threshold=5.0),
    Sample(F + "softplus", CORNERS, -1.0, 30),
    Sample(F + "threshold", CORNERS, 0.1, 20.0),
    Sample(F + "threshold", EXTREMES, 3, -1, opts={"dtypes": FLOATS, "grad": False, "reason": "nan either way"}),
    Sample(F + "threshold", ints(4, low=-9), 1.5, 2.5),
    Sample(F + "gelu", CORNERS, approximate="tanh"),
    Sample(F + "gelu", randn(3, 4), approximate="tanh"),
    Sample(F + "gelu", randn(40, 50)),
    Sample(F + "glu", randn(2, 4)),
    Sample(F + "glu", randn(2, 6, 3), 1),
    Sample(F + "glu", randn(4), dim=0),
    Sample(F + "prelu", randn(2, 3), randn(1)),
    Sample(F + "prelu", randn(2, 3), randn(3)),
    Sample(F + "prelu", randn(2, 3, 4, 5), randn(3)),
    Sample(F + "prelu", randn(5), randn(1)),
    Sample(F + "prelu", randn(5), randn()),
    Sample(F + "prelu", randn(), randn(1)),
    Sample("prelu", randn(2, 3, 4), randn(3)),
    Sample(F + "rrelu", randn(2, 3)),
    Sample(F + "rrelu", CORNERS, 0.3, 0.4),
    Sample("rrelu", CORNERS),
    Sample("selu", CORNERS),
    Sample("celu", CORNERS, 0.3, opts={"rtol": 1e-7}),
    Sample("threshold", CORNERS, 1.0, 0.0),
    Sample("hardshrink", CORNERS),
    Sample(F + "softmax", randn(2, 3), 1),
    Sample(F + "softmax", randn(2, 3)),
    Sample(F + "softmax", randn(2, 3, 4)),
    Sample(F + "softmax", randn()),
    Sample(F + "softmax", ints(2, 3), -1, dtype=edutorch.float64),
    Sample(F + "log_softmax", randn(2, 3), dim=0),
    Sample(F + "log_softmax", randn(2, 3, 4)),
    Sample(F + "softmin", randn(2, 3), 1),
    Sample(F + "softmin", randn(2, 3)),
    Sample(F + "softmin", randn(2, 3), 1, dtype=edutorch.float64),
]

NUMBERS = "relu relu6 elu selu celu gelu silu mish hardtanh hardsigmoid hardswish leaky_relu softplus softshrink"

ERRORS = [
    Error("relu", bools(3)),
    Error("relu", 2.0),
    Error("Tensor.relu_", randn(3), opts={"track": True}),
    *[Error(F + name, 2.0) for name in (NUMBERS + " hardshrink logsigmoid rrelu softsign tanh").split()],
    *[Error(F + name, [2.0]) for name in ("gelu", "elu")],
    *[
        Error(F + name, ints(2, 4))
        for name in ["elu", "gelu", "silu", "mish", "hardsigmoid", "hardswish", "leaky_relu", "softplus"]
    ],
    *[Error(F + name, ints(2, 4)) for name in ("softshrink", "hardshrink", "logsigmoid", "glu", "rrelu", "celu")],
    *[Error(F + name, bools(3)) for name in ("relu6", "hardtanh", "softmin")],
    *[Error(F + name + "_", randn(3), opts={"track": True}) for name in ("elu", "selu", "celu", "leaky_relu")],
    Error(F + "threshold", bools(3), 1, 2),
    Error(F + "threshold", 2.0, 1, 2),
    Error(F + "hardtanh", randn(3), 1.0, -1.0),
    Error(F + "hardtanh", np.arange(3, dtype=np.uint8)),
    Error(F + "softshrink", randn(3), -1.0),
    Error(F + "celu", randn(3), 0.0),
    Error(F + "rrelu", randn(3), 0.5, 0.3),
    Error(F + "rrelu", randn(3), 0.5, 0.3, True),
    Error(F + "rrelu", ints(3), 0.1, 0.3, True),
    Error(F + "gelu", randn(3), approximate="x"),
    Error(F + "gelu", randn(3), "tanh"),
    Error(F + "glu", randn(3)),
    Error(F + "glu", randn()),
    Error(F + "glu", randn(2, 4), 2),
    Error(F + "glu", randn(2, 3), 1),
    Error(F + "glu", 2.0),
    Error(F + "prelu", randn(3, 4), randn(3)),
    Error(F + "prelu", randn(3, 4), randn(2, 2)),
    Error(F + "prelu", randn(), randn(2)),
    Error(F + "prelu", randn(5), randn(5)),
    Error(F + "prelu", randn(2, 3), randn(1, 1)),
    Error(F + "prelu", randn(2, 3), ints(1)),
    Error(F + "prelu", randn(2, 3), 2.0),
    Error(F + "prelu", ints(2, 3), ints(1)),
    Error(F + "softmin", randn(2, 3), 1, dtype=edutorch.int64),
    Error(F + "softmax", randn(2, 3), 2),
]
