"""Attention as a layer."""

from __future__ import annotations

from ...ops.create import empty
from .. import functional as F
from .. import init
from ..parameter import Parameter
from .linear import NonDynamicallyQuantizableLinear
from .module import Module

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """Attend with several heads: each compares its own part of projected queries and keys, and all findings are joined.

    A. Vaswani et al., Attention Is All You Need, NeurIPS 2017, arXiv:1706.03762.

    Args:
        embed_dim: the size E of a query and of the output. num_heads: how many heads share it.
        dropout: the probability that a weight is replaced by zero in training.
        bias: whether the projections add a bias.
        add_bias_kv: whether to add a learned key and value to those given.
        add_zero_attn: whether to add a key and value of zeros: a place to look when there is nothing to see.
        kdim, vdim: the sizes of a key and a value, E by default.
        batch_first: whether the batch comes first, (N, L, E), and not the places.

    Shape:
        query (L, N, E), key (S, N, kdim), value (S, N, vdim) -> output (L, N, E), weights (N, L, S);
        with batch_first (N, L, E) and so on; without a batch (L, E) and so on

    Attributes:
        in_proj_weight: (3 E, E), the projections of queries, keys and values; with other sizes of keys or values there
            are q_proj_weight, k_proj_weight and v_proj_weight instead. in_proj_bias: (3 E,), zero at the start.
        out_proj: the layer that joins the heads. bias_k, bias_v: (1, 1, E), with add_bias_kv.

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.MultiheadAttention(8, num_heads=2, batch_first=True)
        >>> x = torch.randn(3, 5, 8)
        >>> output, weights = layer(x, x, x)
        >>> output.size(), weights.size()
        (torch.Size([3, 5, 8]), torch.Size([3, 5, 5]))
    """

    def __init__(
        self,
        embed_dim,
        num_heads,
        dropout=0.0,
        bias=True,
        add_bias_kv=False,
        add_zero_attn=False,
        kdim=None,
        vdim=None,
        batch_first=False,
        device=None,
        dtype=None,
    ):
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads} "
                "instead"
            )
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        self.num_heads, self.dropout, self.batch_first = num_heads, dropout, batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError("embed_dim must be divisible by num_heads")

        def parameter(*sizes):
            return Parameter(empty(*sizes, device=device, dtype=dtype))

        together = self._qkv_same_embed_dim
        separate = {} if together else {"q": embed_dim, "k": self.kdim, "v": self.vdim}
        for name, size in separate.items():
            self.register_parameter(f"{name}_proj_weight", parameter(embed_dim, size))
        self.register_parameter("in_proj_weight", parameter(3 * embed_dim, embed_dim) if together else None)
        if together:
            for name in "qkv":
                self.register_parameter(f"{name}_proj_weight", None)
        self.register_parameter("in_proj_bias", parameter(3 * embed_dim) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self.bias_k = parameter(1, 1, embed_dim) if add_bias_kv else None
        self.bias_v = parameter(1, 1, embed_dim) if add_bias_kv else None
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _reset_parameters(self):
        """Draw new initial values for the projections of the inputs."""
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)
        for added in (self.bias_k, self.bias_v):
            if added is not None:
                init.xavier_normal_(added)

    def merge_masks(self, attn_mask, key_padding_mask, query):
        """Join both kinds of masks into one that the scores of all heads can be masked with.

        Shape:
            attn_mask (L, S) or (N * num_heads, L, S), key_padding_mask (N, S) -> (N, num_heads, L, S)

        Returns:
            The mask and its kind: 2 with `attn_mask`; 1 with padding alone, whose mask is returned as it is; or two
            times None.
        """
        if attn_mask is None:
            return key_padding_mask, None if key_padding_mask is None else 1
        n, length, _ = query.shape
        by_head = (n, self.num_heads, length, length)
        mask = attn_mask.view((n, -1, length, length) if attn_mask.dim() == 3 else (1, 1, length, length))
        mask = mask.expand(by_head)
        if key_padding_mask is not None:
            mask = mask + key_padding_mask.view(n, 1, 1, length).expand(n, self.num_heads, 1, length)
        return mask, 2

    def forward(
        self,
        query,
        key,
        value,
        key_padding_mask=None,
        need_weights=True,
        attn_mask=None,
        average_attn_weights=True,
        is_causal=False,
    ):
        """Let each query look at the keys, and return what was found and where each looked.

        Args:
            key_padding_mask: (N, S), True at keys that are padding and must not be seen; or floats to be added to the
                scores.
            need_weights: whether to return the weights. Without them attention is quicker and needs less memory.
            attn_mask: (L, S) or (N * num_heads, L, S), True where a query must not look; or floats to be added.
            average_attn_weights: whether the weights are averaged over the heads.
            is_causal: says that `attn_mask` hides later keys from each query, and nothing else.
        """
        first = self.batch_first and query.dim() == 3
        if first:
            turned = {id(t): t.transpose(1, 0) for t in (query, key, value)}  # what was the same tensor stays the same
            query, key, value = (turned[id(t)] for t in (query, key, value))
        output, weights = F.multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return output.transpose(1, 0) if first else output, weights
