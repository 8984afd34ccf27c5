"""Distances as modules."""

from tests.nn.layers import Layer, Refused
from tests.samples import randn

X, T = randn(3, 4), randn(3, 4, salt=1)

LAYERS = [
    Layer("PairwiseDistance", inputs=[X, T]),
    Layer("PairwiseDistance", 1, 0.1, True, inputs=[X, T]),
    Layer("CosineSimilarity", inputs=[X, T]),
    Layer("CosineSimilarity", dim=0, eps=1.0, inputs=[X, T]),
    Layer("Bilinear", 4, 5, 2, inputs=[X, randn(3, 5)]),
    Layer("Bilinear", 4, 5, 2, bias=False, inputs=[X, randn(3, 5)]),
]

REFUSED = [
    Refused("PairwiseDistance", inputs=[X, randn(3, 3)]),
    Refused("CosineSimilarity", inputs=[randn(4), randn(4)]),
    Refused("Bilinear", 0, 5, 2),
    Refused("Bilinear", 4, 5, 2, inputs=[X, randn(2, 5)]),
]
