"""Curves, fits, residuals and intervals, of both libraries: right in words, and no label on another."""

import itertools
import math
import re
import xml.etree.ElementTree as ET

import pytest

from edutorch.viz.curves import explore_line, show_curves, show_intervals, show_line, show_residuals


def assert_readable(figure):
    """The SVG is well formed; every label lies on the card, and none on another."""
    ET.fromstring(figure.svg)
    left, top, width, height = map(float, re.search(r'viewBox="([^"]+)"', figure.svg)[1].split())
    for label in figure.labels:
        box = label.box
        assert left <= box.left <= box.right <= left + width, label
        assert top <= box.top <= box.bottom <= top + height, label
    for one, other in itertools.combinations(figure.labels, 2):
        assert not one.box.overlaps(other.box), (one.string, other.string)


def test_curves_say_what_they_show(torch):
    series = {"train": torch.tensor([1.0, 0.5, 0.25]), "validation": torch.tensor([1.0, 0.6, 0.75])}
    figure = show_curves(series, xlabel="epoch", ylabel="loss", levels={"mean": 0.9})
    assert str(figure).splitlines() == [
        "loss over epoch",
        "train: from 1 to 0.25",
        "validation: from 1 to 0.75, lowest 0.6 at epoch 1",
        "level mean: 0.9",
    ]
    assert {"train", "validation", "mean", "epoch", "loss"} <= {label.string for label in figure.labels}
    assert_readable(figure)


def test_equal_curves_keep_their_names_apart():
    series = {f"line {i}": [1.0, 0.5 + 1e-4 * i] for i in range(10)}
    assert_readable(show_curves(series))
    assert_readable(show_curves(series, names_left=True, xlog=True, x=[0.01, 100.0]))


def test_each_line_has_its_own_dash_and_marker():
    svg = show_curves({str(i): [i, i + 1.0] for i in range(5)}).svg
    assert len(set(re.findall(r'stroke-width="2" stroke-dasharray="([^"]+)"', svg))) == 4  # and a solid one


def test_diverging_curve_is_cut_and_said():
    figure = show_curves({"loss": [1.0, 10.0, 1e30, math.inf, math.nan]}, xlabel="step", ylim=(0, 20))
    assert "not finite from step 3" in str(figure)
    assert "nan" not in re.sub(r"<desc>.*?</desc>", "", figure.svg)
    ET.fromstring(figure.svg)


def test_no_finite_value_still_draws():
    assert "no finite value" in str(show_curves({"loss": [math.nan, math.inf]}))


def test_long_curve_keeps_its_peaks():
    values = [0.0] * 5000
    values[3210] = 7.0
    figure = show_curves({"spike": values}, ylim=(0, 7))
    heights = [float(y) for y in re.findall(r",(-?[\d.]+)", figure.svg.split('stroke-width="2"')[0].split('d="M')[-1])]
    assert min(heights) == 0  # the top of the frame
    assert len(figure.svg) < 20_000


def test_more_values_than_x_is_refused():
    with pytest.raises(ValueError, match="series 'a' has 3 values, but x has only 2"):
        show_curves({"a": [1, 2, 3]}, x=[0, 1])


def test_same_data_same_picture_and_last_digits_do_not_show():
    values = [math.exp(-i / 7) for i in range(50)]
    shaken = [v * (1 + 1e-12) for v in values]
    assert show_curves({"a": values}).svg == show_curves({"a": shaken}).svg


def test_line_measures_its_misses(torch):
    figure = show_line(torch.tensor([0.0, 1.0, 2.0]), torch.tensor([[0.0], [1.0], [5.0]]), slope=1, intercept=0)
    assert "mean squared miss: 3" in str(figure)
    assert "points below the line: 0 of 3" in str(figure)
    assert_readable(figure)


def test_residuals_in_words(torch):
    figure = show_residuals(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([4.0, 2.0, 0.0]), unit="points")
    assert str(figure).splitlines()[1:] == [
        "points: 3",
        "root mean square: 2.449 points",
        "mean: 0 points",
        "within one root mean square: 1 of 3",
        "largest: 3, smallest: -3",
    ]
    assert_readable(figure)


def test_intervals_tell_the_sure_from_the_unsure(torch):
    low, high = torch.tensor([-1.0, 0.5]), torch.tensor([1.0, 1.5])
    figure = show_intervals(["unsure", "sure"], torch.tensor([0.1, 1.0]), low, high, xlabel="weight")
    assert "unsure: 0.1, from -1 to 1 (holds zero)" in str(figure)
    assert "sure: 1, from 0.5 to 1.5" in str(figure).splitlines()
    assert figure.svg.count('font-weight="bold"') == 1
    assert_readable(figure)


def test_explore_line_redraws():
    widgets = pytest.importorskip("ipywidgets")
    box = explore_line([0.0, 1.0], [0.0, 1.0])
    slope, intercept, picture, _ = box.children
    assert isinstance(picture, widgets.Output)
    assert [slope.description, intercept.description] == ["slope", "intercept"]
