r"""Attention, with its masks

$$\text{attention}(Q, K, V) = \text{softmax}\!\left(\frac{Q K^\top}{\sqrt d}\right) V$$

Lesson 8, section 2, has it in four lines. This one is to stand in for the library's `F.scaled_dot_product_attention`,
so it must know what happens at the edges.

Write `attention(query, key, value, attn_mask=None, is_causal=False)`. The shapes are (..., n, d), (..., m, d) and
(..., m, w), with any dimensions in front; the result has (..., n, w).

- `attn_mask` has the shape (n, m), or one that broadcasts to the scores. With **booleans**, True means *may look*. With
  **floats**, it is added to the scores: 0 where one may look, `-inf` where not, and anything between.
- `is_causal=True`: query i may look at the keys 0 to i. (Never together with a mask.)
- A query that may look **nowhere** gets zeros, and no `nan` (lesson 8, section 3, mistake 2).

With all scores equal, the answer is the mean of the values that may be seen: for the values 2, 4 and 9, and the mask
`[[True, True, False]]`, it is 3.

`softmax` is yours to use; the library's attention is not. Afterwards a small GPT trains with your function in it.
"""

import math

import edutorch as torch
from edutorch.classroom import Task, never_calls, swap


def attention(query, key, value, attn_mask=None, is_causal=False):
    """Return, for each query, the mean of the values, weighted by how well their keys fit."""
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attn_mask, -math.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    blind = (scores == -math.inf).all(dim=-1, keepdim=True)
    return scores.softmax(dim=-1).masked_fill(blind, 0.0) @ value


def cases(draw):
    """One query; several; causal; booleans, floats, heads in front; a row that may look nowhere."""
    n, m, d, w = draw.sizes(4)

    def seen(n, m):
        """Return a mask in which every row sees something, and not everything."""
        mask = draw.mask(n, m)
        mask[:, 0], mask[:, -1] = True, False
        return mask

    def floats(mask):
        return torch.zeros(mask.shape).masked_fill(~mask, -math.inf) + draw.randn(*mask.shape)

    yield draw.randn(1, 2), draw.randn(3, 2), draw.randn(3, 2)
    yield draw.randn(3, 3), draw.randn(3, 3), draw.randn(3, 3)
    yield draw.randn(n, d), draw.randn(m, d), draw.randn(m, w)
    yield draw.randn(4, 3), draw.randn(4, 3), draw.randn(4, w), None, True
    yield draw.randn(n, d), draw.randn(m, d), draw.randn(m, w), seen(n, m)
    yield draw.randn(n, d), draw.randn(m, d), draw.randn(m, w), floats(seen(n, m))
    yield draw.randn(2, 3, n, d), draw.randn(2, 3, m, d), draw.randn(2, 3, m, w), seen(n, m)
    blind = seen(n, m)
    blind[1] = False
    yield draw.randn(n, d), draw.randn(m, d), draw.randn(m, w), blind


