"""Attention and Transformers as layers."""

import numpy as np

from tests.nn.layers import Layer, Refused
from tests.samples import bools, ints, randn

X, Y = randn(5, 2, 8), randn(6, 2, 8, salt=1)  # places, samples, features
FIRST, SECOND = X.transpose(1, 0, 2), Y.transpose(1, 0, 2)  # samples first
CAUSAL = np.triu(np.ones((5, 5), bool), 1)
PADDING = np.array([[False, False, False, False, True], [False, False, True, True, True]])
PADDED = np.array([[False] * 6, [False] * 4 + [True] * 2])
FLOATS = randn(5, 6, salt=2)
MASK = bools(5, 6)
MASK[:, 0] = False  # each sees something: without, the weights are nan
PER_HEAD = np.broadcast_to(MASK, (4, 5, 6))
ALONE = {"dim_feedforward": 12, "dropout": 0.0}
WITH_DROPOUT = {"dim_feedforward": 12, "dropout": 0.2}
SMALL = {"num_encoder_layers": 2, "num_decoder_layers": 2, "dim_feedforward": 12}


def attention(*inputs, **options):
    """Return a case of attention with 8 features and 2 heads."""
    return Layer("MultiheadAttention", 8, 2, inputs=inputs, **options)


def encoder_layer(**options):
    """Return the recipe of an encoder layer."""
    return lambda nn: nn.TransformerEncoderLayer(8, 2, **{**WITH_DROPOUT, **options})


def decoder_layer(**options):
    """Return the recipe of a decoder layer."""
    return lambda nn: nn.TransformerDecoderLayer(8, 2, **{**WITH_DROPOUT, **options})


LAYERS = [
    attention(X, Y, Y + 1),
    attention(X, Y, Y, bias=False),
    attention(X, Y, Y, dropout=0.3),
    attention(X, Y, Y, None, False, dropout=0.3),
    attention(FIRST, SECOND, SECOND, batch_first=True),
    attention(X[:, 0], Y[:, 0], Y[:, 0]),
    attention(X[:, 0], Y[:, 0], Y[:, 0], PADDED[1], True, MASK, False, batch_first=True),
    attention(X, randn(6, 2, 3), randn(6, 2, 4), kdim=3, vdim=4),
    attention(X, randn(6, 2, 3), randn(6, 2, 4), kdim=3, vdim=4, bias=False),
    attention(X, Y, Y, PADDED, True, MASK, add_bias_kv=True),
    attention(X, Y, Y, PADDED, False, MASK, add_zero_attn=True),
    attention(X, Y, Y, add_bias_kv=True, add_zero_attn=True, dropout=0.3),
    attention(X, Y, Y, PADDED),
    attention(X, Y, Y, PADDED, False),
    attention(X, Y, Y, None, True, MASK, False),
    attention(X, Y, Y, None, False, PER_HEAD),
    attention(X, Y, Y, None, True, PER_HEAD),
    attention(X, Y, Y, None, True, FLOATS),
    attention(X, Y, Y, PADDED, False, FLOATS),
    attention(X, X, X, None, False, CAUSAL, True, True),
    attention(X, X, X, None, True, CAUSAL, True, True),
    attention(X, X, X, PADDING, False, CAUSAL, True, True),
    # layers
    Layer("TransformerEncoderLayer", 8, 2, **ALONE, inputs=[X]),
    Layer("TransformerEncoderLayer", 8, 2, **WITH_DROPOUT, inputs=[X]),
    Layer("TransformerEncoderLayer", 8, 2, **WITH_DROPOUT, norm_first=True, batch_first=True, inputs=[FIRST]),
    Layer("TransformerEncoderLayer", 8, 2, **ALONE, activation="gelu", bias=False, inputs=[X]),
    Layer("TransformerEncoderLayer", 8, 2, **ALONE, activation=lambda nn: nn.SiLU(), layer_norm_eps=0.1, inputs=[X]),
    Layer("TransformerEncoderLayer", 8, 2, **WITH_DROPOUT, inputs=[X, CAUSAL, PADDING]),
    Layer("TransformerEncoderLayer", 8, 2, **ALONE, inputs=[X, CAUSAL, None, True]),
    Layer("TransformerEncoderLayer", 8, 2, **ALONE, inputs=[X[:, 0]]),
    Layer("TransformerDecoderLayer", 8, 2, **WITH_DROPOUT, inputs=[X, Y]),
    Layer("TransformerDecoderLayer", 8, 2, **WITH_DROPOUT, inputs=[X, Y, CAUSAL, MASK, PADDING, PADDED]),
    Layer("TransformerDecoderLayer", 8, 2, **ALONE, batch_first=True, norm_first=True, activation="gelu",
          inputs=[FIRST, SECOND, CAUSAL]),
    Layer("TransformerDecoderLayer", 8, 2, **ALONE, bias=False, inputs=[X[:, 0], Y[:, 0], CAUSAL, None, None, None,
                                                                        True]),
    # stacks
    Layer("TransformerEncoder", encoder_layer(), 2, inputs=[X]),
    Layer("TransformerEncoder", encoder_layer(batch_first=True), 2, lambda nn: nn.LayerNorm(8), inputs=[FIRST, None,
                                                                                                        PADDING]),
    Layer("TransformerEncoder", encoder_layer(batch_first=True), 2, enable_nested_tensor=False, inputs=[FIRST, CAUSAL]),
    Layer("TransformerEncoder", encoder_layer(norm_first=True), 2, inputs=[X, CAUSAL, PADDING, False]),
    Layer("TransformerDecoder", decoder_layer(), 2, inputs=[X, Y, CAUSAL, None, PADDING, PADDED]),
    Layer("TransformerDecoder", decoder_layer(batch_first=True), 1, lambda nn: nn.LayerNorm(8), inputs=[FIRST, SECOND]),
    Layer("Transformer", 8, 2, **SMALL, inputs=[X, Y]),
    Layer("Transformer", 8, 2, **SMALL, batch_first=True, norm_first=True, activation="gelu", bias=False,
          inputs=[FIRST, SECOND]),
    Layer("Transformer", 8, 2, **SMALL, inputs=[Y, X, None, CAUSAL, MASK, PADDED, PADDING, PADDED]),
    Layer("Transformer", 8, 2, **SMALL, custom_encoder=lambda nn: nn.TransformerEncoder(encoder_layer()(nn), 1),
          inputs=[X[:, 0], Y[:, 0]]),
]  # fmt: skip

