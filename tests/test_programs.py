"""Small programs of the kind that teaching repositories hold print the same on PyTorch and on edutorch, to the letter.

Each file in `programs/` runs as it stands on PyTorch: `python tests/programs/k_means.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.twins import on_edutorch, printed

pytest.importorskip("torch")

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_prints_the_same(path):
    source = path.read_text(encoding="utf-8")
    expected = printed(source, str(path))
    assert expected
    assert printed(on_edutorch(source), str(path)) == expected
