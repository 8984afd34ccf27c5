"""What readers who see little, see no colours or use no mouse meet on the rendered page, in both themes.

Lessons are looked at as they open: their figures, tables and widgets are in the file. What a lesson's widgets do is
tried where lessons are run, in test_lessons.py; here every explorer stands in one notebook.
"""

import nbformat
import pytest

from edutorch import viz
from edutorch.classroom.grading import Graded, Mark, feedback
from scripts.run_notebooks import lessons
from tests.browser import axe
from tests.browser.lab import THEMES, Notebook
from tests.notebooks.access import images

SETTING = """\
import edutorch as torch
from edutorch import viz
nn, w = torch.nn, torch.tensor(2.0, requires_grad=True)
loss = w * w + w
bowl = viz.Surface(lambda w: (w * w).sum(), torch.tensor([1.0, 1.0]), (-2, 2), (-2, 2), cells=8)
flat = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))"""
EXPLORERS = {
    "explore_strides": "torch.arange(12)",
    "explore_broadcast": "",
    "explore_line": "[0.0, 1.0], [1.0, 0.0]",
    "explore_learning_rate": "bowl",
    "explore_race": "torch.optim, torch.tensor([-1.5, 1.0]), {'SGD': 0.1, 'Adam': 0.1}, steps=10",
    "explore_schedule": "torch.optim, torch.zeros(1), steps=20",
    "explore_convolution": "torch.ones(1, 8, 8)",
    "explore_feature_maps": "nn.Sequential(nn.Conv2d(1, 2, 3)), torch.rand(1, 8, 8), ['0']",
    "explore_receptive_field": "[nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3)], 12",
    "explore_shifted": "{'model': flat}, torch.rand(1, 8, 8)",
    "explore_lookup": "{'a': (1, 0), 'b': (0, 1)}, {'a': 1.0, 'b': 2.0}",
    "explore_attention": "torch.full((1, 2, 4, 4), 0.25), list('text')",
    "explore_sampling": "{'a': [1.0, 2.0, 3.0]}, ['x', 'y', 'z']",
    "explore_fading": "torch.eye(2), torch.ones(4, 2)",
    "explore_gates": "nn.LSTM(2, 3), [torch.ones(3, 2)], [list('abc')]",
    "explore_merges": "['the', ' then'], [('t', 'h'), ('th', 'e')]",
    "explore_timeline": "",
    "explore_launch": "10",
    "explore_warp": "",
    "explore_banks": "",
    "explore_tiles": "4",
    "explore_limit": "",
    "explore_chain_rule": "loss, {'w': w, 'loss': loss}",
    "explore_backward": "loss, {'w': w, 'loss': loss}",
}
VERDICTS = """\
from IPython.display import display
from edutorch.classroom import progress
from edutorch.classroom.verdict import Case, Page, Verdict
case = Case("strides_of((2, 3))", [("yours", "(2, 1)"), ("expected", "(3, 1)")])
display(Verdict("strides_of", "right", cases=20, right=20, notes=["Another answer: `solution(strides_of)`."]))
display(Verdict("strides_of", "not yet", "The last stride is **1**, but ...", cases=20, right=3, case=case, seed=1))
display(Verdict("strides_of", "not attempted", "Write it first."))
display(Page("Hint 1 of 3", "How far is it to the next row?", "x.stride()"))
progress()"""

# JupyterLab draws the cells that a reader has not come to yet one by one, when it has nothing else to do.
ALL_DRAWN = "() => window.edutorch.panel.content.widgets.every(cell => !cell.isPlaceholder())"
# What the Tab key stops at, in the order of the page, by the name that a screen reader says.
STOPS = """figure => [...figure.querySelectorAll(
        "select, input, button:not([disabled]), [role=slider], [role=textbox], [role=button]")]
    .filter(e => (e.tabIndex >= 0 || e.isContentEditable) && e.getClientRects().length)"""


@pytest.fixture(scope="module")
def explorers(lab):
    """A notebook with every explorer, run."""
    calls = [f"viz.{name}({arguments})" for name, arguments in EXPLORERS.items()]
    with lab.open(lab.write("explorers", SETTING, *calls)) as notebook:
        notebook.run_all()
        assert notebook.errors() == []
        await_all(notebook)
        yield notebook


def await_all(notebook: Notebook) -> None:
    notebook.page.wait_for_function(ALL_DRAWN)
    wanted = sum(len(images(nbformat.from_dict(cell))) for cell in notebook.cells())
    notebook.page.wait_for_function(
        "wanted => document.querySelectorAll('.jp-OutputArea-output img').length >= wanted", arg=wanted
    )


