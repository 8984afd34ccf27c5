"""Tokenizers: what they cut, what they give back, and their files."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edutorch as torch
from edutorch.text import BPETokenizer, CharacterTokenizer, Tokenizer, Vocab, WordTokenizer

TEXT = "The cat didn't sit on 3.14 mats, did it? (No.)"
TRAINED = [
    CharacterTokenizer.train([TEXT], specials=["<unk>"], default="<unk>"),
    CharacterTokenizer.train(TEXT),
    WordTokenizer.train([TEXT], min_freq=1),
    WordTokenizer.train(TEXT, lower=False, specials=(), default=None),
    BPETokenizer.train([TEXT], 270, specials=["<end>"]),
]
each_kind = pytest.mark.parametrize("tokenizer", TRAINED, ids=lambda tokenizer: type(tokenizer).__name__)


@given(st.text())
def test_characters_come_back(text):
    tokenizer = CharacterTokenizer.train([text])
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert len(tokenizer) == len(set(text))


def test_characters_that_were_not_there():
    with pytest.raises(KeyError, match="'ü' is not among"):
        CharacterTokenizer.train(["abc"]).encode("über")
    tokenizer = CharacterTokenizer.train(["abc"], specials=["?"], default="?")
    assert tokenizer.decode(tokenizer.encode("über")) == "?b??"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't stop -- it’s 3rd!", ["Don't", "stop", "-", "-", "it’s", "3rd", "!"]),
        ("1,000 or 3.14. Or 3,x", ["1,000", "or", "3.14", ".", "Or", "3", ",", "x"]),
        ("self.__init__(x=-1)", ["self", ".", "__init__", "(", "x", "=", "-", "1", ")"]),
        ("naïve Straße 東京 ٣٤", ["naïve", "Straße", "東京", "٣٤"]),
        ("'quoted' 🙂🙂", ["'", "quoted", "'", "🙂", "🙂"]),
        (" \t\n", []),
    ],
)
def test_words(text, tokens):
    assert WordTokenizer(Vocab(), lower=False).tokenize(text) == tokens
    assert WordTokenizer(Vocab()).tokenize(text) == [token.lower() for token in tokens]


@given(st.text() | st.text("ab1_.,'’!?()[] \n"))
def test_words_joined_are_cut_alike_again(text):
    tokenizer = WordTokenizer.train([text], lower=False)
    tokens = tokenizer.tokenize(text)
    assert tokenizer.tokenize(tokenizer.detokenize(tokens)) == tokens
    assert "".join(tokens) == "".join(text.split())


def test_words_have_spaces_where_english_has_them():
    tokenizer = WordTokenizer.train([TEXT], lower=False)
    assert tokenizer.decode(tokenizer.encode(TEXT)) == TEXT


def test_rare_words_are_unknown():
    tokenizer = WordTokenizer.train(["a a a b b c", "a b"], min_freq=2)
    assert tokenizer.vocab.get_itos() == ["<pad>", "<unk>", "a", "b"]
    assert tokenizer.encode("c b x") == [1, 3, 1]
    assert len(WordTokenizer.train(["a a b c"], max_tokens=3)) == 3
    with pytest.raises(KeyError, match="'x' is not among"):
        WordTokenizer.train(["a"], default=None).encode("x")


@each_kind
def test_encode_takes_one_text(tokenizer):
    for texts in (["a", "b"], b"ab", None):
        with pytest.raises(TypeError, match=r"encode takes one text, a string, and got (list|bytes|NoneType)"):
            tokenizer.encode(texts)


@each_kind
def test_decode_takes_a_list_or_a_tensor(tokenizer):
    ids = tokenizer.encode("cat")
    assert (
        tokenizer.decode(torch.tensor(ids)) == tokenizer.decode(ids) == tokenizer.detokenize(tokenizer.tokenize("cat"))
    )
    assert tokenizer.decode([]) == tokenizer.decode(torch.tensor([], dtype=torch.int64)) == ""
    with pytest.raises(ValueError, match=r"shape \(1, \d+\). Decode a batch row by row"):
        tokenizer.decode(torch.tensor([ids]))
    with pytest.raises(ValueError, match=r"a list of lists. Decode a batch row by row"):
        tokenizer.decode([ids])
    with pytest.raises(ValueError, match=r"of shape \(\)"):
        tokenizer.decode(torch.tensor(1))
    with pytest.raises(IndexError, match="no token has the number"):
        tokenizer.decode([len(tokenizer)])


# ---- files


@each_kind
def test_saved_and_loaded(tokenizer, tmp_path):
    path = tmp_path / "tokenizer.json"
    tokenizer.save(path)
    for kind in (Tokenizer, type(tokenizer)):
        loaded = kind.load(path)
        assert type(loaded) is type(tokenizer)
        assert loaded.settings() == tokenizer.settings()
        assert loaded.vocab.get_itos() == tokenizer.vocab.get_itos()
        assert loaded.encode(TEXT) == tokenizer.encode(TEXT)
    assert [file.name for file in tmp_path.iterdir()] == ["tokenizer.json"]


@given(st.lists(st.text(st.characters(), max_size=5)))
def test_any_characters_can_be_saved(tmp_path_factory, texts):
    path = tmp_path_factory.getbasetemp() / "any.json"
    text = "".join(texts)
    for trained in (CharacterTokenizer.train(texts), BPETokenizer.train(texts, 260)):
        trained.save(path)
        loaded = Tokenizer.load(path)
        assert loaded.encode(text) == trained.encode(text)


def test_a_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "tokenizer.json"
    TRAINED[0].save(path)
    broken = CharacterTokenizer.train("abc")
    broken.settings = lambda: {"tokens": object()}
    with pytest.raises(TypeError):
        broken.save(path)
    assert Tokenizer.load(path).settings() == TRAINED[0].settings()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_kind_of_ones_own(tmp_path):
    class Syllables(Tokenizer):
        def tokenize(self, text):
            return text.split("-")

        def detokenize(self, tokens):
            return "-".join(tokens)

    Syllables(Vocab(["to", "ken"])).save(tmp_path / "own.json")
    loaded = Tokenizer.load(tmp_path / "own.json")
    assert isinstance(loaded, Syllables)
    assert loaded.decode(loaded.encode("to-ken")) == "to-ken"


@pytest.mark.parametrize("what", ["tokenize", "detokenize"])
def test_the_base_says_what_is_missing(what):
    with pytest.raises(NotImplementedError, match=f"it has no {what}"):
        getattr(Tokenizer(Vocab()), what)("")


HEAD = {"format": "edutorch.text tokenizer", "version": 1}
CHARACTERS = {**HEAD, "kind": "CharacterTokenizer", "tokens": ["a", "b"], "default": None}
WORDS = {**CHARACTERS, "kind": "WordTokenizer", "lower": True}
BPE = {**HEAD, "kind": "BPETokenizer", "merges": ["a b", "ab c"], "specials": []}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is not JSON"),
        (b"PK\x03\x04\x80\x81", "it is not JSON"),
        (json.dumps(CHARACTERS).encode()[:-9], "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b'{"version": ' + b"9" * 5000 + b"}", "it is not JSON"),
        ([CHARACTERS], "it does not begin with the format"),
        ({"model": {"type": "BPE"}}, "it does not begin with the format"),
        ({**CHARACTERS, "version": 2}, "has the version 2 .* reads version 1"),
        ({**CHARACTERS, "kind": "os.system"}, "holds a 'os.system', not a Tokenizer"),
        ({**CHARACTERS, "kind": ["CharacterTokenizer"]}, "holds a .*, not a Tokenizer"),
        ({**HEAD, "kind": "CharacterTokenizer"}, "'tokens' should be of type list, and is None"),
        ({**CHARACTERS, "tokens": "ab"}, "'tokens' should be of type list, and is 'ab'"),
        ({**CHARACTERS, "tokens": ["a", 1]}, "'tokens' should hold strings, and holds 1"),
        ({**CHARACTERS, "tokens": ["a", "a"]}, "'a' is given twice"),
        ({**CHARACTERS, "default": 2}, "no token has the number 2"),
        ({**CHARACTERS, "default": -1}, "no token has the number -1"),
        ({**CHARACTERS, "default": "a"}, "'default' should be of type int, and is 'a'"),
        ({**CHARACTERS, "default": True}, "'default' should be of type int, and is True"),
        ({**WORDS, "lower": 1}, "'lower' should be of type bool, and is 1"),
        ({**BPE, "merges": ["a"]}, "the merge 'a' is not one of two tokens made before it"),
        ({**BPE, "merges": ["a b c"]}, "the merge 'a b c' is not"),
        ({**BPE, "merges": ["ab c", "a b"]}, "the merge 'ab c' is not"),
        ({**BPE, "merges": ["a €"]}, "the merge .* is not"),
        ({**BPE, "merges": [["a", "b"]]}, "'merges' should hold strings"),
        ({**BPE, "specials": ["ab"]}, "'ab' is given twice"),
        ({**BPE, "specials": [None]}, "'specials' should hold strings"),
    ],
)
def test_a_file_that_is_not_in_order(tmp_path, content, said):
    path = tmp_path / "file.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(ValueError, match=said) as error:
        Tokenizer.load(path)
    assert str(error.value).startswith(str(path))
    assert len(str(error.value)) < 400


def test_a_file_of_another_kind(tmp_path):
    TRAINED[0].save(tmp_path / "characters.json")
    with pytest.raises(ValueError, match="holds a 'CharacterTokenizer', not a WordTokenizer"):
        WordTokenizer.load(tmp_path / "characters.json")
    with pytest.raises(FileNotFoundError):
        Tokenizer.load(tmp_path / "nothing.json")


@given(st.integers(0, 2000), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_harmless(tmp_path_factory, place, byte):
    path = tmp_path_factory.getbasetemp() / "changed.json"
    TRAINED[4].save(path)
    content = bytearray(path.read_bytes())
    content[place % len(content)] = byte
    path.write_bytes(content)
    try:
        loaded = Tokenizer.load(path)
    except ValueError:
        return
    assert loaded.decode(loaded.encode(TEXT)) == TEXT
