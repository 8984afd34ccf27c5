"""The habits of the house that no other tool looks after."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "edutorch").rglob("*.py"))
FOR_PICTURES = {"IPython", "ipywidgets", "matplotlib"}


def imported(tree: ast.AST) -> set[str]:
    """The top-level packages that a piece of source imports."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_import_edutorch_loads_no_heavy_package():
    heavy = {*FOR_PICTURES, "cupy", "mpi4py", "scipy", "sklearn", "torch"}
    code = f"import sys, edutorch; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_source_file(path):
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    assert lines <= 500, "a file of more than 500 lines holds two ideas"
    tree = ast.parse(text)
    # A lesson's libraries may load matplotlib or ipywidgets, and only inside the function that needs them.
    if path.relative_to(ROOT / "edutorch").parts[0] in ("viz", "classroom"):
        tree.body = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert not imported(tree) & FOR_PICTURES


@pytest.mark.skipif(os.name != "posix", reason="a POSIX shell script")
@pytest.mark.parametrize(
    ("version_check", "venv_check", "missing"),
    [
        (1, 0, "Missing: Python 3.11 or newer."),
        (0, 1, "Missing: the module venv of {python}."),
    ],
)
def test_make_says_in_one_line_what_is_missing(tmp_path, version_check, venv_check, missing):
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncase "$2" in *version*) exit {version_check};; *) exit {venv_check};; esac\n')
    python.chmod(0o755)
    done = subprocess.run(
        ["sh", "scripts/make_venv.sh", tmp_path / "venv", python],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(missing.format(python=python))
    assert not (tmp_path / "venv").exists()
