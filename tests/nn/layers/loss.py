"""Losses as modules."""

import numpy as np

from tests.nn.layers import Layer, Refused
from tests.samples import bools, ints, positive, rand, randn

X, T, Z = randn(3, 4), randn(3, 4, salt=1), randn(3, 4, salt=2)
P, Q = rand(3, 4, low=0.05, high=0.95), rand(3, 4, salt=1, low=0.05, high=0.95)
CLASSES = np.array([1, 0, 3])
SIGNS = np.array([[1, -1, 1, 1], [-1, -1, 1, -1], [1, 1, -1, -1]])
PAIRS = np.array([1, -1, 1])
NAMES = np.array([[1, 2, -1, 0], [-1, 0, 0, 0], [3, 0, 1, 2]])
ANSWERS = bools(3, 4).astype(np.float64)
WEIGHTS = lambda nn: nn.Linear(1, 4).weight.detach().flatten().abs()  # noqa: E731  (a recipe is a lambda)

LAYERS = [
    *[Layer(name, inputs=[X, T]) for name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")],
    *[Layer(name, reduction="sum", inputs=[X, T]) for name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")],
    Layer("SmoothL1Loss", beta=0.3, inputs=[X, T]),
    Layer("HuberLoss", delta=0.3, inputs=[X, T]),
    Layer("NLLLoss", inputs=[X, CLASSES]),
    Layer("NLLLoss", WEIGHTS, ignore_index=3, inputs=[X, CLASSES]),
    Layer("CrossEntropyLoss", inputs=[X, CLASSES]),
    Layer("CrossEntropyLoss", inputs=[X, P]),
    Layer("CrossEntropyLoss", WEIGHTS, ignore_index=3, label_smoothing=0.1, inputs=[X, CLASSES]),
    Layer("CrossEntropyLoss", reduction="none", inputs=[randn(2, 4, 3, 2), ints(2, 3, 2, high=4)]),
    Layer("BCELoss", inputs=[P, Q]),
    Layer("BCELoss", WEIGHTS, inputs=[P, Q]),
    Layer("BCEWithLogitsLoss", inputs=[X, P]),
    Layer("BCEWithLogitsLoss", WEIGHTS, pos_weight=WEIGHTS, reduction="none", inputs=[X, P]),
    Layer("KLDivLoss", inputs=[X, P]),
    Layer("KLDivLoss", reduction="batchmean", inputs=[X, P]),
    Layer("KLDivLoss", reduction="sum", log_target=True, inputs=[X, T]),
    Layer("PoissonNLLLoss", inputs=[X, positive(3, 4)]),
    Layer("PoissonNLLLoss", False, True, inputs=[P, positive(3, 4)]),
    Layer("GaussianNLLLoss", inputs=[X, T, positive(3, 4)]),
    Layer("GaussianNLLLoss", full=True, reduction="sum", inputs=[X, T, positive(3, 1)]),
    Layer("HingeEmbeddingLoss", 0.5, inputs=[X, SIGNS]),
    Layer("MarginRankingLoss", 0.5, inputs=[X, T, SIGNS]),
    Layer("CosineEmbeddingLoss", 0.1, inputs=[X, T, PAIRS]),
    Layer("TripletMarginLoss", inputs=[X, T, Z]),
    Layer("TripletMarginLoss", 2.0, 1.0, swap=True, inputs=[X, T, Z]),
    Layer("TripletMarginWithDistanceLoss", inputs=[X, T, Z]),
    Layer(
        "TripletMarginWithDistanceLoss",
        distance_function=lambda nn: nn.PairwiseDistance(1),
        swap=True,
        margin=3.0,
        inputs=[X, T, Z],
    ),
    Layer("SoftMarginLoss", inputs=[X, SIGNS]),
    Layer("MultiMarginLoss", inputs=[X, CLASSES]),
    Layer("MultiMarginLoss", 2, 0.5, WEIGHTS, inputs=[X, CLASSES]),
    Layer("MultiLabelMarginLoss", inputs=[X, NAMES]),
    Layer("MultiLabelSoftMarginLoss", inputs=[X, ANSWERS]),
    Layer("MultiLabelSoftMarginLoss", WEIGHTS, reduction="sum", inputs=[X, ANSWERS]),
    Layer(
        "CTCLoss",
        inputs=[randn(6, 3, 5), ints(3, 3, low=1, high=5), np.array([6, 5, 2]), np.array([3, 2, 3])],
        zero_infinity=True,
    ),
]

REFUSED = [
    Refused("HuberLoss", delta="1"),
    Refused("HuberLoss", delta=-1.0, inputs=[X, T]),
    Refused("CrossEntropyLoss", inputs=[X, ints(4)]),
    Refused("CrossEntropyLoss", WEIGHTS, inputs=[randn(3, 5), CLASSES]),
    Refused("CrossEntropyLoss", reduction="most", inputs=[X, CLASSES]),
    Refused("NLLLoss", inputs=[X, CLASSES + 1]),
    Refused("BCELoss", inputs=[X, P]),
    Refused("MultiMarginLoss", 3),
    Refused("MultiMarginLoss", weight=lambda nn: nn.Linear(2, 2).weight.detach()),
    Refused("TripletMarginLoss", 0),
    Refused("TripletMarginWithDistanceLoss", margin=-1.0),
    Refused("MSELoss", inputs=[X, randn(3, 3)]),
    Refused("MSELoss", lambda nn: nn.Linear(2, 2).weight, lambda nn: nn.Linear(2, 2).weight),
    Refused("CrossEntropyLoss", WEIGHTS, lambda nn: nn.Linear(2, 2).weight),
]
