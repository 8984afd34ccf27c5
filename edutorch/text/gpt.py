"""GPT: a Transformer that predicts the next token from those before it.

A. Radford et al., Language Models are Unsupervised Multitask Learners (GPT-2), 2019.

    tokens ─ embedded ─┬─ norm ─ attention ─ + ─┬─ norm ─ perceptron ─ + ─ ... ─ norm ─ scores for the next token
    places ─ embedded ─┘└────────────────────┘ └─────────────────────┘
                                          one of the layers

In each layer the tokens first look back at one another (attention), then each thinks for itself (the perceptron). Both
add to what is there, so that a straight way leads from the embedding to the scores, and gradients take it back.
"""

from __future__ import annotations

import math

import edutorch as torch
from edutorch import nn
from edutorch.nn import functional as F

from .cache import KeyValueCache

__all__ = ["GPT"]


class CausalSelfAttention(nn.Module):
    """Let each token look at itself and at those before it, with several heads.

    Args:
        layer: the number under which a cache keeps this layer's keys and values.
    """

    def __init__(self, layer, heads, width, dropout, bias):
        super().__init__()
        self.layer, self.heads, self.dropout = layer, heads, dropout
        self.c_attn = nn.Linear(width, 3 * width, bias=bias)  # query, key and value in one product
        self.c_proj = nn.Linear(width, width, bias=bias)
        self.resid_dropout = nn.Dropout(dropout)

    def split_heads(self, x):
        """Return each head's queries, keys and values.

        Shape: x (batch, length, width) -> three of (batch, heads, length, width / heads)
        """
        batch, length, width = x.shape
        together = self.c_attn(x).view(batch, length, 3, self.heads, width // self.heads)
        return together.permute(2, 0, 3, 1, 4).unbind(0)

    def weights(self, x):
        """Return how much each token (a row) looks at each other (a column).

        Shape: x (batch, length, width) -> (batch, heads, length, length)
        """
        query, key, _ = self.split_heads(x)
        scores = query @ key.mT / math.sqrt(query.size(-1))
        later = torch.ones(x.size(1), x.size(1), dtype=torch.bool, device=x.device).triu(1)
        return scores.masked_fill(later, -math.inf).softmax(-1)

    def forward(self, x, cache=None):
        """Return what the tokens found; with a cache, among the tokens that it holds too.

        Shape: x (batch, length, width) -> (batch, length, width)
        """
        query, key, value = self.split_heads(x)
        new = x.size(1)
        before = 0 if cache is None else cache.length
        if cache is not None:
            key, value = cache.append(self.layer, key, value)
        may_look = None  # all may look at what was before; one token needs no mask, and without a past a flag will do
        if before and new > 1:
            may_look = torch.ones(new, before + new, dtype=torch.bool, device=x.device).tril(before)
        found = F.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=may_look,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=new > 1 and not before,
        )
        joined = found.transpose(1, 2).reshape(x.shape)
        return self.resid_dropout(self.c_proj(joined))


