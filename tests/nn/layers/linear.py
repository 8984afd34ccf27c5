"""Linear layers."""

from tests.nn.layers import Layer, Refused
from tests.samples import randn

LAYERS = [
    Layer("Linear", 3, 4, inputs=[randn(2, 3)]),
    Layer("Linear", 3, 4, bias=False, inputs=[randn(5, 2, 3)]),
    Layer("LazyLinear", 4, inputs=[randn(2, 3)]),
    Layer("LazyLinear", 4, bias=False, inputs=[randn(5, 2, 3)]),
    Layer("Identity", 54, unused=True, inputs=[randn(2, 3)]),
]

REFUSED = [Refused("Linear", 3, 4, inputs=[randn(2, 5)]), Refused("Linear", 3)]
