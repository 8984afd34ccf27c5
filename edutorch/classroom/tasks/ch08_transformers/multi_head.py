r"""Self-attention with heads and weights

`nn.MultiheadAttention` keeps its weights in four tensors (lesson 8, section 6). With text `x` of shape (batch, length,
width), it

1. makes queries, keys and values in one product: `in_weight` has 3 · width rows, first those of the queries, then
those of the keys, then those of the values, and `in_bias` as many numbers; a weight stands as in `nn.Linear`: `x @
weight.mT + bias`;
2. cuts each into heads, lets every head look, with the causal mask;
3. puts the findings of the heads behind one another, place by place, and sends that through `out_weight` and
`out_bias`.

Write `multi_head(x, heads, in_weight, in_bias, out_weight, out_bias)`. It returns (batch, length, width).
You may use `torch.nn.functional.scaled_dot_product_attention`, but not the layer.

Of width 2 with 2 heads, each head has vectors of a single number. With a text of one place there is nothing to choose:
every head finds its own value, and the result is `out_weight @ v + out_bias`.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls


def multi_head(x, heads, in_weight, in_bias, out_weight, out_bias):
    """Return causal self-attention of `x`, with several heads."""
    batch, length, width = x.shape
    parts = torch.nn.functional.linear(x, in_weight, in_bias).chunk(3, dim=-1)
    q, k, v = (part.view(batch, length, heads, -1).transpose(1, 2) for part in parts)
    found = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    return torch.nn.functional.linear(found.transpose(1, 2).reshape(batch, length, width), out_weight, out_bias)


def cases(draw):
    """One place; one head; several; all sizes different."""

    def case(batch, length, heads, size):
        w = heads * size
        weights = draw.randn(3 * w, w), draw.randn(3 * w), draw.randn(w, w), draw.randn(w)
        return draw.randn(batch, length, w), heads, *weights

    yield case(1, 1, 2, 1)
    yield case(1, 3, 1, 2)
    yield case(1, 2, 2, 2)
    yield case(*draw.sizes(4, 5))


def expected(x, heads, in_weight, in_bias, out_weight, out_bias):
    """Ask the layer."""
    length, width = x.shape[1:]
    layer = torch.nn.MultiheadAttention(width, heads, batch_first=True)
    names = "in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"
    layer.load_state_dict(dict(zip(names, (in_weight, in_bias, out_weight, out_bias), strict=True)))
    with torch.no_grad():
        return layer(x, x, x, attn_mask=torch.ones(length, length, dtype=torch.bool).triu(1), need_weights=False)[0]


task = Task(
    multi_head,
    cases=cases,
    expected=expected,
    also=never_calls("MultiheadAttention", "multi_head_attention_forward", "TransformerEncoderLayer"),
    rtol=1e-3,
    atol=1e-4,
    minutes=25,
    points=3,
    hints=(
        "Write the shape behind each step: after the first product, after the cut, after attention, after joining.",
        "You have `split_heads` already, and joining is its inverse: the dimensions change back first, then the last"
        " two become one.",
        "`linear(x, in_weight, in_bias)`, `chunk(3, dim=-1)`, each part cut into heads; attention with"
        " `is_causal=True`; `transpose(1, 2)`, then `reshape` to (batch, length, width); the second `linear`.",
    ),
)


def composed(x, heads, weights, parts_of=None, cut=None, join=None, scale=None, causal=True):
    """Multi-head attention, with a step that can be changed."""
    in_weight, in_bias, out_weight, out_bias = weights
    batch, length, width = x.shape
    F = torch.nn.functional
    mixed = F.linear(x, in_weight, in_bias)
    parts = parts_of(mixed) if parts_of else mixed.chunk(3, dim=-1)
    cut = cut or (lambda part: part.reshape(batch, length, heads, -1).transpose(1, 2))
    q, k, v = parts if parts_of else (cut(part) for part in parts)
    found = F.scaled_dot_product_attention(q, k, v, is_causal=causal, scale=scale)
    joined = join(found) if join else found.transpose(1, 2).reshape(batch, length, width)
    return F.linear(joined, out_weight, out_bias)


@task.wrong(
    "The heads see mixtures of places: the cut was made with a `view` alone. Cut the width, then `transpose` (lesson 8,"
    " section 4, mistake 3)."
)
def cut_by_view(x, heads, *weights):
    batch, length, width = x.shape
    return composed(x, heads, weights, cut=lambda part: part.reshape(batch, heads, length, width // heads))


@task.wrong(
    "The heads look at the right things, but they were joined without changing the dimensions back: a `reshape` alone"
    " writes head after head, and the places get one another's findings. `transpose` first."
)
def joined_by_view(x, heads, *weights):
    return composed(x, heads, weights, join=lambda found: found.reshape(x.shape))


@task.wrong(
    "The rows of `in_weight` were dealt out head by head (query, key and value of head 0, then of head 1, ...). Some"
    " models store them so; here all queries come first, then all keys, then all values. Cut in three, then into heads."
)
def head_by_head(x, heads, *weights):
    batch, length, _ = x.shape
    return composed(
        x, heads, weights, lambda mixed: mixed.reshape(batch, length, heads, -1).transpose(1, 2).chunk(3, -1)
    )


@task.wrong("Every place sees the whole text: the causal mask is missing.")
def sees_the_future(x, heads, *weights):
    return composed(x, heads, weights, causal=False)


@task.wrong(
    "The scores were divided by the root of the whole *width*. Each head has vectors of width / heads numbers, and that"
    " is the number whose root counts."
)
def scaled_by_width(x, heads, *weights):
    return composed(x, heads, weights, scale=x.shape[-1] ** -0.5)


@task.wrong(
    "What the heads found is returned as it is; the last product, with `out_weight` and `out_bias`, is missing. It lets"
    " the heads' findings mix."
)
def not_projected(x, heads, in_weight, in_bias, out_weight, out_bias):
    eye = torch.eye(x.shape[-1])
    return composed(x, heads, (in_weight, in_bias, eye, torch.zeros(x.shape[-1])))


@task.wrong(
    "`out_weight` is not transposed. A square matrix fits either way, so nothing complains; as in `nn.Linear`, each of"
    " its *rows* makes one number of the result."
)
def not_transposed(x, heads, in_weight, in_bias, out_weight, out_bias):
    return composed(x, heads, (in_weight, in_bias, out_weight.mT, out_bias))


@task.wrong(
    "Queries, keys and values are exchanged: the first third of `in_weight` makes the *queries*, then come the keys,"
    " then the values."
)
def values_first(x, heads, in_weight, in_bias, out_weight, out_bias):
    thirds, biases = in_weight.chunk(3), in_bias.chunk(3)
    return composed(x, heads, (torch.cat(thirds[::-1]), torch.cat(biases[::-1]), out_weight, out_bias))


@task.wrong(
    "With a single head this is right. With more, the width was not cut: one head looks with all the numbers, and only"
    " once."
)
def one_head(x, heads, *weights):
    return composed(x, 1, weights)


@task.wrong("All is there but the last bias: `out_bias` is added after the product with `out_weight`.")
def out_bias_forgotten(x, heads, in_weight, in_bias, out_weight, out_bias):
    return composed(x, heads, (in_weight, in_bias, out_weight, torch.zeros_like(out_bias)))


@task.wrong("The biases are left out: `in_bias` belongs to the first product, `out_bias` to the last.")
def biases_forgotten(x, heads, in_weight, in_bias, out_weight, out_bias):
    return composed(x, heads, (in_weight, torch.zeros_like(in_bias), out_weight, torch.zeros_like(out_bias)))


@task.wrong(
    "The width was cut, but the heads still stand *behind* the places, so attention runs over the heads: the places do"
    " not see each other at all. Exchange the two dimensions before, and back afterwards."
)
def heads_as_places(x, heads, *weights):
    batch, length, _ = x.shape
    return composed(
        x,
        heads,
        weights,
        cut=lambda part: part.reshape(batch, length, heads, -1),
        join=lambda found: found.reshape(x.shape),
    )


@task.wrong(
    "This is what the heads have found, each for itself: (batch, heads, length, width / heads). Steps 3 and on are"
    " missing: join the heads again, and multiply by `out_weight`."
)
def not_joined(x, heads, in_weight, in_bias, out_weight, out_bias):
    batch, length, _ = x.shape
    parts = torch.nn.functional.linear(x, in_weight, in_bias).chunk(3, dim=-1)
    q, k, v = (part.reshape(batch, length, heads, -1).transpose(1, 2) for part in parts)
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
