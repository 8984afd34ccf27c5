"""Merges: one after the other, never across words, the last one marked."""

import pytest

from edutorch.viz.merges import explore_merges, merged, show_merges

from .readable import assert_texts_apart

WORDS = ["the", " cat", " that", "."]
MERGES = [("t", "h"), (" ", "c"), ("a", "t"), ("th", "at")]


def test_merged_from_left_to_right():
    assert merged(["a", "a", "a", "a", "b"], ("a", "a")) == ["aa", "aa", "b"]
    assert merged([], ("a", "b")) == []


@pytest.mark.parametrize(
    ("count", "tokens"),
    [
        (0, "t|h|e|·|c|a|t|·|t|h|a|t|."),
        (1, "th|e|·|c|a|t|·|th|a|t|."),
        (3, "th|e|·c|at|·|th|at|."),
        (4, "th|e|·c|at|·|that|."),
    ],
)
def test_steps(count, tokens):
    figure = show_merges(WORDS, MERGES, count)
    assert figure.text.splitlines()[1] == tokens
    assert figure.title == f"After {count} merges: {tokens.count('|') + 1} tokens for 13 characters"
    assert figure.svg == show_merges(WORDS, MERGES, count).svg
    assert_texts_apart(figure)


def test_the_last_merge_is_named():
    assert show_merges(WORDS, MERGES, 2).text.splitlines()[0] == "last merge: · + c = ·c"
    assert show_merges(WORDS, MERGES, 0).text.splitlines()[0] == "last merge: none yet"


def test_never_across_words():
    assert show_merges(["ab", "ab"], [("b", "a")], 1).text.splitlines()[1] == "a|b|a|b"


def test_lines_are_broken():
    figure = show_merges(["m" * 200], [], 0)
    assert len({label.box.top for label in figure.labels if label.string == "m"}) > 2
    assert_texts_apart(figure)


@pytest.mark.parametrize("count", [-1, 5])
def test_refuses(count):
    with pytest.raises(ValueError, match=f"between 0 and the 4 merges, got {count}"):
        show_merges(WORDS, MERGES, count)


def test_slider(capsys):
    explorer = explore_merges(WORDS, MERGES)
    play, count = explorer.children[0].children
    assert (count.max, play.max) == (4, 4)
    count.value = 3
    assert "After 3 merges: 8 tokens" in capsys.readouterr().out
