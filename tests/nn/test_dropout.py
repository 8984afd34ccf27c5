"""Dropout draws PyTorch's masks, and treats memory, gradients and modes as PyTorch does."""

import numpy as np
import pytest

import edutorch
from tests.streams_oracle import need_own_stream
from tests.twins import same_on_both


def drawn(program):
    """Return a program that starts from a seed, and also tells the next random number."""

    def run(torch):
        torch.manual_seed(7)
        return program(torch), torch.rand(1)

    return run


SHAPES = {"dropout1d": (2, 3, 4), "dropout2d": (3, 4, 2, 2), "dropout3d": (2, 3, 2, 2, 2)}
ALL = ["dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"]


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "float16"])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.93])
@pytest.mark.parametrize("name", ALL)
def test_masks_and_gradients(torch, name, p, dtype):
    need_own_stream(torch, "bernoulli_")

    def program(torch):
        x = torch.arange(48.0).reshape(SHAPES.get(name, (6, 8))).to(getattr(torch, dtype)).requires_grad_()
        y = getattr(torch.nn.functional, name)(x, p, training=True)
        (g,) = torch.autograd.grad(y.cos().sum(), x, create_graph=True)
        (second,) = torch.autograd.grad((g * g).sum(), x)
        return y, g, second

    same_on_both(drawn(program), rtol=2e-2 if "16" in dtype else 1e-6)


@pytest.mark.parametrize("p", [1e-17, 1e-9, 0.3, 1 - 1e-9])
def test_large_masks(torch, p):
    need_own_stream(torch, "bernoulli_")

    def program(torch):
        return torch.nn.functional.dropout(torch.ones(300, 400), p).sum(0)

    same_on_both(drawn(program))


def test_masks_follow_memory_not_indices(torch):
    need_own_stream(torch, "bernoulli_")

    def program(torch):
        F, x = torch.nn.functional, torch.arange(24.0).reshape(2, 3, 4)
        return F.dropout(x.permute(2, 0, 1)), F.dropout(x.transpose(0, 1)[:, 1:]), F.dropout(x[:, ::2])

    same_on_both(drawn(program))


def test_what_is_dropped_is_multiplied_by_zero(torch):
    need_own_stream(torch, "bernoulli_")
    inf = float("inf")

    def program(torch):
        y = torch.nn.functional.dropout(torch.tensor([inf, -inf, -1.0, float("nan")] * 3))
        return y, torch.signbit(y)

    same_on_both(drawn(program))


def test_in_place(torch):
    need_own_stream(torch, "bernoulli_")

    def program(torch):
        found = []
        for name in ALL:
            leaf = torch.ones(SHAPES.get(name, (6, 8)), requires_grad=True)
            x = leaf * 2
            y = getattr(torch.nn.functional, name)(x, 0.5, training=True, inplace=True)
            y.sum().backward()
            found += [y is x, x, leaf.grad]
        return found

    same_on_both(drawn(program))


def test_nothing_to_do_returns_the_input_and_draws_nothing():
    def program(torch):
        F, x = torch.nn.functional, torch.ones(2, 3, requires_grad=True)
        kept = [F.dropout(x, 0.5, False) is x, F.dropout(x, 0.0) is x, torch.nn.Dropout(0.3).eval()(x) is x]
        kept += [F.alpha_dropout(x, 0.5) is x, torch.dropout(x, 0.5, False) is x]
        gone = F.dropout(-x, 1.0)
        return kept, gone, gone.grad_fn, torch.autograd.grad(gone.sum(), x)

    same_on_both(drawn(program))


def test_warnings():
    def program(torch):
        F = torch.nn.functional
        return (
            F.dropout2d(torch.ones(3, 4), 1.0),
            F.dropout2d(torch.ones(3, 4, 5), 1.0),
            F.dropout3d(torch.ones(3), 1.0),
        )

    same_on_both(program, compare_warnings=True)


def test_layers_print_as_pytorchs():
    def program(torch):
        nn = torch.nn
        names = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
        return [repr(getattr(nn, name)(0.25, True)) for name in names]

    same_on_both(program)


@pytest.mark.parametrize("p", [1.5, -0.1])
def test_layer_refuses_what_is_no_probability(p):
    same_on_both(lambda torch: torch.nn.Dropout(p))


def test_the_graph_keeps_one_byte_for_each_number():
    x = edutorch.ones(1000, requires_grad=True)
    saved = edutorch.nn.functional.dropout(x).grad_fn.saved
    kept = [t.array.nbytes for t in saved if isinstance(t, edutorch.Tensor)]
    assert kept == [1000]


def test_training_networks_are_twins(torch):
    need_own_stream(torch, "bernoulli_")

    def program(torch):
        nn = torch.nn
        net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 16), nn.SELU(),
                            nn.AlphaDropout(0.1), nn.Linear(16, 1))  # fmt: skip
        x = torch.randn(16, 4)
        losses = []
        for _ in range(20):
            net.zero_grad()
            loss = (net(x) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                for p in net.parameters():
                    p -= 0.1 * p.grad
            losses.append(loss)
        return losses, net.eval()(x)

    same_on_both(drawn(program), rtol=1e-4)


def test_expected_share_is_kept():
    """Without the oracle: close to 1 - p are kept, and the mean stays."""
    edutorch.manual_seed(0)
    y = edutorch.nn.functional.dropout(edutorch.ones(100_000), 0.2).numpy()
    assert abs((y > 0).mean() - 0.8) < 0.01
    assert set(np.unique(y)) == {0.0, np.float32(1.25)}
