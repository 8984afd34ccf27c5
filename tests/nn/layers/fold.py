"""Fold and unfold."""

from tests.nn.layers import Layer, Refused
from tests.samples import randn

LAYERS = [
    Layer("Unfold", 2, inputs=[randn(2, 3, 4, 5)]),
    Layer("Unfold", kernel_size=(2, 3), dilation=2, padding=(1, 2), stride=2, inputs=[randn(3, 4, 5)]),
    Layer("Fold", (4, 4), 2, inputs=[randn(2, 12, 9)]),
    Layer("Fold", 4, 2, dilation=2, padding=1, stride=(2, 1), inputs=[randn(12, 8)]),
]

REFUSED = [Refused("Unfold", 9, inputs=[randn(2, 3, 4, 5)]), Refused("Fold", (4, 4), 2, inputs=[randn(2, 11, 9)])]
