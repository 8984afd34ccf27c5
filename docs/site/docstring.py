"""A docstring taken apart: paragraphs, code, and the sections Shape, Math, Gradient, Args, Returns, Raises, Example."""

from __future__ import annotations

import re
import textwrap
from typing import NamedTuple

SECTIONS = (
    "Shape", "Math", "Gradient", "Args", "Args and attributes", "Attributes", "Returns", "Yields", "Raises", "Warns",
    "Example", "Source",
)  # fmt: skip
HEADING = re.compile(rf"({'|'.join(SECTIONS)}):(?: +(.*))?$")
ITEM = re.compile(r"(\*{0,2}\w+(?:, \*{0,2}\w+)*): +(.*)")


class Block(NamedTuple):
    """A piece of a docstring: "text", "code", "example", or a section by its name."""

    kind: str
    text: str


def blocks(docstring: str) -> list[Block]:
    """Return the pieces of a docstring, in order; a section's text keeps its line breaks, without its indentation."""
    lines = docstring.splitlines()
    found: list[Block] = []
    while lines:
        heading = HEADING.match(lines[0])
        if not lines[0].strip():
            lines.pop(0)
        elif heading:
            lines.pop(0)
            found.append(Block(heading[1], _section(heading[2], lines)))
        elif lines[0].startswith(("    ", ">>>")):
            kind = "example" if lines[0].lstrip().startswith(">>>") else "code"
            found.append(Block(kind, textwrap.dedent("\n".join(_while(lines, _is_indented_or_example)))))
        else:
            found.append(Block("text", "\n".join(_while(lines, _is_text))))
    return found


def _section(first, lines):
    body = _while(lines, lambda line: not line.strip() or line.startswith(" "))
    text = textwrap.dedent("\n".join(body)).strip("\n")
    return f"{first}\n{text}".strip("\n") if first else text


def _while(lines, belongs):
    taken = []
    while lines and belongs(lines[0]):
        taken.append(lines.pop(0))
    while taken and not taken[-1].strip():
        taken.pop()
    return taken


def _is_indented_or_example(line):
    return not line.strip() or line.startswith(("    ", ">>>", "..."))


def _is_text(line):
    return bool(line.strip()) and not HEADING.match(line) and not line.startswith(("    ", ">>>"))


def items(text: str) -> list[tuple[str, str]]:
    """Return a section's entries: (names, what is said of them), with no names for a paragraph of its own."""
    found: list[tuple[str, str]] = []
    fresh = True
    for line in text.splitlines():
        item = ITEM.match(line)
        if not line.strip():
            fresh = True
        elif item and not line.startswith(" "):
            found.append((item[1], item[2]))
            fresh = False
        elif fresh:
            found.append(("", line.strip()))
            fresh = False
        else:
            names, said = found[-1]
            found[-1] = (names, f"{said} {line.strip()}")
    return found


def paragraphs(text: str) -> list[Block]:
    """Return a section's text as paragraphs and code."""
    return blocks(text)


def summary(docstring: str | None) -> str:
    """Return a docstring's first sentence or line."""
    return " ".join((docstring or "").strip().partition("\n\n")[0].split()) if docstring else ""
