"""A task: everything about one exercise in one file, and how a task is found.

A task file `tasks/ch01_tensors/strides_of.py` holds the statement (its docstring: a title, and Markdown), the
reference, the cases, and `task = Task(...)` with the misconceptions below it. The file is named as the reference, which
gives the task its name.
`tasks/ch01_tensors/__init__.py` holds the chapter's title and introduction in its docstring and `ORDER`, its tasks.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import pkgutil
import sys
import textwrap
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from . import compare, tasks


@dataclass(frozen=True)
class Mistake:
    """A misconception: its name, the words that help, and real code that has it."""

    name: str
    message: str
    answer: Any


class Task:
    """One exercise.

    Args:
        reference: the right answer, a function or a class; its name, signature and docstring are the learner's stub.
        cases: `cases(draw)` yields the arguments of each case as a tuple, from small to large, fresh on every call.
        minutes: how long it takes. points: what it counts.
        hints: three, from a nudge to nearly the code.
        probe: how an answer is used on a case, `probe(answer, *case)`; what it returns is compared.
        expected: what a case should give, `expected(*case)`; by default what the reference gives.
        rtol, atol: how close numbers must be.
        time_limit: seconds that an answer may take for all cases together.
        examples: cases whose results the statement shows.
        also: rules, each `rule(answer)` -> a complaint or None; see `rules.py`.
        swap: what the answer replaces in the library, for the finale.
        finale: a function of one parameter, the answer's name, whose body is the notebook's last cell for this task;
            its docstring stands before that cell.

    Attributes:
        name, chapter: `strides_of`, `ch01_tensors`. mistakes: the misconceptions, in order.
    """

    def __init__(
        self,
        reference,
        *,
        cases,
        minutes,
        points,
        hints,
        probe=None,
        expected=None,
        rtol=compare.RTOL,
        atol=compare.ATOL,
        time_limit=10.0,
        examples=(),
        also=(),
        swap=None,
        finale=None,
    ):
        self.reference, self.cases, self.minutes, self.points = reference, cases, minutes, points
        self.hints, self.probe, self.expected = tuple(hints), probe, expected
        self.rtol, self.atol, self.time_limit = rtol, atol, time_limit
        self.examples, self.also = tuple(examples), (also,) if callable(also) else tuple(also)
        self.swap, self.finale = swap, finale
        self.name = reference.__name__
        self.chapter = reference.__module__.rsplit(".", 2)[-2]
        self.mistakes: list[Mistake] = []

    def wrong(self, message):
        """Add a misconception (a decorator): code that has it, and the words that name it."""

        def add(answer):
            self.mistakes.append(Mistake(answer.__name__, " ".join(message.split()), answer))
            return answer

        return add

    # ---- what the learner reads

    @property
    def module(self):
        """The module of the task file."""
        return sys.modules[self.reference.__module__]

    @property
    def title(self):
        """The first line of the task file."""
        return (inspect.getdoc(self.module) or "").partition("\n")[0]

    @property
    def statement(self):
        """What is asked, in Markdown."""
        return (inspect.getdoc(self.module) or "").partition("\n")[2].strip()

    @property
    def source(self):
        """The reference's source."""
        return inspect.getsource(self.reference)

    @property
    def imports(self):
        """The lines that the reference needs before it: those imports of its file whose names it mentions."""
        mentioned = {n.id for n in ast.walk(ast.parse(self.source)) if isinstance(n, ast.Name)}
        lines = []
        for node in ast.parse(inspect.getsource(self.module)).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {a.asname or a.name.partition(".")[0] for a in node.names}
                if names & mentioned:
                    lines.append(ast.unparse(node))
        return lines

    @property
    def finale_source(self):
        """The code of the finale, as it stands in the notebook; empty without one."""
        if self.finale is None:
            return ""
        source = textwrap.dedent(inspect.getsource(self.finale))
        body = ast.parse(source).body[0].body  # type: ignore[attr-defined]
        if ast.get_docstring(ast.parse(source).body[0]):  # type: ignore[arg-type]
            body = body[1:]
        return textwrap.dedent("\n".join(source.splitlines()[body[0].lineno - 1 :]))

    def __repr__(self):
        return f"<task {self.name} of {self.chapter}>"


# ---- finding them


def chapters():
    """Return the names of all chapters, in order."""
    return sorted(m.name for m in pkgutil.iter_modules(tasks.__path__) if m.ispkg)


def chapter(name):
    """Return a chapter's module: its docstring is title and introduction, `ORDER` the names of its tasks."""
    return import_module(f"{tasks.__name__}.{name}")


def names():
    """Return the name of each task and its chapter, found by the names of the files; nothing is loaded."""
    return {
        m.name: where.name
        for where in pkgutil.iter_modules(tasks.__path__)
        if where.ispkg
        for m in pkgutil.iter_modules([f"{path}/{where.name}" for path in tasks.__path__])
    }


def find(name):
    """Return a task by its name, or by an answer that bears it.

    Raises:
        LookupError: if there is none; the nearest names are in the message.
    """
    if isinstance(name, Task):
        return name
    name = name if isinstance(name, str) else getattr(name, "__name__", None)
    if not isinstance(name, str):
        raise LookupError("A task is found by the name of your function or class, or by its name in quotes.")
    where = names()
    if name not in where:
        near = difflib.get_close_matches(name, where, 3, 0.6)
        advice = f"Did you mean {' or '.join(near)}?" if near else "progress() lists all tasks."
        raise LookupError(f"There is no task called {name!r}. {advice}")
    return import_module(f"{tasks.__name__}.{where[name]}.{name}").task
