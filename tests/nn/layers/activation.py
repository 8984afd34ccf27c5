"""Activations as layers."""

from tests.nn.layers import Layer, Refused
from tests.samples import ints, randn

X = randn(3, 4)
PLAIN = [
    "CELU", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid", "Mish",
    "PReLU", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softplus", "Softshrink", "Softsign", "Tanh",
    "Tanhshrink", "GLU", "Softmax", "Softmin", "LogSoftmax",
]  # fmt: skip

SIXTH = 1e-7  # PyTorch's 1/6 in `hardsigmoid` is a float32 number, also in float64

LAYERS = [
    *[Layer(name, inputs=[X], rtol_double=SIXTH if name == "Hardsigmoid" else 1e-9) for name in PLAIN],
    *[  # what is written into requires no grad
        Layer(name, inplace=True, inputs=[ints(2, 3).astype("float32") - 5])
        for name in ("CELU", "ELU", "Hardsigmoid", "Hardswish", "LeakyReLU", "Mish", "ReLU", "ReLU6", "SELU", "SiLU")
    ],
    Layer("CELU", 2.0, inputs=[X]),
    Layer("ELU", alpha=0.5, inputs=[X]),
    Layer("GELU", approximate="tanh", inputs=[X]),
    Layer("GLU", 0, inputs=[randn(4, 3)]),
    Layer("Hardshrink", 0.3, inputs=[X]),
    Layer("Hardtanh", -2, 0.5, inputs=[X]),
    Layer("LeakyReLU", 0.2, inputs=[X]),
    Layer("LogSoftmax", dim=0, inputs=[X]),
    Layer("PReLU", 3, inputs=[randn(2, 3, 4)]),
    Layer("PReLU", init=0.1, inputs=[X]),
    Layer("RReLU", 0.2, 0.3, inputs=[X]),
    Layer("Softmax", dim=-1, inputs=[X]),
    Layer("Softmax2d", inputs=[randn(2, 3, 4, 5)]),
    Layer("Softmax2d", inputs=[randn(3, 4, 5)]),
    Layer("Softmin", dim=1, inputs=[X]),
    Layer("Softplus", 2, 5, inputs=[X]),
    Layer("Softshrink", 0.2, inputs=[X]),
    Layer("Threshold", 0.1, 20, inputs=[X]),
    Layer("Threshold", 0.1, 20, True, inputs=[X.astype("float32")]),
]

REFUSED = [
    Refused("Hardtanh", 1.0, -1.0, inputs=[X]),
    Refused("Softmax2d", inputs=[X]),
    Refused("Sigmoid", 1, inputs=[X]),
    Refused("Tanh", a=1, inputs=[X]),
    Refused("GELU", "x", inputs=[X]),
    Refused("ReLU", inputs=[2.0]),
    Refused("PReLU", 3, inputs=[X]),
    Refused("ELU", inputs=[ints(3)]),
]
