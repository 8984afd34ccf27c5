"""The GPT is a PyTorch program's twin, takes weights in the usual names, and shows where it looks."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

import edutorch
from edutorch import text
from tests.streams_oracle import need_own_stream

torch = pytest.importorskip("torch")

VOCAB, CONTEXT, LAYERS, HEADS, WIDTH = 23, 16, 3, 4, 32


def twin(dropout, bias):
    """A GPT as one writes it in PyTorch."""
    from torch import nn
    from torch.nn import functional as F

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.c_attn = nn.Linear(WIDTH, 3 * WIDTH, bias=bias)
            self.c_proj = nn.Linear(WIDTH, WIDTH, bias=bias)
            self.resid_dropout = nn.Dropout(dropout)

        def forward(self, x):
            b, t, c = x.size()
            q, k, v = (part.view(b, t, HEADS, c // HEADS).transpose(1, 2) for part in self.c_attn(x).split(c, dim=2))
            y = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout if self.training else 0, is_causal=True)
            return self.resid_dropout(self.c_proj(y.transpose(1, 2).contiguous().view(b, t, c)))

    class MLP(nn.Module):
        def __init__(self):
            super().__init__()
            self.c_fc, self.c_proj = nn.Linear(WIDTH, 4 * WIDTH, bias=bias), nn.Linear(4 * WIDTH, WIDTH, bias=bias)
            self.dropout = nn.Dropout(dropout)

        def forward(self, x):
            return self.dropout(self.c_proj(F.gelu(self.c_fc(x), approximate="tanh")))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.ln_1, self.attn = nn.LayerNorm(WIDTH, bias=bias), Attention()
            self.ln_2, self.mlp = nn.LayerNorm(WIDTH, bias=bias), MLP()

        def forward(self, x):
            x = x + self.attn(self.ln_1(x))
            return x + self.mlp(self.ln_2(x))

    class Twin(nn.Module):
        def __init__(self):
            super().__init__()
            self.transformer = nn.ModuleDict(
                {
                    "wte": nn.Embedding(VOCAB, WIDTH),
                    "wpe": nn.Embedding(CONTEXT, WIDTH),
                    "drop": nn.Dropout(dropout),
                    "h": nn.ModuleList([Block() for _ in range(LAYERS)]),
                    "ln_f": nn.LayerNorm(WIDTH, bias=bias),
                }
            )
            self.lm_head = nn.Linear(WIDTH, VOCAB, bias=False)
            self.lm_head.weight = self.transformer.wte.weight
            with torch.no_grad():
                for name, p in self.named_parameters():
                    if p.ndim == 2:
                        p.normal_(0, 0.02 / math.sqrt(2 * LAYERS) if name.endswith("c_proj.weight") else 0.02)
                    elif name.endswith("bias"):
                        p.zero_()

        def forward(self, tokens):
            t = self.transformer
            x = t.drop(t.wte(tokens) + t.wpe(torch.arange(tokens.size(1))))
            for block in t.h:
                x = block(x)
            return self.lm_head(t.ln_f(x))

    return Twin()


def pair(dropout=0.1, bias=True):
    """Return PyTorch's twin and the GPT, each made with seed 0."""
    torch.manual_seed(0)
    theirs = twin(dropout, bias)
    edutorch.manual_seed(0)
    ours = text.GPT(VOCAB, CONTEXT, LAYERS, HEADS, WIDTH, dropout, bias)
    return theirs, ours


def tokens(shape, seed=0):
    return np.random.default_rng(seed).integers(0, VOCAB, shape)


@pytest.mark.parametrize("bias", [True, False])
def test_names_and_initial_values(bias):
    theirs, ours = pair(bias=bias)
    expected, got = theirs.state_dict(), ours.state_dict()
    assert [*got] == [*expected]
    for name, value in expected.items():
        np.testing.assert_array_equal(got[name].numpy(), value.numpy(), err_msg=name)
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]


