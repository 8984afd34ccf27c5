"""Attention and Transformers: what fits no table of layers."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

import edutorch
from benchmarks.attention import gpt
from edutorch.ops.attention import attention, in_plain_steps
from tests.streams_oracle import need_own_stream
from tests.twins import same_on_both

torch = pytest.importorskip("torch")


def qkv(framework, *heads, keys=6, dtype="float32"):
    """Return queries, keys and values that require grad."""
    framework.manual_seed(0)
    sizes = ((*heads, 4, 5), (*heads, keys, 5), (*heads, keys, 5))
    return [framework.randn(*s, dtype=getattr(framework, dtype), requires_grad=True) for s in sizes]


# ---------------------------------------------------------------- scaled_dot_product_attention


@pytest.mark.parametrize("options", [
    {"dropout_p": 0.3},
    {"dropout_p": 0.3, "is_causal": True},
    {"dropout_p": 0.3, "scale": 2.0},
    {"dropout_p": 0.3, "enable_gqa": True},
    {"dropout_p": 1.0},
])  # fmt: skip
@pytest.mark.parametrize("masked", [False, True])
def test_dropout_takes_pytorchs_random_numbers(options, masked):
    need_own_stream(torch, "bernoulli_")

    def program(framework):
        q, k, v = qkv(framework, 2, 4, dtype="float64")
        if "enable_gqa" in options:
            k, v = k[:, :2], v[:, :2]
        mask = (framework.arange(24) % 3 > 0).view(4, 6) if masked and "is_causal" not in options else None
        y = framework.nn.functional.scaled_dot_product_attention(q, k, v, mask, **options)
        gradients = framework.autograd.grad(y.square().sum(), (q, k, v), allow_unused=True)
        return [y, *gradients, framework.rand(2)]

    same_on_both(program, rtol=1e-8)


def test_without_dropout_nothing_is_drawn():
    def program(framework):
        framework.nn.functional.scaled_dot_product_attention(*qkv(framework, 2, 3))
        return framework.rand(2)

    same_on_both(program)


def test_the_output_lies_in_memory_as_heads_are_merged():
    def program(framework):
        q = framework.randn(2, 4, 3, 5).transpose(1, 2)
        y = framework.nn.functional.scaled_dot_product_attention(q, q, q, is_causal=True)
        z = framework.nn.functional.scaled_dot_product_attention(*qkv(framework, 2, 3))
        return y.stride(), y.transpose(1, 2).is_contiguous(), z.stride(), z.is_contiguous()

    same_on_both(program)


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("dropout", [False, True])
def test_one_operator_equals_the_plain_steps(is_causal, masked, dropout):
    """In value, gradients and second gradients."""
    q, k, v = qkv(edutorch, 2, 3, dtype="float64")
    mask = edutorch.randn(3, 4, 6, dtype=edutorch.float64)
    mask[:, 1] = -math.inf
    mask.requires_grad_()
    kept = edutorch.rand(2, 3, 4, 6) < 0.7 if dropout else None
    arguments = (q, k, v, mask if masked else None, kept, is_causal, 0.4, 1.25)
    leaves = (q, k, v, mask) if masked else (q, k, v)
    found = []
    for way in (attention, in_plain_steps):
        y = way(*arguments)
        first = edutorch.autograd.grad(y.square().sum(), leaves, create_graph=True)
        second = edutorch.autograd.grad(sum((g * g.detach().cos()).sum() for g in first), leaves)
        found.append([y, *first, *second])
    for mine, plain in zip(*found, strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), plain.detach().numpy(), rtol=1e-9, atol=1e-11)


def test_self_attention_of_one_tensor_has_second_gradients():
    def program(framework):
        framework.manual_seed(0)
        x = framework.randn(3, 4, dtype=framework.float64, requires_grad=True)
        y = framework.nn.functional.scaled_dot_product_attention(x, x, x)
        (g,) = framework.autograd.grad(y.square().sum(), x, create_graph=True)
        return [y, g, framework.autograd.grad(g.square().sum(), x)[0]]

    same_on_both(program, rtol=1e-8)


def test_attention_writes_its_own_source():
    source = edutorch.nn.functional.scaled_dot_product_attention.op.source()
    assert "def attention(" in source
    assert "def attention_gradients(" in source


def test_no_weights_are_kept_for_the_backward_pass():
    q, k, v = qkv(edutorch, 2, 3, keys=1000)
    y = edutorch.nn.functional.scaled_dot_product_attention(q, k, v)
    sizes = [t.array.size if hasattr(t, "array") else t.size for t in y.grad_fn.saved if hasattr(t, "shape")]
    assert max(sizes) == k.numel()


# ---------------------------------------------------------------- MultiheadAttention


def test_places_in_pytorchs_files():
    for name in ("activation.MultiheadAttention", "transformer.Transformer", "transformer.TransformerEncoderLayer",
                 "linear.NonDynamicallyQuantizableLinear"):  # fmt: skip
        module, name = name.split(".")
        assert hasattr(getattr(torch.nn.modules, module), name)
        assert hasattr(getattr(edutorch.nn.modules, module), name)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("need_weights", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_self_attention(batch_first, need_weights, bias):
    def program(framework):
        framework.manual_seed(0)
        layer = framework.nn.MultiheadAttention(8, 2, bias=bias, batch_first=batch_first)
        x = framework.randn(3, 5, 8, requires_grad=True)
        y, weights = layer(x, x, x, need_weights=need_weights, average_attn_weights=False)
        y.square().sum().backward()
        parameters = [p.grad for p in layer.parameters()]
        return [y, y.stride(), y.grad_fn, weights, weights is not None and weights.grad_fn, x.grad, *parameters]

    same_on_both(program, rtol=1e-4)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("need_weights", [False, True])
def test_who_may_look_nowhere(training, need_weights):
    """The weights are nan if they are wanted; attention alone gives zeros."""

    def program(framework):
        framework.manual_seed(0)
        layer = framework.nn.MultiheadAttention(8, 2).train(training)
        x = framework.randn(3, 5, 8, requires_grad=True)
        mask = framework.tensor([[False, True, True], [True] * 3, [False] * 3])
        return layer(x, x, x, attn_mask=mask, need_weights=need_weights)

    same_on_both(program)


@pytest.mark.parametrize("of_places", [None, "zeros(4, 4)", "ones(6, 4, 4).bool()", "eye(4).bool()"])
@pytest.mark.parametrize("padding", [None, "eye(3, 4).bool()", "arange(12.0).reshape(3, 4)"])
def test_merged_masks(of_places, padding):
    def program(framework):
        made = [None if code is None else eval(f"framework.{code}") for code in (of_places, padding)]
        return framework.nn.MultiheadAttention(8, 2).merge_masks(*made, framework.zeros(3, 4, 8))

    same_on_both(program)


def test_masks_of_two_kinds_warn():
    def program(framework):
        framework.manual_seed(0)
        layer = framework.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0)
        x = framework.randn(3, 5, 8)
        causal = framework.nn.Transformer.generate_square_subsequent_mask(3)
        return layer(x, causal, framework.zeros(5, 3, dtype=framework.bool))

    same_on_both(program, compare_warnings=True)


def test_keys_and_values_that_are_ready():
    def program(framework):
        framework.manual_seed(0)
        x, y = framework.randn(3, 2, 4), framework.randn(4, 5, 2, requires_grad=True)
        weights = [framework.randn(12, 4), framework.randn(12), framework.randn(4, 4), framework.randn(4)]
        packed, bias, out, out_bias = weights
        call = (x, x, x, 4, 2, packed, bias, None, None, False, 0.0, out, out_bias)
        result, seen = framework.nn.functional.multi_head_attention_forward(*call, static_k=y, static_v=y * 2)
        return [result, seen, framework.autograd.grad(result.sum(), y)]

    same_on_both(program, rtol=1e-4)


@pytest.mark.parametrize("change", [
    {"bias_k": True},
    {"bias_v": True},
    {"bias_k": True, "bias_v": True, "static_k": True},
    {"bias_k": True, "bias_v": True, "static_v": True},
    {"static_k": True},
    {"use_separate_proj_weight": True},
    {"in_proj_weight": None},
    {"embed_dim_to_check": 6},
    {"num_heads": 3},
    {"key_padding_mask": 3},
])  # fmt: skip
def test_refused_by_the_function(change):
    def program(framework):
        x = framework.ones(3, 2, 4)
        call = {
            "query": x,
            "key": x,
            "value": x,
            "embed_dim_to_check": 4,
            "num_heads": 2,
            "in_proj_weight": framework.ones(12, 4),
            "in_proj_bias": None,
            "bias_k": None,
            "bias_v": None,
            "add_zero_attn": False,
            "dropout_p": 0.0,
            "out_proj_weight": x[0, :1],
            "out_proj_bias": None,
        }
        extra = {k: framework.ones(1, 1, 4) if v is True and k != "use_separate_proj_weight" else v
                 for k, v in change.items()}  # fmt: skip
        return framework.nn.functional.multi_head_attention_forward(**{**call, **extra})

    same_on_both(program)


# ---------------------------------------------------------------- Transformers


def test_square_subsequent_mask():
    def program(framework):
        make = framework.nn.Transformer.generate_square_subsequent_mask
        return [make(4), make(2, dtype=framework.float64), make(0)]

    same_on_both(program)


ENCODERS = {
    "with padding left out": {"batch_first": True},
    "places first": {},
    "norm first": {"batch_first": True, "norm_first": True},
    "without bias": {"batch_first": True, "bias": False},
    "another activation": {"batch_first": True, "activation": "silu"},
    "an odd number of heads": {"batch_first": True, "nhead": 1},
}


@pytest.mark.parametrize("options", ENCODERS.values(), ids=ENCODERS)
@pytest.mark.parametrize("enable", [False, True])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("aligned", [False, True])
def test_padding_of_an_encoder(options, enable, training, aligned):
    """In use PyTorch does not compute padding at the end: its places come out as zeros."""

    def program(framework):
        framework.manual_seed(0)
        given = {"nhead": 2, **options}
        if "activation" in given:
            given["activation"] = framework.nn.functional.silu
        layer = framework.nn.TransformerEncoderLayer(8, dim_feedforward=16, dropout=0.0, **given)
        norm = framework.nn.LayerNorm(8) if aligned else None
        encoder = framework.nn.TransformerEncoder(layer, 2, norm, enable_nested_tensor=enable).train(training)
        x = framework.randn(2, 3, 8) if "batch_first" in options else framework.randn(3, 2, 8)
        padding = framework.tensor([[False, False, True], [False, True, aligned]])
        causal = framework.nn.Transformer.generate_square_subsequent_mask(3)
        results = [encoder(x, src_key_padding_mask=padding)]
        with framework.no_grad():
            results += [encoder(x, src_key_padding_mask=padding), encoder(x), encoder(x, mask=causal)]
            results += [encoder(x[0] if "batch_first" in options else x[:, 0], src_key_padding_mask=padding[0])]
        return results

    same_on_both(program, rtol=1e-4)


@pytest.mark.parametrize("options", ENCODERS.values(), ids=ENCODERS)
def test_an_encoder_says_why_it_computes_padding(options):
    def program(framework):
        given = {"nhead": 2, **options}
        if "activation" in given:
            given["activation"] = framework.nn.functional.silu
        encoder = framework.nn.TransformerEncoder(framework.nn.TransformerEncoderLayer(8, **given), 1)
        return [encoder.enable_nested_tensor, encoder.use_nested_tensor]

    same_on_both(program, compare_warnings=True)


def test_a_causal_mask_is_recognized_and_a_hint_believed():
    def program(framework):
        framework.manual_seed(0)
        layer = framework.nn.TransformerDecoderLayer(8, 2, 16, dropout=0.0)
        decoder = framework.nn.TransformerDecoder(layer, 2)
        x, memory = framework.randn(3, 2, 8), framework.randn(4, 2, 8)
        causal = framework.nn.Transformer.generate_square_subsequent_mask(3)
        masks = [None, causal, causal == 0, causal < 0, causal[:, :1].expand(3, 3), causal.expand(4, 3, 3)]
        masks = [None if m is None else m.contiguous() for m in masks]
        return [decoder(x, memory, m, tgt_is_causal=hint) for m in masks for hint in (None, False)] + [
            decoder(x, memory, framework.zeros(3, 3), tgt_is_causal=True)
        ]

    same_on_both(program, rtol=1e-4)


def test_a_state_dict_crosses_over():
    options = {"dim_feedforward": 16, "batch_first": True}
    theirs = torch.nn.Transformer(8, 2, 2, 2, **options).eval()
    ours = edutorch.nn.Transformer(8, 2, 2, 2, **options).eval()
    ours.load_state_dict({k: edutorch.tensor(v.numpy()) for k, v in theirs.state_dict().items()})
    x, y = torch.randn(2, 5, 8), torch.randn(2, 4, 8)
    expected = theirs(x, y).detach().numpy()
    found = ours(edutorch.tensor(x.numpy()), edutorch.tensor(y.numpy()))
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-4, atol=1e-5)
    twin = copy.deepcopy(ours)
    twin.load_state_dict(ours.state_dict())
    assert repr(twin) == repr(theirs)


# ---------------------------------------------------------------- training


def gpt_losses(framework, steps=50):
    framework.manual_seed(3)
    model = gpt(framework, vocabulary=20, length=16, size=32, heads=4, layers=2, dropout=0.2)
    optimizer = framework.optim.AdamW(model.parameters(), lr=3e-3)
    text = framework.randint(0, 20, (steps, 4, 17))
    losses = []
    for batch in text:
        loss = framework.nn.functional.cross_entropy(model(batch[:, :-1]), batch[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def encoder_losses(framework, steps=50):
    framework.manual_seed(3)
    nn = framework.nn
    layer = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.2, activation="gelu", batch_first=True)
    encoder, embedding, head = nn.TransformerEncoder(layer, 2), nn.Embedding(20, 16), nn.Linear(16, 3)
    model = nn.ModuleList([encoder, embedding, head])
    optimizer = framework.optim.Adam(model.parameters(), lr=1e-2)
    text, target = framework.randint(1, 20, (steps, 8, 12)), framework.randint(0, 3, (steps, 8))
    text[:, ::2, 9:] = 0
    losses = []
    for x, y in zip(text, target, strict=True):
        found = encoder(embedding(x) * math.sqrt(16), src_key_padding_mask=x == 0)
        loss = nn.functional.cross_entropy(head(found.mean(dim=1)), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("losses", [gpt_losses, encoder_losses])
def test_twins(losses):
    """50 steps with dropout have PyTorch's losses, because they have its random numbers."""
    need_own_stream(torch, "bernoulli_")
    np.testing.assert_allclose(losses(edutorch), losses(torch), rtol=1e-4)
