"""From task files to notebooks: a master with the solutions for each chapter, and the one that learners get.

The metadata is nbgrader's (https://nbgrader.readthedocs.io): `released(master(chapter))` is, cell for cell, what
`nbgrader generate_assignment` makes of the master. The same sources give the same bytes.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import re

from ..ops.from_data import as_tensor
from ..tensor import Tensor
from .task import Task, chapter, find

STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")
SEED, HIDDEN_SEEDS = 1, (1001, 2002, 3003)  # fixed: a class that is graded twice gets the same marks

FIRST_CELL = """\
import edutorch as torch
from edutorch.classroom import check, hint, progress, solution, swap"""

SHORT_NAMES = "nn, optim, F = torch.nn, torch.optim, torch.nn.functional"  # as in the lessons, from this one on:
SHORT_NAMES_FROM = "ch03"

GRADED = """\
# Worth {points}. Leave this cell as it is.
check({name}, seed={seed}).require()
### BEGIN HIDDEN TESTS
from edutorch.classroom import check
for seed in {seeds}:
    check({name}, seed=seed).require()
### END HIDDEN TESTS"""


def count(number, thing):
    """Return a number of things in words.

    Example:
        >>> count(1, "point"), count(3, "point")
        ('1 point', '3 points')
    """
    return f"{number} {thing}{'s' * (number != 1)}"


def master(name):
    """Return a chapter's notebook with the solutions, as the tree of its JSON."""
    module = chapter(name)
    title, _, introduction = (inspect.getdoc(module) or name).partition("\n")
    tasks = [find(task) for task in module.ORDER]
    heading = f"# Exercises: {title}\n\n{introduction.strip()}\n\n{_overview(tasks)}"
    names = ["", SHORT_NAMES] if name >= SHORT_NAMES_FROM else []
    first = "\n".join([*_imports(tasks), FIRST_CELL, *names])
    cells = [_markdown("title", heading), _code("imports", first, locked=True)]
    for number, task in enumerate(tasks, 1):
        cells += _cells(task, number)
    return _notebook(cells)


def released(notebook):
    """Return a master as the learner gets it: without solutions and hidden tests, what is locked made read-only."""
    cells = [json.loads(json.dumps(cell)) for cell in notebook["cells"]]
    for cell in cells:
        if "nbgrader" not in cell["metadata"]:
            continue
        meta = cell["metadata"]["nbgrader"]
        cell["metadata"]["deletable"] = False
        if meta["locked"]:
            cell["metadata"]["editable"] = False
        else:
            cell["source"] = _replaced(cell["source"], "SOLUTION", STUB)
        if meta["grade"]:
            cell["source"] = _replaced(cell["source"], "HIDDEN TESTS", ())
        meta["cell_type"], meta["checksum"] = cell["cell_type"], checksum(cell)
    return _notebook(cells)


def text(notebook):
    """Return the text of a notebook's file, in the form in which nbformat and JupyterLab write it."""
    notebook = json.loads(json.dumps(notebook))
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def stub(task):
    """Return a reference's source, what the learner writes herself between `### BEGIN SOLUTION` and its end.

    Of a function that is the body, of a class the body of each of its methods; docstrings stay.
    """
    lines = task.source.splitlines()
    tree = ast.parse(task.source).body[0]
    functions = tree.body if isinstance(tree, ast.ClassDef) else [tree]
    for node in reversed([n for n in functions if isinstance(n, ast.FunctionDef)]):
        told = ast.get_docstring(node) is not None
        first = node.body[1] if told and len(node.body) > 1 else node.body[0]
        begin = node.body[0].end_lineno if told else _header_end(node, lines)
        if first.lineno == node.lineno or first.lineno <= begin:
            raise ValueError(f"{task.name}: `{node.name}` has no body on lines of its own that could be left out")
        margin = " " * first.col_offset
        # From the bottom up, so that the line numbers above stay true.
        lines[node.end_lineno : node.end_lineno] = [f"{margin}### END SOLUTION"]
        lines[begin:begin] = [f"{margin}### BEGIN SOLUTION"]
    return "\n".join(lines)


