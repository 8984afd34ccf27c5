"""Sampling controls: the shares are those that PyTorch's words give, and what is left out is said."""

import math

import pytest

from edutorch.viz.sampling import explore_sampling, kept_shares, show_sampling

from .readable import assert_texts_apart

SHARES = [0.15, 0.5, 0.05, 0.3]
LOGITS = [math.log(share) + 2 for share in SHARES]
TOKENS = [" ", "the", "\n", "a"]


@pytest.mark.parametrize(
    ("controls", "kept"),
    [
        ({}, [0, 1, 2, 3]),
        ({"temperature": 0}, [1]),
        ({"top_k": 1}, [1]),
        ({"top_k": 3}, [0, 1, 3]),
        ({"top_k": 99}, [0, 1, 2, 3]),
        ({"top_p": 0.5}, [1]),
        ({"top_p": 0.51}, [1, 3]),
        ({"top_p": 0.8}, [1, 3]),
        ({"top_p": 0.81}, [0, 1, 3]),
        ({"top_k": 2, "top_p": 0.6}, [1]),  # of what top-k left, 0.5 / 0.8 is enough
        ({"temperature": 3.0, "top_p": 0.51}, [1, 3]),
    ],
)
def test_kept(controls, kept):
    plain, drawn = kept_shares(LOGITS, **controls)
    assert plain == pytest.approx(SHARES)
    assert [i for i, share in enumerate(drawn) if share] == kept
    assert sum(drawn) == pytest.approx(1)


def test_temperature_is_division(torch):
    _, drawn = kept_shares(LOGITS, temperature=0.7)
    assert drawn == pytest.approx((torch.tensor(LOGITS) / 0.7).softmax(0).tolist(), abs=1e-6)


def test_ties_are_kept_in_order():
    assert kept_shares([1.0, 1.0, 1.0], top_k=2)[1] == [0.5, 0.5, 0.0]


def test_nearly_zero_temperature_does_not_overflow():
    assert kept_shares([800.0, 0.0, 799.0], temperature=1e-3)[1] == pytest.approx([1.0, 0.0, 0.0])


@pytest.mark.parametrize("controls", [{"temperature": -1}, {"top_k": -1}, {"top_p": 0}, {"top_p": 1.5}])
def test_refuses(controls):
    with pytest.raises(ValueError, match="must not be negative and top_p must lie in"):
        kept_shares(LOGITS, **controls)


def test_figure(torch):
    figure = show_sampling(torch.tensor(LOGITS), TOKENS, temperature=0.5, top_k=3, top_p=0.9, context="of ")
    assert figure.title == "What comes after 'of·'"
    assert figure.text.splitlines() == [
        "temperature 0.5, top-k 3, top-p 0.9: 2 of 4 tokens can be drawn",
        "the: 50 % -> 74 %",
        "a: 30 % -> 26 %",
        "·: 15 % -> 0 %",
        "¶: 5 % -> 0 %",
    ]
    assert [label.string for label in figure.labels].count("left out") == 2
    assert_texts_apart(figure)


def test_only_the_likeliest_are_shown():
    figure = show_sampling([*range(50)], [str(i) for i in range(50)], most=5)
    assert [line.split(":")[0] for line in figure.text.splitlines()[1:]] == ["49", "48", "47", "46", "45"]


def test_controls(torch, capsys):
    explorer = explore_sampling({"x ": torch.tensor(LOGITS), "y ": -torch.tensor(LOGITS)}, TOKENS)
    context, temperature, top_k, top_p, *_ = explorer.children
    temperature.value, top_k.value, top_p.value = 0.0, 2, 0.5
    context.value = "y "
    said = capsys.readouterr().out
    assert "temperature 0, top-k 2, top-p 0.5: 1 of 4" in said
    assert "What comes after 'y·'" in said
