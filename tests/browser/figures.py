"""Figures that move: try every control of a figure by mouse and by keyboard, and see what is shown change."""

from playwright.sync_api import Locator
from playwright.sync_api import TimeoutError as Overdue

from tests.browser.controls import Control, controls
from tests.browser.lab import Notebook, last_line

# What a reader sees of a figure, its controls left out.
SHOWN = """figure => [...figure.querySelectorAll('.widget-html-content, .widget-output, .widget-image')]
    .filter(part => part.checkVisibility())
    .map(part => part.innerText + [...part.querySelectorAll('img, svg, canvas')].map(drawn =>
        drawn.tagName === 'CANVAS' ? drawn.toDataURL() : drawn.outerHTML).join()).join()"""
DIFFERS = f"([figure, before]) => ({SHOWN})(figure) !== before"
LATE_S = 5  # what a change may take beyond the kernel's last word


class Figure:
    """The output of one cell, with the controls that move it."""

    def __init__(self, notebook: Notebook, output: Locator, name: str):
        self.notebook = notebook
        self.output = output
        self.name = name
        output.scroll_into_view_if_needed()
        notebook.settle()
        self.controls = controls(output)
        self._moved: set[int] = set()

    def move_all(self) -> list[str]:
        """Move every control by mouse and by keyboard, and name those that change nothing.

        A control may be of no use yet, as the button "Previous" at the beginning, if it is disabled: then it is
        tried when another has made it useful.
        """
        lame = [line for i in range(len(self.controls)) if self._ready(i) for line in self._move(i)]
        never = set(range(len(self.controls))) - self._moved
        return lame + [f"{self.name}: {self.controls[i]} is never enabled" for i in sorted(never)]

    def shown(self) -> str:
        return self.output.evaluate(SHOWN)

    def _ready(self, i: int) -> bool:
        return i not in self._moved and self.controls[i].enabled()

    def _move(self, i: int) -> list[str]:
        control = self.controls[i]
        self._moved.add(i)
        waiting = [k for k in range(len(self.controls)) if k not in self._moved and not self.controls[k].enabled()]
        lame = []
        for way in "mouse", "keyboard":
            control.remember()
            before = self.shown()
            steps = control.by_mouse() if way == "mouse" else control.by_keyboard()
            if not any(self._changes(control, step, before) for step in steps):
                lame.append(f"{self.name}: {control} by {way} changes nothing that is shown")
            lame += [line for k in waiting if self._ready(k) for line in self._move(k)]
            control.back()
            self.notebook.settle()
        return lame

    def _changes(self, control: Control, step, before: str) -> bool:
        step()
        if not control.lasting:
            self.notebook.settle()
            if self.shown() != before:
                return True
        limit = None if control.lasting else LATE_S * 1000
        try:
            handle = self.output.element_handle()
            self.notebook.page.wait_for_function(DIFFERS, arg=[handle, before], timeout=limit)
        except Overdue:
            return False
        if control.lasting:
            return True
        self.notebook.settle()
        return self.shown() != before  # else it only flickered


def interactive_figures(notebook: Notebook) -> list[Figure]:
    """All figures with widgets in a notebook that was run."""
    kind = "application/vnd.jupyter.widget-view+json"
    found = []
    for i, cell in enumerate(notebook.cells()):
        if any(kind in output.get("data", {}) for output in cell.get("outputs", [])):
            output = notebook.page.locator(".jp-Notebook .jp-Cell").nth(i).locator(".jp-Cell-outputArea")
            found.append(Figure(notebook, output, last_line(cell)))
    return found