REFUSED = [
    Refused("MultiheadAttention", 8, 3),
    Refused("MultiheadAttention", 0, 1),
    Refused("MultiheadAttention", 8, -1),
    Refused("MultiheadAttention", 8, 2, inputs=[X, Y, randn(5, 2, 8)]),
    Refused("MultiheadAttention", 8, 2, inputs=[X[..., :4], Y[..., :4], Y[..., :4]]),
    Refused("MultiheadAttention", 8, 2, kdim=3, inputs=[X, randn(6, 2, 3), randn(5, 2, 8)]),
    Refused("MultiheadAttention", 8, 2, inputs=[X[None], Y, Y]),
    Refused("MultiheadAttention", 8, 2, inputs=[X, Y[:, 0], Y]),
    Refused("MultiheadAttention", 8, 2, inputs=[X[:, 0], Y[:, 0], Y]),
    Refused("MultiheadAttention", 8, 2, inputs=[X, Y, Y, PADDED[0]]),
    Refused("MultiheadAttention", 8, 2, inputs=[X[:, 0], Y[:, 0], Y[:, 0], PADDED]),
    Refused("MultiheadAttention", 8, 2, inputs=[X, Y, Y, PADDED.T]),
    Refused("MultiheadAttention", 8, 2, inputs=[X, Y, Y, PADDING]),
    Refused("MultiheadAttention", 8, 2, inputs=[X, Y, Y, ints(2, 6)]),
    Refused("MultiheadAttention", 8, 2, inputs=[X, Y, Y, None, True, MASK[0]]),
    Refused("MultiheadAttention", 8, 2, inputs=[X, Y, Y, None, True, MASK[:, :5]]),
    Refused("MultiheadAttention", 8, 2, inputs=[X, Y, Y, None, True, PER_HEAD[:3]]),
    Refused("MultiheadAttention", 8, 2, inputs=[X[:, 0], Y[:, 0], Y[:, 0], None, True, PER_HEAD]),
    Refused("MultiheadAttention", 8, 2, inputs=[X[:, 0], Y[:, 0], Y[:, 0], None, True, MASK[0]]),
    Refused("MultiheadAttention", 8, 2, inputs=[X, X, X, None, True, None, True, True]),
    Refused("TransformerEncoderLayer", 8, 2, activation="tanh"),
    Refused("Transformer", 8, 2, **SMALL, inputs=[X, Y[:, :1]]),
    Refused("Transformer", 8, 2, **SMALL, batch_first=True, inputs=[FIRST, SECOND[:1]]),
    Refused("Transformer", 8, 2, **SMALL, inputs=[X[..., :4], Y[..., :4]]),
]
