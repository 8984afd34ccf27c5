"""`Linear` and its neighbours: shapes, initial values, errors; and a model trained as PyTorch trains it."""

from __future__ import annotations

import pytest

from tests.twins import same_on_both

pytest.importorskip("torch")


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(3,), (2, 3), (5, 2, 3), (0, 3)])
def test_forward_and_gradients(shape, bias):
    def program(torch):
        torch.manual_seed(1)
        layer = torch.nn.Linear(3, 4, bias=bias)
        x = torch.randn(*shape, requires_grad=True)
        y = layer(x)
        y.square().sum().backward()
        return y, x.grad, [p.grad for p in layer.parameters()], y.grad_fn

    same_on_both(program)


@pytest.mark.parametrize("seed", [0, 1, 1234567])
@pytest.mark.parametrize("sizes", [(1, 1), (2, 3), (64, 100), (784, 10)])
def test_initial_values_are_pytorchs_bit_for_bit(seed, sizes):
    def program(torch):
        torch.manual_seed(seed)
        return list(torch.nn.Linear(*sizes).parameters()), torch.rand(1)

    same_on_both(program, rtol=0)


def test_initial_values_of_a_sequence():
    def program(torch):
        torch.manual_seed(7)
        nn = torch.nn
        model = nn.Sequential(
            nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 16, bias=False), nn.Sequential(nn.Linear(16, 3))
        )
        model[0].reset_parameters()
        return list(model.parameters()), nn.Linear(2, 2, dtype=torch.float64).weight, torch.rand(1)

    same_on_both(program, rtol=0)


def test_errors():
    def program(torch):
        layer, said = torch.nn.Linear(3, 4), []
        for x in (
            torch.ones(2, 4),
            torch.ones(4),
            torch.ones(2, 3, dtype=torch.float64),
            torch.ones(2, 3, dtype=torch.int64),
            torch.tensor(1.0),
            [1.0, 2.0, 3.0],
            None,
        ):
            try:
                layer(x)
            except Exception as error:  # compared
                said.append((type(error).__name__, str(error).split("\n")[0]))
        return said

    same_on_both(program)


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_sizes_and_dtypes():
    def program(torch):
        empty, wide = torch.nn.Linear(0, 2), torch.nn.Linear(2, 2, device="cpu", dtype=torch.float64)
        return (
            [(p.shape == (2, 0), p.dtype == torch.float32) for p in [empty.weight]],
            wide.weight.dtype == torch.float64,
            repr(empty),
            empty(torch.ones(3, 0)).shape == (3, 2),
            wide.in_features,
            wide.out_features,
        )

    same_on_both(program)


def test_identity_takes_anything():
    def program(torch):
        layer = torch.nn.Identity(54, unused=3)
        x = torch.ones(2)
        return layer(x) is x, repr(layer), list(layer.state_dict())

    same_on_both(program)


def test_relu():
    def program(torch):
        x = torch.tensor([-1.0, 0.0, 2.0])
        written = torch.nn.ReLU(inplace=True)(x)
        leaf = torch.tensor([-1.0, 0.0, 2.0], requires_grad=True)
        torch.nn.ReLU()(leaf).sum().backward()
        return written is x, x, leaf.grad

    same_on_both(program)


@pytest.mark.parametrize(
    "options", [{}, {"reduction": "sum"}, {"reduction": "none"}, {"size_average": False}, {"reduce": False}]
)
@pytest.mark.filterwarnings("ignore:.*will be deprecated")
def test_mse_loss(options):
    def program(torch):
        loss = torch.nn.MSELoss(**options)
        x = torch.tensor([1.0, 2.0, 4.0], requires_grad=True)
        y = loss(x, torch.zeros(3))
        y.sum().backward()
        return y, x.grad, repr(loss), loss.reduction, y.grad_fn

    same_on_both(program)


def test_mse_loss_warns_of_broadcasting():
    def program(torch):
        return torch.nn.MSELoss()(torch.ones(3, 1), torch.zeros(3))

    same_on_both(program, compare_warnings=True)


def test_refused_reduction():
    def program(torch):
        return torch.nn.MSELoss(reduction="most")(torch.ones(3), torch.ones(3))

    same_on_both(program)
