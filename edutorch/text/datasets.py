"""Texts to learn from: Python's own manual, which needs no network, and files of yours."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

from edutorch.utils.data import Dataset

from .collate import token_ids

__all__ = ["NextTokens", "PythonTopics", "TextLines", "TextTable"]

PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})
GRAMMAR_RULE = re.compile(r"^( +\w+)( *) ::= ", re.MULTILINE)
SENTENCE_END = re.compile(r"(?<=[a-z0-9)\"'*][.?!])\s+(?=[\"*(]?[A-Z])")
BROKEN_WORD = re.compile(r"(?<=\w-)\n *(?=\w)")
BULLET = re.compile(r"^\s*(?:[*-]|\d+\.|\[\d+\])\s+")


class PythonTopics(Mapping):
    """Python's language reference, as `help("if")` shows it: about 400 kB of English that every Python brings along.

    A mapping from the topic's name ("if", "lambda", "operator-summary", …) to its text. The texts are those of
    `pydoc_data.topics`, cleaned alike for all versions of Python: typographic quotes and dashes become plain ones, so
    that all characters are ASCII (a passage with others is left out); spaces at the ends of lines go; grammar is
    written as Python 3.14 writes it, `name: …` for `name ::= …`; "New in version" is "Added in version", as since 3.13.

    What the texts say still differs between versions of Python: 3.11, 3.12 and 3.13 have the same 79 topics, but
    new features are described where they exist, and other passages are improved. Do not count on a text's exact length
    or wording.

    Attributes:
        text: the texts one after the other, each passage once. Topics contain one another ("compound" holds all of
            "if"), and whoever cuts `text` into a part to learn from and a part to test on wants no passage in both.

    Example:
        >>> from edutorch.text import PythonTopics
        >>> topics = PythonTopics()
        >>> print(topics["pass"][:44])
        The "pass" statement
        ********************
        >>> "lambda" in topics, topics.text.isascii()
        (True, True)
    """

    def __init__(self):
        from pydoc_data.topics import topics

        self._texts = {name: cleaned(topics[name]) for name in sorted(topics)}
        self.text = "\n\n".join(dict.fromkeys(p for text in self._texts.values() for p in passages(text))) + "\n"

    def __getitem__(self, name):
        return self._texts[name]

    def __iter__(self):
        return iter(self._texts)

    def __len__(self):
        return len(self._texts)

    def __repr__(self):
        return f"{type(self).__name__}({len(self)} topics)"

    def sentences(self):
        """Return the sentences of all texts, each once and in one line: without headings, programs, grammar, tables."""
        found: dict[str, None] = {}
        for passage in passages(self.text):
            if is_prose(passage):
                prose = " ".join(BROKEN_WORD.sub("", BULLET.sub("", passage)).split())
                found.update(dict.fromkeys(s for s in SENTENCE_END.split(prose) if not s.endswith(":")))
        return list(found)


def cleaned(text):
    """Return a topic's text with ASCII characters only, in the form that all versions of Python can have."""
    text = GRAMMAR_RULE.sub(r"\1:\2 ", text.translate(PLAIN).replace("New in version", "Added in version"))
    text = "\n".join(line.rstrip() for line in text.splitlines())
    return "\n\n".join(passage for passage in passages(text) if passage.isascii()) + "\n"


def passages(text):
    """Cut a text where lines are empty."""
    return [passage for passage in re.split(r"\n{2,}", text.strip("\n")) if passage]


def is_prose(passage):
    """Whether a passage is made of sentences."""
    words = BULLET.sub("", passage).lstrip()
    letters = sum(character.isalpha() or character == " " for character in words)
    return words[:1].isupper() and words.endswith((".", "?", "!", ":", ".)", '."')) and letters > 0.8 * len(words)


class NextTokens(Dataset):
    """Pieces of a long sequence of tokens, each with the token that follows on every place: what language models learn.

    Args:
        ids: the whole sequence, a list of numbers or a tensor with one dimension.
        length: how long a piece is.
        stride: how far apart two pieces begin; by default `length`, so that every token is to be predicted once.

    Sample i is (x, y), both of shape (length,), with x[t+1] = y[t]. Tokens that do not fill a piece are left out.

    Attributes:
        inputs, targets: all x and all y, (N, length). They are views: the sequence lies in memory once, however much
            the pieces overlap.

    Raises:
        ValueError: if the sequence is too short for one piece. TypeError: if it holds something else than integers.

    Example:
        >>> from edutorch.text import NextTokens
        >>> data = NextTokens([0, 1, 2, 3, 4, 5, 6], length=3)
        >>> len(data), data[1]
        (2, (tensor([3, 4, 5]), tensor([4, 5, 6])))
    """

    def __init__(self, ids, length, stride=None):
        self.ids = token_ids(ids)
        if length < 1 or (stride is not None and stride < 1):
            raise ValueError(f"length and stride should be positive, and are {length} and {stride}")
        if len(self.ids) <= length:
            raise ValueError(
                f"a piece of length {length} and the token behind it need {length + 1} tokens, and there are "
                f"{len(self.ids)}"
            )
        stride = length if stride is None else stride
        self.inputs = self.ids[:-1].unfold(0, length, stride)
        self.targets = self.ids[1:].unfold(0, length, stride)

    def __len__(self):
        return len(self.inputs)

    def __getitem__(self, index):
        return self.inputs[index], self.targets[index]


