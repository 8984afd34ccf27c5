"""Generation: with and without a cache the same, in and beyond the context, and stopping where it should."""

from __future__ import annotations

import numpy as np
import pytest

import edutorch
from benchmarks.generation import on_pytorch
from edutorch import nn, text
from tests.streams_oracle import need_own_stream

torch = pytest.importorskip("torch")

CONTEXT = 12


def gpt(framework=edutorch, of=text, dtype="float64", **options):
    framework.manual_seed(0)
    model = of.GPT(17, CONTEXT, **{"layers": 3, "heads": 2, "width": 16, **options}).to(getattr(framework, dtype))
    with framework.no_grad():
        for parameter in model.parameters():
            parameter.mul_(8)  # so that the scores differ clearly
    return model


def prompt(batch, length, framework=edutorch):
    tokens = framework.tensor(np.random.default_rng(length).integers(0, 17, (batch, length)).tolist())
    return tokens if batch > 1 else tokens[0]


def count(tokens):
    """A model that is sure that n + 1 follows n, modulo 10."""
    return edutorch.eye(10)[(tokens + 1) % 10]


# ---- with and without a cache


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-4)])
@pytest.mark.parametrize("steps", [[12], [1] * 12, [5, 1, 1, 5], [1, 4, 7]], ids=str)
@pytest.mark.parametrize("batch", [1, 3])
def test_logits_with_a_cache_are_those_without(dtype, tolerance, steps, batch):
    model, tokens = gpt(dtype=dtype).eval(), prompt(3, CONTEXT)[:batch]
    with edutorch.no_grad():
        whole = model(tokens)
        cache = model.new_cache(batch)
        parts = [model(part, cache) for part in tokens.split(steps, dim=1)]
    got = edutorch.cat(parts, dim=1)
    assert cache.length == CONTEXT
    np.testing.assert_allclose(got.numpy(), whole.numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("settings", [dict(temperature=0), dict(), dict(temperature=0.8, top_k=5, top_p=0.9)], ids=str)
@pytest.mark.parametrize("length", [1, 5, CONTEXT, CONTEXT + 3])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_same_text_with_and_without_a_cache_beyond_the_context_too(settings, length, batch, dtype):
    model, tokens = gpt(dtype=dtype), prompt(batch, length)
    cached, plain = (
        text.generate(model, tokens, 20, generator=edutorch.Generator().manual_seed(4), cached=cached, **settings)
        for cached in (True, False)
    )
    assert cached.shape == (*tokens.shape[:-1], length + 20)
    assert cached[..., :length].tolist() == tokens.tolist()
    assert cached.tolist() == plain.tolist()


def test_a_greedy_text_is_what_the_model_says_of_its_last_tokens():
    model, tokens = gpt().eval(), prompt(3, 4)
    written = text.generate(model, tokens, 20, temperature=0)
    for end in range(4, 24):
        logits = model(written[:, max(0, end - CONTEXT) : end])
        assert logits[:, -1].argmax(-1).tolist() == written[:, end].tolist()


def test_a_cache_shows_the_model_each_token_once():
    model, shown = gpt(), []
    model.register_forward_pre_hook(lambda module, args: shown.append(args[0].shape[1]))
    text.generate(model, prompt(1, 3), 12)
    assert shown == [3, *[1] * 9, CONTEXT, CONTEXT]


def test_the_parts_of_a_batch_do_not_mix():
    model, tokens = gpt(), prompt(3, 5)
    together = text.generate(model, tokens, 6, temperature=0)
    apart = [text.generate(model, row, 6, temperature=0).tolist() for row in tokens]
    assert together.tolist() == apart


@pytest.mark.parametrize("cached", [True, False])
def test_pytorch_writes_the_same(cached):
    need_own_stream(torch, "exponential_")
    texts = []
    for framework, of in (torch, on_pytorch()), (edutorch, text):
        model, tokens = gpt(framework, of, "float32"), prompt(3, 4, framework)
        generator = framework.Generator().manual_seed(1)
        options = dict(temperature=0.9, top_k=9, generator=generator, cached=cached)
        texts.append(of.generate(model, tokens, 15, **options).tolist())
    assert texts[0] == texts[1]


# ---- the cache


def test_a_full_cache_says_so():
    cache = text.KeyValueCache(layers=2, batch=1, heads=2, length=4, head_dim=3)
    key = edutorch.ones(1, 2, 3, 3)
    for layer in 0, 1:
        cache.append(layer, key, key)
    with pytest.raises(ValueError, match="the cache is full: it holds 3 of 4 tokens, and 3 more were given"):
        cache.append(0, key, key)
    assert cache.length == 3


def test_a_cache_is_for_one_batch_size():
    cache = text.KeyValueCache(layers=1, batch=4, heads=2, length=4, head_dim=3)
    with pytest.raises(ValueError, match="made for a batch of 4, and got one of 1"):
        cache.append(0, *[edutorch.ones(1, 2, 1, 3)] * 2)


def test_a_cache_forgets_what_its_length_leaves_out():
    model, tokens = gpt().eval(), prompt(2, 8)
    with edutorch.no_grad():
        cache = model.new_cache(2)
        model(tokens[:, :4], cache)
        model(prompt(3, 4)[:2], cache)
        cache.length = 4
        got = model(tokens[:, 4:], cache)
        expected = model(tokens)[:, 4:]
    np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-12, atol=1e-12)


