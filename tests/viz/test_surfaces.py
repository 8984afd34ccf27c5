"""Loss surfaces: contours where they belong, walks that obey 2 / curvature, figures that say so in words."""

import itertools
import math
import re
import xml.etree.ElementTree as ET

import pytest

from edutorch.viz.surfaces import Surface, explore_learning_rate, show_contours, show_learning_rate


@pytest.fixture
def bowl(torch):
    """Curvatures 2 and 6: walks settle below a learning rate of 1/3."""
    start = torch.tensor([1.0, 1.0], dtype=torch.float64)
    return Surface(lambda w: w[0] ** 2 + 3 * w[1] ** 2, start, (-2.0, 2.0), (-2.0, 2.0), names=("a", "b"))


def assert_readable(figure):
    ET.fromstring(figure.svg)
    for one, other in itertools.combinations(figure.labels, 2):
        assert not one.box.overlaps(other.box), (one.string, other.string)


def test_contours_lie_at_their_height_and_close(bowl):
    (lines,) = bowl.contours([1.0])
    (line,) = lines
    assert line[0] == pytest.approx(line[-1])
    for x, y in line:
        assert x**2 + 3 * y**2 == pytest.approx(1.0, abs=0.02)
    assert max(x for x, _ in line) == pytest.approx(1.0, abs=0.02)
    assert bowl.contours([1e9]) == [[]]


def test_saddle_gives_two_branches(torch):
    saddle = Surface(lambda w: w[0] * w[1], torch.zeros(2), (-1.0, 1.0), (-1.0, 1.0), cells=9)
    (lines,) = saddle.contours([0.2])
    assert len(lines) == 2
    for line in lines:
        assert all(x * y == pytest.approx(0.2, abs=0.03) for x, y in line)


def test_lowest(bowl):
    assert bowl.lowest() == pytest.approx((0, 0))


@pytest.mark.parametrize(
    ("lr", "word"), [(0.005, "too slow"), (0.2, "arrives"), (0.32, "oscillates"), (0.34, "diverges")]
)
def test_verdicts(bowl, lr, word):
    assert bowl.descend(lr, 40).verdict.startswith(word)


def test_walk_is_gradient_descent(bowl):
    path = bowl.descend(0.1, 3)
    assert path.points == [pytest.approx((0.8**k, 0.4**k)) for k in range(4)]
    assert path.losses == pytest.approx([0.64**k + 3 * 0.16**k for k in range(4)])
    assert path.slopes[0] == pytest.approx(math.hypot(2, 6))


def test_walk_with_momentum_is_sgds(torch, bowl):
    weights = bowl.start.clone().requires_grad_()
    optimizer = torch.optim.SGD([weights], lr=0.05, momentum=0.9)
    for x, y in bowl.descend(0.05, 10, momentum=0.9).points:
        assert weights.tolist() == pytest.approx([x, y])
        optimizer.zero_grad()
        bowl.loss(weights).backward()
        optimizer.step()


def test_walk_out_of_bounds_ends(bowl):
    path = bowl.descend(100.0, 1000)
    assert len(path.points) < 20
    assert path.verdict.startswith("diverges")
    assert_readable(show_learning_rate(bowl, lr=100.0, steps=1000))


@pytest.mark.parametrize("lr", [0.01, 0.2, 0.32, 0.5])
def test_learning_rate_in_words_and_readable(bowl, lr):
    figure = show_learning_rate(bowl, lr=lr, steps=15)
    words = str(figure)
    assert words.startswith(f"Gradient descent with learning rate {lr}\n")
    assert bowl.descend(lr, 15).verdict in words
    assert "loss by step: 4, " in words
    assert_readable(figure)
    assert figure.svg == show_learning_rate(bowl, lr=lr, steps=15).svg


def test_contours_show_several_walks(bowl):
    paths = {"slow": bowl.descend(0.02, 10), "momentum": bowl.descend(0.02, 10, momentum=0.9)}
    figure = show_contours(bowl, paths)
    assert {"slow", "momentum", "a", "b"} <= {label.string for label in figure.labels}
    assert "slow: from (1, 1), loss 4, to" in str(figure)
    assert_readable(figure)
    heights = [label.string for label in figure.labels if re.fullmatch(r"[\d.]+", label.string)]
    assert len(heights) >= 2


def test_grid_is_worked_out_once(torch):
    calls = []

    def loss(w):
        calls.append(1)
        return (w**2).sum()

    surface = Surface(loss, torch.ones(2), (-1, 1), (-1, 1), cells=5)
    show_contours(surface)
    assert len(calls) == 36
    show_contours(surface)
    assert len(calls) == 36


def test_explorer_has_labelled_controls(bowl):
    pytest.importorskip("ipywidgets")
    *controls, picture, _ = explore_learning_rate(bowl, lrs=(0.01, 0.4)).children
    assert [control.description for control in controls] == ["learning rate", "momentum", "steps"]
    assert picture.outputs is not None


def test_walk_with_an_optimizer(torch, bowl):
    path = bowl.walk(lambda w: torch.optim.SGD(w, lr=0.1), 5)
    assert path.points == [pytest.approx(point) for point in bowl.descend(0.1, 5).points]
    assert path.slopes == pytest.approx(bowl.descend(0.1, 5).slopes)
    assert len(bowl.walk(lambda w: torch.optim.SGD(w, lr=100.0), 1000).points) < 20


def test_steps_to(bowl):
    path = bowl.descend(0.1, 5)
    assert path.steps_to(4.0) == 0
    assert path.steps_to(path.losses[3]) == 3
    assert path.steps_to(0.0) is None
