"""The soft dictionary: weights by softmax, an answer between the values, and every row in words."""

import pytest

from edutorch.viz.lookup import explore_lookup, show_lookup, soft_lookup

from .readable import assert_texts_apart

KEYS = {"cat": (2.0, 0.0), "bird": (0.0, 2.0), "fish": (-1.0, -1.0)}
LEGS = {"cat": 4.0, "bird": 2.0, "fish": 0.0}


@pytest.mark.parametrize("temperature", [0.3, 1.0, 5.0])
def test_it_is_attention(torch, temperature):
    keys, values = torch.tensor([*KEYS.values()]), torch.tensor([*LEGS.values()])
    query = torch.tensor([0.7, -1.2])
    weights = (keys @ query / temperature).softmax(0)
    scores, shares, answer = soft_lookup([*KEYS.values()], [*LEGS.values()], query.tolist(), temperature)
    assert scores == pytest.approx((keys @ query).tolist())
    assert shares == pytest.approx(weights.tolist(), abs=1e-6)
    assert answer == pytest.approx((weights @ values).item(), abs=1e-5)


def test_large_scores_do_not_overflow():
    assert soft_lookup([(1e4,), (-1e4,)], [1.0, 2.0], (1e4,), 0.1)[1:] == ([1.0, 0.0], 1.0)


def test_temperature_must_be_positive():
    with pytest.raises(ValueError, match="temperature must be positive, got 0"):
        show_lookup(KEYS, LEGS, (1.0, 0.0), temperature=0)


@pytest.mark.parametrize("query", [(2.0, 0.0), (0.0, 0.0), (-0.1, 3.9), (-1.0, -1.0)])
def test_figure(torch, query):
    figure = show_lookup({k: torch.tensor(v) for k, v in KEYS.items()}, LEGS, torch.tensor(query), temperature=0.5)
    assert [line.split(":")[0] for line in figure.text.splitlines()] == ["cat", "bird", "fish", "answer"]
    assert figure.svg == show_lookup(KEYS, LEGS, query, temperature=0.5).svg
    assert_texts_apart(figure)


def test_words():
    assert str(show_lookup(KEYS, LEGS, (0.0, 0.0))).splitlines()[1:] == [
        "cat: score 0, weight 33.3 %, value 4",
        "bird: score 0, weight 33.3 %, value 2",
        "fish: score 0, weight 33.3 %, value 0",
        "answer: 2",
    ]


def test_turn_the_query(capsys):
    angle, length, temperature, *_ = explore_lookup(KEYS, LEGS).children
    length.value, temperature.value, angle.value = 4.0, 0.1, 0
    assert capsys.readouterr().out.endswith("answer: 4\n")
    angle.value = 90
    assert capsys.readouterr().out.endswith("answer: 2\n")
