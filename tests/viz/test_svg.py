"""The SVG writer: well formed, deterministic, nothing cut off, readable without eyes."""

import re
import string
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from edutorch.viz.svg import COLOR, INK, PAPER, TINT, Box, Canvas, number, text_width


def sketch():
    canvas = Canvas("Nodes & <edges>", 'a feeds "b"')
    canvas.box(0, 0, 60, 30, "a\n[2, 3]", fill=TINT["blue"], radius=6, tip="left < right")
    with canvas.group(100, 50):
        canvas.box(0, 0, 60, 30, "b", mono=True)
        with canvas.group(-300, 0):
            canvas.circle(0, 0, 5, fill=COLOR["orange"])
    canvas.arrow(60, 15, 100, 65, bend="x")
    canvas.arrow(30, 30, 30, 90)
    canvas.text(130, 110, "α·x ≥ 0 & more", bold=True, anchor="end")
    return canvas


def test_svg_is_well_formed_and_names_itself():
    figure = sketch().drawing()
    root = ET.fromstring(figure.svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.find("{*}title").text == "Nodes & <edges>"
    assert root.find("{*}desc").text == 'a feeds "b"'
    assert root.get("role") == "img"
    assert str(figure) == repr(figure) == 'Nodes & <edges>\na feeds "b"'


def test_a_notebook_shows_it_as_an_image_with_alternative_text():
    class Images(HTMLParser):
        def handle_starttag(self, tag, attrs):
            images.append((tag, dict(attrs)))

    images = []
    figure = sketch().drawing()
    Images().feed(figure._repr_html_())
    ((tag, attributes),) = images
    assert tag == "img"
    assert attributes["alt"] == str(figure)
    head, _, body = attributes["src"].partition(",")
    assert head == "data:image/svg+xml;charset=utf-8"
    assert unquote(body) == figure.svg


def test_same_calls_same_characters_and_no_ids():
    first, second = sketch().drawing().svg, sketch().drawing().svg
    assert first == second
    assert not re.search(r'\bid="', first)
    assert "url(#" not in first


def test_card_covers_everything_drawn():
    canvas = sketch()
    figure = canvas.drawing(padding=10)
    left, top, width, height = map(float, re.search(r'viewBox="([^"]+)"', figure.svg)[1].split())
    assert canvas.bounds.left == pytest.approx(-205)  # the circle, two groups deep
    assert (left, top) == pytest.approx((canvas.bounds.left - 10, canvas.bounds.top - 10), abs=0.01)
    assert left + width == pytest.approx(canvas.bounds.right + 10, abs=0.01)
    assert top + height == pytest.approx(canvas.bounds.bottom + 10, abs=0.01)
    card = ET.fromstring(figure.svg).find("{*}rect")
    assert [float(card.get(k)) for k in ("x", "y", "width", "height")] == [left, top, width, height]
    assert card.get("fill") == PAPER


def test_labels_know_their_place():
    canvas = sketch()
    by_text = {label.string: label.box for label in canvas.drawing().labels}
    assert by_text["b"].left > 100
    assert by_text["b"].right < 160
    assert by_text["α·x ≥ 0 & more"].right == 130
    assert not by_text["a"].overlaps(by_text["[2, 3]"])
    assert Box(0, 0, 2, 2).overlaps(Box(1, 1, 3, 3))
    assert not Box(0, 0, 2, 2).overlaps(Box(2, 0, 3, 2))


def test_arrow_head_points_at_its_end():
    canvas = Canvas("arrow")
    canvas.arrow(0, 0, 100, 0, head=8)
    head = re.findall(r'd="M([^"]+)Z"', canvas.drawing().svg)
    assert [point.split(",")[0] for point in head[0].split("L")] == ["100", "92", "92"]


def test_text_width_is_never_below_the_real_one():
    ft2font = pytest.importorskip("matplotlib.ft2font")
    matplotlib = pytest.importorskip("matplotlib")
    folder = matplotlib.get_data_path() + "/fonts/ttf/"
    everything = string.ascii_letters + string.digits + string.punctuation + " ×→←↑↓·–…α∂µ²≤≥≠−"
    for file, options in (
        ("DejaVuSans.ttf", {}),
        ("DejaVuSans-Bold.ttf", {"bold": True}),
        ("DejaVuSansMono.ttf", {"mono": True}),
    ):
        font = ft2font.FT2Font(folder + file)
        font.set_size(100, 72)
        for phrase in ("stride (8, 1), offset 18", "AddmmBackward0", "requires_grad=True", everything):
            real = sum(font.load_char(ord(c)).linearHoriAdvance for c in phrase) / 65536
            assert real <= text_width(phrase, 100, **options) <= 1.2 * real, (file, phrase)


@pytest.mark.parametrize(
    ("value", "written"),
    [(1.0, "1"), (1.005, "1"), (2.5, "2.5"), (-0.001, "0"), (10.0, "10"), (-3.126, "-3.13")],
)
def test_numbers_are_short_and_never_minus_zero(value, written):
    assert number(value) == written


def contrast(first, second):
    def luminance(color):
        channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def test_colours_can_be_read():
    assert all(contrast(color, PAPER) >= 4 for color in COLOR.values())
    assert all(contrast(INK, tint) >= 10 for tint in TINT.values())


def test_save(tmp_path):
    figure = sketch().drawing()
    figure.save(tmp_path / "figure.svg")
    assert (tmp_path / "figure.svg").read_text(encoding="utf-8") == figure.svg
