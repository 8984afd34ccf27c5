"""The broadcasting viewer agrees with NumPy's broadcast on every pair of small shapes."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from edutorch.viz.broadcast import explore_broadcast, show_broadcast

SHAPES = [shape for rank in range(4) for shape in itertools.product((1, 2, 3), repeat=rank)]


def numpy_result(*shapes):
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return None


def test_every_pair_of_small_shapes():
    for a, b in itertools.product(SHAPES, repeat=2):
        last = str(show_broadcast(a, b)).splitlines()
        result = numpy_result(a, b)
        if result is None:
            assert any(line.startswith("fails at axis") for line in last), (a, b)
        else:
            assert last[-1].startswith(f"result {result}: {np.prod(result, dtype=int)} element"), (a, b)


def test_a_remedy_that_is_offered_works():
    offered = 0
    for a, b in itertools.product(SHAPES, repeat=2):
        found = re.search(r"^([ab])\.view\((.*)\) would fit: result (\(.*\))$", str(show_broadcast(a, b)), re.M)
        if found:
            offered += 1
            shapes = {"a": a, "b": b, found[1]: tuple(int(n) for n in found[2].split(",") if n.strip())}
            assert str(numpy_result(shapes["a"], shapes["b"])) == found[3]
    assert offered > 20


def test_three_operands_and_tensors():
    assert str(show_broadcast(np.zeros((2, 1)), (3,), (4, 1, 1))).splitlines()[-1] == (
        "result (4, 2, 3): 24 elements out of 2 + 3 + 4 stored"
    )
    assert "fails at axis 0: a has 2, b has 3, c has 4, and none is 1" in str(show_broadcast((2,), (3,), (4,)))


def test_length_zero():
    assert "result (0, 3): 0 elements" in str(show_broadcast((0, 1), (3,)))
    assert "fails at axis 0: a has 0, b has 3" in str(show_broadcast((0,), (3,)))


@pytest.mark.parametrize(
    "shapes",
    [
        ((3, 1), (4,)),
        ((3, 4), (3,)),
        ((1797, 8, 8), (1797,)),
        ((115008, 1), (115008,)),
        ((), ()),
        ((8, 8), (8,)),
        ((1, 1), (1,)),
    ],
)
def test_labels_have_room(shapes):
    figure = show_broadcast(*shapes)
    ET.fromstring(figure.svg)
    for one, other in itertools.combinations(figure.labels, 2):
        assert not one.box.overlaps(other.box), (one.string, other.string)
    assert show_broadcast(*shapes).svg == figure.svg


def test_small_results_are_drawn_element_by_element():
    strings = [label.string for label in show_broadcast((3, 1), (4,)).labels]
    assert strings.count("2,0") == 4 + 1  # a's last row, four times over, and one element of the result
    assert strings.count("0,3") == 3 + 1  # b's last column
    assert "0,0" not in [label.string for label in show_broadcast((9, 1), (4,)).labels]


def test_explorer():
    explorer = explore_broadcast()
    example, a, b, picture, _ = explorer.children
    assert picture.value == show_broadcast((3, 1), (4,)).svg
    a.value = "(2, 3)"
    assert picture.value == show_broadcast((2, 3), (4,)).svg
    b.value = "two"
    assert "for instance 3, 1" in picture.value
    assert "<svg" not in picture.value
    b.value = ""
    assert picture.value == show_broadcast((2, 3), ()).svg
    assert example.label == "choose one"
    for _, pair in example.options:
        example.value = pair
    assert picture.value == show_broadcast((5, 1), (5,)).svg
