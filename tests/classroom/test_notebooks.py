"""From task files to notebooks, and what `make exercises` does."""

import ast
import json
import re
import types

import nbformat
import pytest

from edutorch.classroom import notebooks
from edutorch.classroom.task import chapters
from scripts import make_exercises
from tests.classroom import handing_in as hand_in


def source_of(text):
    """A stand-in for a task whose reference has this source."""
    return types.SimpleNamespace(name="f", source=text)


def test_a_functions_body_becomes_the_solution_and_its_docstring_stays():
    text = 'def f(x, y):  # two\n    """Add.\n\n    More.\n    """\n    # Why so.\n    z = x\n    return z + y\n'
    assert notebooks.stub(source_of(text)).splitlines() == [
        "def f(x, y):  # two",
        '    """Add.',
        "",
        "    More.",
        '    """',
        "    ### BEGIN SOLUTION",
        "    # Why so.",
        "    z = x",
        "    return z + y",
        "    ### END SOLUTION",
    ]


def test_a_class_keeps_its_methods_headers():
    text = (
        'class f(Base):\n    """Doc."""\n\n    size = 3\n\n    def __init__(\n        self,\n        x,\n    ):\n'
        '        self.x = x\n\n    @staticmethod\n    def g(x):\n        """Say."""\n        return x\n'
    )
    made = notebooks._code("f-solution", notebooks.stub(source_of(text)), solution=True)
    shown = notebooks.released(notebooks._notebook([made]))["cells"][0]["source"]
    left_out = "        # YOUR CODE HERE\n        raise NotImplementedError()\n"
    assert shown + "\n" == text.replace("        self.x = x\n", left_out).replace("        return x\n", left_out)


@pytest.mark.parametrize(
    "text", ["def f(x): return x\n", 'def f(x):\n    """Only words."""\n', 'def f(x): "w"; return x\n']
)
def test_a_body_that_cannot_be_left_out_is_refused(text):
    with pytest.raises(ValueError, match="`f` has no body on lines of its own"):
        notebooks.stub(source_of(text))


@pytest.mark.parametrize("name", chapters())
def test_chapter(name):
    """Both notebooks are valid, in the form in which editors write them, and the released one holds no solution."""
    master = notebooks.master(name)
    released = notebooks.released(master)
    for notebook in (master, released):
        text = notebooks.text(notebook)
        read = nbformat.reads(text, as_version=4)
        nbformat.validate(read)
        assert nbformat.writes(read).rstrip("\n") + "\n" == text
        ids = [cell["id"] for cell in notebook["cells"]]
        assert len(set(ids)) == len(ids)
    text = notebooks.text(released)
    assert "SOLUTION" not in text
    assert "HIDDEN" not in text
    for task in hand_in.tasks_of(name):
        cell = hand_in.cell(released, f"{task.name}-solution")
        assert "raise NotImplementedError()" in cell["source"]
        assert ast.get_docstring(ast.parse(cell["source"]).body[0]) == ast.get_docstring(ast.parse(task.source).body[0])
        given = {line.strip() for line in cell["source"].splitlines()}
        region = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", notebooks.stub(task), re.DOTALL)
        body = [line.strip() for part in region for line in part.splitlines() if len(line.strip()) > 12]
        assert not given & set(body)
        graded = hand_in.cell(released, f"{task.name}-graded")
        assert graded["metadata"]["nbgrader"]["points"] == task.points
        assert graded["metadata"]["editable"] is False


def test_the_master_is_what_the_task_file_says(tmp_path):
    name = chapters()[0]
    made = notebooks.master(name)
    for task in hand_in.tasks_of(name):
        source = hand_in.cell(made, f"{task.name}-solution")["source"]
        without = [line for line in source.splitlines() if not line.strip().startswith("### ")]
        assert without == task.source.splitlines()


def test_make_exercises_writes_what_is_missing_once(tmp_path):
    written = list(make_exercises.write(tmp_path))
    assert len(written) == 2 * len(chapters())
    assert all(line.startswith("written: ") for line in written)
    assert list(make_exercises.write(tmp_path)) == []
    assert list(make_exercises.faults(tmp_path)) == []


def test_make_exercises_notices_what_differs(tmp_path):
    list(make_exercises.write(tmp_path))
    name = chapters()[0]
    path = tmp_path / "exercises" / name / f"{name}.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("`YOUR CODE HERE`", "`YOUR OLD CODE HERE`"), "utf-8")
    (tmp_path / "solutions" / name / f"{name}.ipynb").unlink()
    stray = tmp_path / "exercises" / "ch00_gone" / "ch00_gone.ipynb"
    stray.parent.mkdir()
    stray.write_text("{}")
    assert list(make_exercises.faults(tmp_path)) == [
        f"missing: solutions/{name}/{name}.ipynb",
        f"differs: exercises/{name}/{name}.ipynb",
        "belongs to no chapter: exercises/ch00_gone/ch00_gone.ipynb",
    ]
    assert list(make_exercises.write(tmp_path)) == [
        f"written: solutions/{name}/{name}.ipynb",
        f"written: exercises/{name}/{name}.ipynb",
    ]


def answer(cell):
    cell["source"] = ["mine = 1"]


def answer_below_the_stub(cell):
    cell["source"].append("\n    mine = 1")


def run_it(cell):
    cell["execution_count"] = 1


@pytest.mark.parametrize("work", [answer, answer_below_the_stub, run_it])
def test_make_exercises_leaves_a_learners_work_alone(tmp_path, work, monkeypatch):
    name = chapters()[0]
    monkeypatch.setattr(make_exercises, "chapters", lambda: [name])
    list(make_exercises.write(tmp_path))
    path = tmp_path / "exercises" / name / f"{name}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    work(hand_in.cell(notebook, f"{hand_in.tasks_of(name)[0].name}-solution"))
    path.write_text(json.dumps(notebook), encoding="utf-8")
    left = f"left alone, somebody has worked in it: exercises/{name}/{name}.ipynb"
    assert list(make_exercises.write(tmp_path)) == [left]
    assert json.loads(path.read_text(encoding="utf-8")) == notebook


def test_make_exercises_leaves_alone_what_it_cannot_read(tmp_path, monkeypatch):
    name = chapters()[0]
    monkeypatch.setattr(make_exercises, "chapters", lambda: [name])
    path = tmp_path / "exercises" / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text("<<<<<<< mine")
    assert f"left alone, somebody has worked in it: {path.relative_to(tmp_path)}" in list(
        make_exercises.write(tmp_path)
    )
    assert path.read_text() == "<<<<<<< mine"
