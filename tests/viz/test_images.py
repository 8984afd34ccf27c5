"""Grey images: the right shade at the right place, and characters that show the same."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from edutorch.viz.images import show_images


def test_darkest_pixel_is_where_the_highest_value_is(torch):
    figure = show_images(torch.tensor([[0.0, 0.5], [0.0, 1.0]]), pixel=10)
    black = re.search(r'<path d="([^"]+)" fill="#000000"/>', figure.svg)[1]
    assert black == "M10,10h10v10h-10z"
    assert str(figure).splitlines()[-2:] == [".+", ".@"]


def test_limits_cut_off(torch):
    image = torch.tensor([[-5, 0, 8, 16, 99]])
    assert str(show_images(image, low=0, high=16)).splitlines()[-1] == "..+@@"


def test_constant_image_is_white(torch):
    figure = show_images(torch.full((2, 2), 7.0))
    assert "<path" not in figure.svg
    assert "white is 7, black is 7" in str(figure)


def test_many_images_stand_in_rows_with_their_captions():
    stack = np.zeros((12, 8, 8))
    figure = show_images(stack, [f"no. {i}" for i in range(12)], columns=5)
    boxes = [label.box for label in figure.labels]
    assert len(boxes) == 12
    assert boxes[0].top == boxes[4].top < boxes[5].top
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert str(figure).splitlines()[-1].startswith("no. 0  no. 1")
    ET.fromstring(figure.svg)


def test_captions_stand_over_their_characters():
    lines = str(show_images(np.eye(2)[None].repeat(2, 0), ["first", "second"])).splitlines()
    assert lines[2:] == ["first   second", "@.      @.", ".@      .@"]


@pytest.mark.parametrize("shape", [(3,), (1, 2, 3, 4), (0, 8, 8)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"must have shape \(height, width\)"):
        show_images(np.zeros(shape))


def test_captions_must_match():
    with pytest.raises(ValueError, match="got 1 titles for 2 images"):
        show_images(np.zeros((2, 3, 3)), ["one"])
