"""Right answers to the tasks of chapter 8, written differently, and mistakes in other words."""

import math
from functools import reduce
from itertools import pairwise
from typing import ClassVar

import edutorch as torch

F = torch.nn.functional

# ---- split_heads


def heads_by_chunks(x, heads):
    return torch.stack(x.chunk(heads, dim=-1), dim=1)


def heads_unflattened(x, heads):
    return x.unflatten(-1, (heads, -1)).permute(0, 2, 1, 3)


def heads_by_slices(x, heads):
    size = x.shape[-1] // heads
    return torch.cat([x[:, None, :, i * size : (i + 1) * size] for i in range(heads)], dim=1)


def heads_by_strides_of_memory(x, heads):
    return x.contiguous().view(x.shape[0], heads, -1, x.shape[2] // heads)


# ---- attention


def attention_by_where(query, key, value, attn_mask=None, is_causal=False):
    scores = torch.einsum("...nd,...md->...nm", query, key) * query.shape[-1] ** -0.5
    n, m = scores.shape[-2:]
    if is_causal:
        attn_mask = torch.arange(n)[:, None] >= torch.arange(m)
    if attn_mask is not None:
        if attn_mask.dtype == torch.bool:
            attn_mask = torch.where(attn_mask, torch.tensor(0.0), torch.tensor(-math.inf))
        scores = scores + attn_mask
    return torch.nan_to_num(scores.softmax(-1)) @ value


def attention_by_exponentials(query, key, value, attn_mask=None, is_causal=False):
    scores = (query / math.sqrt(key.size(-1))) @ key.transpose(-1, -2)
    powers = (scores - scores.amax(-1, keepdim=True)).exp()
    if is_causal:
        powers = powers.tril()
    elif attn_mask is not None:
        powers = powers * (attn_mask if attn_mask.dtype == torch.bool else attn_mask.exp())
    total = powers.sum(-1, keepdim=True)
    return powers @ value / torch.where(total > 0, total, torch.ones_like(total))


def attention_mended_afterwards(query, key, value, attn_mask=None, is_causal=False):
    scores = torch.matmul(query, key.mT).div(query.shape[-1] ** 0.5)
    if is_causal:
        future = torch.ones_like(scores, dtype=torch.bool).triu(diagonal=1)
        scores = scores.masked_fill(future, float("-inf"))
    if attn_mask is not None and attn_mask.is_floating_point():
        scores = scores + attn_mask
    elif attn_mask is not None:
        scores = scores.masked_fill(attn_mask.logical_not(), float("-inf"))
    found = torch.matmul(torch.softmax(scores, -1), value)
    return torch.where(found.isnan(), torch.zeros_like(found), found)


def attention_with_a_large_number(query, key, value, attn_mask=None, is_causal=False):
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    if is_causal:
        attn_mask = torch.ones(query.shape[-2], key.shape[-2]).tril().bool()
    if attn_mask is not None:
        floats = attn_mask if attn_mask.is_floating_point() else (~attn_mask).float() * -1e30
        scores = scores + floats
    return scores.softmax(-1) @ value


# ---- multi_head


def multi_head_by_einsum(x, heads, in_weight, in_bias, out_weight, out_bias):
    width = x.shape[-1]
    weights = in_weight.view(3, heads, width // heads, width)
    q, k, v = torch.einsum("blw,khdw->kbhld", x, weights) + in_bias.view(3, 1, heads, 1, -1)
    found = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return torch.einsum("bhld,ohd->blo", found, out_weight.view(width, heads, -1)) + out_bias


def multi_head_by_loop(x, heads, in_weight, in_bias, out_weight, out_bias):
    size, width = x.shape[-1] // heads, x.shape[-1]
    found = []
    for h in range(heads):
        rows = [slice(part * width + h * size, part * width + (h + 1) * size) for part in range(3)]
        q, k, v = (x @ in_weight[r].T + in_bias[r] for r in rows)
        scores = q @ k.mT / math.sqrt(size)
        hidden = torch.ones(x.shape[1], x.shape[1]).triu(1).bool()
        found.append(scores.masked_fill(hidden, -math.inf).softmax(-1) @ v)
    return torch.cat(found, -1) @ out_weight.T + out_bias


def multi_head_by_permute(x, heads, in_weight, in_bias, out_weight, out_bias):
    b, n, w = x.shape
    q, k, v = F.linear(x, in_weight, in_bias).reshape(b, n, 3, heads, w // heads).permute(2, 0, 3, 1, 4)
    found = F.scaled_dot_product_attention(q, k, v, attn_mask=torch.ones(n, n).bool().tril())
    return F.linear(found.permute(0, 2, 1, 3).flatten(2), out_weight, out_bias)


def multi_head_joined_by_reshape(x, heads, in_weight, in_bias, out_weight, out_bias):
    b, n, w = x.shape
    q, k, v = F.linear(x, in_weight, in_bias).reshape(b, n, 3, heads, w // heads).permute(2, 0, 3, 1, 4)
    found = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return F.linear(found.reshape(b, n, w), out_weight, out_bias)


# ---- token_shares


def shares_by_topk(scores, top_k, top_p):
    best, where = scores.topk(top_k, dim=-1)
    shares = best.softmax(-1)
    stays = torch.cat([torch.ones(len(scores), 1).bool(), shares.cumsum(-1)[:, :-1] < top_p], dim=-1)
    best = best.masked_fill(~stays, -math.inf)
    return torch.full_like(scores, -math.inf).scatter(1, where, best).softmax(-1)


def shares_row_by_row(scores, top_k, top_p):
    table = []
    for row in scores.softmax(-1).tolist():
        likely = sorted(range(len(row)), key=lambda i: -row[i])[:top_k]
        whole, kept = sum(row[i] for i in likely), []
        for i in likely:
            if sum(row[j] for j in kept) / whole >= top_p:
                break
            kept.append(i)
        left = sum(row[j] for j in kept)
        table.append([share / left if i in kept else 0.0 for i, share in enumerate(row)])
    return torch.tensor(table)


def shares_by_threshold(scores, top_k, top_p):
    scores = scores.masked_fill(scores < scores.topk(top_k).values[:, -1:], -math.inf)
    ordered = scores.softmax(-1).sort(dim=-1, descending=True).values
    places = (ordered.cumsum(-1) - ordered < top_p).sum(-1, keepdim=True) - 1
    shares = scores.softmax(-1)
    shares = torch.where(shares >= ordered.gather(-1, places), shares, torch.zeros_like(shares))
    return shares / shares.sum(-1, keepdim=True)


def shares_top_p_first(scores, top_k, top_p):
    ordered, order = scores.softmax(-1).sort(dim=-1, descending=True)
    stays = (ordered.cumsum(-1) - ordered < top_p) & (torch.arange(scores.shape[-1]) < top_k)
    ordered = torch.where(stays, ordered, torch.zeros_like(ordered))
    return torch.zeros_like(scores).scatter(-1, order, ordered / ordered.sum(-1, keepdim=True))


# ---- apply_merges


def merges_by_rank(word, merges):
    rank, parts = {pair: i for i, pair in enumerate(merges)}, [*word]
    while True:
        found = [pair for pair in pairwise(parts) if pair in rank]
        if not found:
            return parts
        best, done = min(found, key=rank.__getitem__), []
        for part in parts:
            if done and not isinstance(done[-1], tuple) and (done[-1], part) == best:
                done[-1] = ("".join(best),)  # marked: already used in this round
            else:
                done.append(part)
        parts = [p[0] if isinstance(p, tuple) else p for p in done]


def merges_folded(word, merges):
    def join(parts, pair):
        done = []
        while parts:
            size = 2 if parts[:2] == list(pair) else 1
            done.append("".join(parts[:size]))
            parts = parts[size:]
        return done

    return reduce(join, merges, list(word))


def merges_by_text(word, merges):
    """The parts stand between marks; a pair of neighbours is a piece of text."""
    text = "".join(f"<{c}>" for c in word)
    for one, two in merges:
        text = text.replace(f"<{one}><{two}>", f"<{one}{two}>")
    return text[1:-1].split("><") if text else []


def merges_by_the_longest(word, merges):
    tokens, known = [], sorted(("".join(pair) for pair in merges), key=len, reverse=True)
    while word:
        token = next((t for t in known if word.startswith(t)), word[0])
        tokens.append(token)
        word = word[len(token) :]
    return tokens


# ---- KeyValueCache


class CacheOfLists:
    def __init__(self):
        self.past = []

    def attend(self, q, k, v):
        self.past.append((k, v))
        keys = torch.cat([k for k, _ in self.past], dim=-2)
        values = torch.cat([v for _, v in self.past], dim=-2)
        older = keys.shape[-2] - k.shape[-2]
        scores = q @ keys.mT / math.sqrt(q.shape[-1])
        places = older + torch.arange(k.shape[-2])
        hidden = torch.arange(keys.shape[-2]) > places.unsqueeze(1)
        return scores.masked_fill(hidden, -math.inf).softmax(-1) @ values


class CacheOneByOne:
    """Each place of a call by itself needs no mask."""

    def __init__(self):
        self.keys, self.values = [], []

    def attend(self, q, k, v):
        found = []
        for i in range(q.shape[2]):
            self.keys.append(k[:, :, i])
            self.values.append(v[:, :, i])
            keys, values = torch.stack(self.keys, 2), torch.stack(self.values, 2)
            found.append(F.scaled_dot_product_attention(q[:, :, i : i + 1], keys, values))
        return torch.cat(found, 2)


class CacheWithFloats:
    def __init__(self):
        self.both = None

    def attend(self, q, k, v):
        both = torch.stack([k, v])
        self.both = both if self.both is None else torch.cat([self.both, both], dim=3)
        keys, values = self.both
        new, total = q.shape[-2], keys.shape[-2]
        mask = torch.full((new, total), -math.inf).triu(total - new + 1)
        return F.scaled_dot_product_attention(q, keys, values, attn_mask=mask)


class CacheWithoutMask(CacheOfLists):
    def attend(self, q, k, v):
        self.past.append((k, v))
        keys, values = (torch.cat(parts, dim=-2) for parts in zip(*self.past, strict=True))
        return (q @ keys.mT / math.sqrt(q.shape[-1])).softmax(-1) @ values


# ---- attention_backward


def attention_backward_by_einsum(grad, query, key, value, is_causal=False):
    root = math.sqrt(query.shape[-1])
    scores = torch.einsum("...nd,...md->...nm", query, key) / root
    if is_causal:
        scores = scores + torch.full(scores.shape[-2:], -math.inf, dtype=scores.dtype).triu(1)
    p = scores.softmax(-1)
    found = p @ value
    back = torch.einsum("...nw,...mw->...nm", grad, value) - (grad * found).sum(-1, keepdim=True)
    s = p * back / root
    return s @ key, torch.einsum("...nm,...nd->...md", s, query), torch.einsum("...nm,...nw->...mw", p, grad)


def attention_backward_by_jacobian(grad, query, key, value, is_causal=False):
    scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
    if is_causal:
        scores = torch.where(torch.ones(scores.shape[-2:]).tril().bool(), scores, torch.full_like(scores, -math.inf))
    p = scores.softmax(-1)
    jacobian = torch.diag_embed(p) - p.unsqueeze(-1) * p.unsqueeze(-2)
    ds = (jacobian @ (grad @ value.mT).unsqueeze(-1)).squeeze(-1)
    ds = ds / query.shape[-1] ** 0.5
    return torch.matmul(ds, key), torch.matmul(ds.mT, query), torch.matmul(p.mT, grad)


def attention_backward_by_exponentials(grad, query, key, value, is_causal=False):
    scale = query.shape[-1] ** -0.5
    e = (query * scale @ key.mT).exp()
    e = e.tril() if is_causal else e
    p = e / e.sum(-1, keepdim=True)
    dp = grad @ value.mT
    ds = p * dp - p * (p * dp).sum(-1).unsqueeze(-1)
    return scale * (ds @ key), scale * (query.mT @ ds).mT, (grad.mT @ p).mT


def attention_backward_of_a_sigmoid(grad, query, key, value, is_causal=False):
    scale = query.shape[-1] ** -0.5
    e = (query * scale @ key.mT).exp()
    e = e.tril() if is_causal else e
    p = e / e.sum(-1, keepdim=True)
    ds = grad @ value.mT * p * (1 - p)
    return scale * (ds @ key), scale * (ds.mT @ query), p.mT @ grad


# ---- mistakes as a newcomer made them, in the browser


def the_four_lines_of_the_lesson(query, key, value, attn_mask=None, is_causal=False):
    return (query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5).softmax(dim=-1) @ value


def merges_by_slices_of_lists(word, merges):
    parts = list(word)
    for pair in merges:
        i = 0
        while i < len(parts) - 1:
            if parts[i : i + 2] == pair:
                parts[i : i + 2] = ["".join(pair)]
            i += 1
    return parts


class CacheInTheClass:
    keys: ClassVar[list] = []
    values: ClassVar[list] = []

    def attend(self, q, k, v):
        self.keys.append(k)
        self.values.append(v)
        return F.scaled_dot_product_attention(q, torch.cat(self.keys, dim=2), torch.cat(self.values, dim=2))


RIGHT = {
    "split_heads": [heads_by_chunks, heads_unflattened, heads_by_slices],
    "attention": [attention_by_where, attention_by_exponentials, attention_mended_afterwards],
    "multi_head": [multi_head_by_einsum, multi_head_by_loop, multi_head_by_permute],
    "token_shares": [shares_by_topk, shares_row_by_row, shares_by_threshold],
    "apply_merges": [merges_by_rank, merges_folded, merges_by_text],
    "KeyValueCache": [CacheOfLists, CacheOneByOne, CacheWithFloats],
    "attention_backward": [
        attention_backward_by_einsum,
        attention_backward_by_jacobian,
        attention_backward_by_exponentials,
    ],
}

REWORDED = {
    "split_heads": {"view_alone": [heads_by_strides_of_memory]},
    "attention": {
        "blind_sees_everything": [attention_with_a_large_number],
        "masks_ignored": [the_four_lines_of_the_lesson],
    },
    "multi_head": {"joined_by_view": [multi_head_joined_by_reshape]},
    "token_shares": {"shares_among_all": [shares_top_p_first]},
    "apply_merges": {"longest_first": [merges_by_the_longest], "nothing_merged": [merges_by_slices_of_lists]},
    "KeyValueCache": {"NoMask": [CacheWithoutMask], "OneForAll": [CacheInTheClass]},
    "attention_backward": {"diagonal_only": [attention_backward_of_a_sigmoid]},
}
