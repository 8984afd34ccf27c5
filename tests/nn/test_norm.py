"""Normalizations: running moments, mixed dtypes, memory, and what fits no table."""

import numpy as np
import pytest

import edutorch
from tests.twins import same_on_both


@pytest.mark.parametrize("momentum", [0.1, 1.0, 0.0])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_running_moments_of_batch_norm(dtype, momentum):
    def program(torch):
        torch.manual_seed(0)
        kind = getattr(torch, dtype)
        mean, var = torch.zeros(3, dtype=kind), torch.ones(3, dtype=kind)
        found = []
        for _ in range(3):
            x = (torch.randn(4, 3, 5) * 2 + 1).to(kind)
            found.append(torch.nn.functional.batch_norm(x, mean, var, training=True, momentum=momentum))
        return [f.double() for f in found], mean.double(), var.double()

    same_on_both(program, rtol={"float16": 1e-2, "bfloat16": 8e-2}.get(dtype, 1e-5))


@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5), (2, 3, 4, 4)])
def test_batch_norm_by_given_moments(shape):
    def program(torch):
        torch.manual_seed(0)
        x, w, b = (torch.randn(*s, requires_grad=True) for s in (shape, (3,), (3,)))
        y = torch.nn.functional.batch_norm(x, torch.randn(3), torch.rand(3) + 0.5, w, b)
        grads = torch.autograd.grad(y.cos().sum(), (x, w, b), create_graph=True)
        second = torch.autograd.grad(sum((g * g).sum() for g in grads), (x, w))
        return y, grads, second

    same_on_both(program, rtol=1e-4)


@pytest.mark.parametrize("use_input_stats", [True, False])
def test_running_moments_of_instance_norm(use_input_stats):
    def program(torch):
        torch.manual_seed(0)
        mean, var = torch.randn(3), torch.rand(3) + 0.5
        x = torch.randn(2, 3, 5)
        y = torch.nn.functional.instance_norm(x, mean, var, use_input_stats=use_input_stats, momentum=0.3)
        return y, mean, var

    same_on_both(program)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_float32_parameters_for_half_precision_input(dtype):
    def program(torch):
        torch.manual_seed(0)
        F, x = torch.nn.functional, torch.randn(4, 6).to(getattr(torch, dtype))
        w, b, mean, var = torch.randn(6), torch.randn(6), torch.zeros(6), torch.ones(6)
        found = [
            F.batch_norm(x, mean, var, w, b, training=True),
            F.batch_norm(x, mean, var, w, b),
            F.layer_norm(x, (6,), w, b),
            F.group_norm(x, 2, w, b),
            F.rms_norm(x, (6,), w),
        ]
        return [f.dtype == x.dtype for f in found], [f.double() for f in found], mean, var

    same_on_both(program, rtol=5e-2)


def test_batch_norm_with_equal_numbers_and_far_from_zero():
    def program(torch):
        F = torch.nn.functional
        equal = F.batch_norm(torch.full((4, 2, 9), 3.0), None, None, training=True)
        torch.manual_seed(0)
        x = (torch.randn(4, 2, 50).double() + 1e5).requires_grad_()
        y = F.batch_norm(x, None, None, training=True)
        return equal.abs().max() < 1e-3, y, torch.autograd.grad(y.cos().sum(), x)

    same_on_both(program, rtol=1e-4)


def test_infinity_spoils_its_own_channel_only():
    def program(torch):
        x = torch.arange(64.0).reshape(2, 2, 16).clone()
        x[0, 0, 3] = float("inf")
        F = torch.nn.functional
        return [torch.isnan(y).int() for y in (F.batch_norm(x, None, None, training=True), F.layer_norm(x, (16,)))]

    same_on_both(program)


def test_eval_keeps_the_moments_and_a_copy_has_its_own():
    def program(torch):
        torch.manual_seed(0)
        layer = torch.nn.BatchNorm1d(3)
        layer(torch.randn(8, 3))
        before = layer.running_mean.clone()
        layer.eval()
        layer(torch.randn(8, 3))
        return torch.equal(before, layer.running_mean), layer.num_batches_tracked

    same_on_both(program)


def test_a_state_without_the_count_of_batches_is_of_the_first_version():
    def program(torch):
        layer = torch.nn.BatchNorm1d(2)
        state = {k: v for k, v in layer.state_dict().items() if k != "num_batches_tracked"}
        return str(torch.nn.BatchNorm1d(2).load_state_dict(state))

    same_on_both(program)


def test_training_with_batch_norm_is_a_twin():
    def program(torch):
        torch.manual_seed(0)
        nn = torch.nn
        net = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 8), nn.LayerNorm(8),
                            nn.GELU(), nn.Unflatten(1, (4, 2)), nn.GroupNorm(2, 4), nn.Flatten(), nn.RMSNorm(8),
                            nn.Linear(8, 1))  # fmt: skip
        x = torch.randn(32, 4)
        y = x.prod(1, keepdim=True)
        losses = []
        for _ in range(20):
            net.zero_grad()
            loss = ((net(x) - y) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                for p in net.parameters():
                    p -= 0.05 * p.grad
            losses.append(loss)
        return losses, net.eval()(x)

    same_on_both(program, rtol=1e-3)


@pytest.mark.parametrize(
    ("layer", "shape"), [("BatchNorm2d", (8, 4, 16, 16)), ("LayerNorm", (64, 4)), ("GroupNorm", (8, 4, 16, 16))]
)
def test_the_graph_keeps_the_input_and_two_numbers_for_each_mean(layer, shape):
    module = getattr(edutorch.nn, layer)(*((2, 4) if layer == "GroupNorm" else (4,)))
    x = edutorch.randn(*shape, requires_grad=True)
    saved = module(x).grad_fn.saved
    arrays = [getattr(v, "array", v) for v in saved]
    large = [a for a in arrays if isinstance(a, np.ndarray) and a.size == x.numel()]
    assert len(large) == 1
    assert large[0] is x.array
