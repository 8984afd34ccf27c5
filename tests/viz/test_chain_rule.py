"""The chain rule picture: paths, products, sums."""

import pytest

from edutorch.viz.chain_rule import explore_chain_rule, show_chain_rule
from tests.viz.readable import assert_readable


def reuse(torch):
    x = torch.tensor(2.0, requires_grad=True)
    w = torch.tensor(3.0, requires_grad=True)
    h = w * x
    y = h + x
    loss = y * y
    return loss, {"x": x, "w": w, "h": h, "y": y, "loss": loss}


def test_paths_products_and_sum(torch):
    assert str(show_chain_rule(*reuse(torch), "x")).splitlines() == [
        "Chain rule: d loss / d x",
        "loss → y → h → x:  8 × 1 × 3 = 24",
        "loss → y → x:  8 × 1 = 8",
        "loss → y → h → x:  8 × 1 × 3 = 24",
        "loss → y → x:  8 × 1 = 8",
        "Sum over 4 paths: 64",
    ]


@pytest.mark.parametrize("wrt", ["x", "w"])
def test_it_can_be_read_and_repeated(torch, wrt):
    one, other = (show_chain_rule(*reuse(torch), wrt) for _ in range(2))
    assert_readable(one)
    assert one.svg == other.svg


def test_the_sum_is_the_gradient(torch):
    loss, names = reuse(torch)
    loss.backward()
    for wrt in ("x", "w"):
        last = str(show_chain_rule(*reuse(torch), wrt)).splitlines()[-1]
        assert float(last.split(":")[1]) == names[wrt].grad.item()


def test_many_paths_are_counted_and_not_all_listed(torch):
    x = torch.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(30):
        y = y + y
    lines = str(show_chain_rule(y, {"x": x}, "x")).splitlines()
    assert len(lines) == 10
    assert lines[-2:] == ["… and 1,073,741,817 more paths", "Sum over 1,073,741,824 paths: 1.074e+09"]


@pytest.mark.parametrize(
    ("name", "message"), [("q", "'q' is not the name of a leaf"), ("h", "'h' is not the name of a leaf")]
)
def test_a_name_that_is_no_leaf_is_refused(torch, name, message):
    with pytest.raises(ValueError, match=message):
        show_chain_rule(*reuse(torch), name)


def test_tensors_with_more_elements_are_refused(torch):
    x = torch.ones(3, requires_grad=True)
    with pytest.raises(ValueError, match="0-d tensors only"):
        show_chain_rule((x * x).sum(), {"x": x}, "x")


def test_a_zero_gradient_hides_what_is_behind_it(torch):
    x = torch.tensor(0.0, requires_grad=True)
    y = x * x
    with pytest.raises(ValueError, match="gradient of y is zero"):
        show_chain_rule(y * y, {"x": x, "y": y}, "x")


def test_the_explorer_shows_the_leaf_that_is_chosen(torch):
    pytest.importorskip("ipywidgets")
    loss, names = reuse(torch)
    leaf, picture, _ = explore_chain_rule(loss, names).children
    assert leaf.options == ("x", "w")
    leaf.value = "w"
    assert picture.value == show_chain_rule(loss, names, "w").svg
