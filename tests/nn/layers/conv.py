"""Convolutions, transposed and lazy ones."""

from tests.nn.layers import Layer, Refused
from tests.samples import randn

_IMAGES = [randn(2, 4, 7, 6)]

LAYERS = [
    Layer("Conv1d", 3, 5, 3, inputs=[randn(2, 3, 8)]),
    Layer("Conv1d", 4, 6, (2,), stride=2, padding=1, dilation=2, groups=2, bias=False, inputs=[randn(4, 9)]),
    Layer("Conv1d", 3, 5, 3, padding=2, padding_mode="circular", inputs=[randn(2, 3, 8)]),
    Layer("Conv2d", 4, 8, 3, inputs=_IMAGES),
    Layer("Conv2d", 4, 8, kernel_size=(3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), inputs=_IMAGES),
    Layer("Conv2d", 4, 8, 3, 1, 1, groups=4, bias=False, inputs=_IMAGES),
    Layer("Conv2d", 4, 8, 3, padding="same", dilation=2, inputs=_IMAGES),
    Layer("Conv2d", 4, 8, 3, padding="valid", inputs=_IMAGES),
    Layer("Conv2d", 4, 8, (3, 5), padding=(1, 2), padding_mode="reflect", inputs=_IMAGES),
    Layer("Conv2d", 4, 8, 3, padding=1, stride=2, padding_mode="replicate", inputs=_IMAGES),
    Layer("Conv2d", 4, 8, (3, 2), padding="same", padding_mode="circular", inputs=_IMAGES),
    Layer("Conv2d", 4, 8, 3, padding="valid", padding_mode="reflect", inputs=_IMAGES),
    Layer("Conv2d", 4, 8, 1, inputs=[randn(4, 7, 6)]),
    Layer("Conv3d", 2, 3, 2, inputs=[randn(2, 2, 4, 3, 5)]),
    Layer("Conv3d", 2, 4, (3, 2, 1), 2, (1, 1, 0), groups=2, inputs=[randn(2, 4, 3, 5)]),
    Layer("Conv3d", 2, 3, 3, padding=1, padding_mode="replicate", inputs=[randn(1, 2, 4, 3, 5)]),
    Layer("ConvTranspose1d", 4, 6, 3, stride=2, output_padding=1, groups=2, inputs=[randn(2, 4, 5)]),
    Layer("ConvTranspose1d", 4, 6, 3, 2, inputs=[randn(2, 4, 5)], call={"output_size": (12,)}),
    Layer("ConvTranspose2d", 4, 6, 2, stride=2, inputs=_IMAGES),
    Layer("ConvTranspose2d", 4, 6, 3, 2, 1, 1, 2, False, 2, inputs=_IMAGES),
    Layer("ConvTranspose2d", 4, 6, 3, 2, 1, inputs=_IMAGES, call={"output_size": [2, 6, 14, 12]}),
    Layer("ConvTranspose2d", 4, 6, 3, 2, 1, inputs=[randn(4, 7, 6)], call={"output_size": (13, 12)}),
    Layer("ConvTranspose3d", 2, 3, (2, 3, 2), padding=1, inputs=[randn(1, 2, 3, 4, 3)]),
    Layer("LazyConv1d", 5, 3, inputs=[randn(2, 3, 8)]),
    Layer("LazyConv2d", 6, 3, 1, 1, 1, 2, inputs=_IMAGES),
    Layer("LazyConv2d", 6, 3, padding=1, bias=False, padding_mode="circular", inputs=[randn(4, 7, 6)]),
    Layer("LazyConv3d", 3, 2, inputs=[randn(2, 2, 4, 3, 5)]),
    Layer("LazyConvTranspose1d", 6, 3, stride=2, output_padding=1, inputs=[randn(2, 4, 5)]),
    Layer("LazyConvTranspose2d", 6, 2, 2, groups=2, inputs=_IMAGES),
    Layer("LazyConvTranspose3d", 3, 2, inputs=[randn(1, 2, 3, 4, 3)]),
]

REFUSED = [
    Refused("Conv2d", 3, 8, 3, groups=2),
    Refused("Conv2d", 4, 7, 3, groups=2),
    Refused("Conv2d", 4, 8, 3, groups=0),
    Refused("Conv2d", 4, 8, 3, padding="same", stride=2),
    Refused("Conv2d", 4, 8, 3.5),
    Refused("Conv2d", 4, 8, -1),
    Refused("Conv2d", 4, 8, 3, inputs=[randn(1, 3, 8, 8)]),
    Refused("Conv2d", 4, 8, 3, inputs=[randn(1, 4, 2, 2)]),
    Refused("Conv2d", 4, 8, 3, inputs=[randn(4, 8)]),
    Refused("Conv2d", 4, 8, 3, padding=3, padding_mode="reflect", inputs=[randn(1, 4, 2, 2)]),
    Refused("Conv3d", 4, 8, 3, inputs=[randn(4, 5, 5)]),
    Refused("ConvTranspose2d", 4, 8, 3, padding_mode="reflect"),
    Refused("ConvTranspose2d", 4, 8, 3, 2, 1, inputs=[randn(1, 4, 5, 5)], call={"output_size": (12, 12)}),
    Refused("ConvTranspose2d", 4, 8, 3, 2, 1, inputs=[randn(1, 4, 5, 5)], call={"output_size": (12,)}),
    Refused("LazyConv2d", 8, 3, inputs=[randn(3, 5)]),
    Refused("LazyConv2d", 8, 3, groups=3, inputs=[randn(1, 4, 8, 8)]),
]
