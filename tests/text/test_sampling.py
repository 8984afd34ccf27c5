"""Drawing a token: the filters, the edges of their settings, and the frequencies of what is drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest

import edutorch
from edutorch import text
from tests.streams_oracle import need_own_stream

torch = pytest.importorskip("torch")

INF = math.inf


def scores(framework=edutorch, rows=16, vocab=50, seed=0):
    return framework.tensor((3 * np.random.default_rng(seed).standard_normal((rows, vocab))).tolist())


def kept(logits):
    return [i for i, value in enumerate(logits.tolist()) if value > -INF]


@pytest.mark.parametrize(
    ("k", "places"),
    [(1, [3]), (2, [1, 3]), (3, [1, 2, 3]), (4, [0, 1, 2, 3]), (99, [0, 1, 2, 3])],
)
def test_top_k_keeps_the_k_largest(k, places):
    logits = edutorch.tensor([0.0, 2.0, 1.0, 3.0])
    assert kept(text.keep_top_k(logits, k)) == places
    assert text.keep_top_k(logits, k)[places].tolist() == logits[places].tolist()


def test_top_k_keeps_all_that_equal_the_last_one_kept():
    assert kept(text.keep_top_k(edutorch.tensor([1.0, 2.0, 1.0, 0.0, 1.0]), 2)) == [0, 1, 2, 4]


@pytest.mark.parametrize(
    ("p", "places"),
    [
        (1e-9, [1]),
        (0.49, [1]),
        (0.51, [1, 2]),
        (0.74, [1, 2]),
        (0.8, [0, 1, 2]),
        (0.99, [0, 1, 2, 3]),
        (1, [0, 1, 2, 3]),
    ],
)
def test_top_p_keeps_the_fewest_that_have_p_together(p, places):
    assert kept(text.keep_top_p(edutorch.tensor([0.15, 0.5, 0.25, 0.1]).log(), p)) == places


def test_top_p_takes_the_first_of_equals():
    assert kept(text.keep_top_p(edutorch.zeros(8), 0.5)) == [0, 1, 2, 3]


def test_top_p_of_1_keeps_what_rounding_would_lose():
    logits = edutorch.tensor([20.0, -20.0, -30.0])
    assert kept(text.keep_top_p(logits, 1.0)) == [0, 1, 2]


def test_filters_leave_each_row_its_own():
    logits = edutorch.tensor([[1.0, 2.0, 3.0], [9.0, 8.0, 7.0]])
    assert [kept(row) for row in text.keep_top_k(logits, 1)] == [[2], [0]]
    assert [kept(row) for row in text.keep_top_p(logits, 0.7)] == [[1, 2], [0, 1]]


def test_temperature_0_takes_the_largest_and_the_first_of_equals():
    logits = edutorch.tensor([[1.0, 5.0, 5.0], [-INF, -1.0, -2.0]])
    drawn = text.next_token(logits, temperature=0)
    assert drawn.tolist() == [1, 1]
    assert drawn.dtype is edutorch.int64


@pytest.mark.parametrize("settings", [dict(top_k=1), dict(top_p=1e-6), dict(temperature=1e-30)], ids=str)
def test_settings_that_leave_only_the_likeliest(settings):
    assert text.next_token(scores(), **settings).tolist() == scores().argmax(-1).tolist()


def test_one_row_has_a_result_without_dimension():
    drawn = text.next_token(scores()[0])
    assert drawn.shape == ()


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
def test_other_floats(dtype):
    logits = scores().to(getattr(edutorch, dtype))
    drawn = text.next_token(logits, top_k=20, top_p=0.9)
    assert drawn.shape == (16,)
    assert text.next_token(logits, temperature=0).tolist() == logits.argmax(-1).tolist()


@pytest.mark.parametrize(
    ("row", "words"),
    [([0.0, math.nan, 1.0], "NaN"), ([0.0, INF, 1.0], "infinity"), ([-INF] * 3, "only -inf in a row")],
)
@pytest.mark.parametrize("temperature", [0, 1.0])
def test_logits_that_leave_nothing_to_draw(row, words, temperature):
    with pytest.raises(ValueError, match=f"cannot choose a token from logits with {words};"):
        text.next_token(edutorch.tensor([[1.0, 2.0, 3.0], row]), temperature=temperature)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (dict(temperature=-1), "the temperature must be 0 or more, and finite, got -1"),
        (dict(temperature=math.nan), "the temperature must be 0 or more, and finite, got nan"),
        (dict(temperature=INF), "the temperature must be 0 or more, and finite, got inf"),
        (dict(top_k=0), "top_k must be at least 1, got 0"),
        (dict(top_p=0), "top_p must be above 0 and at most 1, got 0"),
        (dict(top_p=1.5), "top_p must be above 0 and at most 1, got 1.5"),
    ],
    ids=str,
)
def test_settings_out_of_range(settings, words):
    with pytest.raises(ValueError, match=words):
        text.next_token(scores(), **settings)


def test_a_model_s_whole_output_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"got \(2, 3, 5\); .*logits\[:, -1\]"):
        text.next_token(edutorch.zeros(2, 3, 5))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_frequencies_are_the_softmax(temperature):
    logits = edutorch.tensor([1.0, 0.0, -1.0, 2.0, 0.5])
    draws, generator = 20_000, edutorch.Generator().manual_seed(0)
    drawn = text.next_token(logits.expand(draws, -1), temperature=temperature, generator=generator)
    expected = np.exp(np.array(logits.tolist()) / temperature)
    expected *= draws / expected.sum()
    counts = np.bincount(drawn.numpy(), minlength=5)
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    assert chi_squared < 18.5  # with 4 degrees of freedom, one honest sequence in a thousand lies above


def test_a_generator_is_used_and_repeats_itself():
    generator = edutorch.Generator()
    first, second, other = (text.next_token(scores(), generator=generator.manual_seed(s)).tolist() for s in (1, 1, 2))
    assert first == second != other
    edutorch.manual_seed(3)
    state = edutorch.get_rng_state()
    text.next_token(scores(), generator=generator)
    assert (edutorch.get_rng_state() == state).all()


@pytest.mark.parametrize(
    "settings",
    [{}, dict(temperature=0), dict(temperature=0.7, top_k=10), dict(top_p=0.8), dict(top_k=12, top_p=0.9)],
    ids=str,
)
def test_pytorchs_tensors_give_the_same_draws(settings):
    need_own_stream(torch, "exponential_")
    drawn = []
    for framework in torch, edutorch:
        generator = framework.Generator().manual_seed(0)
        logits = scores(framework)
        drawn.append([text.next_token(logits, generator=generator, **settings).tolist() for _ in range(20)])
    assert drawn[0] == drawn[1]
