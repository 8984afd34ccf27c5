"""Small programs of the kind that teaching repositories hold print the same on PyTorch and on edutorch, to the letter.

Each file in `programs/` runs as it stands on PyTorch: `python tests/programs/k_means.py`.
"""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


def on_edutorch(source):
    """Return a program that imports edutorch where it imported torch: the only change a user makes."""
    source = re.sub(r"^(\s*)import torch$", r"\1import edutorch as torch", source, flags=re.MULTILINE)
    return re.sub(r"^(\s*)(import|from) torch\b", r"\1\2 edutorch", source, flags=re.MULTILINE)


def printed(source, filename):
    """Run a program and return what it printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, filename, "exec"), {"__name__": "__main__"})
    return re.sub(r"0x[0-9a-f]+", "0x…", out.getvalue())


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_prints_the_same(path, torch):
    source = path.read_text()
    expected, got = printed(source, str(path)), printed(on_edutorch(source), str(path))
    assert got.replace("edutorch.", "torch.").splitlines() == expected.splitlines()