def _header_end(node, lines):
    """Return the number of the line with the colon that ends the header: comments may follow before the body."""
    line = node.body[0].lineno - 1
    while line > node.lineno and not lines[line - 1].split("#")[0].rstrip().endswith(":"):
        line -= 1
    return line


# ---- the cells


def _cells(task: Task, number):
    about = f"*{count(task.minutes, 'minute')}, {count(task.points, 'point')}*"
    parts = [f"## {number}. {task.title}", about, task.statement, _examples(task)]
    yield _markdown(f"{task.name}-task", "\n\n".join(part for part in parts if part))
    yield _code(f"{task.name}-solution", stub(task), solution=True)
    yield _code(f"{task.name}-check", f"check({task.name})")
    yield _code(f"{task.name}-hint", f"# hint({task.name})")
    if task.finale is not None:
        if told := inspect.getdoc(task.finale):
            yield _markdown(f"{task.name}-finale-text", told)
        yield _code(f"{task.name}-finale", task.finale_source)
    graded = GRADED.format(name=task.name, points=count(task.points, "point"), seed=SEED, seeds=HIDDEN_SEEDS)
    yield _code(f"{task.name}-graded", graded, points=task.points)


def _overview(tasks):
    minutes, total = sum(task.minutes for task in tasks), sum(task.points for task in tasks)
    return (
        f"{count(len(tasks), 'task')}, about {minutes} minutes, {count(total, 'point')}. Write your answer where it"
        " says `YOUR CODE HERE`, run the cell, then run the cell below it: `check` says at once how your answer stands."
        " `hint` helps step by step, and `solution` shows one solution once you have tried."
    )


def _imports(tasks):
    lines = [line for task in tasks for line in task.imports if "edutorch.classroom import" not in line]
    return [line for line in dict.fromkeys(lines) if line not in FIRST_CELL.splitlines()]


def _examples(task):
    """Return the worked examples as a piece of a Python session."""
    if not task.examples:
        return ""
    if task.probe is not None:
        raise ValueError(f"{task.name} has a probe: put its examples into the statement")
    lines = []
    for case in task.examples:
        call = f"{task.name}({', '.join(map(_typed, case))})"
        lines += [f">>> {call}", *repr(task.reference(*case)).splitlines()]
    return "```python\n" + "\n".join(lines) + "\n```"


def _typed(argument):
    """Return an argument as somebody would type it."""
    if not isinstance(argument, Tensor):
        return repr(argument)
    numbers = argument.tolist()
    usual = as_tensor(numbers).dtype == argument.dtype
    return f"torch.tensor({numbers}{'' if usual else f', dtype={argument.dtype}'})"


def _markdown(name, source):
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def _code(name, source, *, solution=False, locked=False, points=None):
    cell = {"cell_type": "code", "execution_count": None, "id": name, "metadata": {}, "outputs": [], "source": source}
    if solution or locked or points is not None:
        meta = {
            "grade": points is not None,
            "grade_id": name,
            "locked": not solution,
            "schema_version": 3,
            "solution": solution,
            "task": False,
        }
        cell["metadata"]["nbgrader"] = meta | ({} if points is None else {"points": points})
    return cell


def _notebook(cells):
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
    }
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


# ---- what nbgrader does


def _replaced(source, region, stub):
    """Put the lines `stub`, at the region's margin, in place of each `### BEGIN region` … `### END region`."""

    def lines(found):
        return "".join(f"{found[1]}{line}\n" for line in stub)

    pattern = rf"^([ \t]*)### BEGIN {region}\n.*?^[ \t]*### END {region}(?:\n|\Z)"
    return re.sub(pattern, lines, source, flags=re.MULTILINE | re.DOTALL).removesuffix("\n")


def checksum(cell):
    """Return nbgrader's fingerprint of a cell: it tells whether a locked cell was edited."""
    meta = cell["metadata"]["nbgrader"]
    parts = [cell["source"], cell["cell_type"], meta["grade"], meta["solution"], meta["locked"], meta["grade_id"]]
    if meta["grade"]:
        parts.append(float(meta["points"]))
    return hashlib.md5("".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
