"""Byte-pair encoding: frequent words are one token, rare ones a few, and every string can be written.

The alphabet is the 256 bytes, in which UTF-8 writes any text. Training looks for the pair of neighbours that occurs
most often, makes one token of it, and looks again: "t" "h" becomes "th", "th" "e" becomes "the". A new text is cut in
the same order. (Gage, "A new algorithm for data compression", 1994; Sennrich et al., "Neural machine translation of
rare words with subword units", 2016; on bytes, Radford et al., "Language models are unsupervised multitask learners",
2019.)
"""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from itertools import chain, pairwise

from .tokenizers import Tokenizer, shown, strings
from .vocab import Vocab, several

__all__ = ["BPETokenizer"]

CHUNK = re.compile(
    r"""
    [ ]? [^\W\d_]+      # a word, with the space before it
    | [ ]? \d+          # a number
    | [ ]? (?:[^\w\s]|_)+  # punctuation marks
    | \s+ (?!\S)        # white space; where a word follows, the last space goes with the word
    | \s+
    """,
    re.VERBOSE,
)


def characters_of_bytes():
    """Return a character for each of the 256 bytes, such that tokens can be read: GPT-2's.

    Bytes that print stand for themselves. The others, the space and the line's end among them, get the characters
    from 256 on: "Ġ" is the space, "Ċ" the line's end.
    """
    printing = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    others = iter(range(256, 512))
    return [chr(byte if byte in printing else next(others)) for byte in range(256)]


ALPHABET = characters_of_bytes()
BYTE_OF = {character: byte for byte, character in enumerate(ALPHABET)}


class BPETokenizer(Tokenizer):
    """Byte-level byte-pair encoding: tokens between characters and words, learned from how often they occur.

    Every string can be encoded, and decoding gives back exactly that string. Spaces belong to the word behind them
    and are shown as "Ġ", as in GPT-2's vocabulary.

    Args:
        merges: the pairs of tokens that become one, in the order in which they were learned.
        specials: tokens that no text is cut into, for padding or a text's end. Look them up with
            `tokenizer.vocab["<end>"]`.

    The tokens are numbered in this order: the 256 bytes, each by its value; the merged tokens; the specials.

    Attributes:
        merges: as given, a list of pairs. specials: as given.

    Example:
        >>> from edutorch.text import BPETokenizer
        >>> text = " ".join(["low"] * 5 + ["lower"] * 2 + ["newest"] * 6 + ["widest"] * 3)
        >>> tokenizer = BPETokenizer.train([text], vocab_size=261)
        >>> tokenizer.merges
        [('e', 's'), ('es', 't'), ('l', 'o'), ('lo', 'w'), ('e', 'w')]
        >>> tokenizer.tokenize("lowest few")
        ['low', 'est', 'Ġ', 'f', 'ew']
        >>> tokenizer.decode(tokenizer.encode("naïve 🙂"))
        'naïve 🙂'
    """

    def __init__(self, merges, specials=()):
        self.merges = [(left, right) for left, right in merges]
        self.specials = list(several(specials))
        merged = dict.fromkeys(left + right for left, right in self.merges)
        super().__init__(Vocab.in_order([*ALPHABET, *merged, *self.specials]))
        self._rank = {pair: rank for rank, pair in enumerate(self.merges)}
        self._known: dict[str, list[str]] = {}  # chunks that were cut before

    @classmethod
    def train(cls, texts, vocab_size, *, specials=()):
        """Learn from some texts which pairs to merge.

        Args:
            texts: an iterable of strings, or one string.
            vocab_size: how many tokens there are to be, the 256 bytes and the specials included. There are fewer if
                no pair occurs twice any more.
            specials: tokens that no text is cut into.

        Raises:
            ValueError: if `vocab_size` has no room for the bytes and the specials.
        """
        specials = list(several(specials))
        room = vocab_size - len(ALPHABET) - len(specials)
        if room < 0:
            raise ValueError(
                f"vocab_size={vocab_size} has no room for the 256 bytes and {len(specials)} special tokens"
            )
        chunks = Counter(chain.from_iterable(CHUNK.findall(text) for text in several(texts)))
        return cls(learn_merges(chunks, room), specials)

    def tokenize(self, text):
        tokens = []
        for chunk in CHUNK.findall(text):
            if chunk not in self._known:
                self._known[chunk] = self.steps(chunk)[-1]
            tokens += self._known[chunk]
        return tokens

    def steps(self, word):
        """Return how a word is put together: its bytes, then the tokens after each merge.

        Example:
            >>> for tokens in BPETokenizer([("l", "o"), ("lo", "w")]).steps("slow"):
            ...     print(tokens)
            ['s', 'l', 'o', 'w']
            ['s', 'lo', 'w']
            ['s', 'low']
        """
        steps = [symbols(word)]
        while True:
            pair = min(pairwise(steps[-1]), key=lambda pair: self._rank.get(pair, len(self.merges)), default=None)
            if pair not in self._rank:
                return steps
            steps.append(merged(steps[-1], pair))

    def detokenize(self, tokens):
        special = set(self.specials)
        content = b"".join(
            token.encode() if token in special else bytes(BYTE_OF[character] for character in token) for token in tokens
        )
        try:
            return content.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:  # a model may write bytes that are no UTF-8
            return content.decode("utf-8", "replace")

    def settings(self):
        return {"merges": [" ".join(pair) for pair in self.merges], "specials": self.specials}

    @classmethod
    def from_settings(cls, settings):
        merges = [tuple(line.split(" ")) for line in strings(settings, "merges")]
        known = set(ALPHABET)
        for pair in merges:
            if len(pair) != 2 or not known.issuperset(pair):
                raise ValueError(f"the merge {shown(' '.join(pair))} is not one of two tokens made before it")
            known.add("".join(pair))
        return cls(merges, strings(settings, "specials"))


