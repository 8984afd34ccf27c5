r"""Which token comes next?

A model gives every token a score. Drawing from their softmax now and then hits one of the thousands of unlikely tokens,
and the text goes astray. So the tail is cut off first (lesson 8, section 9):

1. **top-k**: only the `top_k` likeliest tokens stay.
2. **top-p**: of the shares that these have *among themselves*, in falling order, as few stay as are needed to hold
`top_p` together. The token with which `top_p` is reached still stays, so there is always one.

Write `token_shares(scores, top_k, top_p)`. `scores` has the shape (batch, tokens), and each row is treated by itself.
The result has the same shape: the probabilities to draw with, 0 for what was cut off, every row with the sum 1.

A row with the shares 0.5, 0.3, 0.15 and 0.05, `top_k=4` and `top_p=0.7`: the first two stay, as 0.5 alone is not
enough, and the result is 0.625, 0.375, 0, 0. With `top_k=3` and `top_p=0.85` the three have 0.526, 0.316 and 0.158
among themselves; the first two hold only 0.842, so all three stay.
"""

import edutorch as torch
from edutorch.classroom import Task


def token_shares(scores, top_k, top_p):
    """Return the probabilities with which the next token is drawn, one row for each text."""
    ordered, order = scores.sort(dim=-1, descending=True)
    shares = ordered[:, :top_k].softmax(dim=-1)
    before = shares.cumsum(dim=-1) - shares
    shares = shares.masked_fill(before >= top_p, 0.0)
    shares = shares / shares.sum(dim=-1, keepdim=True)
    return torch.zeros_like(scores).scatter(-1, order[:, :top_k], shares)


def cases(draw):
    """Top-k alone, top-p alone, a very small p, both, several rows."""

    def rows(*tables):
        """Return scores, shuffled, that have these shares (in falling order), a little off."""
        out = []
        for shares in tables:
            noisy = torch.tensor(shares).log() + 0.01 * draw.rand(len(shares)) + draw.uniform(-1, 1)
            out.append(noisy[torch.roll(torch.arange(len(shares)), draw.randint(1, len(shares) - 1))])
        return torch.stack(out)

    even = [0.5, 0.3, 0.15, 0.05]
    yield rows(even), 2, 1.0
    yield rows(even), 4, draw.uniform(0.6, 0.75)
    yield rows(even), 4, draw.uniform(0.05, 0.3)
    yield rows(even), 3, draw.uniform(0.81, 0.835)
    yield rows([0.6, 0.2, 0.1, 0.06, 0.04], [0.3, 0.25, 0.2, 0.15, 0.1]), 4, draw.uniform(0.5, 0.55)
    yield draw.randn(3, 9) * 2, draw.randint(4, 7), draw.uniform(0.5, 0.8)


task = Task(
    token_shares,
    cases=cases,
    minutes=20,
    points=3,
    hints=(
        "In falling order everything is easy: the k likeliest stand in front. How do you get back to the tokens' own"
        " order?",
        "For top-p ask of each token what those *before* it hold together. It stays as long as that is less than"
        " `top_p`; so the first always stays.",
        "`sort(descending=True)` gives values and places. Softmax of the first k; cumulative sum minus the share"
        " itself; shares to 0 where that reaches `top_p`; divide by what is left; `scatter` back into zeros at the"
        " places.",
    ),
)


def filtered(scores, top_k, top_p, stays, shares_of=None):
    """Return the shares, with a rule for which of the ordered tokens stay."""
    ordered, order = scores.sort(dim=-1, descending=True)
    among = torch.arange(scores.shape[-1]) < top_k
    shares = ordered.masked_fill(~among, -torch.inf).softmax(-1) if shares_of is None else shares_of(ordered)
    stay = among & stays(shares, shares.cumsum(-1))
    kept = shares.masked_fill(~stay, 0.0)
    return torch.zeros_like(scores).scatter(-1, order, kept / kept.sum(-1, keepdim=True))


