"""Tokenizers: from a text to the numbers of its pieces, and back.

    tokenizer = CharacterTokenizer.train(["to be or not to be"])
    tokenizer.decode(tokenizer.encode("bee"))

A tokenizer is trained once, on the texts that a model learns from, and saved with the model: the numbers mean nothing
without it. Pieces are characters or words here; `bpe.py` has what lies between them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import chain

from edutorch.serialization.atomic import replacing

from .vocab import Vocab, several

__all__ = ["CharacterTokenizer", "Tokenizer", "WordTokenizer"]

FORMAT = "edutorch.text tokenizer"
VERSION = 1

kinds: dict[str, type[Tokenizer]] = {}  # by the name that stands in their files


class Tokenizer:
    """A way to cut texts into tokens, and the vocabulary that numbers them.

    A tokenizer of your own says how to cut (`tokenize`) and how to join (`detokenize`); what it is made of, for files,
    it says in `settings` and takes in `from_settings`.

    Args:
        vocab: the numbers of its tokens.
    """

    def __init__(self, vocab):
        self.vocab = vocab

    def __init_subclass__(cls):
        kinds[cls.__name__] = cls

    def tokenize(self, text) -> list[str]:
        """Cut a text into tokens."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it cuts a text: it has no tokenize")

    def detokenize(self, tokens) -> str:
        """Join tokens to a text."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it joins tokens: it has no detokenize")

    def encode(self, text) -> list[int]:
        """Return the numbers of a text's tokens.

        Raises:
            TypeError: for several texts. KeyError: for a token that the vocabulary does not know, if it has no default.
        """
        if not isinstance(text, str):
            raise TypeError(
                f"encode takes one text, a string, and got {type(text).__name__}. Encode several one by one: "
                "[tokenizer.encode(text) for text in texts]"
            )
        return self.vocab(self.tokenize(text))

    def decode(self, ids) -> str:
        """Return the text of some numbers: a list, or a tensor with one dimension.

        Raises:
            ValueError: for a whole batch. IndexError: for a number that no token has.
        """
        if hasattr(ids, "tolist"):
            if ids.ndim != 1:
                raise ValueError(
                    f"decode takes the numbers of one text, and got a tensor of shape {tuple(ids.shape)}. Decode a "
                    "batch row by row: [tokenizer.decode(row) for row in batch]"
                )
            ids = ids.tolist()
        elif any(isinstance(number, (list, tuple)) for number in ids):
            raise ValueError(
                "decode takes the numbers of one text, and got a list of lists. Decode a batch row by row: "
                "[tokenizer.decode(row) for row in batch]"
            )
        return self.detokenize(self.vocab.lookup_tokens(ids))

    def __len__(self):
        return len(self.vocab)

    def __repr__(self):
        return f"{type(self).__name__}({len(self)} tokens)"

    def settings(self) -> dict:
        """Return what the tokenizer is made of, in JSON's types."""
        return {"tokens": self.vocab.get_itos(), "default": self.vocab.get_default_index()}

    @classmethod
    def from_settings(cls, settings):
        """Make a tokenizer of what `settings` returned."""
        return cls(vocab_of(settings))

    def save(self, path):
        """Write the tokenizer to a file that `load` reads: JSON, complete or not there at all."""
        content = {"format": FORMAT, "version": VERSION, "kind": type(self).__name__, **self.settings()}
        with replacing(path) as file:
            file.write(json.dumps(content, indent=1).encode("ascii"))

    @classmethod
    def load(cls, path):
        """Read a tokenizer from a file that `save` wrote. Nothing in the file is executed.

        `Tokenizer.load` reads any kind, `WordTokenizer.load` only its own.

        Raises:
            ValueError: if the file holds something else or is damaged.
        """
        with open(path, "rb") as file:
            content = file.read()
        try:
            settings = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is no tokenizer's file, or is damaged: it is not JSON ({error})") from None
        if not isinstance(settings, dict) or settings.get("format") != FORMAT:
            raise ValueError(f"{path} is no tokenizer's file: it does not begin with the format {FORMAT!r}")
        if settings.get("version") != VERSION:
            raise ValueError(
                f"{path} has the version {shown(settings.get('version'))} of the tokenizers' files, and this edutorch "
                f"reads version {VERSION}"
            )
        kind = settings.get("kind")
        found = kinds.get(kind) if isinstance(kind, str) else None
        if found is None or not issubclass(found, cls):
            raise ValueError(f"{path} holds a {shown(kind)}, not a {cls.__name__}")
        try:
            return found.from_settings(settings)
        except (ValueError, LookupError) as error:
            raise ValueError(f"{path} is damaged: {error}") from error


