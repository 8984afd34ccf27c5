"""Help, rung by rung: three hints, and last the solution."""

from __future__ import annotations

from .checking import TRIED
from .progress import grading, note_hint, read
from .task import find
from .verdict import Page

_next: dict[str, int] = {}


def hint(answer, rung=None):
    """Show the next of a task's three hints; after the last one, the first again.

    Args:
        answer: the task's name, or the answer that bears it. rung: 1, 2 or 3, to choose one.

    Raises:
        LookupError: if there is no such task. ValueError: if there is no such rung.
        PermissionError: while a class is graded.
    """
    task = find(answer)
    _refuse_while_grading()
    count = len(task.hints)
    if rung is None:
        rung = _next.get(task.name, 0) % count + 1
    elif rung not in range(1, count + 1):
        raise ValueError(f"There are hints 1 to {count}, not {rung!r}.")
    _next[task.name] = rung
    note_hint(task.name, rung)
    return Page(f"{task.name}, hint {rung} of {count}", task.hints[rung - 1])


def solution(answer):
    """Show the reference's source, once an answer of your own was checked.

    Raises:
        LookupError: if there is no such task. PermissionError: while a class is graded.
    """
    task = find(answer)
    _refuse_while_grading()
    tried = task.name in TRIED or read().get(task.name, {}).get("tries")
    if not tried:
        text = f"The solution opens after your first `check({task.name})` of an answer of your own, right or wrong."
        return Page(f"{task.name}: first a try", text)
    return Page(f"{task.name}: one solution of several", code="\n".join([*task.imports, "", "", task.source]).strip())


def _refuse_while_grading():
    if grading():
        raise PermissionError("Hints and solutions are closed while answers are graded.")
