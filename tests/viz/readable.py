"""What every picture must keep: all text on the card, no text on other text, no box on another box."""

import itertools
import re
import xml.etree.ElementTree as ET

from edutorch.viz.svg import Box

RECT = "{http://www.w3.org/2000/svg}rect"


def boxes(figure):
    """The rectangles of a picture, the card left out."""
    rects = list(ET.fromstring(figure.svg).iter(RECT))[1:]
    sides = [[float(rect.get(key)) for key in ("x", "y", "width", "height")] for rect in rects]
    return [Box(x, y, x + width, y + height) for x, y, width, height in sides]


def assert_texts_apart(figure):
    left, top, width, height = map(float, re.search(r'viewBox="([^"]+)"', figure.svg)[1].split())
    for label in figure.labels:
        box = label.box
        assert left <= box.left <= box.right <= left + width, label
        assert top <= box.top <= box.bottom <= top + height, label
    for one, other in itertools.combinations(figure.labels, 2):
        assert not one.box.overlaps(other.box), (one.string, other.string)


def assert_readable(figure):
    """For a figure without groups: a rectangle's place is looked up where it was written."""
    assert_texts_apart(figure)
    for one, other in itertools.combinations(boxes(figure), 2):
        assert not one.overlaps(other), (one, other)
