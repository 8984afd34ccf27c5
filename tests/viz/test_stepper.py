"""The backward stepper: it shows what the engine really did, in its order, and changes nothing."""

import importlib
import subprocess
import sys

import pytest

from edutorch.viz.stepper import BackwardTrace, explore_backward, show_backward
from tests.viz.readable import assert_readable, boxes


def reuse(torch):
    x = torch.tensor(2.0, requires_grad=True)
    w = torch.tensor(3.0, requires_grad=True)
    h = w * x
    y = h + x
    loss = y * y
    return loss, {"x": x, "w": w, "h": h, "y": y, "loss": loss}


def network(torch):
    X = torch.arange(12.0).reshape(4, 3) / 10
    W = torch.ones(3, 2, requires_grad=True)
    b = torch.zeros(2, requires_grad=True)
    out = torch.tanh(X @ W + b)
    loss = (out * out).sum()
    return loss, {"W": W, "b": b, "out": out, "loss": loss}


def two_outputs(torch):
    x = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    left, right = x.chunk(2)
    loss = (left * left * right).sum()
    return loss, {"x": x, "loss": loss}


PROGRAMS = [reuse, network, two_outputs]


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_last_sum_of_each_leaf_is_its_gradient(torch, program):
    loss, names = program(torch)
    trace = BackwardTrace(loss, names)
    held = {trace.tape.nodes[step.receiver].name: step.total for step in trace.steps}
    loss.backward()
    leaves = {name: tensor for name, tensor in names.items() if tensor.is_leaf}
    assert leaves
    for name, leaf in leaves.items():
        assert torch.equal(held[name], leaf.grad), name


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_node_gives_only_when_it_has_everything(torch, program):
    trace = BackwardTrace(*program(torch))
    given = [0] * len(trace.tape.nodes)
    for step in trace.steps:
        if step.edge is not None:
            giver = trace.tape.edges[step.edge].target
            uses = sum(edge.source == giver for edge in trace.tape.edges) or 1  # the output has its seed
            assert given[giver] == uses
        given[step.receiver] += 1
    assert len(trace) == 1 + len(trace.tape.edges)


def test_a_contribution_has_the_shape_of_its_receiver(torch):
    trace = BackwardTrace(*network(torch))
    for step in trace.steps:
        assert tuple(step.contribution.shape) == trace.tape.nodes[step.receiver].shape


@pytest.mark.parametrize("program", PROGRAMS)
def test_looking_changes_nothing(torch, program):
    loss, names = program(torch)
    leaf = next(tensor for tensor in names.values() if tensor.is_leaf)
    leaf.grad = torch.ones_like(leaf)
    before = leaf.grad
    once = show_backward(loss, names, step=-1)
    again = show_backward(loss, names, step=-1)
    assert once.svg == again.svg
    assert leaf.grad is before
    assert torch.equal(leaf.grad, torch.ones_like(leaf))
    loss.backward()  # the graph was kept


def test_words_of_a_step(torch):
    assert str(show_backward(*reuse(torch), step=4)).splitlines() == [
        "Backward stepper",
        "Step 4 of 6: y (AddBackward0) gives to x.",
        "Arrived 16 × local derivative 1 = contribution 16.",
        "x has received 16 from 1 of 2: it must wait for the rest.",
        "Received so far:",
        "  loss  1  (1 of 1)",
        "  y     16  (2 of 2)",
        "  h     16  (1 of 1)",
        "  x     16  (1 of 2)",
        "  w     …  (0 of 1)",
    ]


def test_words_of_the_seed_and_of_shapes(torch):
    loss, names = network(torch)
    assert "The derivative of loss with respect to itself is 1." in str(show_backward(loss, names))
    bias = next(line for line in str(show_backward(loss, names, -1)).splitlines() if line.startswith("  b"))
    assert bias == "  b     [1.174, 1.174]  (1 of 1)"


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_step_can_be_read(torch, program):
    trace = BackwardTrace(*program(torch))
    figures = [trace.figure(k) for k in range(len(trace))]
    for figure in figures:
        assert_readable(figure)
    nodes = len(trace.tape.nodes)  # they are drawn before the labels on the edges
    assert len({tuple(boxes(figure)[:nodes]) for figure in figures}) == 1  # nothing jumps


def test_colour_is_not_the_only_sign(torch):
    figure = show_backward(*reuse(torch), step=4)
    assert figure.svg.count('stroke-width="4"') >= 2  # the edge in use and the box it leads to
    assert figure.svg.count("stroke-dasharray") == 2  # the two edges to come


def test_a_zero_gradient_is_shown_without_dividing_by_it(torch):
    x = torch.tensor(0.0, requires_grad=True)
    y = x * x
    loss = y * y
    assert "Arrived 0; contribution 0." in str(show_backward(loss, {"x": x, "y": y}, step=-1))


def test_a_step_that_is_not_there(torch):
    with pytest.raises(IndexError, match="steps 0 to 6"):
        show_backward(*reuse(torch), step=7)


def test_a_vector_raises_pytorchs_own_error_and_leaves_no_trace(torch):
    x = torch.ones(3, requires_grad=True)
    x.grad = torch.ones(3)
    y = x * 2
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar outputs"):
        show_backward(y, {"x": x})
    assert x.grad.tolist() == [1, 1, 1]


def test_both_engines_are_drawn_alike():
    pytest.importorskip("torch")
    for program in PROGRAMS:
        one, other = (show_backward(*program(importlib.import_module(name)), step=-1) for name in ("torch", "edutorch"))
        assert one.svg == other.svg


def test_the_explorer_moves_with_slider_and_buttons(torch):
    pytest.importorskip("ipywidgets")
    loss, names = reuse(torch)
    controls, picture, in_words, words, _ = explore_backward(loss, names).children
    back, slider, forth = controls.children
    assert (slider.value, slider.max, back.disabled, forth.disabled) == (0, 6, True, False)
    forth.click()
    assert slider.value == 1
    assert picture.value == show_backward(loss, names, step=1).svg
    slider.value = 6
    assert (back.disabled, forth.disabled) == (False, True)
    assert words.value == ""
    in_words.value = True
    assert "x has received 64" in words.value
    back.click()
    assert slider.value == 5


def test_importing_does_not_import_widgets():
    code = "import sys, edutorch.viz.stepper; print('ipywidgets' in sys.modules, 'matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