def symbols(text):
    """Return the bytes of a text, each as its character."""
    return [ALPHABET[byte] for byte in text.encode("utf-8", "surrogatepass")]


def merged(tokens, pair):
    """Return tokens with every occurrence of a pair made one token, from left to right."""
    left, right = pair
    joined, i, out = left + right, 0, []
    while i < len(tokens):
        if tokens[i] == left and i + 1 < len(tokens) and tokens[i + 1] == right:
            out.append(joined)
            i += 2
        else:
            out.append(tokens[i])
            i += 1
    return out


def learn_merges(chunks, room):
    """Return the pairs to merge, the most frequent first, until they make `room` new tokens.

    Args:
        chunks: how often each chunk of text occurs. Pairs are merged within chunks only.
        room: how many new tokens there are to be.

    Of pairs that occur equally often the alphabetically first is taken. Counting all pairs anew after each merge
    would be slow, and is not needed: only chunks that hold the merged pair change, and `where` knows them. The most
    frequent pair lies on top of a heap; when a count changes, the pair is put there again, and the old entry is
    recognized by its count and thrown away.
    """
    words = [symbols(chunk) for chunk in chunks]
    times = list(chunks.values())
    counts: Counter[tuple[str, str]] = Counter()
    where = defaultdict(set)
    for i, word in enumerate(words):
        for pair in pairwise(word):
            counts[pair] += times[i]
            where[pair].add(i)
    heap = [(-count, pair) for pair, count in counts.items()]
    heapq.heapify(heap)
    merges, made = [], set()
    while heap and len(made) < room:
        count, pair = heapq.heappop(heap)
        if counts[pair] != -count:
            continue
        if -count < 2:
            break
        merges.append(pair)
        made.add("".join(pair))
        change: Counter[tuple[str, str]] = Counter()
        for i in where.pop(pair):
            before, words[i] = words[i], merged(words[i], pair)
            for gone in pairwise(before):
                change[gone] -= times[i]
            for new in pairwise(words[i]):
                change[new] += times[i]
                where[new].add(i)
        for changed, difference in change.items():
            if difference:
                counts[changed] += difference
                heapq.heappush(heap, (-counts[changed], changed))
    return merges
