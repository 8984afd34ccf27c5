"""The optimizer race: landscapes with the curvatures that they promise, walks that are the library's own."""

import math

import pytest

from edutorch.viz.axes import style
from edutorch.viz.race import LOOKS, RACERS, SHAPES, Landscape, explore_race, show_race
from tests.viz.readable import assert_texts_apart

RATES = {"SGD": 1.0, "momentum": 0.3, "Nesterov": 0.3, "Adagrad": 0.5, "RMSprop": 0.05, "Adam": 0.2}


@pytest.fixture
def start(torch):
    return torch.tensor([-1.8, -0.2], dtype=torch.float64)


@pytest.mark.parametrize("turn", [0, 30, 90])
@pytest.mark.parametrize(
    ("shape", "curvatures"), [("valley", (0.05, 1)), ("saddle", (-0.05, 1)), ("plateau", (0.1, 2))]
)
def test_curvatures_at_the_centre(torch, start, shape, curvatures, turn):
    land = Landscape(start, shape, condition=20, turn=turn)
    H = torch.autograd.functional.hessian(land.loss, torch.zeros(2, dtype=torch.float64))
    assert torch.linalg.eigh(H)[0].tolist() == pytest.approx(curvatures)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bend", [0, 0.4])
def test_height_is_the_loss_and_never_below_zero(torch, start, shape, bend):
    land = Landscape(start, shape, condition=7, turn=25, bend=bend)
    for x, y in ((0.3, -1.2), (-1.8, -0.2), (0.0, 0.0)):
        assert land.height(x, y) == pytest.approx(land.loss(torch.tensor([x, y], dtype=torch.float64)).item())
    assert min(v for row in land.grid for v in row) >= 0


def test_lowest_points(start):
    assert Landscape(start, "valley", bend=0.3).height(0, 0) == 0
    assert Landscape(start, "plateau", turn=40).height(0, 0) == 0
    assert Landscape(start, "saddle").height(1, 0) == Landscape(start, "saddle").height(-1, 0) == 0


def test_turn_goes_with_the_landscape(start):
    along = math.radians(30)
    assert Landscape(start, condition=100, turn=30).height(math.cos(along), math.sin(along)) == pytest.approx(1 / 200)
    assert Landscape(start, condition=100, turn=30).height(-math.sin(along), math.cos(along)) == pytest.approx(1 / 2)


@pytest.mark.parametrize("name", RACERS)
def test_walks_are_the_librarys(torch, start, name):
    land = Landscape(start, condition=5, turn=30)
    path = land.walk(RACERS[name](torch.optim, 0.1, 0.8), 12)
    weights = start.clone().requires_grad_()
    options = {"momentum": {"momentum": 0.8}, "Nesterov": {"momentum": 0.8, "nesterov": True}}.get(name, {})
    optimizer = getattr(torch.optim, "SGD" if name in ("momentum", "Nesterov") else name)([weights], lr=0.1, **options)
    for point, loss in zip(path.points, path.losses, strict=True):
        assert weights.tolist() == pytest.approx(point, abs=1e-12)
        assert land.height(*point) == pytest.approx(loss)
        optimizer.zero_grad()
        land.loss(weights).backward()
        optimizer.step()
    assert start.tolist() == [-1.8, -0.2]


def test_race_says_who_arrives_when(torch, start):
    figure = show_race(torch.optim, start, {"SGD": 1.0, "Adam": 0.2, "momentum": 0.001}, steps=40)
    title, level, sgd, adam, momentum = str(figure).splitlines()
    assert title == "A race over a valley: condition number 20, turned by 30°"
    path = Landscape(start, turn=30).walk(lambda w: torch.optim.SGD(w, lr=1.0), 40)
    assert level == f"level: 1 % of the starting loss {path.losses[0]:.4g}"
    assert sgd == f"SGD (lr 1): {path.steps_to(path.losses[0] / 100)} steps to the level"
    assert adam.startswith("Adam (lr 0.2): ")
    assert "not there after 40 steps: loss" in momentum
    assert f"SGD: {path.steps_to(path.losses[0] / 100)}" in {label.string for label in figure.labels}


def test_divergence_is_told_and_drawn(torch, start):
    figure = show_race(torch.optim, start, {"SGD": 5.0, "momentum": 5.0}, turn=0, steps=100)
    assert str(figure).count("diverges") == 2
    assert_texts_apart(figure)


@pytest.mark.parametrize("shape", SHAPES)
def test_all_together_are_readable_and_the_same_again(torch, start, shape):
    figure = show_race(torch.optim, start, RATES, shape=shape, bend=0.2)
    assert_texts_apart(figure)
    assert figure.svg == show_race(torch.optim, start, RATES, shape=shape, bend=0.2).svg


def test_nobody_runs(torch, start):
    assert "steps to the level" not in str(show_race(torch.optim, start, {}))


def test_looks_differ_in_every_way():
    for part in range(3):
        assert len({look[part] for look in LOOKS.values()}) == len(RACERS)
    assert LOOKS["SGD"] == style(0)


def test_wrong_names_are_refused(torch, start):
    with pytest.raises(ValueError, match="unknown optimizer 'Adamw'; there are SGD, "):
        show_race(torch.optim, start, {"Adamw": 0.1})
    with pytest.raises(ValueError, match="shape must be one of valley, saddle, plateau, not 'hill'"):
        Landscape(start, "hill")


def test_explorer_has_labelled_controls(torch, start):
    pytest.importorskip("ipywidgets")
    controls, picture, _ = explore_race(torch.optim, start, {"SGD": 1.0}).children
    racers, land = controls.children
    assert [row.children[0].description for row in racers.children] == [f"{name} runs" for name in RACERS]
    assert [row.children[1].description for row in racers.children] == [f"lr of {name}" for name in RACERS]
    assert [row.children[0].value for row in racers.children] == [name == "SGD" for name in RACERS]
    assert all(widget.description for widget in land.children)
    assert picture.outputs is not None
