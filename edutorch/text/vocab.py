"""A vocabulary: tokens in order, and from a token to its number and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import chain

__all__ = ["Vocab", "build_vocab_from_iterator"]


def several(strings):
    """Return some strings as they are, and a single one as a list: its characters are not meant."""
    return [strings] if isinstance(strings, str) else strings


class Vocab:
    """The tokens that a model knows, each with its number: 0, 1, 2, …

    Args:
        counts_or_tokens: how often each token occurs, as a mapping (a `collections.Counter`), or the tokens
            themselves, to be counted.
        specials: tokens that come first whether they occur or not, in the order given: for padding, for the unknown.
            A string is one token.
        min_freq: leave out tokens that occur less often.
        max_tokens: keep this many tokens, specials included: the most frequent.
        default: the number, or the token, that stands for all unknown tokens. By default they are an error.

    The specials come first, then the tokens from the most frequent to the rarest; those that occur equally often stand
    in alphabetical order, so that the numbers depend on the counts alone.

    Raises:
        ValueError: if a special token comes twice, or there is no room for the specials.

    Example:
        >>> from edutorch.text import Vocab
        >>> vocab = Vocab("the cat and the dog".split(), specials=["<pad>", "<unk>"], default="<unk>")
        >>> len(vocab), vocab["the"], vocab["tiger"]
        (6, 2, 1)
        >>> vocab(["the", "tiger"])
        [2, 1]
        >>> vocab.get_itos()
        ['<pad>', '<unk>', 'the', 'and', 'cat', 'dog']
    """

    def __init__(self, counts_or_tokens=(), *, specials=(), min_freq=1, max_tokens=None, default=None):
        counts = counts_or_tokens if isinstance(counts_or_tokens, Mapping) else Counter(counts_or_tokens)
        specials = list(several(specials))
        if max_tokens is not None and max_tokens < len(specials):
            raise ValueError(f"max_tokens={max_tokens} leaves no room for the {len(specials)} special tokens")
        words = [token for token, count in counts.items() if count >= min_freq and token not in specials]
        words.sort(key=lambda token: (-counts[token], token))
        self._fill((specials + words)[:max_tokens], default)

    @classmethod
    def in_order(cls, tokens, default=None):
        """Make the vocabulary that holds these tokens in this order.

        Raises:
            ValueError: if a token comes twice.
        """
        return cls(specials=tokens, default=default)

    def _fill(self, tokens, default):
        self._itos = tokens
        self._stoi = {token: index for index, token in enumerate(tokens)}
        if len(self._stoi) < len(tokens):
            twice = next(token for token, count in Counter(tokens).items() if count > 1)
            raise ValueError(f"the token {twice!r} is given twice: every token has one number")
        self._default = None
        self.set_default_index(self[default] if isinstance(default, str) else default)

    def __len__(self):
        return len(self._itos)

    def __contains__(self, token):
        return token in self._stoi

    def __iter__(self):
        return iter(self._itos)

    def __getitem__(self, token):
        index = self._stoi.get(token, self._default)
        if index is None:
            raise KeyError(
                f"{token!r} is not among the {len(self)} tokens of this vocabulary. To have one number for all unknown "
                "tokens: Vocab(…, specials=['<unk>'], default='<unk>')"
            )
        return index

    def __call__(self, tokens):
        return [self[token] for token in tokens]

    def __repr__(self):
        return f"{type(self).__name__}({len(self)} tokens)"

    def lookup_indices(self, tokens):
        """Return the numbers of some tokens; calling the vocabulary does the same."""
        return self(tokens)

    def lookup_token(self, index):
        """Return the token with a number.

        Raises:
            IndexError: if no token has it.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"no token has the number {index}: this vocabulary has {len(self)} tokens")
        return self._itos[index]

    def lookup_tokens(self, indices):
        """Return the tokens with some numbers."""
        return [self.lookup_token(index) for index in indices]

    def get_itos(self):
        """Return all tokens in order: "from the integer to the string"."""
        return list(self._itos)

    def get_stoi(self):
        """Return a dictionary with the number of each token: "from the string to the integer"."""
        return dict(self._stoi)

    def set_default_index(self, index):
        """Let one number stand for all unknown tokens, or (None) refuse them."""
        if index is not None:
            self.lookup_token(index)
        self._default = index

    def get_default_index(self):
        """Return the number that stands for all unknown tokens, or None."""
        return self._default


def build_vocab_from_iterator(iterator, min_freq=1, specials=None, special_first=True, max_tokens=None):
    """Count the tokens of many texts and make a vocabulary of them.

    Args:
        iterator: gives for each text the list of its tokens.
        min_freq: leave out tokens that occur less often.
        specials: tokens to have in any case.
        special_first: whether the specials come before all others or behind.
        max_tokens: keep this many tokens, specials included.

    Returns:
        A `Vocab`, whose default is not set.

    Example:
        >>> from edutorch.text import build_vocab_from_iterator
        >>> texts = ["a rose is a rose", "is it"]
        >>> build_vocab_from_iterator((text.split() for text in texts), specials=["<unk>"]).get_itos()
        ['<unk>', 'a', 'is', 'rose', 'it']
    """
    specials = list(several(specials or ()))
    vocab = Vocab(chain.from_iterable(iterator), specials=specials, min_freq=min_freq, max_tokens=max_tokens)
    if special_first:
        return vocab
    return Vocab.in_order(vocab.get_itos()[len(specials) :] + specials)
