"""Byte-pair encoding: every string comes back, and the merges are those that counting anew each time finds."""

from __future__ import annotations

import copy
import pickle
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edutorch.text import BPETokenizer, PythonTopics
from edutorch.text.bpe import ALPHABET, CHUNK

ENGLISH = BPETokenizer.train(["the theme of the thesis, then the theory: " * 3], 290)
ANY_TEXT = st.text(st.characters())  # also half of a surrogate pair


def naive_merges(text, room):
    """Learn merges as the paper's program does: count all pairs, merge the most frequent everywhere, begin again."""
    words = Counter(tuple(ALPHABET[byte] for byte in chunk.encode()) for chunk in CHUNK.findall(text))
    merges = []
    while len({"".join(pair) for pair in merges}) < room:
        counts = Counter()
        for word, times in words.items():
            for pair in pairwise(word):
                counts[pair] += times
        best = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if best is None or counts[best] < 2:
            break
        merges.append(best)
        words = Counter({naive_merge(word, best): times for word, times in words.items()})
    return merges


def naive_merge(word, pair):
    out = []
    for symbol in word:
        if out and (out[-1], symbol) == pair:
            out[-1] += symbol
        else:
            out.append(symbol)
    return tuple(out)


@given(ANY_TEXT)
@example("naïve 🙂👩‍👩‍👧 東京\r\n\t\x00 __init__ \u2028 Ġ Ċ")
@example("\ud83d half, and halves that make one: \ud83d\ude42")
@example("  two  spaces   three    \n\n  end ")
def test_every_string_comes_back(text):
    for tokenizer in (ENGLISH, BPETokenizer([]), BPETokenizer.train([text, text], 300)):
        tokens = tokenizer.tokenize(text)
        assert tokenizer.detokenize(tokens) == text
        assert tokenizer.decode(tokenizer.encode(text)) == text
        assert "".join(CHUNK.findall(text)) == text


@given(st.text("abc ") | st.text("ab", min_size=20) | st.text(), st.integers(0, 30))
@example("aaaa aaa aaaaa", 5)
@example("abcabcbcabbc abc bc ab ab", 9)
def test_merges_are_those_of_counting_anew(text, room):
    merges = BPETokenizer.train([text], 256 + room).merges
    assert merges == naive_merges(text, room)


def test_merges_of_a_real_text_are_those_of_counting_anew():
    text = "".join(PythonTopics()[name] for name in ("assert", "break", "class", "if"))
    assert BPETokenizer.train([text], 256 + 150).merges == naive_merges(text, 150)


@given(st.text("abc \n", max_size=60))
def test_a_training_text_is_cut_as_in_training(text):
    tokenizer = BPETokenizer.train([text], 300)
    for chunk in CHUNK.findall(text):
        word = tuple(ALPHABET[byte] for byte in chunk.encode())
        for pair in tokenizer.merges:
            word = naive_merge(word, pair)
        assert tuple(tokenizer.tokenize(chunk)) == word


def test_numbers_of_tokens():
    tokenizer = BPETokenizer.train(["aaab aaab"], 260, specials=["<end>"])
    assert len(tokenizer) == 260
    assert [tokenizer.vocab[character] for character in ALPHABET] == list(range(256))
    assert tokenizer.vocab["<end>"] == 259
    assert [tokenizer.vocab[left + right] for left, right in tokenizer.merges] == [256, 257, 258]
    assert tokenizer.encode("\x00 \n") == [0, 32, 10]
    assert repr(tokenizer) == "BPETokenizer(260 tokens)"


def test_bytes_have_gpt2s_characters():
    assert len(set(ALPHABET)) == 256
    assert all(character.isprintable() and not character.isspace() for character in ALPHABET)
    assert [ALPHABET[byte] for byte in b"A~ \n\t\x00\x7f"] == ["A", "~", "Ġ", "Ċ", "ĉ", "Ā", "ġ"]
    assert [ALPHABET[byte] for byte in (0xA0, 0xAD, 0xFF)] == ["ł", "Ń", "ÿ"]


def test_specials_are_not_found_in_texts():
    tokenizer = BPETokenizer([], specials=["<end>", "<päd>"])
    assert tokenizer.vocab["<end>"] not in tokenizer.encode("<end>")
    assert tokenizer.decode([*tokenizer.encode("a"), 257, 256]) == "a<päd><end>"


def test_bytes_that_are_no_text_are_shown_as_such():
    tokenizer = BPETokenizer([])
    assert tokenizer.decode([0xF0, 0x9F, 0x99]) == "\ufffd"
    assert tokenizer.decode([0x61, 0xFF, 0x62]) == "a\ufffdb"


def test_training_ends_where_nothing_repeats():
    assert BPETokenizer.train(["abcdefg"], 1000).merges == []
    assert BPETokenizer.train([], 1000).merges == []
    assert BPETokenizer.train(["ab", "ab"], 1000).merges == [("a", "b")]
    assert BPETokenizer.train("ab ab", 1000).merges == [("a", "b")]


def test_no_room():
    with pytest.raises(ValueError, match="vocab_size=256 has no room for the 256 bytes and 1 special tokens"):
        BPETokenizer.train(["a"], 256, specials=["<end>"])
    assert BPETokenizer.train(["aa aa"], 256).merges == []
    with pytest.raises(ValueError, match="'ab' is given twice"):
        BPETokenizer([("a", "b")], specials=["ab"])


def test_steps_of_a_word():
    tokenizer = BPETokenizer([("l", "o"), ("lo", "w"), ("Ġ", "low")])
    assert tokenizer.steps(" low") == [["Ġ", "l", "o", "w"], ["Ġ", "lo", "w"], ["Ġ", "low"], ["Ġlow"]]
    assert tokenizer.steps("x") == [["x"]]
    assert tokenizer.steps("") == [[]]
    assert tokenizer.steps(" low")[-1] == tokenizer.tokenize(" low")


def test_copies_cut_alike():
    for copied in (copy.deepcopy(ENGLISH), pickle.loads(pickle.dumps(ENGLISH))):
        assert copied.encode("the thermometer") == ENGLISH.encode("the thermometer")


def test_a_text_without_spaces_is_cut_quickly_enough():
    tokenizer = BPETokenizer.train(["ab" * 5000], 300)
    text = "ab" * 20_000
    assert tokenizer.decode(tokenizer.encode(text)) == text
