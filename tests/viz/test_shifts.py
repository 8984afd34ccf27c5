"""A picture that moves: no ink lost that stays on the page, and each model's answer in words."""

import pytest

from edutorch.viz.shifts import explore_shifted, shifted, show_shifted, show_tables

from .readable import assert_texts_apart


@pytest.mark.parametrize(("right", "down"), [(0, 0), (1, 0), (-2, 1), (2, -2), (0, 2)])
def test_shifted_is_pad_and_crop(torch, right, down):
    torch.manual_seed(0)
    pages = torch.rand(3, 5, 6)
    wide = torch.nn.functional.pad(pages, (2, 2, 2, 2))
    assert torch.equal(shifted(pages, right, down), wide[:, 2 - down : 7 - down, 2 - right : 8 - right])


@pytest.fixture
def models(torch):
    """Models that are sure of the class whose number is the column (or row) of the only ink."""
    return {
        "column": lambda batch: 9 * batch.sum(dim=(1, 2)),
        "row": lambda batch: 9 * batch.sum(dim=(1, 3)),
        "nothing": torch.nn.Sequential(torch.nn.Dropout(0.9), torch.nn.Flatten(), torch.nn.Linear(16, 4)),
    }


@pytest.fixture
def image(torch):
    dot = torch.zeros(4, 4)
    dot[1, 2] = 1
    return dot


def test_answers_follow_the_picture(models, image):
    models["nothing"].train()
    words = str(show_shifted(models, image, right=-1, down=2))
    assert words.startswith("Moved -1 to the right, 2 down\n")
    assert "column: 1 (100 %), then 0 (0 %)" in words
    assert "row: 3 (100 %), then 0 (0 %)" in words
    assert words == str(show_shifted(models, image, right=-1, down=2))  # dropout is off
    assert models["nothing"].training


def test_figure_is_readable(models, image):
    figure = show_shifted(models, image)
    assert {"column", "row", "nothing"} <= {label.string for label in figure.labels}
    assert [label.string for label in figure.labels].count("100 %") == 2
    assert_texts_apart(figure)


def test_sliders(models, image, capsys):
    explorer = explore_shifted(models, image.unsqueeze(0), most=1)
    which, right, down, *_ = explorer.children
    assert (which.options, right.min, down.max) == ((("0", 0),), -1, 1)
    right.value = 1
    assert "column: 3 (100 %)" in capsys.readouterr().out


def test_tables():
    tables = {"a": [[0.5, 1.0], [0.254, 0.0]], "longer name": [[0.8, 0.7], [0.6, 0.5]], "c": [[1.0, 1.0], [1.0, 1.0]]}
    figure = show_tables(tables, ["up", "down"], ["left", "right"], title="Shares", per_line=2)
    assert str(figure).splitlines() == [
        "Shares",
        "a: 50 100 / 25 0",
        "longer name: 80 70 / 60 50",
        "c: 100 100 / 100 100",
    ]
    assert [label.string for label in figure.labels].count("100") == 5
    assert_texts_apart(figure)
