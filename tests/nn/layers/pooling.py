"""Layers of `edutorch/nn/modules/pooling.py`."""

import numpy as np

from tests.nn.layers import Layer, Refused
from tests.samples import randn

SHAPES = {1: (2, 3, 8), 2: (2, 3, 8, 6), 3: (2, 1, 4, 8, 6)}


def unpooled(d):
    """Return elements and the distinct positions they are to be put at."""
    inner = {1: (4,), 2: (4, 3), 3: (2, 4, 3)}[d]
    size, count = int(np.prod(inner)) * 2**d, int(np.prod(inner))
    positions = np.argsort(np.random.default_rng(0).random((2, 3, size)))[..., :count]
    return [randn(2, 3, *inner), positions.reshape(2, 3, *inner)]


LAYERS = [
    *(Layer(f"MaxPool{d}d", 2, inputs=[randn(*SHAPES[d])]) for d in SHAPES),
    *(Layer(f"MaxPool{d}d", (3,) * d, 2, 1, 1, True, True, inputs=[randn(*SHAPES[d])]) for d in SHAPES),
    *(Layer(f"AvgPool{d}d", 2, inputs=[randn(*SHAPES[d])]) for d in SHAPES),
    *(Layer(f"AvgPool{d}d", (3,) * d, 2, 1, True, False, inputs=[randn(*SHAPES[d])]) for d in SHAPES),
    Layer("AvgPool2d", 3, 2, divisor_override=5, inputs=[randn(3, 8, 6)]),
    *(Layer(f"LPPool{d}d", 2, 2, inputs=[randn(*SHAPES[d])]) for d in SHAPES),
    Layer("LPPool2d", 4.0, (2, 3), 1, True, inputs=[randn(*SHAPES[2])]),
    *(Layer(f"AdaptiveAvgPool{d}d", 3, inputs=[randn(*SHAPES[d])]) for d in SHAPES),
    *(Layer(f"AdaptiveMaxPool{d}d", 3, True, inputs=[randn(*SHAPES[d])]) for d in SHAPES),
    Layer("AdaptiveAvgPool2d", 1, inputs=[randn(*SHAPES[2])]),
    Layer("AdaptiveAvgPool2d", (2, None), inputs=[randn(*SHAPES[2])]),
    Layer("AdaptiveMaxPool2d", (2, None), inputs=[randn(3, 8, 6)]),
    *(Layer(f"MaxUnpool{d}d", 2, inputs=unpooled(d)) for d in SHAPES),
    Layer("MaxUnpool2d", (2, 2), 2, 0, inputs=unpooled(2), call={"output_size": (9, 7)}),
]

REFUSED = [
    Refused("MaxPool2d"),
    Refused("MaxPool2d", 2, inputs=[randn(3, 8)]),
    Refused("MaxPool2d", 9, inputs=[randn(*SHAPES[2])]),
    Refused("MaxPool2d", (2, 2, 2), inputs=[randn(*SHAPES[2])]),
    Refused("MaxPool2d", 2, padding=2, inputs=[randn(*SHAPES[2])]),
    Refused("AvgPool2d", 9, inputs=[randn(*SHAPES[2])]),
    Refused("AdaptiveAvgPool2d", (2, 3, 4), inputs=[randn(*SHAPES[2])]),
    Refused("MaxUnpool2d", 2, inputs=unpooled(2), call={"output_size": (3, 3)}),
]