@pytest.mark.parametrize(("dropout", "bias"), [(0.0, True), (0.2, True), (0.2, False)])
def test_losses_of_20_steps(dropout, bias):
    if dropout:
        need_own_stream(torch, "bernoulli_")
    found = []
    for framework, model in zip((torch, edutorch), pair(dropout, bias), strict=True):
        framework.manual_seed(1)
        optimizer = framework.optim.AdamW(model.parameters(), lr=3e-3)
        losses = []
        for step in range(20):
            batch = framework.tensor(np.cumsum(tokens((8, 13), step), axis=1) % 7)
            loss = framework.nn.functional.cross_entropy(model(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            framework.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        found.append(losses)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-4)
    assert found[0][-1] < 0.8 * found[0][0]  # it learned something


def nano(head_tied=True, masks=False):
    """Weights in the names of nanoGPT and minGPT, of a network of our sizes."""
    rng = np.random.default_rng(1)
    sizes = {"ln_1": (WIDTH,), "attn.c_attn": (3 * WIDTH, WIDTH), "attn.c_proj": (WIDTH, WIDTH), "ln_2": (WIDTH,)}
    sizes |= {"mlp.c_fc": (4 * WIDTH, WIDTH), "mlp.c_proj": (WIDTH, 4 * WIDTH)}
    state = {"transformer.wte.weight": (VOCAB, WIDTH), "transformer.wpe.weight": (CONTEXT, WIDTH)}
    for layer in range(LAYERS):
        for name, size in sizes.items():
            state |= {f"transformer.h.{layer}.{name}.weight": size, f"transformer.h.{layer}.{name}.bias": size[:1]}
    state |= {"transformer.ln_f.weight": (WIDTH,), "transformer.ln_f.bias": (WIDTH,)}
    state = {name: edutorch.tensor(0.3 * rng.standard_normal(size)).float() for name, size in state.items()}
    if masks:
        state |= {f"transformer.h.{i}.attn.bias": edutorch.ones(1, 1, CONTEXT, CONTEXT).tril() for i in range(LAYERS)}
    tied = state["transformer.wte.weight"]
    return state | {"lm_head.weight": tied if head_tied else edutorch.tensor(rng.standard_normal(tied.shape)).float()}


def logits_by_hand(state, tokens):
    """The scores, computed with NumPy from weights in these names."""
    w = {name: value.numpy().astype(np.float64) for name, value in state.items()}

    def norm(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return x * w[f"{name}.weight"] + w[f"{name}.bias"]

    def linear(x, name):
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    length = len(tokens)
    x = w["transformer.wte.weight"][tokens] + w["transformer.wpe.weight"][:length]
    for i in range(LAYERS):
        at = f"transformer.h.{i}"
        q, k, v = np.split(linear(norm(x, f"{at}.ln_1"), f"{at}.attn.c_attn"), 3, axis=-1)
        heads = []
        for h in np.split(np.arange(WIDTH), HEADS):
            scores = q[:, h] @ k[:, h].T / math.sqrt(len(h)) + np.triu(np.full((length, length), -np.inf), 1)
            weights = np.exp(scores - scores.max(-1, keepdims=True))
            heads.append(weights / weights.sum(-1, keepdims=True) @ v[:, h])
        x = x + linear(np.concatenate(heads, axis=-1), f"{at}.attn.c_proj")
        h = linear(norm(x, f"{at}.ln_2"), f"{at}.mlp.c_fc")
        h = h * (1 + np.tanh(math.sqrt(2 / math.pi) * (h + 0.044715 * h**3))) / 2
        x = x + linear(h, f"{at}.mlp.c_proj")
    return norm(x, "transformer.ln_f") @ w["lm_head.weight"].T


def assert_computes(model, state):
    found = model.eval()(edutorch.tensor(tokens((1, CONTEXT))))
    expected = logits_by_hand(state, tokens((1, CONTEXT))[0])
    np.testing.assert_allclose(found[0].detach().numpy(), expected, rtol=1e-3, atol=1e-3)


def test_weights_in_nanogpts_names():
    model = text.GPT(VOCAB, CONTEXT, LAYERS, HEADS, WIDTH)
    model.load_state_dict(nano())
    assert_computes(model, nano())
    assert model.lm_head.weight is model.transformer.wte.weight


def test_weights_in_mingpts_names():
    model, state = text.GPT(VOCAB, CONTEXT, LAYERS, HEADS, WIDTH), nano(head_tied=False, masks=True)
    model.lm_head = edutorch.nn.Linear(WIDTH, VOCAB, bias=False)
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not missing
    assert unexpected == [f"transformer.h.{i}.attn.bias" for i in range(LAYERS)]
    assert_computes(model, state)


def test_weights_that_lie_the_other_way_round():
    turned = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    theirs = {name: t.t() if name.endswith(turned) else t for name, t in nano().items()}
    model = text.GPT(VOCAB, CONTEXT, LAYERS, HEADS, WIDTH)
    with pytest.raises(RuntimeError, match="size mismatch"):
        model.load_state_dict(theirs)
    model.load_state_dict({name: t.t() if name.endswith(turned) else t for name, t in theirs.items()})
    assert_computes(model, nano())


def test_attention_maps():
    model = text.GPT(VOCAB, CONTEXT, LAYERS, HEADS, WIDTH)
    model.load_state_dict(nano())
    model.eval()
    batch = edutorch.tensor(tokens((2, 9)))
    maps = model.attention_maps(batch)
    assert [m.shape for m in maps] == [(2, HEADS, 9, 9)] * LAYERS
    found = []
    for block in model.transformer.h:
        block.attn.register_forward_hook(lambda module, args, output: found.append((module, args[0], output)))
    model(batch)
    for weights, (attention, x, output) in zip(maps, found, strict=True):
        assert not weights.requires_grad
        assert (weights.triu(1) == 0).all()
        np.testing.assert_allclose(weights.sum(-1).numpy(), 1, rtol=1e-5)
        values = attention.split_heads(x)[2]  # with these weights, the values' means are what attention found
        by_hand = attention.c_proj((weights @ values).transpose(1, 2).flatten(2))
        np.testing.assert_allclose(by_hand.detach().numpy(), output.detach().numpy(), rtol=1e-4, atol=1e-5)


def test_a_text_longer_than_the_context():
    model = text.GPT(VOCAB, CONTEXT, LAYERS, HEADS, WIDTH)
    words = f"looks at {CONTEXT} tokens at most, and the text has {CONTEXT + 1}; give it the last {CONTEXT} only"
    with pytest.raises(ValueError, match=words):
        model(edutorch.zeros(1, CONTEXT + 1, dtype=edutorch.int64))
    cache = model.new_cache(1)
    with edutorch.no_grad():
        model(edutorch.zeros(1, CONTEXT, dtype=edutorch.int64), cache)
        with pytest.raises(ValueError, match=words):
            model(edutorch.zeros(1, 1, dtype=edutorch.int64), cache)


def test_heads_that_do_not_share_the_width():
    with pytest.raises(ValueError, match="width must be a multiple of heads, got width=10 and heads=4"):
        text.GPT(5, 5, heads=4, width=10)


def test_a_pickled_model_is_still_tied():
    model = pickle.loads(pickle.dumps(text.GPT(VOCAB, CONTEXT, LAYERS, HEADS, WIDTH)))
    assert model.lm_head.weight is model.transformer.wte.weight
