"""The scripted learner: from a fresh copy, every chapter in order, as somebody would go through it.

She opens the notebook and runs it, answers each task wrongly, reads what her mistake is and a hint, answers rightly,
and hands in what she has; it is graded with full marks.
"""

import json
import shutil
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from edutorch.classroom.grading import grade
from edutorch.classroom.grading.sandbox import LIBRARY, Sandbox
from edutorch.classroom.grading.submission import HandedIn
from edutorch.classroom.task import chapters
from scripts.run_notebooks import KERNEL_ENV
from tests.classroom import handing_in as hand_in


@pytest.fixture(scope="module")
def sandbox():
    return Sandbox()


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """What a clone holds of the library and the exercises."""
    folder = tmp_path_factory.mktemp("clone")
    leave = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "edutorch-progress.json")
    for part in ("edutorch", "exercises"):
        shutil.copytree(LIBRARY / part, folder / part, ignore=leave)
    return folder


class Learner:
    """A notebook opened in a kernel, and a learner who types into it."""

    def __init__(self, path):
        self.path, self.notebook = path, nbformat.read(path, as_version=4)
        self.client = NotebookClient(
            self.notebook,
            kernel_name="python3",
            extra_arguments=["--log-level=40"],
            allow_errors=True,
            timeout=300,
            resources={"metadata": {"path": str(path.parent)}},
        )

    def run(self, name):
        """Run a cell and return what it says."""
        number = next(i for i, cell in enumerate(self.notebook.cells) if cell.id == name)
        return self._said(self.client.execute_cell(self.notebook.cells[number], number))

    def type(self, name, source):
        """Write something into a cell, and run it."""
        next(cell for cell in self.notebook.cells if cell.id == name).source = source
        return self.run(name)

    def ask(self, source):
        """Run something in a cell of her own at the end, and return what it says."""
        self.notebook.cells.append(nbformat.v4.new_code_cell(source))
        try:
            return self.run(self.notebook.cells[-1].id)
        finally:
            self.notebook.cells.pop()

    def code(self):
        return [cell.id for cell in self.notebook.cells if cell.cell_type == "code"]

    @staticmethod
    def _said(cell):
        parts = []
        for output in cell.outputs:
            if output.output_type == "stream":
                parts.append(output.text)
            elif output.output_type == "error":
                parts.append(f"{output.ename}: {output.evalue}")
            else:
                parts.append(output.data.get("text/plain", ""))
        return "\n".join(parts).strip()


@pytest.mark.skipif(sys.platform == "win32", reason="the copy is put before the library by PYTHONPATH")
@pytest.mark.parametrize("name", chapters())
def test_chapter(name, copy, sandbox, tmp_path, monkeypatch):
    for variable, value in {**KERNEL_ENV, "PYTHONPATH": str(copy), "IPYTHONDIR": str(tmp_path)}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("EDUTORCH_PROGRESS")
    tasks = hand_in.tasks_of(name)
    path = copy / "exercises" / name / f"{name}.ipynb"
    learner = Learner(path)
    with learner.client.setup_kernel():
        assert learner.run("imports") == ""
        assert learner.ask("import edutorch; edutorch.__file__") == repr(str(copy / "edutorch" / "__init__.py"))
        for task in tasks:
            look_round(learner, task)
        for task in tasks:
            answer_wrongly(learner, task)
            answer_rightly(learner, task)
        page = learner.ask("progress()")
    nbformat.write(learner.notebook, path)
    progress = json.loads((copy / "exercises" / "edutorch-progress.json").read_text(encoding="utf-8"))
    for task in tasks:
        assert f"✓ {task.name}" in page
        assert progress[task.name]["passed"]
        assert progress[task.name]["tries"] >= 2
    graded = grade(HandedIn("learner", path, name), sandbox)
    assert [(mark.task, mark.points, mark.words) for mark in graded.marks] == [(t.name, t.points, "") for t in tasks]
    assert graded.reasons == []


def look_round(learner, task):
    """Run a task's cells as they were given out: nothing fails but what should, and all says what it means."""
    assert learner.run(f"{task.name}-solution") == ""
    assert f"{task.name}: not attempted yet." in learner.run(f"{task.name}-check")
    if f"{task.name}-finale" in learner.code():
        assert "NotImplementedError" in learner.run(f"{task.name}-finale")
    assert f"{task.name}: not attempted yet." in learner.run(f"{task.name}-graded")


def answer_wrongly(learner, task):
    """Make the first of the mistakes that the task knows, and read its name and a hint."""
    mistake = task.mistakes[0]
    assert learner.type(f"{task.name}-solution", hand_in.wrong(task, mistake)) == ""
    said = learner.run(f"{task.name}-check")
    assert f"{task.name}: not yet" in said
    assert " ".join(mistake.message.split()) in " ".join(said.split())  # the text is folded
    assert "NotYet" in learner.run(f"{task.name}-graded")
    assert learner.ask(f"hint({task.name})").endswith(task.hints[0])
    assert task.source.strip() in learner.ask(f"print(solution({task.name}))")


def answer_rightly(learner, task):
    """Answer as the reference does; the finale then runs with the answer inside the library."""
    assert learner.type(f"{task.name}-solution", task.source) == ""
    assert f"{task.name}: right." in learner.run(f"{task.name}-check")
    assert "Error" not in learner.run(f"{task.name}-graded")
    if f"{task.name}-finale" in learner.code():
        said = learner.run(f"{task.name}-finale")
        assert "Error" not in said, said
