"""What a check says: one object, shown as text or, in JupyterLab, as a small page."""

from __future__ import annotations

import html
import inspect
import re
import textwrap
from dataclasses import dataclass, field

from ..tensor import Tensor
from .guard import TimeUp, within

LOOKING = 1.0  # seconds for a value to say what it is
MOST_LINES = 8  # of one value
LONGEST_LINE = 110
TEXT_WIDTH = 100

COLOURS = {"right": "#1a7f37", "not yet": "#9a6700", "not attempted": "#57606a"}
SHARE = 0.65  # of such a colour in what is shown


class NotYet(AssertionError):
    """Raised by `Verdict.require()` for an answer that is not right."""


@dataclass
class Case:
    """One case as it is shown: the call, and the values beside it."""

    call: str
    rows: list[tuple[str, str]]
    title: str = "The smallest case that fails"


@dataclass
class Verdict:
    """The result of a check.

    Attributes:
        task: the task's name. passed: whether the answer is right.
        status: "right", "not yet" or "not attempted".
        cases, right: how many cases there are, and how many the answer gets right.
        message: what is wrong, in words. mistake: the name of the misconception, where one was recognised.
        case: the smallest case that fails. seed: draws the same cases again.
    """

    task: str
    status: str
    message: str = ""
    cases: int = 0
    right: int = 0
    mistake: str | None = None
    case: Case | None = None
    seed: int | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def passed(self):
        """Whether the answer is right."""
        return self.status == "right"

    def require(self):
        """Return the verdict if the answer is right.

        Raises:
            NotYet: an AssertionError, with the verdict as its text, if it is not.
        """
        if not self.passed:
            raise NotYet(str(self))
        return self

    @property
    def headline(self):
        """One line: the task, and how it stands."""
        if self.passed:
            return f"{self.task}: right. It holds in all {self.cases} cases."
        if self.status == "not attempted":
            return f"{self.task}: not attempted yet."
        if not self.right:
            return f"{self.task}: not yet."
        if self.right == self.cases:
            return f"{self.task}: not yet, but all {self.cases} cases are right."
        are = "is" if self.right == 1 else "are"
        return f"{self.task}: not yet, but {self.right} of {self.cases} cases {are} right."

    def __str__(self):
        parts = [self.headline]
        parts += [_folded(text) for text in _paragraphs(self.message)]
        if self.case is not None:
            parts.append(f"{self.case.title}:\n" + _indented(self.case.call) + "\n" + _table(self.case.rows))
        parts += self.notes
        return "\n\n".join(parts)

    def __repr__(self):
        return str(self)

    def _repr_html_(self):
        # Mixed with the page's own ink: darker on a white page, lighter on a black one.
        colour = f"color-mix(in srgb, {COLOURS[self.status]} {SHARE:.0%}, currentColor)"
        parts = [f'<div style="font-weight: 600; color: {colour}">{html.escape(self.headline)}</div>']
        parts += [f"<p>{_marked(text)}</p>" for text in _paragraphs(self.message)]
        if self.case is not None:
            rows = "".join(
                f'<tr><th scope="row" style="text-align: left; vertical-align: top">{html.escape(name)}</th>'
                '<td style="text-align: left">'
                f'<pre style="margin: 0; background: none">{html.escape(value)}</pre></td></tr>'
                for name, value in self.case.rows
            )
            parts.append(
                f"<div>{self.case.title}:</div><pre>{html.escape(_indented(self.case.call))}</pre><table>{rows}</table>"
            )
        parts += [f'<div style="opacity: 0.75">{_marked(note)}</div>' for note in self.notes]
        return f'<div style="border-left: 4px solid {colour}; padding: 0.2em 1em">{"".join(parts)}</div>'


@dataclass
class Page:
    """Words to read: a hint, a solution, a notice. `text` is Markdown."""

    title: str
    text: str = ""
    code: str = ""

    def __str__(self):
        return "\n\n".join(part for part in (self.title, self.text, self.code) if part)

    def __repr__(self):
        return str(self)

    def _repr_html_(self):
        code = f"<pre>{html.escape(self.code)}</pre>" if self.code else ""
        text = "".join(f"<p>{_marked(p)}</p>" for p in _paragraphs(self.text))
        return f'<div style="padding: 0.2em 1em"><b>{_marked(self.title)}</b>{text}{code}</div>'


