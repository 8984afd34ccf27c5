"""Layers of `edutorch/nn/modules/sparse.py`."""

import numpy as np

from tests.nn.layers import Layer, Refused

WORDS = np.array([[1, 2, 2], [5, 0, 2]])

LAYERS = [
    Layer("Embedding", 6, 3, inputs=[WORDS]),
    Layer("Embedding", 6, 3, 2, inputs=[WORDS]),
    Layer("Embedding", 6, 3, padding_idx=-1, inputs=[WORDS]),
    Layer("Embedding", 6, 20, None, 1.0, 1.0, True, inputs=[WORDS]),
    Layer("Embedding", 6, 3, max_norm=0.5, norm_type=float("inf"), inputs=[WORDS]),
    Layer("EmbeddingBag", 6, 3, inputs=[WORDS]),
    Layer("EmbeddingBag", 6, 3, mode="sum", padding_idx=2, inputs=[WORDS]),
    Layer("EmbeddingBag", 6, 3, mode="max", inputs=[WORDS.reshape(-1), np.array([0, 1, 1])]),
    Layer("EmbeddingBag", 6, 3, 1.0, include_last_offset=True, inputs=[WORDS.reshape(-1), np.array([0, 2, 6])]),
]

REFUSED = [
    Refused("Embedding", 6, 3, 6),
    Refused("Embedding", 6, 3, -7),
    Refused("Embedding", 6, 3, inputs=[WORDS + 1]),
    Refused("Embedding", 6, 3, inputs=[WORDS / 1]),
    Refused("EmbeddingBag", 6, 3, padding_idx=6),
    Refused("EmbeddingBag", 6, 3, mode="median", inputs=[WORDS]),
]
