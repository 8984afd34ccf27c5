"""The lessons keep the policy, and the policy catches what it is there to catch."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from scripts.run_notebooks import lessons
from tests.notebooks import policy

TOP = "# Title\n\n**Objectives**: one. **Prerequisites**: none. **Time**: 5 minutes."
END = "## Summary\n\nIt was so.\n\n## Check yourself\n\nWas it?"


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.name)
def test_lesson_keeps_the_policy(path):
    assert policy.violations(nbformat.read(path, as_version=4)) == []


def shown(**mime):
    return new_output("display_data", {kind.replace("_", "/", 1): value for kind, value in mime.items()})


def printed(text):
    return new_output("stream", text=text)


def error():
    return new_output("error", ename="ValueError", evalue="no", traceback=[])


def lesson(*cells, top=TOP, end=END):
    """A notebook of (source, outputs, tags) around a beginning and an end that keep the policy."""
    first = ("import edutorch as torch", [], [])
    code = [
        new_code_cell(source, outputs=outputs, execution_count=number, metadata={"tags": tags})
        for number, (source, outputs, tags) in enumerate([first, *cells], start=1)
    ]
    return new_notebook(cells=[new_markdown_cell(top), *code, new_markdown_cell(end)])


WIDGET = new_output("display_data", {policy.WIDGET_VIEW: {"model_id": "0"}, "text/plain": "interactive()"})
SVG = "<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>"


@pytest.mark.parametrize(
    "notebook",
    [
        lesson(),
        lesson(("1 / 0", [error()], ["raises-exception"])),
        lesson(("interact(f, k=3);", [WIDGET], []), ("f(2)", [printed("2")], [])),
        lesson(("viz.explore_strides(x)", [WIDGET], []), ("viz.show_strides(x)", [printed("2")], [])),
        lesson(("@interact(k=3)\ndef f(k): ...", [WIDGET], []), ("f(2)", [printed("2")], [])),
        lesson(("draw()", [shown(image_png="AAAA"), printed("falls from 2 to 1")], [])),
        lesson(("draw()", [new_output("display_data", {"image/svg+xml": SVG.format("<title>a</title>")})], [])),
    ],
)
def test_good_notebook_passes(notebook):
    assert policy.violations(notebook) == []


def not_executed():
    notebook = lesson(("print(1)", [], []))
    notebook.cells[2]["execution_count"] = None
    return notebook


@pytest.mark.parametrize(
    ("rule", "notebook"),
    [
        ("run_from_top_to_bottom", not_executed()),
        ("only_known_tags", lesson(("1", [], ["skip-this"]))),
        ("at_most_one_cell_in_ten", lesson(("clock()", [printed("3 s")], ["nbval-ignore-output"]))),
        ("an_error_is_announced", lesson(("1 / 0", [error()], []))),
        ("an_error_is_announced", lesson(("1 / 1", [], ["raises-exception"]))),
        ("runs_on_pytorch_too", new_notebook(cells=[new_markdown_cell(TOP), new_markdown_cell(END)])),
        ("a_widget_is_followed", lesson(("interact(f, k=3);", [WIDGET], []), ("g(2)", [printed("2")], []))),
        ("a_widget_is_followed", lesson(("interact(f, k=3);", [WIDGET], []))),
        ("a_widget_is_followed", lesson(("slider", [WIDGET], []), ("f(2)", [printed("2")], []))),
        ("every_picture_has_words", lesson(("draw()", [shown(image_png="AAAA")], []))),
        (
            "every_picture_has_words",
            lesson(("draw()", [new_output("display_data", {"image/svg+xml": SVG.format("")})], [])),
        ),
        ("every_picture_has_words", lesson(end="![](graph.svg)\n\n" + END)),
        ("no_absolute_path", lesson(("f", [printed("/home/me/x.py")], []))),
        ("no_absolute_path", lesson(("get('https://example.org/x')", [], []))),
        ("headings_in_order", lesson(end="# Again\n\n" + END)),
        ("headings_in_order", lesson(end="#### Deep\n\n" + END)),
        ("says_what_it_is_for", lesson(top="# Title\n\nObjectives and prerequisites.")),
        ("ends_with_what_was_learned", lesson(end="## Summary")),
    ],
)
def test_bad_notebook_is_caught(rule, notebook):
    assert [line for line in policy.violations(notebook) if line.startswith(rule)]
    assert len(policy.violations(notebook)) == 1
