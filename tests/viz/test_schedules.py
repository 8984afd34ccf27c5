"""Schedules: the library's own rates, and the exact mean loss of a descent in noise."""

import math

import pytest

from edutorch.viz.schedules import SCHEDULES, expected_losses, explore_schedule, plan, rates, show_schedule
from tests.viz.readable import assert_texts_apart


@pytest.fixture
def start(torch):
    return torch.zeros(1, dtype=torch.float64)


def test_cosine_with_warm_up(torch, start):
    used = rates(torch.optim, start, "cosine", 0.5, 10, 60)
    rise = [0.05 + 0.45 * t / 10 for t in range(10)]
    fall = [0.25 * (1 + math.cos(math.pi * t / 50)) for t in range(50)]
    assert used == pytest.approx(rise + fall)


def test_the_other_shapes(torch, start):
    assert rates(torch.optim, start, "constant", 0.2, 0, 5) == pytest.approx([0.2] * 5)
    assert rates(torch.optim, start, "step", 0.9, 0, 9) == pytest.approx([0.9] * 3 + [0.09] * 3 + [0.009] * 3)
    assert rates(torch.optim, start, "linear", 1.0, 0, 4) == pytest.approx([1.0, 0.75, 0.5, 0.25])
    cycle = rates(torch.optim, start, "one-cycle", 0.4, 20, 100)
    assert max(cycle) == pytest.approx(0.4)
    assert cycle.index(max(cycle)) == 19
    assert cycle[-1] < 1e-5


def test_plan_is_what_is_built(torch, start):
    for shape in SCHEDULES:
        for name, arguments in plan(shape, 0.5, 10, 60):
            optimizer = torch.optim.SGD([start.clone().requires_grad_()], lr=0.5)
            getattr(torch.optim.lr_scheduler, name)(optimizer, **arguments)


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="shape must be one of constant, step"):
        plan("sawtooth", 0.5, 0, 10)
    with pytest.raises(ValueError, match="warmup must be at least 0 and less than the 10 steps, not 10"):
        plan("cosine", 0.5, 10, 10)


def test_expected_losses_are_the_mean_of_many_walks(torch):
    torch.manual_seed(0)
    used = [0.5 / (1 + t / 5) for t in range(30)]
    e, losses = torch.full((20_000,), 2.0, dtype=torch.float64), []
    for lr in used:
        losses.append((0.7 * e**2 / 2).mean().item())
        e = e - lr * (0.7 * e + 1.5 * torch.randn(20_000, dtype=torch.float64))
    assert losses == pytest.approx(expected_losses(used, 1.5, [0.7], distance=2.0)[:-1], rel=0.05)


def test_without_noise_it_is_descent():
    assert expected_losses([0.5] * 3, noise=0.0, curvatures=[1.0], distance=1.0) == [0.5, 0.125, 0.03125, 0.0078125]


@pytest.mark.parametrize("shape", SCHEDULES)
@pytest.mark.parametrize("warmup", [0, 30])
def test_figure_in_words_and_readable(torch, start, shape, warmup):
    figure = show_schedule(torch.optim, start, shape, peak=0.4, warmup=warmup, steps=90)
    words = str(figure)
    assert words.startswith(f"A learning rate schedule: {shape}")
    assert "highest 0.4 at step" in words
    for name, _ in plan(shape, 0.4, warmup, 90):
        assert f"{name}(optimizer, " in words
    assert ("milestones=[30]" in words) == (warmup > 0 and shape != "one-cycle")
    assert_texts_apart(figure)
    assert figure.svg == show_schedule(torch.optim, start, shape, peak=0.4, warmup=warmup, steps=90).svg


def test_divergence_leaves_a_picture(torch, start):
    assert_texts_apart(show_schedule(torch.optim, start, "constant", peak=2.5, noise=0.0))


def test_explorer_has_labelled_controls(torch, start):
    pytest.importorskip("ipywidgets")
    *controls, picture, _ = explore_schedule(torch.optim, start).children
    assert [c.description for c in controls] == ["schedule", "highest rate", "warm-up steps", "noise"]
    assert picture.outputs is not None
