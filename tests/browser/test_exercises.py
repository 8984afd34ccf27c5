"""The exercises as somebody meets them who only clicks and types: a wrong answer, a hint, the right answer.

What is typed comes from the task files: the reference, and a mistake that the task knows.
"""

import re

import pytest

from edutorch.classroom.task import chapters
from tests.classroom import handing_in as hand_in

SELECT = """async number => {
    const {content} = window.edutorch.panel;
    content.deselectAll();
    content.activeCellIndex = number;
    await content.scrollToItem(number);
}"""
COUNT = "number => window.edutorch.panel.content.widgets[number].model.executionCount"
DONE = """([number, before]) => {
    const {model} = window.edutorch.panel.content.widgets[number];
    return model.executionCount !== null && model.executionCount !== before && model.executionState !== 'running';
}"""


class Desk:
    """A notebook with exercises, and a hand that types into its cells. A cell is called by its id."""

    def __init__(self, notebook):
        self.notebook, self.page = notebook, notebook.page

    def number(self, name):
        return [cell["id"] for cell in self.notebook.cells()].index(name)

    def cell(self, name):
        """Bring a cell into view, and return where it is on the page."""
        number = self.number(name)
        self.page.evaluate(SELECT, number)
        return self.page.locator(f'.jp-Cell[data-windowed-list-index="{number}"]')

    def run(self, name):
        """Run a cell, and return what is read below it then."""
        self.cell(name)
        self._run(name, lambda: self.notebook.execute("notebook:run-cell"))
        return self.read(name)

    def press(self, name):
        """Run a cell by Shift + Enter, and return what is read below it then."""
        self.cell(name).locator(".cm-content").click()
        self._run(name, lambda: self.page.keyboard.press("Shift+Enter"))
        return self.read(name)

    def type(self, name, source):
        """Write into a cell what shall stand there."""
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def read(self, name):
        """Return the words of a cell's output, as they are seen."""
        self.notebook.settle()
        return self.cell(name).locator(".jp-Cell-outputArea").inner_text()

    def _run(self, name, start):
        number = self.number(name)
        before = self.page.evaluate(COUNT, number)
        start()
        self.page.wait_for_function(DONE, arg=[number, before])


def letters(text):
    """Return what is left of a text without its signs and spaces: Markdown and its page have this in common."""
    return re.sub(r"[\W_]+", " ", text)


@pytest.mark.parametrize("name", chapters())
def test_chapter(lab, name):
    tasks = hand_in.tasks_of(name)
    with lab.open(f"exercises/{name}/{name}.ipynb") as notebook:
        desk = Desk(notebook)
        untouched(desk, tasks)
        task, mistake = tasks[0], tasks[0].mistakes[0]

        desk.type(f"{task.name}-solution", hand_in.wrong(task, mistake))
        assert desk.press(f"{task.name}-solution") == ""
        said = desk.press(f"{task.name}-check")
        assert f"{task.name}: not yet" in said
        assert letters(mistake.message) in letters(said)

        desk.type(f"{task.name}-hint", f"hint({task.name})")
        assert letters(task.hints[0]) in letters(desk.press(f"{task.name}-hint"))

        desk.type(f"{task.name}-solution", hand_in.right(task))
        assert desk.press(f"{task.name}-solution") == ""
        assert f"{task.name}: right." in desk.press(f"{task.name}-check")
        assert f"{task.name}: right." in desk.press(f"{task.name}-graded")

        desk.type(f"{task.name}-hint", "progress()")
        desk.press(f"{task.name}-hint")
        called = desk.page.get_by_text(task.name, exact=True)
        row = desk.cell(f"{task.name}-hint").get_by_role("row").filter(has=called)
        assert "✓" in row.inner_text()

        assert notebook.errors() == []
        assert notebook.foreign_requests == []
        assert notebook.console_errors == []


def untouched(desk, tasks):
    """Run what was given out: each check says that its task was not attempted, and nothing fails."""
    assert desk.run("imports") == ""
    for task in tasks:
        assert desk.run(f"{task.name}-solution") == ""
        assert f"{task.name}: not attempted yet." in desk.run(f"{task.name}-check")
    assert desk.notebook.errors() == []