@task.wrong(
    "The token with which `top_p` is reached is cut off, too: what stays holds less than `top_p`. And where the first"
    " one alone is more than that, nothing stays at all, and 0/0 gives `nan`."
)
def last_one_missing(scores, top_k, top_p):
    return filtered(scores, top_k, top_p, lambda shares, total: (total <= top_p) | (top_p == 1.0))


@task.wrong(
    "What stays does not sum to 1: the shares were cut, and not divided by what is left. The missing part would go to"
    " nobody."
)
def not_divided(scores, top_k, top_p):
    shares = scores.softmax(-1)
    return shares.masked_fill(token_shares(scores, top_k, top_p) == 0, 0.0)


@task.wrong(
    "The shares are right, but they stand in falling order, not with the tokens they belong to: the likeliest share is"
    " always given to token 0. Bring them back to the places that `sort` tells."
)
def left_in_order(scores, top_k, top_p):
    return token_shares(scores, top_k, top_p).sort(dim=-1, descending=True).values


@task.wrong(
    "`top_p` was measured with the shares among *all* tokens. After top-k the shares are those among the ones that"
    " stayed: they are larger, and `top_p` is reached earlier."
)
def shares_among_all(scores, top_k, top_p):
    return filtered(
        scores, top_k, top_p, lambda shares, total: total - shares < top_p, lambda ordered: ordered.softmax(-1)
    )


@task.wrong(
    "The *unlikeliest* tokens stay: the order is rising. `sort` begins with the smallest unless it is told otherwise."
)
def unlikeliest(scores, top_k, top_p):
    return filtered(-scores, top_k, top_p, lambda shares, total: total - shares < top_p, lambda o: (-o).softmax(-1))


@task.wrong("`top_p` has no effect: only top-k was done. Where the model is sure, k tokens are too many.")
def without_top_p(scores, top_k, top_p):
    return token_shares(scores, top_k, 1.0)


@task.wrong("`top_k` has no effect: only top-p was done.")
def without_top_k(scores, top_k, top_p):
    return token_shares(scores, scores.shape[-1], top_p)


@task.wrong(
    "`top_p` was used as a limit for single tokens: those whose own share is below 1 - `top_p` were cut off. It is a"
    " limit for the *sum* of the shares, in falling order."
)
def limit_for_single_ones(scores, top_k, top_p):
    return filtered(scores, top_k, top_p, lambda shares, total: shares >= 1 - top_p)


@task.wrong(
    "The tokens that were cut off still have a chance: their scores were set to 0, not to `-inf`, and softmax gives a"
    " score of 0 the weight e⁰."
)
def scores_of_zero(scores, top_k, top_p):
    return scores.masked_fill(token_shares(scores, top_k, top_p) == 0, 0.0).softmax(-1)


@task.wrong(
    "The shares are right, but only those of the tokens that were kept are returned, in falling order. Each row of the"
    " result has a place for *every* token; put the shares where their tokens are, and 0 elsewhere."
)
def kept_ones_only(scores, top_k, top_p):
    return token_shares(scores, top_k, top_p).sort(dim=-1, descending=True).values[:, :top_k]


@task.wrong(
    "A single row is right. With several, all rows together sum to 1: each was divided by the sum of *everything*. Sum"
    " along the last dimension, with `keepdim=True`."
)
def divided_by_all_rows(scores, top_k, top_p):
    shares = scores.masked_fill(token_shares(scores, top_k, 1.0) == 0, -torch.inf).softmax(-1)
    kept = shares.masked_fill(token_shares(scores, top_k, top_p) == 0, 0.0)
    return kept / kept.sum()


@task.wrong(
    "These are the numbers of tokens: one was drawn. Asked for are the probabilities to draw with; drawing comes"
    " afterwards."
)
def drawn_already(scores, top_k, top_p):
    return token_shares(scores, top_k, top_p).argmax(dim=-1, keepdim=True)


@task.wrong(
    "The shares went to the wrong tokens: `gather` *fetches* from the places that `sort` tells, and here they have to"
    " be *put* there. The way back is `scatter`."
)
def fetched(scores, top_k, top_p):
    order = scores.sort(dim=-1, descending=True).indices
    return token_shares(scores, top_k, top_p).sort(dim=-1, descending=True).values.gather(-1, order)
