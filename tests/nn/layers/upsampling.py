"""Layers of `edutorch/nn/modules/upsampling.py`."""

from tests.nn.layers import Layer, Refused
from tests.samples import randn

LAYERS = [
    Layer("Upsample", scale_factor=2, inputs=[randn(1, 2, 4)]),
    Layer("Upsample", (3, 7), mode="bilinear", align_corners=True, inputs=[randn(2, 3, 4, 5)]),
    Layer("Upsample", scale_factor=(2, 1.5), mode="bicubic", inputs=[randn(2, 3, 4, 5)]),
    Layer("Upsample", None, 1.7, "trilinear", None, True, inputs=[randn(1, 2, 3, 4, 5)]),
    Layer("UpsamplingNearest2d", scale_factor=2, inputs=[randn(2, 3, 4, 5)]),
    Layer("UpsamplingBilinear2d", (3, 9), inputs=[randn(2, 3, 4, 5)]),
]

REFUSED = [
    Refused("Upsample", inputs=[randn(1, 2, 4)]),
    Refused("Upsample", 3, 2, inputs=[randn(1, 2, 4)]),
    Refused("Upsample", 3, mode="bilinear", inputs=[randn(1, 2, 4)]),
    Refused("UpsamplingNearest2d", (2, 3, 4), inputs=[randn(2, 3, 4, 5)]),
]
