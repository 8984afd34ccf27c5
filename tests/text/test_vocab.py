"""The order of a vocabulary, its limits, and what it says of tokens that it does not know."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edutorch.text import BPETokenizer, Vocab, build_vocab_from_iterator

WORDS = list("bacabda")


def test_order_is_specials_then_frequency_then_alphabet():
    vocab = Vocab(WORDS, specials=["<unk>", "b"])
    assert vocab.get_itos() == ["<unk>", "b", "a", "c", "d"]
    assert vocab.get_stoi() == {"<unk>": 0, "b": 1, "a": 2, "c": 3, "d": 4}
    assert Vocab(Counter(WORDS)).get_itos() == list(Vocab(WORDS)) == ["a", "b", "c", "d"]


def test_limits_count_the_specials():
    assert Vocab(WORDS, specials=["<unk>"], max_tokens=3).get_itos() == ["<unk>", "a", "b"]
    assert Vocab(WORDS, specials=["c"], min_freq=2).get_itos() == ["c", "a", "b"]
    assert Vocab(WORDS, max_tokens=0).get_itos() == []
    with pytest.raises(ValueError, match="leaves no room for the 2 special tokens"):
        Vocab(WORDS, specials=["<pad>", "<unk>"], max_tokens=1)


@given(st.lists(st.text(max_size=3)))
def test_numbers_and_tokens_are_inverse(tokens):
    vocab = Vocab(tokens)
    assert vocab.lookup_tokens(vocab(tokens)) == tokens
    assert vocab(list(vocab)) == list(range(len(vocab))) == vocab.lookup_indices(vocab.get_itos())
    assert all(token in vocab for token in tokens)
    counts = Counter(tokens)
    assert [counts[token] for token in vocab] == sorted(counts.values(), reverse=True)


def test_the_unknown():
    vocab = Vocab(WORDS, specials=["<unk>"])
    assert "x" not in vocab
    with pytest.raises(KeyError, match=r"'x' is not among the 5 tokens .*default='<unk>'"):
        vocab["x"]
    with pytest.raises(KeyError, match="'x' is not among"):
        vocab(["a", "x"])
    vocab.set_default_index(0)
    assert (vocab["x"], vocab(["a", "x"]), vocab.get_default_index()) == (0, [1, 0], 0)
    vocab.set_default_index(None)
    assert "x" not in vocab
    with pytest.raises(KeyError):
        vocab["x"]
    assert Vocab(WORDS, default="a")["x"] == Vocab(WORDS, default=0)["x"] == 0
    with pytest.raises(KeyError, match="'<unk>' is not among the 4 tokens"):
        Vocab(WORDS, default="<unk>")
    with pytest.raises(IndexError, match="no token has the number 4"):
        Vocab(WORDS, default=4)


@pytest.mark.parametrize("index", [-1, 4])
def test_a_number_beyond_the_end(index):
    with pytest.raises(IndexError, match=f"no token has the number {index}: this vocabulary has 4 tokens"):
        Vocab(WORDS).lookup_tokens([0, index])


def test_a_token_has_one_number():
    with pytest.raises(ValueError, match="'<pad>' is given twice"):
        Vocab(WORDS, specials=["<pad>", "<unk>", "<pad>"])
    with pytest.raises(ValueError, match="'a' is given twice"):
        Vocab.in_order(["a", "b", "a"])


def test_a_string_is_one_special_token():
    assert Vocab("abb", specials="<pad>").get_itos() == ["<pad>", "b", "a"]
    assert build_vocab_from_iterator(["ab"], specials="<pad>").get_itos() == ["<pad>", "a", "b"]
    tokenizer = BPETokenizer.train("to be", 260, specials="<end>")
    assert tokenizer.specials == ["<end>"]
    assert tokenizer.vocab["<end>"] == len(tokenizer) - 1


def test_changing_what_is_returned_changes_nothing():
    vocab = Vocab(WORDS)
    vocab.get_itos().clear()
    vocab.get_stoi().clear()
    assert (len(vocab), vocab["a"], repr(vocab)) == (4, 0, "Vocab(4 tokens)")


def test_build_vocab_from_iterator():
    texts = [["a", "b"], ["a"], ["c"]]
    build = build_vocab_from_iterator
    assert build(iter(texts)).get_itos() == ["a", "b", "c"]
    assert build(texts, min_freq=2, specials=["<unk>"]).get_itos() == ["<unk>", "a"]
    assert build(texts, specials=["<s>", "</s>"], special_first=False).get_itos() == ["a", "b", "c", "<s>", "</s>"]
    assert build(texts, specials=["<s>"], special_first=False, max_tokens=2).get_itos() == ["a", "<s>"]
    assert build(texts).get_default_index() is None
