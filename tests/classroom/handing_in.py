"""What learners type and hand in, made from the exercises and the task files."""

import ast
import inspect
import json
import types

from edutorch.classroom import notebooks
from edutorch.classroom.draw import Draw
from edutorch.classroom.task import chapter, find


def tasks_of(name):
    return [find(task) for task in chapter(name).ORDER]


def right(task):
    """The reference, as a learner would type it."""
    return task.source


def wrong(task, mistake):
    """A misconception's source, bearing the task's name and standing alone, as a learner would type it.

    Of one that the task file makes with a function of its own there is no such source: it is taken from there.
    """
    if isinstance(mistake.answer, type | types.FunctionType) and "<locals>" in mistake.answer.__qualname__:
        place = f"next(m.answer for m in find({task.name!r}).mistakes if m.name == {mistake.name!r})"
        lines = ["from edutorch.classroom.task import find", f"{task.name} = {place}"]
        return "\n".join([*lines, f"{task.name}.__name__ = {task.name!r}"])
    return _alone(task, mistake.name, {task.name: "another", mistake.name: task.name})


def _alone(task, name, new_names):
    """The source of a function of a task file and of all that it needs from there, some of it renamed."""
    tree = ast.parse(inspect.getsource(task.module))
    defined = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.decorator_list = [d for d in node.decorator_list if not ast.unparse(d).startswith("task.wrong")]
            defined[node.name] = node
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) != "task":
            defined |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            defined |= {alias.asname or alias.name.partition(".")[0]: node for alias in node.names}
    needed, todo = set(), [name]
    while todo:
        if (one := todo.pop()) not in needed:
            needed.add(one)
            names = {n.id for n in ast.walk(defined[one]) if isinstance(n, ast.Name)}
            todo += names & set(defined)
    body = list(dict.fromkeys(defined[one] for one in defined if one in needed))
    return "\n\n\n".join(ast.unparse(_Renamed(new_names).visit(node)) for node in body)


class _Renamed(ast.NodeTransformer):
    def __init__(self, names):
        self.names = names

    def visit_Name(self, node):
        node.id = self.names.get(node.id, node.id)
        return node

    def _named(self, node):
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)

    visit_FunctionDef = visit_ClassDef = _named


def hard_coded(task):
    """An answer that knows what the visible test asks for, and its results; the task's arguments are plain numbers."""
    table = {case: task.reference(*case) for case in task.cases(Draw(notebooks.SEED))}
    return f"def {task.name}(*arguments):\n    return {table!r}.get(arguments, ())"


def notebook(name, answers=None):
    """A released notebook with some of its answers filled in: `{task: source}`."""
    made = notebooks.released(notebooks.master(name))
    for task, source in (answers or {}).items():
        cell(made, f"{task}-solution")["source"] = source
    return made


def cell(made, name):
    return next(c for c in made["cells"] if c["id"] == name)


def add(made, source, before="imports", after=None):
    """Put a cell of the learner's own into a notebook, before or after another one."""
    new = {"cell_type": "code", "id": "mine", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
    names = [c["id"] for c in made["cells"]]
    made["cells"].insert(names.index(after) + 1 if after else names.index(before), new)


def save(made, path, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.dumps(made, ensure_ascii=False).encode(encoding, errors="replace"))