class MLP(nn.Module):
    """Give each token a perceptron with one hidden layer, four times as wide."""

    def __init__(self, width, dropout, bias):
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width, bias=bias)
        self.act = nn.GELU(approximate="tanh")
        self.c_proj = nn.Linear(4 * width, width, bias=bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        """Return what is to be added.

        Shape: x (batch, length, width) -> (batch, length, width)
        """
        return self.dropout(self.c_proj(self.act(self.c_fc(x))))


class Block(nn.Module):
    """One layer: attention, then a perceptron; each reads the normalized values, and adds to the values themselves."""

    def __init__(self, layer, heads, width, dropout, bias):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width, bias=bias)
        self.attn = CausalSelfAttention(layer, heads, width, dropout, bias)
        self.ln_2 = nn.LayerNorm(width, bias=bias)
        self.mlp = MLP(width, dropout, bias)

    def forward(self, x, cache=None):
        """Return x with what the layer adds to it.

        Shape: x (batch, length, width) -> (batch, length, width)
        """
        x = x + self.attn(self.ln_1(x), cache)
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """A decoder-only Transformer with learned places, as GPT-2 is.

    The scores of the next token are products with the tokens' own embeddings: `lm_head.weight` and
    `transformer.wte.weight` are one parameter.

    Args:
        vocab_size: how many tokens there are.
        context_length: how many tokens it can look at: the longest text it can take.
        layers, heads: how many of each. width: the size of a token's vector, a multiple of `heads`.
        dropout: the probability with which numbers are dropped in training.
        bias: whether the linear layers and norms have one; GPT-2's have.

    Shape:
        tokens (batch, length) -> logits (batch, length, vocab_size): at each place, the scores of the token after it

    Attributes:
        transformer: `wte` and `wpe`, the embeddings of tokens and places; `drop`; `h`, the layers; `ln_f`.
        lm_head: from vectors to scores.

    Initial values: normal with standard deviation 0.02, biases 0; the projections that add to the values (`c_proj`)
    are smaller by 1 / sqrt(2 layers), for that many are added up.

    Weights from elsewhere: a `state_dict` in nanoGPT's names loads as it is. Of minGPT's, leave the masks away
    (`strict=False`), and as its head is not tied, untie this one first: `model.lm_head = nn.Linear(width, vocab_size,
    bias=False)`. GPT-2's from Hugging Face has four kinds of weights lying the other way round; turn them:

        turned = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
        state = {name: t.t() if name.endswith(turned) else t for name, t in state.items()}

    Example:
        >>> from edutorch import text
        >>> model = text.GPT(vocab_size=65, context_length=32, layers=2, heads=4, width=64)
        >>> tokens = torch.randint(65, (8, 33))
        >>> logits = model(tokens[:, :-1])
        >>> logits.shape
        torch.Size([8, 32, 65])
        >>> loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        >>> text.generate(model, tokens[0, :5], max_new_tokens=20).shape
        torch.Size([25])
    """

    def __init__(self, vocab_size, context_length, layers=4, heads=4, width=128, dropout=0.0, bias=True):
        super().__init__()
        if width % heads:
            raise ValueError(f"width must be a multiple of heads, got {width=} and {heads=}")
        self.context_length = context_length
        self.transformer = nn.ModuleDict(
            dict(
                wte=nn.Embedding(vocab_size, width),
                wpe=nn.Embedding(context_length, width),
                drop=nn.Dropout(dropout),
                h=nn.ModuleList(Block(i, heads, width, dropout, bias) for i in range(layers)),
                ln_f=nn.LayerNorm(width, bias=bias),
            )
        )
        self.lm_head = nn.Linear(width, vocab_size, bias=False)
        self.lm_head.weight = self.transformer.wte.weight
        self.reset_parameters()

    def reset_parameters(self):
        """Draw new initial values."""
        smaller = 0.02 / math.sqrt(2 * len(self.transformer.h))
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif "ln_" in name:
                nn.init.ones_(parameter)
            else:
                nn.init.normal_(parameter, std=smaller if name.endswith("c_proj.weight") else 0.02)

    def embed(self, tokens, before=0):
        """Return the sum of the tokens' vectors and their places'.

        Shape: tokens (batch, length) -> (batch, length, width)

        Args:
            before: how many tokens came before these.
        """
        end = before + tokens.size(1)
        if end > self.context_length:
            raise ValueError(
                f"the model looks at {self.context_length} tokens at most, and the text has {end}; give it the last "
                f"{self.context_length} only, or make it with a larger context_length"
            )
        places = torch.arange(before, end, device=tokens.device)
        return self.transformer.drop(self.transformer.wte(tokens) + self.transformer.wpe(places))

    def forward(self, tokens, cache=None):
        """Score the token after each of these.

        Args:
            cache: from `new_cache`. It holds what came before `tokens`, and `tokens` are added to it.

        Raises:
            ValueError: if the text is longer than the context.
        """
        x = self.embed(tokens, 0 if cache is None else cache.length)
        for block in self.transformer.h:
            x = block(x, cache)
        return self.lm_head(self.transformer.ln_f(x))

    def new_cache(self, batch, length=None):
        """Return an empty cache for `batch` texts of up to `length` tokens, by default as many as the context has."""
        embeddings, attention = self.transformer.wte.weight, self.transformer.h[0].attn
        return KeyValueCache(
            len(self.transformer.h),
            batch,
            attention.heads,
            self.context_length if length is None else length,
            embeddings.size(1) // attention.heads,
            dtype=embeddings.dtype,
            device=embeddings.device,
        )

    @torch.no_grad()
    def attention_maps(self, tokens):
        """Return where each head of each layer looks: the weights of attention, before any dropout.

        Shape: tokens (batch, length) -> for each layer (batch, heads, length, length): the weights with which a token
            (a row) looks at the others (columns); a row's sum is 1, and above the diagonal all are 0
        """
        maps = []
        x = self.embed(tokens)
        for block in self.transformer.h:
            maps.append(block.attn.weights(block.ln_1(x)))
            x = block(x)
        return maps
