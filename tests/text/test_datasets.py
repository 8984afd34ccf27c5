"""Texts: Python's manual, alike on every version, windows of tokens, and what is said of tables with mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edutorch as torch
from edutorch.text import NextTokens, PythonTopics, TextLines, TextTable
from edutorch.text.datasets import cleaned, is_prose, passages
from edutorch.utils.data import DataLoader

# ---- Python's topics


@pytest.fixture(scope="module")
def topics():
    return PythonTopics()


def test_topics_of_every_python(topics):
    assert {"assert", "for", "if", "lambda", "operator-summary", "string-methods", "types"} <= set(topics)
    assert len(topics) == len(list(topics)) > 70
    assert list(topics) == sorted(topics)
    assert repr(topics) == f"PythonTopics({len(topics)} topics)"
    with pytest.raises(KeyError):
        topics["spam"]


def test_topics_are_clean(topics):
    for text in [topics.text, *topics.values()]:
        assert text.isascii()
        assert text.endswith("\n")
        assert not text.startswith("\n")
        assert "\n\n\n" not in text
        assert " \n" not in text
        assert "\t" not in text
        assert "\r" not in text
        assert "New in version" not in text
        assert " ::= " not in text
    assert 300_000 < len(topics.text) < 700_000
    assert 'if_stmt: "if" assignment_expression ":" suite' in topics["if"]


def test_a_passage_is_in_the_text_once(topics):
    found = passages(topics.text)
    assert len(set(found)) == len(found)
    assert set(found) == {passage for text in topics.values() for passage in passages(text)}


def test_sentences(topics):
    sentences = topics.sentences()
    assert len(set(sentences)) == len(sentences) > 1500
    assert "Lambda expressions (sometimes called lambda forms) are used to create anonymous functions." in sentences
    assert not any("left- hand" in sentence for sentence in sentences)
    for sentence in sentences:
        assert sentence == " ".join(sentence.split())
        assert sentence.endswith((".", "?", "!", ")", '"', "'", "*"))
        assert ">>>" not in sentence
        assert "***" not in sentence


def test_versions_of_python_are_cleaned_alike():
    old = (
        "Title\n*****\n\nA “class”—Python’s…  \n\n   a_stmt   ::= b\n   long_one ::= c\n\n\nNew in version 3.5: ‘x’.\n"
    )
    new = "Title\n*****\n\nA \"class\"-Python's...\n\n   a_stmt:   b\n   long_one: c\n\nAdded in version 3.5: 'x'.\n"
    assert cleaned(old) == cleaned(new) == new
    assert cleaned("One.\n\nThe letter ß.\nA line with it.\n\nTwo.\n") == "One.\n\nTwo.\n"


@pytest.mark.parametrize(
    ("passage", "expected"),
    [
        ("The suite is executed.", True),
        ("* A *list* is executed\n  as well.", True),
        ("   Return a copy of the string.", True),
        ("It ends. The following:", True),
        ("class A:", False),
        ("   x = f(a)[1:2] # A comment.", False),
        ("Title\n*****", False),
        ("+-------+\n| A. B. |", False),
        ("   >>> print('A')\n   A.", False),
        ("", False),
    ],
)
def test_prose(passage, expected):
    assert is_prose(passage) is expected


# ---- windows of tokens


@given(st.integers(2, 40), st.integers(1, 12), st.none() | st.integers(1, 15))
def test_windows(size, length, stride):
    if size <= length:
        with pytest.raises(ValueError, match=f"need {length + 1} tokens, and there are {size}"):
            NextTokens(range(size), length, stride)
        return
    data = NextTokens(list(range(size)), length, stride)
    starts = range(0, size - length, stride or length)
    assert len(data) == len(starts)
    for i, start in enumerate(starts):
        x, y = data[i]
        assert x.tolist() == list(range(start, start + length))
        assert y.tolist() == list(range(start + 1, start + length + 1))
    with pytest.raises(IndexError):
        data[len(data)]
    assert torch.equal(data[-1][0], data[len(data) - 1][0])


def test_windows_are_views():
    ids = torch.arange(100)
    data = NextTokens(ids, 10, 1)
    assert data.inputs.shape == data.targets.shape == (90, 10)
    assert data[3][0].data_ptr() == data[2][1].data_ptr() == ids[3:].data_ptr()
    ids[3] = -1
    assert data[3][0][0] == data[2][1][0] == -1


@pytest.mark.parametrize(
    "ids", [[1, 2, 3], torch.tensor([1, 2, 3]), np.array([1, 2, 3]), torch.tensor([1, 2, 3]).int()]
)
def test_tokens_of_all_kinds(ids):
    x, y = NextTokens(ids, 2)[0]
    assert (x.tolist(), y.tolist(), x.dtype) == ([1, 2], [2, 3], torch.int64)


def test_windows_that_cannot_be():
    with pytest.raises(ValueError, match=r"have the shape \(1, 3\)"):
        NextTokens([[1, 2, 3]], 1)
    for length, stride in [(0, None), (2, 0), (2, -1)]:
        with pytest.raises(ValueError, match="should be positive"):
            NextTokens([1, 2, 3], length, stride)


def test_windows_in_a_loader():
    loader = DataLoader(NextTokens(range(101), 10), batch_size=4, shuffle=True)
    batches = list(loader)
    assert [tuple(x.shape) for x, _ in batches] == [(4, 10), (4, 10), (2, 10)]
    assert all(torch.equal(y, x + 1) for x, y in batches)


# ---- files


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "file.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_lines(file):
    lines = TextLines(file("\ufeffone\r\ntwo\n\nfour, naïve\u2028still four"))
    assert list(lines) == ["one", "two", "", "four, naïve\u2028still four"]
    assert (len(lines), lines[-1][:4]) == (4, "four")
    assert list(TextLines(file("a\n"))) == list(TextLines(file("a"))) == ["a"]
    assert list(TextLines(file(""))) == []
    assert list(TextLines(file("\n"))) == [""]
    assert list(TextLines(file("ü\nß".encode("utf-16")), encoding="utf-16")) == ["ü", "ß"]
    assert list(TextLines(file(b"\xfc"), encoding="cp1252")) == ["ü"]


def test_another_encoding(file):
    for read in (TextLines, lambda path: TextTable(path, "a")):
        with pytest.raises(ValueError, match=r"file.csv, line 3: the bytes fc are no text in utf-8\. .*'cp1252'"):
            read(file(b"a\nb\n\xfcber\n"))
        with pytest.raises(ValueError, match=r"file.csv, line 1: .*'utf-16'"):
            read(file("a\n".encode("utf-16")))


def test_a_table(file):
    content = 'text,label,more\n"a, ""b""\nc",pos,1\n\nd,neg,2\ne,pos,3\n'
    for written in (content, "\ufeff" + content, content.replace("\n", "\r\n")):
        table = TextTable(file(written), text="text", label="label")
        assert list(table) == [('a, "b"\nc', 1), ("d", 0), ("e", 1)]
        assert (len(table), table.classes, table.labels) == (3, ["neg", "pos"], [1, 0, 1])
        assert table.texts == ['a, "b"\nc', "d", "e"]
    assert list(TextTable(file(content), "more")) == ["1", "2", "3"]
    assert list(TextTable(file("label\ttext\n1\ta, b\n"), "text", "label", delimiter="\t")) == [("a, b", 0)]
    assert list(TextTable(file("a,b\n"), "a", "b")) == []


def test_classes_of_another_table(file):
    table = TextTable(file("t,l\na,neg\n"), "t", "l", classes=["pos", "neg"])
    assert (list(table), table.classes) == ([("a", 1)], ["pos", "neg"])
    with pytest.raises(ValueError, match=r"file.csv, line 4: the label 'neg' is none of the classes \['pos'\]"):
        TextTable(file('t,l\n"a\nb",pos\nc,neg\n'), "t", "l", classes=["pos"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "file.csv is empty: its first line should name the columns"),
        ("\n\n", "file.csv is empty"),
        ("good,pos\nbad,neg\n", r"line 1: there is no column 'text'. The first line should name .* \['good', 'pos'\]"),
        ("text;label\na;b\n", r"no column 'text'\. .*with delimiter=',' it names \['text;label'\]"),
        ("text,labels\na,b\n", r"no column 'label'\. .*it names \['text', 'labels'\]"),
        ("text,label,text\na,b,c\n", "two columns have the same name"),
        ("text,label\na,b\n\nc\n", r"line 4: 1 fields, and the first line names 2 columns: \['text', 'label'\]"),
        ('text,label\n"a\nb",c\nx, y,z\n', r"line 4: 3 fields, .*stand in double quotes"),
        ('text,label\na,b\n"c,d\ne,f\n', r"line 3: unexpected end of data\. Is there a quote that is not closed\?"),
        ('text,label\n"a" b,c\n', r"line 2: ',' expected after '\"'"),
    ],
)
def test_tables_with_mistakes(file, content, said):
    with pytest.raises(ValueError, match=said):
        TextTable(file(content), text="text", label="label")


def test_files_that_are_not_there(tmp_path):
    for read in (TextLines, lambda path: TextTable(path, "text")):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "nothing.csv")
