"""The suite itself: each kind of fault, made on purpose in a small notebook, is noticed."""

import pytest

from tests.browser import contact_sheet
from tests.browser.figures import interactive_figures

SETTING = """\
import ipywidgets
from IPython.display import HTML, display
from edutorch.viz.controls import panel
slider = ipywidgets.IntSlider(min=0, max=9, description="k")
choice = ipywidgets.Dropdown(options=["a", "b"], description="one of")
button = ipywidgets.Button(description="Go")
def explorer(show, **controls):
    return panel(*controls.values(), ipywidgets.interactive_output(show, controls))"""


@pytest.fixture
def run(lab):
    """Open a notebook with these cells and run it; it is closed at the end."""
    opened = []

    def run(*sources):
        opened.append(lab.open(lab.write("made_by_a_test", SETTING, *sources)))
        opened[0].run_all()
        return opened[0]

    yield run
    for notebook in opened:
        notebook.close()


def lame(notebook):
    (figure,) = interactive_figures(notebook)
    return [line.removeprefix(f"{figure.name}: ") for line in figure.move_all()]


def test_a_figure_that_moves_is_not_complained_of(run):
    notebook = run("explorer(lambda k, c: display(HTML(f'<b>{k}{c}</b>')), k=slider, c=choice)")
    assert lame(notebook) == []
    assert contact_sheet.faults(notebook) == []
    assert notebook.errors() + notebook.foreign_requests + notebook.console_errors == []


def test_a_control_whose_callback_ignores_its_value(run):
    notebook = run("explorer(lambda k, c: display(HTML(f'<b>always {c}</b>')), k=slider, c=choice)")
    assert lame(notebook) == [f"k by {way} changes nothing that is shown" for way in ("mouse", "keyboard")]


def test_a_control_that_leads_nowhere(run):
    notebook = run("panel(button, ipywidgets.HTML('<b>still</b>'))")
    assert lame(notebook) == [f"Go by {way} changes nothing that is shown" for way in ("mouse", "keyboard")]


def test_a_list_whose_keys_jupyterlab_takes(run):
    notebook = run("ipywidgets.VBox(explorer(lambda c: display(HTML(f'<b>{c}</b>')), c=choice).children[:2])")
    assert lame(notebook) == ["one of by keyboard changes nothing that is shown"]


def test_a_control_that_is_never_enabled(run):
    notebook = run("slider.disabled = True\nexplorer(lambda k: display(HTML(f'<b>{k}</b>')), k=slider)")
    assert lame(notebook) == ["k is never enabled"]


def test_a_control_of_a_kind_that_nobody_moves(run):
    notebook = run("panel(ipywidgets.DatePicker(description='day'))")
    with pytest.raises(AssertionError, match="nobody knows how to move"):
        interactive_figures(notebook)


def test_an_error_in_a_cell(run):
    assert run("1 / 0", "2").errors() == ["ZeroDivisionError: division by zero"]


def test_an_error_of_a_callback_when_it_is_moved(run):
    notebook = run("explorer(lambda k: display(HTML(f'<b>{1 / (k - 1)}</b>')), k=slider)")
    assert notebook.errors() == []
    lame(notebook)
    notebook.page.locator(".noUi-handle").focus()
    notebook.page.keyboard.press("Home")
    notebook.page.keyboard.press("ArrowRight")
    notebook.settle()
    assert "ZeroDivisionError" in notebook.errors()[0]


def test_a_request_to_another_host(run):
    notebook = run("HTML('<img src=\"http://elsewhere.invalid/picture.png\">')")
    notebook.page.wait_for_function("() => document.querySelector('img[src*=elsewhere]').complete")
    assert notebook.foreign_requests == ["http://elsewhere.invalid/picture.png"]
    assert "ERR_NAME_NOT_RESOLVED" in notebook.console_errors[0]


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<div style='width: 3000px'>wide</div>", "pixels wide in a place of"),
        ("<svg viewBox='0 0 99 20' width='99'><text y='9' font-size='6'>tiny</text></svg>", "tiny is 6.0 pixels high"),
    ],
)
def test_a_figure_that_is_cut_off_or_too_small(run, html, fault):
    notebook = run(f'panel(button, ipywidgets.HTML("{html}"))')
    (found,) = contact_sheet.faults(notebook)
    assert fault in found
