"""Scales, ticks, clipping and the spreading of labels: the geometry under curves and surfaces."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edutorch.viz.axes import Axes, Scale, digits, draw_marker, floats, snap, spread, style
from edutorch.viz.svg import Canvas

numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda v: round(v, 4))


@given(st.lists(numbers, min_size=1, max_size=20), st.booleans())
def test_limits_hold_all_values_and_ticks_lie_inside(values, log):
    if log:
        values = [abs(v) + 1e-3 for v in values]
    scale = Scale.around(values, 0, 400, log)
    slack = 1e-5 * (scale.high - scale.low)
    assert all(scale.low - slack <= v <= scale.high + slack for v in values)
    ticks = scale.ticks()
    assert len(ticks) >= 2
    assert all(scale.low - slack <= v <= scale.high + slack for v, _ in ticks)
    assert len({label for _, label in ticks}) == len(ticks)
    for value, label in ticks:
        assert float(label) == pytest.approx(value, abs=slack + 1e-12)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=9, unique=True))
def test_last_digits_do_not_move_the_limits(values):
    shaken = [v * (1 + 1e-13) + 1e-13 for v in values]
    one, other = Scale.around(values, 0, 400), Scale.around(shaken, 0, 400)
    assert one.low == pytest.approx(other.low, abs=1e-9)
    assert one.high == pytest.approx(other.high, abs=1e-9)


def test_log_scale_puts_equal_ratios_at_equal_distances():
    scale = Scale(0.01, 100, 0, 400, log=True)
    assert [scale(v) for v in (0.01, 0.1, 1, 10, 100)] == [0, 100, 200, 300, 400]
    assert [label for _, label in scale.ticks()] == ["0.01", "0.1", "1", "10", "100"]
    assert [label for _, label in Scale(1, 20, 0, 1, log=True).ticks()] == ["1", "2", "5", "10", "20"]
    assert scale.exact(0) == -math.inf


def test_nothing_finite_still_makes_an_axis():
    for log in (False, True):
        scale = Scale.around([math.nan, math.inf], 0, 100, log)
        assert scale.low < scale.high


def frame():
    return Axes(Canvas("t"), Scale(0, 10, 0, 100), Scale(0, 10, 100, 0))


@given(st.lists(st.tuples(numbers, numbers), max_size=12))
def test_visible_pieces_stay_in_the_frame(points):
    for piece in frame().visible(points):
        assert len(piece) >= 2
        assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in piece)


def test_clipping_cuts_where_the_frame_is_and_breaks_at_nan():
    axes = frame()
    assert axes.visible([(-5, 5), (15, 5)]) == [[(0, 50), (100, 50)]]
    assert axes.visible([(5, 5), (5, 15), (6, 15), (6, 5)]) == [[(50, 50), (50, 0)], [(60, 0), (60, 50)]]
    assert axes.visible([(1, 1), (2, 1), (math.nan, 1), (3, 1), (4, 1)]) == [
        [(10, 90), (20, 90)],
        [(30, 90), (40, 90)],
    ]
    assert axes.visible([(20, 20), (30, 30)]) == []
    assert axes.visible([(5, 5), (5, 1e300)]) == [[(50, 50), (50, 0)]]


@given(st.lists(st.floats(0, 200), max_size=9))
def test_spread_keeps_order_and_distance(wanted):
    placed = spread(wanted, 16, 0, 200)
    ordered = sorted(zip(wanted, range(len(wanted)), placed, strict=True))
    for (_, _, a), (_, _, b) in itertools.pairwise(ordered):
        assert b - a >= 16 - 1e-9
    assert all(-1e-9 <= p <= 200 + 1e-9 for p in placed)


def test_spread_leaves_alone_what_is_apart():
    assert spread([50, 10, 90], 16, 0, 100) == [50, 10, 90]


def test_first_ten_styles_differ_in_more_than_colour():
    looks = [style(i) for i in range(10)]
    assert len({(s.color, s.dash) for s in looks}) == 10
    assert len({(s.color, s.marker) for s in looks}) == 10
    assert len({(s.dash, s.marker) for s in looks}) == 7  # colour tells the eighth from the first
    for a, b in itertools.pairwise(looks):
        assert a.color != b.color
        assert a.dash != b.dash
        assert a.marker != b.marker


@pytest.mark.parametrize("kind", ["circle", "square", "triangle", "diamond", "cross", "plus", "wedge"])
def test_markers_lie_around_their_point(kind):
    canvas = Canvas("t")
    draw_marker(canvas, 30, 40, kind, "#000000", size=4)
    assert 30 - 6 <= canvas.bounds.left < 30 < canvas.bounds.right <= 30 + 6
    assert 40 - 6 <= canvas.bounds.top < 40 < canvas.bounds.bottom <= 40 + 6


def test_floats_takes_what_lessons_have():
    numpy = pytest.importorskip("numpy")
    assert floats(numpy.array([[1, 2], [3, 4]])) == [1.0, 2.0, 3.0, 4.0]
    assert floats((1, numpy.float32(0.5))) == [1.0, 0.5]
    assert floats(3) == [3.0]


def test_snap_and_digits_hide_rounding_errors():
    for value in (0.0, 0.25, 0.5, 100.0, 99.75):
        assert snap(value) == snap(value + 1e-9) == snap(value - 1e-9)
    assert digits(0.1 + 0.2 - 0.3) == "0"
    assert digits(-1e-3) == "-0.001"
