"""Grids of pictures are torchvision's."""

from __future__ import annotations

import pytest

import edutorch
from edutorch.vision import utils
from tests.vision import cases
from tests.vision.answers import Answers
from tests.vision.test_transforms import check

PROGRAMS = cases.grid_cases()


@pytest.fixture(scope="module")
def answers():
    return Answers("grids")


@pytest.mark.parametrize("name", PROGRAMS)
def test_grid(name, answers):
    check(cases.outcome(PROGRAMS[name], edutorch, utils), answers[name])


def test_the_files_name_says_its_kind(tmp_path):
    from PIL import Image

    utils.save_image(edutorch.ones(1, 2, 2), tmp_path / "white.png")
    with Image.open(tmp_path / "white.png") as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (2, 2))
        assert image.getextrema() == ((255, 255),) * 3
