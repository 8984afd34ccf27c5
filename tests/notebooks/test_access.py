"""Every notebook keeps the rules of access, and every rule catches what it is there to catch."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from scripts.run_notebooks import ROOT, lessons
from tests.notebooks import access, policy

NOTEBOOKS = [*lessons(), *sorted(ROOT.glob("exercises/*/*.ipynb")), *sorted(ROOT.glob("solutions/*/*.ipynb"))]
GOOD_ALT = "loss over epoch\ntrain: from 1.484 to 0.5068"


def test_all_three_kinds_of_notebooks_are_there():
    assert {path.relative_to(ROOT).parts[0] for path in NOTEBOOKS} == {"lessons", "exercises", "solutions"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_notebook_keeps_the_rules_of_access(path):
    assert access.violations(nbformat.read(path, as_version=4)) == []


def notebook(*cells):
    return new_notebook(cells=[new_markdown_cell("# Title"), *cells])


def html(page):
    return new_code_cell("draw()", outputs=[new_output("display_data", {"text/html": page, "text/plain": "words"})])


def words(text):
    return new_markdown_cell(text)


def svg(inside):
    picture = f"<svg xmlns='http://www.w3.org/2000/svg'>{inside}</svg>"
    return new_code_cell("draw()", outputs=[new_output("display_data", {"image/svg+xml": picture})])


def pixels(said):
    shown = new_output("display_data", {"image/png": "AAAA"})
    return new_code_cell("plt.plot(x)", outputs=[shown, new_output("stream", text=said)])


WIDGET = new_output("display_data", {policy.WIDGET_VIEW: {"model_id": "0"}, "text/plain": "VBox()"})
GOOD = [
    words("## Section\n\n### Detail"),
    words("Read [the notes on broadcasting](docs/broadcasting.md)."),
    words(f"![{GOOD_ALT}](curve.svg)"),
    words("| name | value |\n|---|---|\n| a | 1 |"),
    words("What travels is thick and orange. A pixel has a red, a green and a blue number. `red` is a key."),
    html(f'<img alt="{GOOD_ALT}" src="data:image/svg+xml,">'),
    html("<table><tr><th>name</th></tr><tr><td>a</td></tr></table>"),
    html("<svg role='img'><title>loss</title></svg>"),
    svg(f"<title>loss</title><desc>{GOOD_ALT}</desc>"),
    pixels(GOOD_ALT),
]


@pytest.mark.parametrize("cell", GOOD)
def test_good_cell_passes(cell):
    assert access.violations(notebook(cell)) == []


@pytest.mark.parametrize(
    ("rule", "cell"),
    [
        ("headings_in_order", words("# Another title")),
        ("headings_in_order", words("### A level left out")),
        ("headings_are_words", words("## `—`")),
        ("headings_are_in_markdown", words("<h2>Section</h2>")),
        ("headings_are_in_markdown", html("<h4>Chapter 1</h4>")),
        ("a_widget_is_followed", new_code_cell("viz.explore_line(x, y)", outputs=[WIDGET])),
        ("every_picture_has_words", words("![](curve.svg)")),
        ("pictures_say_in_words", words("![Figure 3](curve.svg)")),
        ("pictures_say_in_words", words('<img src="curve.svg">')),
        ("pictures_say_in_words", html('<img src="data:image/svg+xml,">')),
        ("pictures_say_in_words", html('<img alt="" src="data:image/svg+xml,">')),
        ("pictures_say_in_words", html('<img alt="The loss" src="data:image/svg+xml,">')),
        ("pictures_say_in_words", html(f'<img alt="{"image of a figure " * 5}" src="data:image/svg+xml,">')),
        ("pictures_say_in_words", html("<svg><title>loss</title></svg>")),
        ("pictures_say_in_words", html("<svg role='img'></svg>")),
        ("pictures_say_in_words", svg("<title>loss</title>")),
        ("pictures_say_in_words", pixels("done")),
        ("links_say_where", words("The notes are [here](docs/broadcasting.md).")),
        ("links_say_where", words("See [https://example.org](https://example.org).")),
        ("links_say_where", words("See [](docs/broadcasting.md).")),
        ("tables_have_headers", words("| | value |\n|---|---|\n| a | 1 |")),
        ("tables_have_headers", html("<table><tr><td>a</td></tr></table>")),
        ("tables_have_headers", html("<table><tr><th>a</th></tr></table><table><tr><td>a</td></tr></table>")),
        ("colour_is_not_the_only_sign", words("The red line is the validation loss.")),
        ("colour_is_not_the_only_sign", words("It is thick. Blue counts for it, orange against it.")),
    ],
)
def test_bad_cell_is_caught(rule, cell):
    found = access.violations(notebook(cell))
    assert [line for line in found if line.startswith(rule)]
    # A picture without any words breaks the lessons' older rule about pictures as well.
    about_pictures = ("every_picture_has_words", "pictures_say_in_words") if "picture" in rule else ()
    assert all(line.startswith((rule, *about_pictures)) for line in found)
