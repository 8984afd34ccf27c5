"""Reading a finished picture back: which text stands on which colour."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import NamedTuple

from edutorch.viz.svg import Box, text_width

SVG = "{http://www.w3.org/2000/svg}"


class Written(NamedTuple):
    """A text of a picture, its colour, and what lies under its middle."""

    string: str
    color: str
    ground: str


def written(svg: str) -> Iterator[Written]:
    """Yield every text of a picture of `edutorch.viz`."""
    grounds: list[tuple[Box, str]] = []
    for element, dx, dy in _walk(ET.fromstring(svg), 0.0, 0.0):
        if element.tag == f"{SVG}text":
            string, size = element.text or "", float(element.get("font-size"))
            width = text_width(string, size, mono="font-family" in element.attrib)
            left = {"middle": -0.5, "end": -1.0}.get(element.get("text-anchor"), 0.0) * width
            x, y = dx + float(element.get("x")) + left + width / 2, dy + float(element.get("y")) - 0.35 * size
            under = [color for box, color in grounds if box.left <= x <= box.right and box.top <= y <= box.bottom]
            yield Written(string, element.get("fill"), under[-1])
        elif element.get("fill", "none") != "none" and (box := _box(element)):
            grounds.append((Box(box.left + dx, box.top + dy, box.right + dx, box.bottom + dy), element.get("fill")))


def _walk(element, dx, dy):
    yield element, dx, dy
    moved = re.match(r"translate\((.+),(.+)\)", element.get("transform", ""))
    if moved:
        dx, dy = dx + float(moved[1]), dy + float(moved[2])
    for child in element:
        yield from _walk(child, dx, dy)


def _box(element) -> Box | None:
    """The room of a filled rectangle; other shapes are too small to be written on."""
    if element.tag == f"{SVG}rect":
        x, y, width, height = (float(element.get(key)) for key in ("x", "y", "width", "height"))
        return Box(x, y, x + width, y + height)
    return None