def shown(value):
    """Return a few words on something from a file, however large it is."""
    return repr(value)[:60]


def setting(settings, name, kind):
    """Return an entry of a tokenizer's file.

    Raises:
        ValueError: if it is not there or of another type.
    """
    value = settings.get(name)
    if type(value) is not kind:
        raise ValueError(f"{name!r} should be of type {kind.__name__}, and is {shown(value)}")
    return value


def strings(settings, name):
    """Return an entry of a tokenizer's file that is a list of strings."""
    values = setting(settings, name, list)
    for value in values:
        if not isinstance(value, str):
            raise ValueError(f"{name!r} should hold strings, and holds {shown(value)}")
    return values


def vocab_of(settings):
    """Return the vocabulary in a tokenizer's file."""
    default = None if settings.get("default") is None else setting(settings, "default", int)
    return Vocab.in_order(strings(settings, "tokens"), default)


class CharacterTokenizer(Tokenizer):
    """Every character is a token.

    The vocabulary is tiny and nothing has to be guessed about the language, but sequences are long.

    Example:
        >>> from edutorch.text import CharacterTokenizer
        >>> tokenizer = CharacterTokenizer.train(["to be or not to be"])
        >>> len(tokenizer), tokenizer.encode("bee")
        (7, [3, 4, 4])
        >>> tokenizer.decode(torch.tensor([3, 4, 4]))
        'bee'
    """

    @classmethod
    def train(cls, texts, *, specials=(), default=None):
        """Collect the characters of some texts.

        Args:
            texts: an iterable of strings, or one string.
            specials: tokens that come first in the vocabulary.
            default: which of them stands for characters that the texts do not have; by default these are an error.
        """
        return cls(Vocab(Counter(chain.from_iterable(several(texts))), specials=specials, default=default))

    def tokenize(self, text):
        return list(text)

    def detokenize(self, tokens):
        return "".join(tokens)


PIECE = re.compile(
    r"""
    \d+ (?: [.,]\d+ )* (?!\w)  # numbers: 7  3.14  1,000
    | \w+ (?: ['’]\w+ )*       # words: word  naïve  don't  __init__  3rd
    | [^\w\s]                  # every other mark by itself
    """,
    re.VERBOSE,
)
NO_SPACE_BEFORE = frozenset(".,;:!?%)]}…")
NO_SPACE_BEHIND = frozenset("([{")


class WordTokenizer(Tokenizer):
    """Words, numbers and punctuation marks are the tokens.

    Sequences are short, but the vocabulary is large, and a word that it does not know is lost: the default token
    stands in its place. White space is not kept; `detokenize` puts spaces where English has them.

    Args:
        vocab: the numbers of the words.
        lower: whether capitals are made small first, so that "The" is "the".

    Example:
        >>> from edutorch.text import WordTokenizer
        >>> tokenizer = WordTokenizer.train(["The cat sat on the mat, didn't it?"])
        >>> tokenizer.tokenize("Didn't the cat?")
        ["didn't", 'the', 'cat', '?']
        >>> tokenizer.decode(tokenizer.encode("The tiger sat, the cat didn't."))
        "the <unk> sat, the cat didn't <unk>"
    """

    def __init__(self, vocab, lower=True):
        super().__init__(vocab)
        self.lower = lower

    @classmethod
    def train(cls, texts, *, min_freq=1, max_tokens=None, specials=("<pad>", "<unk>"), default="<unk>", lower=True):
        """Count the words of some texts.

        Args:
            texts: an iterable of strings, or one string.
            min_freq: leave out words that occur less often.
            max_tokens: keep this many tokens, specials included: the most frequent.
            specials: tokens that come first in the vocabulary.
            default: the token that stands for all other words; None makes them an error.
            lower: whether capitals are made small first.
        """
        words = Counter(chain.from_iterable(cut(text, lower) for text in several(texts)))
        return cls(
            Vocab(words, specials=specials, min_freq=min_freq, max_tokens=max_tokens, default=default), lower=lower
        )

    def tokenize(self, text):
        return cut(text, self.lower)

    def detokenize(self, tokens):
        text, behind = [], ""
        for token in tokens:
            text += ["" if token in NO_SPACE_BEFORE else behind, token]
            behind = "" if token in NO_SPACE_BEHIND else " "
        return "".join(text)

    def settings(self):
        return {**super().settings(), "lower": self.lower}

    @classmethod
    def from_settings(cls, settings):
        return cls(vocab_of(settings), lower=setting(settings, "lower", bool))


def cut(text, lower):
    """Return the words, numbers and marks of a text."""
    return PIECE.findall(text.lower() if lower else text)
