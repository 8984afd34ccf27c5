"""Layers of `edutorch/nn/modules/padding.py`."""

from tests.nn.layers import Layer, Refused
from tests.samples import randn

SHAPES = {1: (2, 3, 5), 2: (2, 3, 5, 4), 3: (2, 1, 3, 5, 4)}
PADS = {1: (2, 1), 2: (2, 1, 0, 3), 3: (2, 1, 0, 3, 1, 2)}
OWN = ("ReflectionPad", "ReplicationPad", "CircularPad")

LAYERS = [
    *(Layer(f"ConstantPad{d}d", PADS[d], 3.5, inputs=[randn(*SHAPES[d])]) for d in SHAPES),
    *(Layer(f"ZeroPad{d}d", PADS[d], inputs=[randn(*SHAPES[d])]) for d in SHAPES),
    *(Layer(f"{name}{d}d", 1, inputs=[randn(*SHAPES[d])]) for name in OWN for d in SHAPES),
    Layer("ConstantPad1d", 1, 0, inputs=[randn(2, 5)]),
    Layer("ZeroPad2d", (-1, 1, 0, -2), inputs=[randn(2, 5, 4)]),
    Layer("ReflectionPad2d", (1, 0, 2, 1), inputs=[randn(2, 5, 4)]),
    Layer("ReplicationPad2d", (1, 0, 2, 9), inputs=[randn(2, 5, 4)]),
    Layer("CircularPad2d", (1, 0, 2, 1), inputs=[randn(2, 5, 4)]),
]

REFUSED = [
    Refused("ConstantPad2d", 1, 0, inputs=[randn(3)]),
    Refused("ConstantPad1d", "a", 0, inputs=[randn(3)]),
    Refused("ZeroPad2d", (1, 2, 3), inputs=[randn(3, 3)]),
    Refused("ReflectionPad1d", 5, inputs=[randn(2, 3, 5)]),
    Refused("ReflectionPad1d", 1, inputs=[randn(3)]),
    *(Refused(f"CircularPad{d}d", 1, inputs=[randn(3)]) for d in SHAPES),
]
