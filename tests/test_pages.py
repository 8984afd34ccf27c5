"""The pages in docs/ are true: their programs print what they show, here and on PyTorch, and what they name exists."""

from __future__ import annotations

import ast
import re

import pytest

import edutorch
from tests.documents import (
    ROOT,
    broken_links,
    code_names,
    examples,
    has,
    output,
    output_on_pytorch,
    read,
    rows,
    section,
)

PYTORCH, SOURCE, GPU = "docs/coming_from_pytorch.md", "docs/reading_the_source.md", "docs/gpu.md"
PROGRAMS = [
    pytest.param(page, *example, id=f"{page[5:-3]}-{i}")
    for page in (PYTORCH, SOURCE, GPU)
    for i, example in enumerate(examples(page), start=1)
]
# What speaks of edutorch's own parts, or of its own name, is not for PyTorch.
OWN = re.compile(r"^(?:import|from) edutorch(?! as torch$)|\.op\.|node\.edges|inspect|__module__", re.MULTILINE)
SHARED = [program for program in PROGRAMS if not OWN.search(program.values[1]) and not program.values[2]]


def needs_pytorch(code, command):
    return re.search(r"^import torch$", code, re.MULTILINE) and not command


@pytest.mark.parametrize(("page", "code", "command", "shown"), PROGRAMS)
def test_program_prints_what_is_shown(page, code, command, shown, tmp_path, request):
    if needs_pytorch(code, command):
        request.getfixturevalue("torch")
    assert output(code, command, tmp_path) == shown


@pytest.mark.parametrize(("page", "code", "command", "shown"), SHARED)
@pytest.mark.usefixtures("torch")
def test_program_prints_the_same_on_pytorch(page, code, command, shown):
    assert output_on_pytorch(code) == shown


def test_most_programs_run_on_pytorch_too():
    assert len(SHARED) >= 8


@pytest.mark.parametrize("page", [PYTORCH, SOURCE, GPU, "docs/teaching.md", "CONTRIBUTING.md"])
def test_local_links_lead_somewhere(page):
    assert broken_links(page) == []


def defined(path):
    """Return the functions and classes of a file, methods as `Class.method`."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
    return found


def test_named_source_is_where_the_link_leads():
    named = re.findall(r"\[`([\w.]+)`\]\(\.\./(edutorch/[\w/]+\.py)\)", read(SOURCE))
    assert len(named) >= 15
    assert [(name, path) for name, path in named if name not in defined(ROOT / path)] == []


def test_walk_has_ten_stops():
    stops = [int(n) for n in re.findall(r"^## (\d+)\. ", read(SOURCE), re.MULTILINE)]
    assert stops == list(range(1, 11))
    for n in stops:
        stop = re.search(rf"^## {n}\. .*?(?=^## )", read(SOURCE), re.DOTALL | re.MULTILINE)[0]
        assert "](../edutorch/" in stop
        assert "```python" in stop
        assert "*Why so:*" in stop


@pytest.mark.parametrize("row", rows(section(SOURCE, "## How large the parts are")), ids=lambda row: row[0].strip("`"))
def test_parts_are_as_large_as_said(row):
    part, said, _ = row
    folder = ROOT / part.strip("`")
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in folder.rglob("*.py"))
    assert abs(lines - int(said.replace(",", ""))) <= 100 + 0.05 * lines


MISSING = code_names("\n".join(row[0] for row in rows(section(PYTORCH, "## Missing"))))
INSTEAD = code_names("\n".join(row[1] for row in rows(section(PYTORCH, "## Missing"))))


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_missing(name, torch):
    assert not has(edutorch, name)
    if name != "torch.utils.tensorboard":  # PyTorch has it once TensorBoard is installed
        assert has(torch, name) or __import__(name)


def test_what_is_named_instead_is_there():
    assert len(INSTEAD) >= 5
    assert [name for name in INSTEAD if not has(edutorch, name)] == []


def test_figures_of_coming_from_pytorch():
    text = " ".join(read(PYTORCH).split())
    lists = [ROOT / f"tests/{tier}_operators.txt" for tier in ("core", "extended")]
    assert f"asks for {sum(len(path.read_text().split()) for path in lists)} operators by name" in text
    steps = [row for row in rows(section("README.md", "## How fast")) if not row[0].startswith("*")]
    ratios = [float(row[3]) for row in steps]
    assert f"takes between {min(ratios)} and {max(ratios)} times PyTorch's time" in text


def test_make_targets_that_pages_name_are_there_and_in_its_help():
    makefile = read("Makefile")
    targets = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())
    pages = ["README.md", "CONTRIBUTING.md", *(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md"))]
    named = {name for page in pages for name in re.findall(r"(?:^|`)make ([a-z]+)", read(page), re.MULTILINE)}
    assert {"lab", "test", "check", "bench", "grade", "notebooks"} <= named <= targets
    assert set(re.findall(r"^([a-z]+):[^#\n]*## ", makefile, re.MULTILINE)) == targets
