"""Attention maps: the right row, the strongest places first, blanks made visible."""

import re

import pytest

from edutorch.viz.attention import explore_attention, show_attention, visible

from .readable import assert_texts_apart

TEXT = "to be\nor"


@pytest.fixture
def weights(torch):
    torch.manual_seed(0)
    n = len(TEXT)
    scores = torch.randn(2, 3, n, n) * 2
    return scores.masked_fill(torch.ones(n, n).triu(1).bool(), -float("inf")).softmax(-1)


def test_visible():
    assert visible(" a\tb\n") == "·a→b¶"


@pytest.mark.parametrize(("layer", "head", "position"), [(0, 0, 0), (1, 2, 5), (1, 0, -1)])
def test_words_are_the_row(weights, layer, head, position):
    figure = show_attention(weights, TEXT, layer=layer, head=head, position=position, most=3)
    row = weights[layer, head, position].tolist()
    at = position % len(TEXT)
    assert figure.title == f"Layer {layer}, head {head}: where {visible(TEXT[at])!r} at position {at} looks"
    best = sorted(range(len(row)), key=lambda j: -row[j])[0]
    where = "itself" if best == at else f"{at - best} back"
    assert figure.text.splitlines()[0] == f"{100 * row[best]:.0f} % at {visible(TEXT[best])!r}, {where}"
    assert len(figure.text.splitlines()) == 3
    assert figure.svg == show_attention(weights, TEXT, layer=layer, head=head, position=position, most=3).svg
    assert_texts_apart(figure)


def test_without_a_mask_it_may_look_ahead(torch):
    figure = show_attention(torch.eye(3).flip(0).reshape(1, 1, 3, 3), ["a", "long token", "c"], position=0)
    assert figure.text.splitlines()[0] == "100 % at 'c', 2 ahead"


def test_long_texts_are_broken_into_lines(torch):
    n = 64
    weights = torch.full((1, 1, n, n), 1 / n)
    figure = show_attention(weights, "m" * n)
    heights = {label.box.top for label in figure.labels if label.string == "m"}
    assert len(heights) > 1
    assert_texts_apart(figure)
    assert float(re.search(r'width="([\d.]+)"', figure.svg)[1]) <= 900


def test_refuses(weights):
    with pytest.raises(ValueError, match=r"3 tokens need weights \(layers, heads, 3, 3\)"):
        show_attention(weights, "abc")
    for name, count in (("layer", 2), ("head", 3), ("position", 8)):
        with pytest.raises(IndexError, match=f"there is no {name} {count}: there are {count}"):
            show_attention(weights, TEXT, **{name: count})


def test_choose_a_head(weights, capsys):
    layer, head, position, *_ = explore_attention(weights, TEXT).children
    assert (layer.options, head.options, position.value) == ((0, 1), (0, 1, 2), 7)
    head.value = 2
    layer.value = 1
    position.value = 3
    assert "Layer 1, head 2: where 'b' at position 3 looks" in capsys.readouterr().out
