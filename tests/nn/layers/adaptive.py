"""The adaptive softmax as a layer."""

import numpy as np

from tests.nn.layers import Layer, Refused
from tests.samples import ints, randn

NAME, X = "AdaptiveLogSoftmaxWithLoss", randn(6, 16)
MIXED = np.array([0, 4, 5, 11, 12, 29])
FREQUENT = np.array([0, 1, 2, 3, 4, 0])

LAYERS = [
    Layer(NAME, 16, 30, [5, 12], inputs=[X, MIXED]),
    Layer(NAME, 16, 30, [5, 12], inputs=[X, FREQUENT]),
    Layer(NAME, 16, 30, [5, 12], inputs=[X, FREQUENT + 5]),
    Layer(NAME, 16, 30, [5], div_value=2.0, head_bias=True, inputs=[X, MIXED]),
    Layer(NAME, 16, 30, [5, 12], inputs=[X[:1], MIXED[:1]]),
    Layer(NAME, 16, 30, [5, 12], inputs=[X[0], np.array(29)]),
]

REFUSED = [
    Refused(NAME, 16, 30, []),
    Refused(NAME, 16, 30, [5, 5]),
    Refused(NAME, 16, 30, [12, 5]),
    Refused(NAME, 16, 30, [0, 5]),
    Refused(NAME, 16, 30, [5, 30]),
    Refused(NAME, 16, 30, [5.5]),
    Refused(NAME, 16, 30, [5], inputs=[X, MIXED[:5]]),
    Refused(NAME, 16, 30, [5], inputs=[X[..., None], MIXED]),
    Refused(NAME, 16, 30, [5], inputs=[X, np.array(0)]),
    Refused(NAME, 16, 30, [5], inputs=[X, ints(6, 2)]),
    Refused(NAME, 16, 30, [5], inputs=[X, MIXED + 1]),
    Refused(NAME, 16, 30, [5], inputs=[X, MIXED - 1]),
]