# ---- words and values


def shown(value):
    """Return a value as a few lines of text: a tensor with shape and dtype, a dict or several tensors one by one."""
    try:
        return within(LOOKING, lambda: _shown(value))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # its __repr__ may do anything: raise SystemExit, or never end
        why = f"that takes more than {LOOKING:g} s" if isinstance(error, TimeUp) else type(error).__name__
        return f"a {type(value).__name__} that cannot be shown ({why})"


def _shown(value):
    if isinstance(value, dict) and value:
        return "\n".join(_entry(key, part) for key, part in list(value.items())[:MOST_LINES])
    if isinstance(value, Tensor):
        return clipped(_described(value))
    text = repr(value)
    if isinstance(value, (tuple, list)) and ("\n" in text or len(text) > LONGEST_LINE):
        if any(isinstance(part, Tensor) for part in value):
            parts = [_entry(f"[{i}]", part) for i, part in enumerate(value[:MOST_LINES])]
            return "\n".join([f"a {type(value).__name__} of {len(value)}", *parts, *["…"] * (len(value) > MOST_LINES)])
        if "\n" not in text:
            text = textwrap.fill(text, LONGEST_LINE, subsequent_indent=" ", break_long_words=False)
    return clipped(text)


def _entry(key, value):
    text = clipped(repr(value))
    return f"{key}:\n{_indented(text, '  ')}" if "\n" in text else f"{key}: {text}"


def clipped(text):
    """Return a text's first lines, each of a readable length."""
    lines = text.splitlines() or [""]
    lines = [line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + " …" for line in lines]
    return "\n".join(lines[:MOST_LINES] + ["…"] * (len(lines) > MOST_LINES))


def _described(tensor):
    kind = str(tensor.dtype).removeprefix("torch.")
    notes = ", requires grad" if tensor.requires_grad else ""
    return f"{tensor.detach()!r}\nshape {tuple(tensor.shape)}, {kind}{notes}"


def arguments(function, case):
    """Return (name, value as text) for each argument of a case."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    rows = []
    for i, value in enumerate(case):
        last = parameters[-1] if parameters else None
        if i < len(parameters) and parameters[i].kind is not inspect.Parameter.VAR_POSITIONAL:
            name = parameters[i].name
        elif last is not None and last.kind is inspect.Parameter.VAR_POSITIONAL:
            name = last.name
        else:
            name = f"argument {i + 1}"
        rows.append((name, shown(value)))
    return rows


def raised(error):
    """Return an exception as its type and message, of one line."""
    try:
        message = within(LOOKING, lambda: str(error).strip().partition("\n")[0])
    except KeyboardInterrupt:
        raise
    except BaseException:  # its __str__ may do anything as well
        message = ""
    name = type(error).__name__
    return f"{name}: {message[:300]}" if message else name


def _paragraphs(text):
    return [part for part in text.split("\n\n") if part.strip()]


def _marked(text):
    """Return a little Markdown as HTML: `code`, **strong**, *emphasis*."""
    text = html.escape(text, quote=False).replace("\n", "<br>")
    pieces = re.split(r"(`[^`]+`)", text)
    for i, piece in enumerate(pieces):
        if i % 2:
            pieces[i] = f"<code>{piece[1:-1]}</code>"
        else:
            piece = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", piece)
            pieces[i] = re.sub(r"\*([^*\s][^*]*)\*", r"<i>\1</i>", piece)
    return "".join(pieces)


def _folded(text):
    return textwrap.fill(text, TEXT_WIDTH, break_on_hyphens=False, break_long_words=False)


def _indented(text, by="    "):
    return "\n".join(by + line for line in text.splitlines())


def _table(rows):
    width = max((len(name) for name, _ in rows), default=0) + 2
    lines = []
    for name, value in rows:
        first, *rest = value.splitlines() or [""]
        lines.append(f"    {name:<{width}}{first}")
        lines += [" " * (4 + width) + line for line in rest]
    return "\n".join(lines)
