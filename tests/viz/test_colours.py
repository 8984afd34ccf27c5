"""Colours that everybody can read, and that are never the only sign."""

import itertools
import re

import nbformat
import pytest

from edutorch.classroom.verdict import COLOURS, SHARE
from edutorch.viz import show_curves
from edutorch.viz.axes import style
from edutorch.viz.cells import draw_cells, grey, ink_on, signed
from edutorch.viz.svg import COLOR, INK, LINE, MUTED, PAPER, TINT, Canvas
from scripts.run_notebooks import lessons
from tests.notebooks.access import images, svg_of
from tests.viz.colour import VISIONS, contrast, distance, mixed
from tests.viz.pictures import Written, written

TEXT, MARK = 4.5, 3.0  # WCAG 2.2, success criteria 1.4.3 and 1.4.11
# A just noticeable difference is about 2.3 (Mahy, Van Eycken and Oosterlinck 1994); lines are thin and far apart, so
# they get seven times as much.
APART = 16
THEMES = {"light": ("#ffffff", "#212121"), "dark": ("#111111", "#ffffff")}  # JupyterLab's page and ink

each_vision = pytest.mark.parametrize("vision", VISIONS)


# -- the instruments -----------------------------------------------------------------------------------------


def test_contrast_and_distance_are_the_published_ones():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # the lightest grey that passes
    assert distance("#000000", "#ffffff") == pytest.approx(100, abs=0.1)
    assert distance("#ff0000", "#00ff00") == pytest.approx(170.6, abs=0.5)


@each_vision
def test_every_vision_sees_grey_as_grey(vision):
    assert distance("#808080", "#808080", vision) == 0
    assert abs(distance("#000000", "#ffffff", vision) - 100) < 0.1


def test_the_simulation_confuses_what_such_readers_confuse():
    assert distance("#c25400", "#8f6a00", "protanopia") < 5 < distance("#c25400", "#8f6a00")
    assert distance("#0072b2", "#00795a", "tritanopia") < APART < distance("#0072b2", "#00795a")


# -- the palette ---------------------------------------------------------------------------------------------


@each_vision
def test_the_colours_of_series_stay_apart(vision):
    colours = {style(i).color for i in range(10)} | {INK}
    assert len(colours) == 6
    nearest = min(itertools.combinations(sorted(colours), 2), key=lambda pair: distance(*pair, vision))
    assert distance(*nearest, vision) >= APART, nearest


@each_vision
def test_the_two_signs_stay_apart_wherever_they_show(vision):
    for share in (0.3, 0.6, 1.0):
        assert distance(signed(share), signed(-share), vision) >= APART


@pytest.mark.parametrize("colour", [*COLOR.values(), INK, MUTED])
def test_colours_of_text_can_be_read_on_the_card(colour):
    assert contrast(colour, PAPER) >= TEXT


def test_lines_can_be_seen_on_the_card():
    assert contrast(LINE, PAPER) >= MARK


@pytest.mark.parametrize("tint", TINT.values())
def test_tints_carry_dark_text(tint):
    assert contrast(INK, tint) >= 10
    assert contrast(MUTED, tint) >= TEXT


@pytest.mark.parametrize("colour", [grey, signed])
def test_text_can_be_read_on_every_shade(colour):
    for percent in range(-100, 101):
        fill = colour(percent / 100)
        assert contrast(ink_on(fill), fill) >= TEXT, fill


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("status", COLOURS)
def test_a_verdict_can_be_read_on_both_themes(theme, status):
    page, ink = THEMES[theme]
    assert contrast(mixed(COLOURS[status], ink, SHARE), page) >= TEXT


# -- pictures ------------------------------------------------------------------------------------------------


def test_the_card_makes_every_page_white():
    svg = show_curves({"a": [1.0, 2.0]}).svg
    left, top, width, height = re.search(r'viewBox="(\S+) (\S+) (\S+) (\S+)"', svg).groups()
    card = re.search(r"<rect[^>]*>", svg)[0]
    assert card.startswith(f'<rect x="{left}" y="{top}" width="{width}" height="{height}"')
    assert f'fill="{PAPER}"' in card


def test_a_text_is_found_on_what_lies_under_it():
    canvas = Canvas("")
    with canvas.group(10, 20):
        canvas.box(0, 0, 40, 30, "in", fill="#000000", ink="#ffffff")
        canvas.text(100, 15, "out", anchor="end")
    assert [*written(canvas.drawing().svg)] == [Written("in", "#ffffff", "#000000"), Written("out", INK, PAPER)]


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.name)
def test_every_text_in_the_pictures_of_a_lesson_can_be_read(path):
    pictures = [svg_of(image) for cell in nbformat.read(path, as_version=4).cells for image in images(cell)]
    assert pictures
    faint = {
        text: round(contrast(text.color, text.ground), 2)
        for svg in pictures
        for text in written(svg)
        if contrast(text.color, text.ground) < TEXT
    }
    assert not faint


def test_lines_differ_in_dash_and_marker_and_are_named_at_their_ends():
    names = [f"series {k}" for k in range(7)]
    figure = show_curves({name: [k, k + 1.0, k + 2.0] for k, name in enumerate(names)})
    lines = re.findall(
        r'<path d="[^"]*" fill="none" stroke="(#\w+)" stroke-width="2"( stroke-dasharray="[^"]+")?', figure.svg
    )
    assert len({dash for _, dash in lines}) == 7
    at_its_end = {label.string: label.box.top for label in figure.labels if label.string in names}
    assert sorted(at_its_end, key=at_its_end.__getitem__, reverse=True) == names  # beside its line, from below


def test_cells_below_zero_carry_a_sign():
    plain, marked = Canvas(""), Canvas("")
    draw_cells(plain, [[1.0, 0.5]], 10, 1.0, signed)
    draw_cells(marked, [[1.0, -0.5]], 10, 1.0, signed)
    sign = 'd="M12.5,5h5"'
    assert sign not in plain.drawing().svg
    assert sign in marked.drawing().svg
    assert contrast(INK, signed(-1)) >= MARK