def test_every_explorer_is_looked_at():
    assert set(EXPLORERS) == {name for name in viz.__all__ if name.startswith("explore_")}


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.name)
def test_lesson_is_accessible_in_both_themes(lab, path):
    with lab.open(f"lessons/{path.name}") as notebook:
        await_all(notebook)
        pictures = sum(len(images(cell)) for cell in nbformat.read(path, as_version=4).cells)
        for theme in THEMES:
            notebook.use_theme(theme)
            report = axe.look(notebook.page)
            assert report.wrong == [], theme
            assert report.right["image-alt"] >= pictures
            assert report.right["color-contrast"] > 100


@pytest.mark.parametrize("theme", THEMES)
def test_explorers_are_accessible(explorers, theme):
    explorers.use_theme(theme)
    report = axe.look(explorers.page)
    assert report.wrong == []
    assert report.right["aria-input-field-name"] >= 40  # the handles of sliders, and what stands beside them


@pytest.mark.parametrize("name", EXPLORERS)
def test_tab_reaches_every_control_by_a_name(explorers, name):
    page = explorers.page
    figure = page.locator(".jp-CodeCell").nth(1 + [*EXPLORERS].index(name)).locator(".jp-OutputArea-output").first
    stops = figure.evaluate_handle(STOPS)
    count = stops.evaluate("stops => stops.length")
    assert count
    stops.evaluate("stops => stops[0].focus()")
    met = [stops.evaluate("stops => stops.indexOf(document.activeElement)")]
    for _ in range(count - 1):
        page.keyboard.press("Tab")
        met.append(stops.evaluate("stops => stops.indexOf(document.activeElement)"))
    assert met == [*range(count)]


def test_the_backward_stepper_is_stepped_by_keyboard(explorers):
    page = explorers.page
    figure = page.locator(".jp-CodeCell").nth(len(EXPLORERS)).locator(".jp-OutputArea-output").first

    def caption():
        explorers.settle()
        return figure.locator("svg desc").text_content().splitlines()[0]

    assert caption().startswith("Step 0")
    figure.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    assert caption().startswith("Step 1")
    figure.get_by_role("slider", name="Step").focus()
    page.keyboard.press("ArrowRight")
    assert caption().startswith("Step 2")
    figure.get_by_role("button", name="Previous").focus()
    page.keyboard.press("Space")
    assert caption().startswith("Step 1")


def test_a_logarithmic_slider_says_its_value(explorers):
    rate = explorers.page.get_by_role("slider", name="lr of SGD")
    assert rate.get_attribute("aria-valuetext") == "0.10"
    rate.focus()
    explorers.page.keyboard.press("Home")
    explorers.settle()
    assert rate.get_attribute("aria-valuetext") == "0.0010"


def test_verdicts_and_progress_are_accessible_in_both_themes(lab):
    with lab.open(lab.write("verdicts", VERDICTS)) as notebook:
        notebook.run_all()
        assert notebook.errors() == []
        for theme in THEMES:
            notebook.use_theme(theme)
            report = axe.look(notebook.page)
            assert report.wrong == [], theme
            assert report.right["color-contrast"] > 20


def test_the_feedback_of_a_grading_is_accessible(lab, tmp_path):
    marks = [Mark("strides_of", 2, 2, "right"), Mark("swap", 1, 0, "not yet", "swap: not yet.\n\nThe smallest case.")]
    cells = [("strides_of", "def strides_of(shape): ...", "1\n", ""), ("swap", "1 / 0", "", "ZeroDivisionError")]
    graded = Graded("Ada", "ada.ipynb", "ch01_tensors", marks, ["The cell of swap was changed."], cells)
    feedback.write([graded], tmp_path)
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) == 2
    with lab.open(lab.write("empty", "1")) as notebook:
        browser = notebook.page.context.new_page()
        for page in pages:
            browser.goto(page.as_uri())
            report = axe.look(browser, ["html"])
            assert report.wrong == [], page.name
            assert report.right["color-contrast"] > 5


@pytest.mark.parametrize(
    ("rule", "html"),
    [
        ("image-alt", '<img src="data:image/svg+xml,">'),
        ("color-contrast", '<p style="color: #999999; background: #ffffff">faint</p>'),
        ("aria-input-field-name", '<div role="slider" tabindex="0" aria-valuenow="1"></div>'),
        ("heading-order", "<h1>Title</h1><h3>A level left out</h3>"),
        ("button-name", "<button></button>"),
    ],
)
def test_axe_sees_what_is_wrong_inside_of_a_notebook(explorers, rule, html):
    place = explorers.page.locator(".jp-OutputArea-output").first
    place.scroll_into_view_if_needed()  # the browser leaves undrawn what is far away
    place.evaluate("(place, html) => place.insertAdjacentHTML('beforeend', `<div id=wrong>${html}</div>`)", html)
    report = axe.look(explorers.page, ["#wrong"])
    explorers.page.evaluate("() => document.getElementById('wrong').remove()")
    assert [line.partition(":")[0] for line in report.wrong] == [rule]
