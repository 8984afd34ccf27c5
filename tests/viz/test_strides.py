"""The strides viewer, on edutorch's tensors and on PyTorch's: cells, words, room for every label."""

import itertools
import re
import xml.etree.ElementTree as ET

import pytest

from edutorch.viz.strides import explore_strides, show_strides

VIEWS = {
    "x": lambda x: x,
    "x.t()": lambda x: x.t(),
    "x[1:, ::2]": lambda x: x[1:, ::2],
    "x[:, 1]": lambda x: x[:, 1],
    "x[2, 3]": lambda x: x[2, 3],
    "x[:, 1:2].expand(3, 4)": lambda x: x[:, 1:2].expand(3, 4),
    "x.view(2, 3, 2)": lambda x: x.view(2, 3, 2),
    "x.view(2, 3, 2).transpose(0, 2)": lambda x: x.view(2, 3, 2).transpose(0, 2),
    "x[:0]": lambda x: x[:0],
}


def assert_readable(figure):
    """Every label lies on the card, and none lies on another."""
    left, top, width, height = map(float, re.search(r'viewBox="([^"]+)"', figure.svg)[1].split())
    for label in figure.labels:
        box = label.box
        assert left <= box.left <= box.right <= left + width, label
        assert top <= box.top <= box.bottom <= top + height, label
    for one, other in itertools.combinations(figure.labels, 2):
        assert not one.box.overlaps(other.box), (one.string, other.string)


@pytest.mark.parametrize("name", VIEWS)
def test_words_name_the_cell_of_every_element(torch, name):
    x = torch.arange(100, 112).view(3, 4)
    view = VIEWS[name](x)
    figure = show_strides(view, memory=x, name=name)
    assert str(figure).splitlines()[0] == name
    cells = [
        int(cell)
        for line in str(figure).splitlines()
        if "reads" in line
        for cell in line.split("cell")[1].strip("s ").split()
    ]
    # A cell holds 100 plus its number, so the values themselves say where they came from.
    assert cells == [value - 100 for value in view.reshape(-1).tolist()]


@pytest.mark.parametrize("name", VIEWS)
def test_drawing_shows_all_and_nothing_collides(torch, name):
    x = torch.arange(100, 112).view(3, 4)
    view = VIEWS[name](x)
    figure = show_strides(view, memory=x, name=name)
    ET.fromstring(figure.svg)
    assert_readable(figure)
    drawn = [
        label.string for label in figure.labels if label.string.startswith("cell ") and label.string != "cell number"
    ]
    assert drawn == [f"cell {value - 100}" for value in view.reshape(-1).tolist()]
    assert show_strides(view, memory=x, name=name).svg == figure.svg


def test_offset_counts_from_the_memory_that_was_given(torch):
    whole = torch.arange(40)
    x = whole[10:22].view(3, 4)
    assert "offset 5" in str(show_strides(x[1:, 1:], memory=x))
    with pytest.raises(ValueError, match="begins before"):
        show_strides(whole[:4], memory=x)


def test_without_memory_the_skipped_cells_are_empty(torch):
    figure = show_strides(torch.arange(6).view(2, 3)[:, 1])
    assert "memory: 5 cells, 2 of them used" in str(figure)
    assert_readable(figure)


def test_stride_zero_is_drawn_as_a_loop(torch):
    figure = show_strides(torch.tensor([1.5, 2.25, -3.0]).expand(4, 3))
    assert "dim 0: +0, the same cell again" in [label.string for label in figure.labels]
    assert str(figure).count("reads cells 0 1 2") == 4


def test_long_values_widen_the_cells(torch):
    assert_readable(show_strides(torch.tensor([[True, False], [False, True]])))
    assert_readable(show_strides(torch.tensor([123456789.0, -1e-30, float("nan")])))


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (9, 9)])
def test_too_big_is_refused(torch, shape):
    with pytest.raises(ValueError, match="up to 3 dimensions and 72 elements"):
        show_strides(torch.zeros(shape))


def test_too_much_memory_is_refused(torch):
    with pytest.raises(ValueError, match="up to 36 memory cells; got 91"):
        show_strides(torch.arange(100).view(10, 10)[:, 0])


def test_memory_must_be_contiguous(torch):
    x = torch.arange(6).view(2, 3)
    with pytest.raises(ValueError, match="memory must be a contiguous tensor"):
        show_strides(x, memory=x.t())


def parts_of(explorer):
    widgets = [child for row in explorer.children[:-2] for child in row.children]
    return {widget.description: widget for widget in widgets}, explorer.children[-2]


def test_explorer_draws_what_is_chosen(torch):
    x = torch.arange(12)
    controls, picture = parts_of(explore_strides(x))
    assert picture.value == show_strides(x.view(3, 4), memory=x, name="x.view(3, 4)").svg
    controls["view as"].value = (2, 6)
    controls["columns from-to"].value = (1, 5)
    controls["column step"].value = 2
    controls["then transpose: .t()"].value = True
    chosen = x.view(2, 6)[0:2, 1:5:2].t()
    assert picture.value == show_strides(chosen, memory=x, name="x.view(2, 6)[0:2, 1:5:2].t()").svg


def test_explorer_survives_every_shape(torch):
    controls, picture = parts_of(explore_strides(torch.arange(12)))
    for _, shape in controls["view as"].options:
        controls["view as"].value = shape
        assert controls["rows from-to"].value == (0, shape[0])
        assert f"x.view({shape[0]}, {shape[1]})<" in picture.value
    controls["rows from-to"].value = (0, 0)
    assert "no elements" in picture.value
