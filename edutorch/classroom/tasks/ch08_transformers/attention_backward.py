r"""Attention's gradient

Attention is three steps, and each has a gradient that you know: a matrix product, a softmax, a matrix product. With
$S = Q K^\top / \sqrt d$, with the weights $P = \text{softmax}(S)$, row by row, and $O = P V$:

- Through a product $O = P V$: lesson 2's rule for both factors.
- Through the softmax: how a weight $p_j$ of a row answers to a score $s_k$ of the same row is $p_j (1 - p_j)$ for $k
  = j$, and $-p_j p_k$ otherwise. Put together, with $\bar P$ the gradient that arrives at the weights:
  $$\bar s_j = p_j \Bigl( \bar p_j - \sum_k p_k\, \bar p_k \Bigr) .$$
- Through the product in $S$, with its $1/\sqrt d$.

Write `attention_backward(grad, query, key, value, is_causal=False)`, where `grad` is the gradient that arrives at the
result. It returns the gradients of `query`, `key` and `value`, in this order. The shapes are (..., n, d), (..., m, d)
and (..., m, w), all with the same dimensions in front; with `is_causal=True`, query i looks at the keys 0 to i. The
weights are not given: compute them again, as the library does (lesson 8, section 13).

With a single key there is nothing to choose, its weight is always 1: `value` gets `grad` (summed over the queries), and
`query` and `key` get 0.

Autograd may not help. Afterwards a small GPT trains on your formula.
"""

import math

import edutorch as torch
from edutorch.classroom import Task, never_calls, numerical_gradient, swap


def attention_backward(grad, query, key, value, is_causal=False):
    """Return the gradients of query, key and value, where `grad` is that of their attention."""
    scale = 1 / math.sqrt(query.shape[-1])
    scores = query @ key.mT * scale
    if is_causal:
        scores = scores.masked_fill(~torch.ones(scores.shape[-2:], dtype=torch.bool).tril(), -math.inf)
    weights = scores.softmax(dim=-1)
    to_weights = grad @ value.mT
    to_scores = weights * (to_weights - (weights * to_weights).sum(dim=-1, keepdim=True)) * scale
    return to_scores @ key, to_scores.mT @ query, weights.mT @ grad


def cases(draw):
    """One key, squares, all sizes different, causal, heads in front."""
    f64 = torch.float64
    n, m, d, w = draw.sizes(4, 5)

    def case(front, n, m, d, w, *causal):
        shapes = (n, w), (n, d), (m, d), (m, w)
        return *(draw.randn(*front, *shape, dtype=f64) for shape in shapes), *causal

    yield case((), 2, 1, 2, 1)
    yield case((), 2, 2, 2, 2)
    yield case((), n, m, d, w)
    yield case((), 3, 3, 2, 2, True)
    yield case((2, 2), 3, 3, 3, 3)


def expected(grad, query, key, value, is_causal=False):
    """Ask finite differences."""

    def forward(query, key, value):
        return torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=is_causal)

    return numerical_gradient(forward, query, key, value, grad=grad)


