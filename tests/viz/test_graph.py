"""Graph pictures of edutorch's tensors and of PyTorch's: what is in them, how it reads."""

import xml.etree.ElementTree as ET

import pytest

from edutorch.viz.graph import read_tape, show_graph
from tests.viz.readable import assert_readable, boxes


def network(torch):
    X = torch.arange(6.0).reshape(2, 3)
    W = torch.ones(3, 4, requires_grad=True)
    b = torch.zeros(4, requires_grad=True)
    z = X @ W + b
    loss = (torch.tanh(z) * z).sum()
    return loss, {"X": X, "W": W, "b": b, "z": z, "loss": loss}


def test_text_lists_the_tape_inputs_first(torch):
    loss, names = network(torch)
    assert str(show_graph(loss, names, title="A network")).splitlines() == [
        "A network",
        "W     leaf                 (3, 4)",
        "t1    MmBackward0(W)       (2, 4)",
        "b     leaf                 (4,)",
        "z     AddBackward0(t1, b)  (2, 4)",
        "t2    TanhBackward0(z)     (2, 4)",
        "t3    MulBackward0(t2, z)  (2, 4)",
        "loss  SumBackward0(t3)     scalar",
    ]


def test_every_node_is_drawn_and_can_be_read(torch):
    loss, names = network(torch)
    figure = show_graph(loss, names)
    assert_readable(figure)
    assert len(boxes(figure)) == 7
    strings = [label.string for label in figure.labels]
    assert {"W", "b", "z", "loss", "t1", "t2", "t3"} <= set(strings)
    assert "X" not in strings  # it needs no gradient, so it was not recorded


def test_the_picture_is_the_same_each_time(torch):
    one, other = (show_graph(*network(torch)) for _ in range(2))
    assert one.svg == other.svg


def test_one_tensor_used_twice_is_one_node_with_two_edges(torch):
    x = torch.tensor(3.0, requires_grad=True)
    tape = read_tape(x * x, {"x": x})
    assert [node.name for node in tape.nodes] == ["x", "t1"]
    assert [(edge.source, edge.target, edge.slot) for edge in tape.edges] == [(0, 1, 0), (0, 1, 1)]


def test_a_deep_tape_needs_no_recursion(torch):
    end = x = torch.tensor(1.0, requires_grad=True)
    for _ in range(3000):
        end = end + 1
    assert len(read_tape(end, {"x": x}).nodes) == 3001


def test_reading_after_backward_is_possible(torch):
    loss, names = network(torch)
    before = show_graph(loss, names).svg
    loss.backward()
    assert show_graph(loss, names).svg == before


@pytest.mark.parametrize("requires_grad", [True, False])
def test_a_tensor_without_history_is_refused(torch, requires_grad):
    with pytest.raises(ValueError, match="no grad_fn"):
        show_graph(torch.tensor(1.0, requires_grad=requires_grad))


def chain(torch, length):
    end = x = torch.tensor([1.0, 2.0], requires_grad=True)
    for _ in range(length):
        end = torch.tanh(end) * x
    return end, {"x": x}


@pytest.mark.parametrize("length", [2, 3, 4, 8])
def test_a_long_graph_goes_down_and_fits_the_page(torch, length):
    figure = show_graph(*chain(torch, length))
    assert_readable(figure)
    root = ET.fromstring(figure.svg)
    shown, drawn = float(root.get("width")), float(root.get("viewBox").split()[2])
    assert shown <= 900
    assert shown / drawn > 0.75  # text of 12 pixels shrinks to 9 at most
    goes_down = float(root.get("height")) > shown
    assert goes_down == (length >= 4)