def finale(attention):
    """**A GPT on your attention.** `edutorch.text` has the GPT of lesson 8, section 8. It learns to write Python's
    manual, character by character, for 200 steps, and every layer looks through your function."""
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

    with swap("scaled_dot_product_attention", attention):
        for step in range(201):
            rows = torch.randint(0, len(ids) - 33, (32, 1)) + torch.arange(33)
            scores = gpt(ids[rows[:, :-1]])
            loss = torch.nn.functional.cross_entropy(scores.flatten(0, 1), ids[rows[:, 1:]].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % 50 == 0:
                print(f"step {step:3}: {loss.item():.2f} nats per character")
        gpt.eval()
        written = text.generate(gpt, ids[:4], 60, temperature=0.5)
    print("it writes:", repr("".join(characters[i] for i in written.tolist())))
    assert loss.item() < blind - 0.3


task = Task(
    attention,
    cases=cases,
    also=never_calls("scaled_dot_product_attention", "MultiheadAttention", "multi_head_attention_forward"),
    minutes=25,
    points=3,
    swap="scaled_dot_product_attention",
    finale=finale,
    hints=(
        "Write the shapes down: queries by keys is (n, m). Over which of the two must the weights sum to one?",
        "All masks become one thing: scores that are `-inf` where nothing may be seen, *before* the softmax. The"
        " causal mask is a lower triangle of True. A row of nothing but `-inf` becomes `nan` in the softmax: look for"
        " such rows.",
        "scores; then `masked_fill` with `-inf` where the boolean mask is *False*, or add the floats; softmax over the"
        " last dimension; in rows that are blind, `masked_fill` the weights with 0; times `value`.",
    ),
)


def looked(query, key, value, mask, is_causal, scale=None, dim=-1, hidden=-math.inf, mended=True):
    """Attention with something in it that can be changed."""
    scores = query @ key.mT * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if is_causal:
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, hidden) if mask.dtype == torch.bool else scores + mask
    weights = scores.softmax(dim=dim)
    if mended:
        weights = weights.masked_fill((scores == -math.inf).all(dim=-1, keepdim=True), 0.0)
    return weights @ value


@task.wrong(
    "The scores are not divided by the square root of d. For long vectors the weights then go to the best key alone,"
    " and hardly any gradient is left (lesson 8, section 2)."
)
def undivided(query, key, value, attn_mask=None, is_causal=False):
    return looked(query, key, value, attn_mask, is_causal, scale=1.0)


@task.wrong("The scores are divided by d itself. Their *variance* is d; their size is its square root.")
def divided_by_d(query, key, value, attn_mask=None, is_causal=False):
    return looked(query, key, value, attn_mask, is_causal, scale=1 / query.shape[-1])


@task.wrong(
    "The scores are divided by the root of the wrong number: how many keys there are. It is d, the size of a query,"
    " of how many products each score is the sum."
)
def divided_by_keys(query, key, value, attn_mask=None, is_causal=False):
    return looked(query, key, value, attn_mask, is_causal, scale=1 / math.sqrt(key.shape[-2]))


@task.wrong(
    "The softmax runs over the queries: for each *key* the weights sum to one. A query shares its attention out among"
    " the keys: that is the last dimension of the scores."
)
def over_queries(query, key, value, attn_mask=None, is_causal=False):
    return looked(query, key, value, attn_mask, is_causal, dim=-2)


@task.wrong(
    "The boolean mask is turned over. In this function True means *may look*. (In `nn.MultiheadAttention` it means the"
    " opposite: lesson 8, section 3, mistake 1.)"
)
def turned_over(query, key, value, attn_mask=None, is_causal=False):
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        attn_mask = ~attn_mask
    return looked(query, key, value, attn_mask, is_causal)


@task.wrong(
    "The hidden keys were taken away *after* the softmax: what is left of the weights no longer sums to one. Hide the"
    " scores, and let the softmax share out what may be seen."
)
def hidden_afterwards(query, key, value, attn_mask=None, is_causal=False):
    weights = (query @ key.mT / math.sqrt(query.shape[-1])).softmax(-1)
    if is_causal:
        attn_mask = torch.ones(weights.shape[-2:], dtype=torch.bool).tril()
    if attn_mask is not None and attn_mask.dtype != torch.bool:
        return looked(query, key, value, attn_mask, is_causal)
    return (weights if attn_mask is None else weights.masked_fill(~attn_mask, 0.0)) @ value


@task.wrong(
    "Hidden scores were set to 0, and a score of 0 is no bad one: its weight is e⁰ before the division. Only `-inf` has"
    " the weight 0."
)
def scores_of_zero(query, key, value, attn_mask=None, is_causal=False):
    return looked(query, key, value, attn_mask, is_causal, hidden=0.0)