def finale(attention_backward):
    """**A GPT on your gradient.** The GPT of lesson 8, section 8, small, learns Python's manual for 200 steps;
    forward it looks with the library's attention, and back it goes by your formula. Before that, one batch: every
    weight's gradient, by the library and by you."""
    from pydoc_data.topics import topics

    from edutorch import text

    manual = " ".join(topics["compound"].split())
    characters = sorted(set(manual))
    ids = torch.tensor([characters.index(c) for c in manual])
    shares = torch.bincount(ids) / len(ids)
    blind = -(shares * shares.log()).sum().item()
    print(f"who knows only how frequent each character is: {blind:.2f} nats per character")
    torch.manual_seed(0)
    gpt = text.GPT(len(characters), context_length=32, layers=1, heads=2, width=32)
    optimizer = torch.optim.AdamW(gpt.parameters(), lr=0.01)

    def loss_of(rows):
        tokens = ids[rows + torch.arange(33)]
        loss = torch.nn.functional.cross_entropy(gpt(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        return loss.item()

    rows = torch.randint(0, len(ids) - 33, (32, 1))
    loss_of(rows)
    theirs = [p.grad.clone() for p in gpt.parameters()]
    with swap("scaled_dot_product_attention.backward", attention_backward):
        loss_of(rows)
        apart = max((p.grad - g).abs().max().item() for p, g in zip(gpt.parameters(), theirs, strict=True))
        print(f"the gradients of all weights are at most {apart:.0e} apart")
        for step in range(201):
            loss = loss_of(torch.randint(0, len(ids) - 33, (32, 1)))
            optimizer.step()
            if step % 50 == 0:
                print(f"step {step:3}: {loss:.2f} nats per character")
    assert apart < 1e-6
    assert loss < blind - 0.3


task = Task(
    attention_backward,
    cases=cases,
    expected=expected,
    also=never_calls("backward", "vjp", "requires_grad_", "autograd"),
    minutes=45,
    points=6,
    swap="scaled_dot_product_attention.backward",
    finale=finale,
    hints=(
        "Go backward through the three steps, one at a time, and write a shape behind each gradient. `value` is the"
        " easiest: only one step lies between it and the result.",
        "For the product P V: `value` gets P transposed times grad, and P gets grad times V transposed. For the softmax"
        " use the formula of the statement, row by row: the sum runs over the keys. For the scores' product: like the"
        " first, and every path passes 1/sqrt(d) once.",
        "The weights again, with the mask. The gradient at the weights, and the sum over the last dimension of"
        " weights times that, with `keepdim=True`. The gradient at the scores, times the scale. Then times `key`, and"
        " its transpose times `query`.",
    ),
)


def gradients(grad, query, key, value, is_causal, through=None, scale=None, masked=True):
    """Attention's gradients, with a step that can be changed."""
    root = 1 / math.sqrt(query.shape[-1])
    scores = query @ key.mT * root
    if is_causal and masked:
        scores = scores.masked_fill(~torch.ones(scores.shape[-2:], dtype=torch.bool).tril(), -math.inf)
    P, dP = scores.softmax(dim=-1), grad @ value.mT
    dS = through(P, dP) if through else P * (dP - (P * dP).sum(-1, keepdim=True))
    dS = dS * (root if scale is None else scale)
    return dS @ key, dS.mT @ query, P.mT @ grad


@task.wrong(
    "The gradient of `value` is right; those of `query` and `key` are too large by the root of d: on the way back the"
    " factor 1/sqrt(d) is missing. What multiplies forward multiplies back."
)
def scale_missing(grad, query, key, value, is_causal=False):
    return gradients(grad, query, key, value, is_causal, scale=1.0)


@task.wrong(
    "The gradients of `query` and `key` have the factor 1/sqrt(d) twice. It lies on their path once: between the"
    " product and the softmax."
)
def scaled_twice(grad, query, key, value, is_causal=False):
    return gradients(grad, query, key, value, is_causal, scale=1 / query.shape[-1])


@task.wrong(
    "The softmax is treated as if every weight depended on its own score only: the sum over the other keys is missing."
    " When one weight rises, all others of its row must fall. (Test: every row of the scores' gradient sums to 0.)"
)
def each_by_itself(grad, query, key, value, is_causal=False):
    return gradients(grad, query, key, value, is_causal, lambda P, dP: P * dP)


@task.wrong(
    "This uses p (1 - p), the diagonal of the softmax's derivative alone. That is the sigmoid's rule. A score of one"
    " key also moves the weights of all the others: the terms -p_j p_k."
)
def diagonal_only(grad, query, key, value, is_causal=False):
    return gradients(grad, query, key, value, is_causal, lambda P, dP: P * (1 - P) * dP)


@task.wrong(
    "The sum in the softmax's gradient runs over the queries. The softmax runs over the keys, row by row, and so does"
    " its gradient: the last dimension."
)
def sum_over_queries(grad, query, key, value, is_causal=False):
    return gradients(grad, query, key, value, is_causal, lambda P, dP: P * (dP - (P * dP).sum(-2, keepdim=True)))


@task.wrong(
    "The sum in the softmax's gradient has no weights: the plain sum (or mean) of what arrives is subtracted. Each term"
    " counts by its weight p_k."
)
def unweighted_sum(grad, query, key, value, is_causal=False):
    return gradients(grad, query, key, value, is_causal, lambda P, dP: P * (dP - dP.sum(-1, keepdim=True)))


@task.wrong("The softmax is left out on the way back: what arrives at the weights was sent on to the scores as it is.")
def softmax_left_out(grad, query, key, value, is_causal=False):
    return gradients(grad, query, key, value, is_causal, lambda P, dP: dP)


@task.wrong(
    "The weights are not transposed in the gradient of `value`. It runs where there are as many queries as keys, and"
    " the numbers are wrong. A value collects from all the queries that looked at *it*: a column of the weights."
)
def value_not_transposed(grad, query, key, value, is_causal=False):
    dQ, dK, _ = attention_backward(grad, query, key, value, is_causal)
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    if is_causal:
        scores = scores.masked_fill(~torch.ones(scores.shape[-2:], dtype=torch.bool).tril(), -math.inf)
    return dQ, dK, scores.softmax(-1) @ grad


@task.wrong(
    "Without a mask all is right. With `is_causal` the weights were computed without it: they are not those with which"
    " the forward pass looked. Hide the future before the softmax here, too."
)
def mask_forgotten(grad, query, key, value, is_causal=False):
    return gradients(grad, query, key, value, is_causal, masked=False)


@task.wrong("The three gradients are right, but not in the order of the arguments: query, key, value.")
def wrong_order(grad, query, key, value, is_causal=False):
    return attention_backward(grad, query, key, value, is_causal)[::-1]


@task.wrong(
    "The arriving gradient is left out: these are the gradients of the *sum* of the result, for which every `grad` is"
    " 1."
)
def grad_forgotten(grad, query, key, value, is_causal=False):
    return attention_backward(torch.ones_like(grad), query, key, value, is_causal)


@task.wrong(
    "The weight p_j in front of the bracket is missing: a key at which a query hardly looks can hardly move the result,"
    " and so gets hardly any gradient."
)
def weight_in_front_missing(grad, query, key, value, is_causal=False):
    return gradients(grad, query, key, value, is_causal, lambda P, dP: dP - (P * dP).sum(-1, keepdim=True))


@task.wrong(
    "The sum over the keys has lost its dimension: without `keepdim=True` it is a row, and is subtracted from the wrong"
    " places. With as many queries as keys nothing complains."
)
def keepdim_forgotten(grad, query, key, value, is_causal=False):
    return gradients(grad, query, key, value, is_causal, lambda P, dP: P * (dP - (P * dP).sum(-1)))


@task.wrong(
    "For the gradient of `key` the scores' gradient is not transposed. A key collects from all queries that were"
    " compared with *it*: a column of the scores, as a value collects from a column of the weights."
)
def key_not_transposed(grad, query, key, value, is_causal=False):
    dQ, _, dV = attention_backward(grad, query, key, value, is_causal)
    root = 1 / math.sqrt(query.shape[-1])
    scores = query @ key.mT * root
    if is_causal:
        scores = scores.masked_fill(~torch.ones(scores.shape[-2:], dtype=torch.bool).tril(), -math.inf)
    P, dP = scores.softmax(-1), grad @ value.mT
    return dQ, (P * (dP - (P * dP).sum(-1, keepdim=True)) * root) @ query, dV


@task.wrong(
    "The sign inside the bracket is turned round: what arrives at the weight itself, *minus* the mean of what arrives"
    " at the row. `query` and `key` would walk uphill."
)
def bracket_turned_round(grad, query, key, value, is_causal=False):
    return gradients(grad, query, key, value, is_causal, lambda P, dP: P * ((P * dP).sum(-1, keepdim=True) - dP))
