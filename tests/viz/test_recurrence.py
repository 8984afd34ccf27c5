"""Fading gradients: autograd's own numbers, the law of the spectral radius, and a readable picture."""

import math

import pytest

from edutorch.viz.recurrence import explore_fading, show_fading, spectral_radius, states_and_gradients

from .readable import assert_texts_apart


@pytest.fixture
def weight(torch):
    torch.manual_seed(0)
    return torch.randn(5, 5, dtype=torch.float64)


@pytest.fixture
def inputs(torch):
    torch.manual_seed(1)
    return torch.randn(30, 5, dtype=torch.float64)


def lengths(figure):
    (line,) = [line for line in str(figure).splitlines() if line.startswith("gradient of the loss")]
    return [float(v) for v in line.split(": ")[1].split()]


def test_spectral_radius():
    assert spectral_radius([[3.0, 1.0], [0.0, -4.0]]) == pytest.approx(4)


@pytest.mark.parametrize("activation", ["tanh", "none"])
def test_states_and_gradients_are_the_librarys(torch, weight, inputs, activation):
    W = 0.2 * weight
    states, gradients = states_and_gradients(W, inputs, activation)
    h = torch.zeros(5, dtype=torch.float64)
    for x, state in zip(inputs, states, strict=True):
        h = W @ h + x
        h = torch.tanh(h) if activation == "tanh" else h
        assert state == pytest.approx(h.tolist())
    g = h
    assert gradients[-1] == pytest.approx(g.tolist())
    for t in range(len(inputs) - 1, 0, -1):
        after = torch.tensor(states[t], dtype=torch.float64)
        slope = 1 - after**2 if activation == "tanh" else torch.ones_like(after)
        g = W.T @ (slope * g)
        assert gradients[t - 1] == pytest.approx(g.tolist(), rel=1e-9, abs=1e-15)


def test_looking_changes_nothing(weight, inputs):
    weight.requires_grad_()
    show_fading(weight, inputs)
    assert weight.grad is None
    assert not inputs.requires_grad


@pytest.mark.parametrize("radius", [0.5, 1.0, 1.7])
def test_a_turn_obeys_the_radius(torch, inputs, radius):
    a = 0.7
    turn = torch.tensor([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]], dtype=torch.float64)
    seen = lengths(show_fading(3 * turn, inputs[:, :2], radius=radius, activation="none"))
    assert seen[0] / seen[-1] == pytest.approx(radius**29, rel=2e-3)


@pytest.mark.parametrize("activation", ["tanh", "none"])
@pytest.mark.parametrize("radius", [0.2, 1.0, 2.0])
@pytest.mark.parametrize("steps", [1, 2, 30])
def test_readable_and_deterministic(weight, inputs, activation, radius, steps):
    figure = show_fading(weight, inputs, radius=radius, steps=steps, activation=activation)
    assert len(lengths(figure)) == steps
    assert_texts_apart(figure)
    assert figure.svg == show_fading(weight, inputs, radius=radius, steps=steps, activation=activation).svg


def test_says_whether_it_fades_or_bursts(weight, inputs):
    assert "it shrinks by" in str(show_fading(weight, inputs, radius=0.5))
    assert "it grows by" in str(show_fading(weight, inputs, radius=1.5, activation="none"))
    assert "no way back" in str(show_fading(weight, inputs[:1]))


def test_nonsense_is_refused(weight, inputs):
    with pytest.raises(ValueError, match="activation must be one of tanh, none, not 'relu'"):
        show_fading(weight, inputs, activation="relu")
    with pytest.raises(ValueError, match="at least one step"):
        show_fading(weight, inputs, steps=0)


def test_explorer_has_labelled_controls(weight, inputs):
    pytest.importorskip("ipywidgets")
    *controls, picture, _ = explore_fading(weight, inputs).children
    assert [c.description for c in controls] == ["spectral radius", "steps", "activation"]
    controls[0].value = 1.5
    assert picture.outputs is not None
