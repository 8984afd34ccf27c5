"""Every lesson in JupyterLab as a learner meets it: run to the end, every figure moved, asking nobody."""

import pytest

from scripts.run_notebooks import lessons
from tests.browser import contact_sheet
from tests.browser.figures import interactive_figures


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.name)
def test_lesson(lab, path, record_property):
    with lab.open(f"lessons/{path.name}") as lesson:
        lesson.run_all()
        assert lesson.errors() == []
        contact_sheet.write(lesson)
        assert contact_sheet.faults(lesson) == []

        figures = interactive_figures(lesson)
        lame = [line for figure in figures for line in figure.move_all()]
        record_property("moved", f"{sum(len(figure.controls) for figure in figures)} controls, {len(figures)} figures")
        assert lame == []
        assert lesson.errors() == []

        assert lesson.foreign_requests == []
        assert lesson.console_errors == []
