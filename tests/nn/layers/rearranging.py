"""Layers of `edutorch/nn/modules/{flatten,pixelshuffle,channelshuffle}.py`."""

from tests.nn.layers import Layer, Refused
from tests.samples import randn

LAYERS = [
    Layer("Flatten", inputs=[randn(2, 3, 4, 5)]),
    Layer("Flatten", 0, 1, inputs=[randn(2, 3, 4, 5)]),
    Layer("Unflatten", 1, (2, 3), inputs=[randn(4, 6, 2)]),
    Layer("Unflatten", -1, [2, -1], inputs=[randn(4, 6)]),
    Layer("PixelShuffle", 2, inputs=[randn(2, 8, 3, 4)]),
    Layer("PixelUnshuffle", 2, inputs=[randn(2, 2, 6, 4)]),
    Layer("ChannelShuffle", 2, inputs=[randn(2, 6, 3, 4)]),
]

REFUSED = [
    Refused("Flatten", 3, 1, inputs=[randn(2, 3, 4, 5)]),
    Refused("Unflatten", 1, 3),
    Refused("Unflatten", 1, ("a",)),
    Refused("Unflatten", 1, (4, 2), inputs=[randn(4, 6, 2)]),
    Refused("PixelShuffle", 2, inputs=[randn(2, 6, 3, 4)]),
    Refused("PixelShuffle", 0, inputs=[randn(2, 6, 3, 4)]),
    Refused("PixelShuffle", 2, inputs=[randn(3, 4)]),
    Refused("PixelUnshuffle", 2, inputs=[randn(2, 2, 5, 4)]),
    Refused("PixelUnshuffle", 2, inputs=[randn(2, 2, 4, 5)]),
    Refused("PixelUnshuffle", -1, inputs=[randn(2, 2, 4, 5)]),
    Refused("ChannelShuffle", 2, inputs=[randn(2, 5, 4)]),
    Refused("ChannelShuffle", 0, inputs=[randn(2, 5, 4)]),
    Refused("ChannelShuffle", 2, inputs=[randn(2, 4)]),
]