class TextLines(Dataset):
    """The lines of a text file, as strings without the line's end.

    Args:
        path: the file.
        encoding: how its characters are written as bytes.

    Raises:
        ValueError: if the bytes are none of that encoding; it names the line.
    """

    def __init__(self, path, encoding="utf-8"):
        text = read_text(path, encoding)
        self.lines = text.removesuffix("\n").split("\n") if text else []

    def __len__(self):
        return len(self.lines)

    def __getitem__(self, index):
        return self.lines[index]


class TextTable(Dataset):
    r"""Texts and their labels from a table: a CSV or TSV file whose first line names the columns.

    Args:
        path: the file.
        text: the name of the column with the texts.
        label: the name of the column with the labels. Without it, the samples are the texts alone.
        delimiter: what stands between two fields: "," or "\t", for example.
        encoding: how its characters are written as bytes.
        classes: the labels in the order of their numbers. By default those in the file, in alphabetical order. For
            the file to test on, give the classes of the file to learn from.

    Sample i is (text, the label's number). Fields in double quotes may contain delimiters, lines' ends, and quotes
    that are written twice. Empty lines are left out.

    Attributes:
        texts: the texts. labels: their labels' numbers, a list. classes: the labels' names.

    Raises:
        ValueError: if the file is not such a table; it names the line.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from edutorch.text import TextTable
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "reviews.csv")
        ...     _ = path.write_text('text,mood\n"Good, very good!",happy\nDull.,sad\n')
        ...     reviews = TextTable(path, text="text", label="mood")
        >>> len(reviews), reviews[0], reviews.classes
        (2, ('Good, very good!', 0), ['happy', 'sad'])
    """

    def __init__(self, path, text, label=None, *, delimiter=",", encoding="utf-8", classes=None):
        columns = [text] if label is None else [text, label]
        rows = list(read_columns(path, columns, delimiter, encoding))
        self.texts = [fields[0] for _, fields in rows]
        self.labels: list[int] | None = None
        self.classes: list[str] | None = None
        if label is not None:
            self.classes = sorted({name for _, (_, name) in rows}) if classes is None else list(classes)
            numbers = {name: number for number, name in enumerate(self.classes)}
            for line, (_, name) in rows:
                if name not in numbers:
                    raise ValueError(f"{path}, line {line}: the label {name!r} is none of the classes {self.classes}")
            self.labels = [numbers[name] for _, (_, name) in rows]

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, index):
        return self.texts[index] if self.labels is None else (self.texts[index], self.labels[index])


def read_text(path, encoding):
    r"""Return a file's text, without a byte order mark, its lines ending with "\n".

    Raises:
        ValueError: if its bytes are none of that encoding; it names the line.
    """
    with open(path, "rb") as file:
        content = file.read()
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {line}: the bytes {content[error.start : error.end].hex(' ')} are no text in {encoding}. "
            "Older programs for Windows write encoding='cp1252', some spreadsheets 'utf-16'"
        ) from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def read_columns(path, columns, delimiter, encoding):
    """Yield (line, fields in some columns) for each row of a table whose first line names the columns.

    Raises:
        ValueError: if a column is not there, a row has too few or too many fields, or a quote is not closed.
    """
    rows = read_rows(path, delimiter, encoding)
    _, header = next(rows, (1, []))
    if not header:
        raise ValueError(f"{path} is empty: its first line should name the columns")
    if len(set(header)) < len(header):
        raise ValueError(f"{path}, line 1: two columns have the same name in {header}")
    for column in columns:
        if column not in header:
            raise ValueError(
                f"{path}, line 1: there is no column {column!r}. The first line should name the columns, and with "
                f"delimiter={delimiter!r} it names {header}"
            )
    places = [header.index(column) for column in columns]
    for line, row in rows:
        if len(row) != len(header):
            raise ValueError(
                f"{path}, line {line}: {len(row)} fields, and the first line names {len(header)} columns: {header}. A "
                "field that contains the delimiter has to stand in double quotes"
            )
        yield line, [row[place] for place in places]


def read_rows(path, delimiter, encoding):
    """Yield (the line where it begins, fields) for each row of a table that is not empty."""
    reader = csv.reader(io.StringIO(read_text(path, encoding), newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ValueError(f"{path}, line {line}: {error}. Is there a quote that is not closed?") from None
        if row:
            yield line, row
