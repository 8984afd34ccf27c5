"""What README and the pages in docs/ show and claim, taken out of them for the tests."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# A program, then perhaps a command that runs it, then what is printed.
BLOCK = r"```{}\n((?:(?!```).)*)```\n+"
EXAMPLE = re.compile(f"{BLOCK.format('python')}(?:{BLOCK.format('sh')})?{BLOCK.format('text')}", flags=re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


def read(name):
    """Return the text of a page by its path in the repository, with plain spaces where a line must not break."""
    return (ROOT / name).read_text(encoding="utf-8").replace("\xa0", " ")


def examples(name):
    """Return a page's programs as (code, command or "", what it prints)."""
    return EXAMPLE.findall(read(name))


def links(name):
    """Return the paths in the repository that a page links to, as seen from the page."""
    return LINK.findall(read(name))


def broken_links(name):
    """Return the links of a page that lead nowhere."""
    return [target for target in links(name) if not ((ROOT / name).parent / target).exists()]


def section(name, heading):
    """Return what stands below a heading of a page, down to the next heading of its rank."""
    rank = heading.partition(" ")[0]
    return re.search(rf"^{re.escape(heading)}\n(.*?)(?=^{rank} |\Z)", read(name), re.DOTALL | re.MULTILINE)[1]


def rows(text):
    """Return the rows of the tables in a text, as lists of cells, without headings."""
    lines = re.findall(r"^\| (.*) \|$", re.sub(r"^\|.*\n\|(?:-+\|)+\n", "", text, flags=re.MULTILINE), re.MULTILINE)
    return [[cell.strip() for cell in re.split(r" ?\| ?", line)] for line in lines]


def code_names(text):
    """Return the dotted names in backquotes that begin with `torch.`."""
    return re.findall(r"`(torch\.[\w.]+)", text)


def has(module, name):
    """Say whether a framework has one of PyTorch's names, `torch.nn.Linear` for example."""
    target = module
    for part in name.split(".")[1:]:
        if not hasattr(target, part):
            return False
        target = getattr(target, part)
    return True


def output(code, command="", folder=None):
    """Run a program as a reader would, with what it says about an error; a command finds it as its first file."""
    arguments = [sys.executable, "-c", code]
    if command:
        python, *rest = shlex.split(command)
        assert python == "python"
        (Path(folder) / next(word for word in rest if word.endswith(".py"))).write_text(code, encoding="utf-8")
        arguments = [sys.executable, *rest]
    done = subprocess.run(
        arguments, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout


def output_on_pytorch(code):
    """Run a program with PyTorch for edutorch, in this process: PyTorch takes seconds to load."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code.replace("import edutorch as torch", "import torch"), {"__name__": "__main__"})
    return said.getvalue()
