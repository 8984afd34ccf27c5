"""The Transformer: layers of attention and perceptrons, each added to what came in.

A. Vaswani et al., Attention Is All You Need, NeurIPS 2017, arXiv:1706.03762. With `norm_first` the normalization comes
before each step, not after it: R. Xiong et al., On Layer Normalization in the Transformer Architecture, ICML 2020,
arXiv:2002.04745.
"""

from __future__ import annotations

import copy
import math
import warnings
from typing import Any

from ...modes import is_grad_enabled
from ...ops.create import full
from .. import functional as F
from .. import init
from ..functional.multihead import canonical_mask
from .activation import GELU, MultiheadAttention, ReLU
from .container import ModuleList
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .normalization import LayerNorm

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

_ACTIVATIONS = {"relu": F.relu, "gelu": F.gelu}


class _Layer(Module):
    """What the layers of encoder and decoder share: a perceptron, and steps whose results are added to what came in."""

    def _add_perceptron(self, d_model, dim_feedforward, dropout, bias, factory):
        self.linear1 = Linear(d_model, dim_feedforward, bias=bias, **factory)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias=bias, **factory)

    def _add_norms(self, count, d_model, eps, dropout, bias, factory):
        for i in range(1, count + 1):
            self.register_module(f"norm{i}", LayerNorm(d_model, eps=eps, bias=bias, **factory))
        for i in range(1, count + 1):
            self.register_module(f"dropout{i}", Dropout(dropout))

    def _added(self, x, norm, step):
        """Add to x what a step makes of it, normalized before the step or after the sum."""
        return x + step(norm(x)) if self.norm_first else norm(x + step(x))

    def _feed(self, x):
        """Apply the perceptron at each place."""
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Let every place look at all others, then think by itself: self-attention and a perceptron.

    Args:
        d_model: the number of features. nhead: of attention's heads. dim_feedforward: of the perceptron's hidden units.
        dropout: the probability that a number is replaced by zero in training.
        activation: the perceptron's: "relu", "gelu" or a function.
        layer_norm_eps: of the normalizations. batch_first: whether the batch comes first, (N, S, E), not the places.
        norm_first: whether to normalize before each step, not after it.
        bias: whether the linear layers and normalizations add a bias.

    Shape:
        src (S, N, E) -> output (S, N, E); with batch_first (N, S, E); or (S, E)

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.TransformerEncoderLayer(d_model=8, nhead=2, batch_first=True)
        >>> layer(torch.rand(3, 5, 8)).size()
        torch.Size([3, 5, 8])
    """

    def __init__(
        self,
        d_model,
        nhead,
        dim_feedforward=2048,
        dropout=0.1,
        activation=F.relu,
        layer_norm_eps=1e-5,
        batch_first=False,
        norm_first=False,
        bias=True,
        device=None,
        dtype=None,
    ):
        super().__init__()
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout=dropout, bias=bias, batch_first=batch_first, **factory
        )
        self._add_perceptron(d_model, dim_feedforward, dropout, bias, factory)
        self.norm_first = norm_first
        self._add_norms(2, d_model, layer_norm_eps, dropout, bias, factory)
        activation = _activation(activation)
        self.activation_relu_or_gelu = (
            1 if activation is F.relu or isinstance(activation, ReLU)
            else 2 if activation is F.gelu or isinstance(activation, GELU)
            else 0
        )  # fmt: skip
        self.activation = activation

    def forward(self, src, src_mask=None, src_key_padding_mask=None, is_causal=False):
        """Compute the output of a sequence.

        Args:
            src_mask, src_key_padding_mask, is_causal: attention's `attn_mask`, `key_padding_mask` and `is_causal`.
        """
        padding = canonical_mask(src_key_padding_mask, "src_key_padding_mask", src_mask, "src_mask", src.dtype)
        mask = canonical_mask(src_mask, "src_mask", None, "", src.dtype)
        x = self._added(src, self.norm1, lambda x: self._sa_block(x, mask, padding, is_causal))
        return self._added(x, self.norm2, self._ff_block)

    def _sa_block(self, x, attn_mask, key_padding_mask, is_causal=False):
        return self.dropout1(_look(self.self_attn, x, x, attn_mask, key_padding_mask, is_causal))

    def _ff_block(self, x):
        return self.dropout2(self._feed(x))


class TransformerDecoderLayer(_Layer):
    """Let every place look at the places before it, then at another sequence, then think by itself.

    Args:
        d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias: as in
            `TransformerEncoderLayer`.

    Shape:
        tgt (T, N, E), memory (S, N, E) -> output (T, N, E); with batch_first (N, T, E) and so on; or without N

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.TransformerDecoderLayer(d_model=8, nhead=2, batch_first=True)
        >>> layer(torch.rand(3, 4, 8), torch.rand(3, 5, 8)).size()
        torch.Size([3, 4, 8])
    """

    def __init__(
        self,
        d_model,
        nhead,
        dim_feedforward=2048,
        dropout=0.1,
        activation=F.relu,
        layer_norm_eps=1e-5,
        batch_first=False,
        norm_first=False,
        bias=True,
        device=None,
        dtype=None,
    ):
        super().__init__()
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        attention = {"dropout": dropout, "bias": bias, "batch_first": batch_first, **factory}
        self.self_attn = MultiheadAttention(d_model, nhead, **attention)
        self.multihead_attn = MultiheadAttention(d_model, nhead, **attention)
        self._add_perceptron(d_model, dim_feedforward, dropout, bias, factory)
        self.norm_first = norm_first
        self._add_norms(3, d_model, layer_norm_eps, dropout, bias, factory)
        self.activation = _activation(activation)

    def forward(
        self,
        tgt,
        memory,
        tgt_mask=None,
        memory_mask=None,
        tgt_key_padding_mask=None,
        memory_key_padding_mask=None,
        tgt_is_causal=False,
        memory_is_causal=False,
    ):
        """Compute the output of a sequence that looks at another, `memory`.

        Args:
            tgt_mask, tgt_key_padding_mask, tgt_is_causal: for the attention within the sequence.
            memory_mask, memory_key_padding_mask, memory_is_causal: for the attention to the memory.
        """
        x = self._added(tgt, self.norm1, lambda x: self._sa_block(x, tgt_mask, tgt_key_padding_mask, tgt_is_causal))
        x = self._added(
            x,
            self.norm2,
            lambda x: self._mha_block(x, memory, memory_mask, memory_key_padding_mask, memory_is_causal),
        )
        return self._added(x, self.norm3, self._ff_block)

    def _sa_block(self, x, attn_mask, key_padding_mask, is_causal=False):
        return self.dropout1(_look(self.self_attn, x, x, attn_mask, key_padding_mask, is_causal))

    def _mha_block(self, x, mem, attn_mask, key_padding_mask, is_causal=False):
        return self.dropout2(_look(self.multihead_attn, x, mem, attn_mask, key_padding_mask, is_causal))

    def _ff_block(self, x):
        return self.dropout3(self._feed(x))


class TransformerEncoder(Module):
    """A stack of encoder layers.

    Args:
        encoder_layer: a layer; the stack is made of copies of it, with the same initial values.
        num_layers: how many. norm: a normalization of the last one's output.
        enable_nested_tensor: whether, in use, padding at the end of sequences is left out of the computation, and
            comes out as zeros. mask_check: whether that needs padding to be at the end only.

    Shape:
        src (S, N, E) -> output (S, N, E); with layers that have batch_first (N, S, E); or (S, E)

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.TransformerEncoderLayer(d_model=8, nhead=2, batch_first=True)
        >>> torch.nn.TransformerEncoder(layer, num_layers=2)(torch.rand(3, 5, 8)).size()
        torch.Size([3, 5, 8])
    """

    def __init__(self, encoder_layer, num_layers, norm=None, enable_nested_tensor=True, mask_check=True):
        super().__init__()
        self.layers = _copies(encoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm
        self.enable_nested_tensor = self.use_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check
        obstacle = _obstacle(encoder_layer)
        if enable_nested_tensor and obstacle:
            warnings.warn(
                f"enable_nested_tensor is True, but self.use_nested_tensor is False because encoder_layer{obstacle}",
                stacklevel=2,
            )
            self.use_nested_tensor = False

    def forward(self, src, mask=None, src_key_padding_mask=None, is_causal=None):
        """Pass a sequence through all layers.

        Args:
            mask, src_key_padding_mask: attention's `attn_mask` and `key_padding_mask`.
            is_causal: whether `mask` hides later places and nothing else; None looks.
        """
        padding = canonical_mask(src_key_padding_mask, "src_key_padding_mask", mask, "mask", src.dtype)
        mask = canonical_mask(mask, "mask", None, "", src.dtype)
        is_causal = _is_causal(mask, is_causal, _length(src, self.layers[0]))
        output = src
        for layer in self.layers:
            output = layer(output, src_mask=mask, is_causal=is_causal, src_key_padding_mask=padding)
        if self._leaves_out(src, mask, padding):
            output = output.masked_fill((padding != 0).unsqueeze(-1), 0.0)
        return output if self.norm is None else self.norm(output)

    def _leaves_out(self, src, mask, padding):
        """Whether PyTorch would not compute padding at all: its places are zeros afterwards."""
        first = self.layers[0]
        if not self.use_nested_tensor or first.training or src.dim() != 3 or padding is None or mask is not None:
            return False
        if is_grad_enabled() and (src.requires_grad or any(p.requires_grad for p in first.parameters())):
            return False
        hidden = padding != 0
        return not self.mask_check or not bool((hidden[:, :-1] & ~hidden[:, 1:]).any())


class TransformerDecoder(Module):
    """A stack of decoder layers.

    Args:
        decoder_layer: a layer; the stack is made of copies of it, with the same initial values.
        num_layers: how many. norm: a normalization of the last one's output.

    Shape:
        tgt (T, N, E), memory (S, N, E) -> output (T, N, E); with batch_first (N, T, E) and so on; or without N

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.TransformerDecoderLayer(d_model=8, nhead=2, batch_first=True)
        >>> torch.nn.TransformerDecoder(layer, num_layers=2)(torch.rand(3, 4, 8), torch.rand(3, 5, 8)).size()
        torch.Size([3, 4, 8])
    """

    def __init__(self, decoder_layer, num_layers, norm=None):
        super().__init__()
        self.layers = _copies(decoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self,
        tgt,
        memory,
        tgt_mask=None,
        memory_mask=None,
        tgt_key_padding_mask=None,
        memory_key_padding_mask=None,
        tgt_is_causal=None,
        memory_is_causal=False,
    ):
        """Pass a sequence that looks at another, `memory`, through all layers.

        Args:
            tgt_mask, tgt_key_padding_mask: for the attention within the sequence.
            tgt_is_causal: whether `tgt_mask` hides later places and nothing else; None looks.
            memory_mask, memory_key_padding_mask, memory_is_causal: for the attention to the memory.
        """
        tgt_is_causal = _is_causal(tgt_mask, tgt_is_causal, _length(tgt, self.layers[0]))
        output = tgt
        for layer in self.layers:
            output = layer(
                output,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=tgt_is_causal,
                memory_is_causal=memory_is_causal,
            )
        return output if self.norm is None else self.norm(output)


class Transformer(Module):
    """Read one sequence, write another: an encoder, and a decoder that looks at what the encoder made.

    Args:
        d_model: the number of features. nhead: of attention's heads.
        num_encoder_layers, num_decoder_layers: how many layers each stack has.
        dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias: as in
            `TransformerEncoderLayer`.
        custom_encoder, custom_decoder: modules to take instead.

    Shape:
        src (S, N, E), tgt (T, N, E) -> output (T, N, E); with batch_first (N, S, E) and so on; or without N

    Example:
        >>> import edutorch as torch
        >>> model = torch.nn.Transformer(8, nhead=2, num_encoder_layers=1, num_decoder_layers=1, batch_first=True)
        >>> model(torch.rand(3, 5, 8), torch.rand(3, 4, 8)).size()
        torch.Size([3, 4, 8])
    """

    def __init__(
        self,
        d_model=512,
        nhead=8,
        num_encoder_layers=6,
        num_decoder_layers=6,
        dim_feedforward=2048,
        dropout=0.1,
        activation=F.relu,
        custom_encoder=None,
        custom_decoder=None,
        layer_norm_eps=1e-5,
        batch_first=False,
        norm_first=False,
        bias=True,
        device=None,
        dtype=None,
    ):
        super().__init__()
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        options = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)

        def norm():
            return LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **factory)

        if custom_encoder is None:
            layer = TransformerEncoderLayer(*options, **factory)
            custom_encoder = TransformerEncoder(layer, num_encoder_layers, norm())
        self.encoder = custom_encoder
        if custom_decoder is None:
            layer = TransformerDecoderLayer(*options, **factory)
            custom_decoder = TransformerDecoder(layer, num_decoder_layers, norm())
        self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def _reset_parameters(self):
        """Draw new initial values for all matrices."""
        for p in self.parameters():
            if p.dim() > 1:
                init.xavier_uniform_(p)

    def forward(
        self,
        src,
        tgt,
        src_mask=None,
        tgt_mask=None,
        memory_mask=None,
        src_key_padding_mask=None,
        tgt_key_padding_mask=None,
        memory_key_padding_mask=None,
        src_is_causal=None,
        tgt_is_causal=None,
        memory_is_causal=False,
    ):
        """Compute the decoder's output of `tgt`, given what the encoder makes of `src`.

        Args:
            src_mask, tgt_mask, memory_mask: what must not be seen: within `src`, within `tgt`, and in `src` by `tgt`.
            src_key_padding_mask, tgt_key_padding_mask, memory_key_padding_mask: what of these is padding.
            src_is_causal, tgt_is_causal, memory_is_causal: whether the mask hides later places and nothing else.
        """
        samples = 0 if self.batch_first else 1
        if src.dim() == 3 and src.size(samples) != tgt.size(samples):
            raise RuntimeError("the batch number of src and tgt must be equal")
        if not src.size(-1) == tgt.size(-1) == self.d_model:
            raise RuntimeError("the feature number of src and tgt must be equal to d_model")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz, device=None, dtype=None):
        """Return the causal mask (sz, sz): -inf where a place must not look, as it comes later, and 0 elsewhere.

        Example:
            >>> import edutorch as torch
            >>> torch.nn.Transformer.generate_square_subsequent_mask(3)
            tensor([[0., -inf, -inf],
                    [0., 0., -inf],
                    [0., 0., 0.]])
        """
        return full((sz, sz), -math.inf, device=device, dtype=dtype).triu(1)


def _look(attention, x, at, attn_mask, key_padding_mask, is_causal):
    """Return what attention finds; where it looked is not asked."""
    return attention(
        x, at, at, attn_mask=attn_mask, key_padding_mask=key_padding_mask, is_causal=is_causal, need_weights=False
    )[0]


def _activation(activation):
    if not isinstance(activation, str):
        return activation
    if activation not in _ACTIVATIONS:
        raise RuntimeError(f"activation should be relu/gelu, not {activation}")
    return _ACTIVATIONS[activation]


def _copies(layer, count):
    return ModuleList([copy.deepcopy(layer) for _ in range(count)])


def _length(sequence, layer):
    """Return the number of places."""
    return sequence.size(1 if sequence.dim() == 3 and layer.self_attn.batch_first else 0)


def _is_causal(mask, is_causal, length):
    """Return what was said of a mask, or, for None, whether it hides later places and nothing else."""
    if is_causal is not None or mask is None:
        return is_causal is True
    if mask.size() != (length, length):
        return False
    causal = Transformer.generate_square_subsequent_mask(length, mask.device, mask.dtype)
    return bool((mask == causal).all())


def _obstacle(layer):
    """Return why padding cannot be left out with such a layer, as PyTorch says it; nothing if it can."""
    if not isinstance(layer, TransformerEncoderLayer):
        return " was not TransformerEncoderLayer"
    attention = layer.self_attn
    obstacles = (
        (layer.norm_first, ".norm_first was True"),
        (
            not attention.batch_first,
            ".self_attn.batch_first was not True(use batch_first for better inference performance)",
        ),
        (not attention._qkv_same_embed_dim, ".self_attn._qkv_same_embed_dim was not True"),
        (attention.in_proj_bias is None, ".self_attn was passed bias=False"),
        (not layer.activation_relu_or_gelu, ".activation_relu_or_gelu was not True"),
        (layer.norm1.eps != layer.norm2.eps, ".norm1.eps was not equal to encoder_layer.norm2.eps"),
        (attention.num_heads % 2 == 1, ".self_attn.num_heads is odd"),
    )
    return next((text for condition, text in obstacles if condition), "")