def test_an_interrupted_step_leaves_the_cache_as_it_was():
    model, tokens = gpt().eval(), prompt(2, 8)
    with edutorch.no_grad():
        cache = model.new_cache(2)
        model(tokens[:, :4], cache)
        hook = model.transformer.h[2].register_forward_pre_hook(lambda module, args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            model(prompt(3, 3)[:2], cache)
        hook.remove()
        got = model(tokens[:, 4:], cache)
        np.testing.assert_allclose(got.numpy(), model(tokens)[:, 4:].numpy(), rtol=1e-12, atol=1e-12)


def test_a_cache_says_what_it_is():
    cache = gpt().new_cache(2, 7)
    assert repr(cache) == "KeyValueCache(layers=3, batch=2, heads=2, length=7, head_dim=8, holds 0)"
    assert cache.keys[0].dtype is edutorch.float64


# ---- any model


def test_a_function_without_a_context_sees_the_whole_text():
    shown = []

    def model(tokens):
        shown.append(tokens.tolist())
        return count(tokens)

    assert text.generate(model, edutorch.tensor([4, 7]), 3, temperature=0).tolist() == [4, 7, 8, 9, 0]
    assert shown == [[[4, 7]], [[4, 7, 8]], [[4, 7, 8, 9]]]


def test_a_recurrent_network_may_keep_its_state_as_the_cache():
    class Writer(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.rnn, self.head = (
                nn.Embedding(10, 8),
                nn.GRU(8, 16, batch_first=True),
                nn.Linear(16, 10),
            )

        def new_cache(self, batch, length):
            return {"state": edutorch.zeros(1, batch, 16)}

        def forward(self, tokens, cache=None):
            output, state = self.rnn(self.embedding(tokens), None if cache is None else cache["state"])
            if cache is not None:
                cache["state"] = state
            return self.head(output)

    edutorch.manual_seed(0)
    model, tokens = Writer(), edutorch.tensor([[1, 2], [3, 4]])
    cached, plain = (text.generate(model, tokens, 30, temperature=0, cached=cached) for cached in (True, False))
    assert cached.tolist() == plain.tolist()


@pytest.mark.parametrize("found", [edutorch.zeros(1, 10), (edutorch.zeros(1, 1, 10), None)], ids=["no places", "tuple"])
def test_a_model_that_returns_something_else(found):
    with pytest.raises(ValueError, match=r"must return scores of shape \(batch, length, vocab\), and returned"):
        text.generate(lambda tokens: found, edutorch.tensor([1]), 1)


# ---- modes


def test_modes_are_put_back_as_they_were():
    model = gpt(dropout=0.9).train()
    model.transformer.h[1].eval()
    before = [part.training for part in model.modules()]
    seen = []
    model.register_forward_pre_hook(
        lambda module, args: seen.append((edutorch.is_grad_enabled(), {part.training for part in module.modules()}))
    )
    written = text.generate(model, prompt(1, 3), 4, temperature=0)
    assert seen == [(False, {False})] * 4
    assert [part.training for part in model.modules()] == before
    assert edutorch.is_grad_enabled()
    assert not written.requires_grad
    with pytest.raises(IndexError):
        text.generate(model, edutorch.tensor([99]), 4)
    assert [part.training for part in model.modules()] == before


# ---- stopping


def test_a_text_ends_with_its_stop():
    tokens = edutorch.tensor([3])
    assert text.generate(count, tokens, 20, temperature=0, stop=6).tolist() == [3, 4, 5, 6]
    assert text.generate(count, tokens, 20, temperature=0, stop=(9, 5)).tolist() == [3, 4, 5]
    for stop in (edutorch.tensor(5), edutorch.tensor([5, 9]), np.int64(5), range(5, 9)):
        assert text.generate(count, tokens, 20, temperature=0, stop=stop).tolist() == [3, 4, 5]
    with pytest.raises(TypeError, match=r"stop must be the number of a token: tokenizer\.vocab\['<end>'\]"):
        text.generate(count, tokens, 20, stop="<end>")
    assert text.generate(count, tokens, 2, temperature=0, stop=9).tolist() == [3, 4, 5]
    assert text.generate(count, tokens, 2, temperature=0, stop=()).tolist() == [3, 4, 5]
    assert text.generate(count, edutorch.tensor([9]), 11, temperature=0, stop=9)[-1] == 9  # the beginning's own is none


def test_texts_that_ended_are_filled_up_until_all_have():
    tokens = edutorch.tensor([[3], [5], [8]])
    written = text.generate(count, tokens, 20, temperature=0, stop={7, 9})
    assert written.tolist() == [[3, 4, 5, 6, 7], [5, 6, 7, 7, 7], [8, 9, 9, 9, 9]]


# ---- a stream


def test_a_stream_hands_over_what_generate_returns():
    model, one, several = gpt(), prompt(1, 4), prompt(3, 4)
    options = dict(top_k=6, stop=2)
    expected = text.generate(model, one, 15, generator=edutorch.Generator().manual_seed(0), **options)
    got = list(text.stream(model, one, 15, generator=edutorch.Generator().manual_seed(0), **options))
    assert got == expected[4:].tolist()
    assert all(type(token) is int for token in got)
    expected = text.generate(model, several, 15, generator=edutorch.Generator().manual_seed(0), **options)
    columns = list(text.stream(model, several, 15, generator=edutorch.Generator().manual_seed(0), **options))
    assert edutorch.stack(columns, 1).tolist() == expected[:, 4:].tolist()


def test_a_stream_draws_a_token_when_it_is_asked_for_one():
    shown = []

    def model(tokens):
        shown.append(tokens.shape[1])
        return count(tokens)

    tokens = text.stream(model, edutorch.tensor([0]), 5)
    assert shown == []
    next(tokens)
    assert shown == [1]
    assert edutorch.is_grad_enabled()


def test_a_stream_that_is_closed_puts_the_mode_back():
    model = gpt().train()
    tokens = text.stream(model, prompt(2, 3), 5)
    next(tokens)
    assert not model.training
    tokens.close()
    assert all(part.training for part in model.modules())


# ---- what cannot be continued


def test_nothing_new_is_the_beginning():
    for tokens in prompt(1, 3), prompt(2, 3):
        assert text.generate(gpt(), tokens, 0).tolist() == tokens.tolist()


@pytest.mark.parametrize("function", [text.generate, text.stream])
@pytest.mark.parametrize(
    ("tokens", "new", "error", "words"),
    [
        ([1, 2], 1, TypeError, r"tokens must be a tensor, got list; .* torch.tensor\(ids\)"),
        (edutorch.tensor(1), 1, ValueError, r"of shape \(length,\) or \(batch, length\), got \(\)"),
        (edutorch.zeros(2, 0, dtype=edutorch.int64), 1, ValueError, "nothing to continue"),
        (edutorch.tensor([1]), -1, ValueError, "max_new_tokens must be 0 or more, got -1"),
    ],
)
def test_what_cannot_be_continued(function, tokens, new, error, words):
    with pytest.raises(error, match=words):
        function(gpt(), tokens, new)
