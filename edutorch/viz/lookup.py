"""Attention as a dictionary that answers softly: keys and a query in the plane, and the weights they make.

>>> figure = show_lookup({"red": (1, 0), "blue": (0, 1)}, {"red": 10.0, "blue": 20.0}, (0, 3), temperature=0.5)
>>> print(figure)
A soft lookup at temperature 0.5
red: score 0, weight 0.2 %, value 10
blue: score 3, weight 99.8 %, value 20
answer: 19.98
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from .axes import digits, floats, snap
from .controls import panel
from .svg import COLOR, INK, LINE, MUTED, PAPER, TINT, Canvas, Drawing, text_width


def soft_lookup(
    keys: Sequence[Sequence[float]], values: Sequence[float], query: Sequence[float], temperature: float = 1.0
) -> tuple[list[float], list[float], float]:
    """Return the score of each key, its weight, and the weighted mean of the values.

    Example:
        >>> soft_lookup([(1, 0), (1, 0)], [10.0, 20.0], (5, 5))
        ([5.0, 5.0], [0.5, 0.5], 15.0)
    """
    if temperature <= 0:
        raise ValueError(f"temperature must be positive, got {temperature}")
    scores = [float(sum(a * b for a, b in zip(query, key, strict=True))) for key in keys]
    powers = [math.exp((score - max(scores)) / temperature) for score in scores]
    weights = [power / sum(powers) for power in powers]
    return scores, weights, sum(w * v for w, v in zip(weights, values, strict=True))


def show_lookup(
    keys: Mapping[str, Sequence[float]],
    values: Mapping[str, float],
    query: Sequence[float],
    *,
    temperature: float = 1.0,
    side: float = 230,
) -> Drawing:
    """Draw keys and a query as arrows, and beside them how much of each value the answer holds.

    Args:
        keys: name -> the two numbers of its key.
        values: name -> its value.
        query: two numbers.
        temperature: what the scores are divided by before the softmax.
        side: of the plane, in pixels.
    """
    points = {name: floats(key) for name, key in keys.items()}
    asked = floats(query)
    told = [float(values[name]) for name in points]
    scores, weights, answer = soft_lookup([*points.values()], told, asked, temperature)
    words = [
        f"{name}: score {digits(round(score, 6))}, weight {100 * weight:.1f} %, value {digits(value)}"
        for name, score, weight, value in zip(points, scores, weights, told, strict=True)
    ]
    title = f"A soft lookup at temperature {digits(temperature)}"
    canvas = Canvas(title, "\n".join([*words, f"answer: {digits(answer)}"]))
    canvas.text(0, -20, title, anchor="start", size=15, bold=True)
    _draw_plane(canvas, points, asked, side)
    with canvas.group(side + 60, 0):
        _draw_rows(canvas, points, scores, weights, told, answer)
    return canvas.drawing()


def _draw_plane(canvas: Canvas, points: Mapping[str, Sequence[float]], asked: Sequence[float], side: float) -> None:
    """Draw the keys in blue and, dashed and in orange, the query, all from one place."""
    reach = max([1.0, *(math.hypot(*point) for point in [*points.values(), asked])])
    middle, unit = side / 2, 0.36 * side / reach
    canvas.rect(0, 0, side, side)
    for line in ([(0, middle), (side, middle)], [(middle, 0), (middle, side)]):
        canvas.line(line, stroke=TINT["gray"], stroke_width=1)

    def tip(point):
        return snap(middle + unit * point[0]), snap(middle - unit * point[1])

    for name, point in points.items():
        canvas.arrow(middle, middle, *tip(point), stroke=COLOR["blue"], stroke_width=2.5)
        canvas.text(*_beyond(point, middle, unit, name), name, size=12, fill=COLOR["blue"], bold=True)
    canvas.arrow(middle, middle, *tip(asked), stroke=COLOR["orange"], stroke_width=2.5, dash="6 4")
    canvas.text(0, side + 16, "solid: keys", anchor="start", size=12, fill=COLOR["blue"])
    canvas.text(side, side + 16, "dashed: query", anchor="end", size=12, fill=COLOR["orange"])


def _beyond(point: Sequence[float], middle: float, unit: float, name: str) -> tuple[float, float]:
    """Return where a key's name has room: past the tip of its arrow."""
    x, y = point
    length = math.hypot(x, y) or 1.0
    far = unit * length + 8 + abs(x) / length * text_width(name, 12, bold=True) / 2
    return snap(middle + far * x / length), snap(middle - (far + 2) * y / length)


def _draw_rows(canvas: Canvas, names, scores, weights, values, answer: float) -> None:
    """Write a line for each key: score, weight as a bar, value; and the answer below."""
    wide = max(text_width(name, 13, bold=True) for name in names) + 16
    columns = (wide + 44, wide + 66, wide + 66 + 190, wide + 66 + 250)
    for x, head, anchor in zip(columns, ("score", "weight", "", "value"), ("end", "start", "end", "end"), strict=True):
        if head:
            canvas.text(x, 8, head, anchor=anchor, size=12, fill=MUTED)
    for i, (name, score, weight, value) in enumerate(zip(names, scores, weights, values, strict=True)):
        y = 34 + 28 * i
        canvas.text(0, y, name, anchor="start", bold=True)
        canvas.text(columns[0], y, f"{score:.2f}", anchor="end")
        canvas.rect(columns[1], y - 9, 120, 18, fill=PAPER, stroke=LINE)
        if weight > 0.004:
            canvas.rect(columns[1], y - 9, snap(120 * weight), 18, fill=COLOR["blue"], stroke="none")
        canvas.text(columns[2], y, f"{100 * weight:.1f} %", anchor="end")
        canvas.text(columns[3], y, digits(value), anchor="end")
    y = 34 + 28 * len(scores) + 8
    canvas.line([(0, y - 16), (columns[3], y - 16)], stroke=INK, stroke_width=1)
    canvas.text(0, y + 4, "answer: the weighted mean of the values", anchor="start")
    canvas.text(columns[3], y + 4, f"{answer:.2f}", anchor="end", size=16, bold=True, fill=COLOR["orange"])


def explore_lookup(keys: Mapping[str, Sequence[float]], values: Mapping[str, float]):
    """Return sliders over `show_lookup`: turn the query, make it longer, change the temperature."""
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "110px"}, "layout": {"width": "420px"}}
    angle = ipywidgets.IntSlider(60, min=0, max=355, step=5, description="direction (°)", **wide)
    length = ipywidgets.FloatSlider(1.0, min=0.0, max=4.0, step=0.25, description="length", **wide)
    temperature = ipywidgets.FloatSlider(1.0, min=0.1, max=4.0, step=0.1, description="temperature", **wide)

    def show(angle, length, temperature):
        turn = math.radians(angle)
        query = (length * math.cos(turn), length * math.sin(turn))
        display(show_lookup(keys, values, query, temperature=temperature))

    picture = ipywidgets.interactive_output(show, {"angle": angle, "length": length, "temperature": temperature})
    return panel(angle, length, temperature, picture)