@task.wrong(
    "The mask of floats is read as if it were one of ones and zeros: where it is 0, you hide. A mask of floats is"
    " *added* to the scores; there, 0 means that nothing changes."
)
def floats_as_booleans(query, key, value, attn_mask=None, is_causal=False):
    if attn_mask is not None and attn_mask.dtype != torch.bool:
        attn_mask = attn_mask != 0
    return looked(query, key, value, attn_mask, is_causal)


@task.wrong(
    "All is right but the query that may look nowhere: its softmax is 0/0, and the result `nan`. It spreads from there"
    " into every weight (lesson 8, section 3, mistake 2). Such a row should give zeros."
)
def blind_is_nan(query, key, value, attn_mask=None, is_causal=False):
    return looked(query, key, value, attn_mask, is_causal, mended=False)


@task.wrong(
    "All is right but the query that may look nowhere: a large negative number in place of `-inf` makes all its scores"
    " equal, and it sees the mean of *everything* that is hidden from it. Such a row should give zeros."
)
def blind_sees_everything(query, key, value, attn_mask=None, is_causal=False):
    return looked(query, key, value, attn_mask, is_causal, hidden=-1e9)


@task.wrong(
    "With `is_causal` a query does not see its own place: the diagonal is hidden, and the first query sees nothing."
    " From 0 to i means with i."
)
def not_itself(query, key, value, attn_mask=None, is_causal=False):
    if is_causal:
        attn_mask = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool).tril(-1)
    return looked(query, key, value, attn_mask, False)


@task.wrong(
    "With `is_causal` every query sees the future, and only that: the triangle is turned over. `tril` keeps what lies"
    " below the diagonal and on it."
)
def future_only(query, key, value, attn_mask=None, is_causal=False):
    if is_causal:
        attn_mask = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool).triu()
    return looked(query, key, value, attn_mask, False)


@task.wrong(
    "`is_causal` changes nothing: every query sees the future. A model that is trained so reaches a wonderful loss, and"
    " writes nonsense (lesson 8, section 8, mistake 4)."
)
def causal_ignored(query, key, value, attn_mask=None, is_causal=False):
    return looked(query, key, value, attn_mask, False)


@task.wrong(
    "Without a mask all is right, and that is the formula itself. But neither `attn_mask` nor `is_causal` is looked at"
    " yet: both hide scores, before the softmax."
)
def masks_ignored(query, key, value, attn_mask=None, is_causal=False):
    return looked(query, key, value, None, False)


@task.wrong(
    "The boolean mask was *added* to the scores: True counts as 1 and False as 0, so the hidden keys are only a little"
    " less likely. Where a boolean mask is False, the score has to become `-inf`."
)
def booleans_added(query, key, value, attn_mask=None, is_causal=False):
    if is_causal:
        attn_mask = torch.ones(query.shape[-2], key.shape[-2]).tril()
    return looked(query, key, value, None if attn_mask is None else attn_mask.float(), False)


@task.wrong(
    "With matrices all is right. With a batch and heads in front, `dim=1` is the *heads*: count from the end, the keys"
    " are always the last dimension of the scores."
)
def softmax_over_dimension_one(query, key, value, attn_mask=None, is_causal=False):
    return looked(query, key, value, attn_mask, is_causal, dim=1)


@task.wrong(
    "With matrices all is right. With a batch and heads in front, `.T` turns *all* dimensions round; only the last two"
    " are to change places: `.mT`, or `transpose(-2, -1)`."
)
def all_dimensions_turned(query, key, value, attn_mask=None, is_causal=False):
    turned = key.permute(*reversed(range(key.dim())))
    return looked(query, turned.mT, value, attn_mask, is_causal)


@task.wrong(
    "The weights were divided by the root of d after the softmax, so they no longer sum to one. It is the *scores* that"
    " are too large, before it."
)
def divided_afterwards(query, key, value, attn_mask=None, is_causal=False):
    return looked(query, key, value, attn_mask, is_causal, scale=1.0) / math.sqrt(query.shape[-1])
