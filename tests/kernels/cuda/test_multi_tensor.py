"""Steps, norms, clipping and unscaling of all tensors in one launch: what the CPU computes one by one."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

import edutorch as torch
from edutorch import nn, optim
from tests.fake_cuda import counted

SHAPES = [(3, 5), (1,), (4097,), (64, 64), (), (2, 3, 4)]
DTYPES = {"float64": 1e-12, "float32": 1e-5, "float16": 2e-3, "bfloat16": 1.6e-2}
RULES = {
    "SGD": (optim.SGD, dict(lr=0.1)),
    "SGD with decay": (optim.SGD, dict(lr=0.1, weight_decay=0.1, maximize=True)),
    "momentum": (optim.SGD, dict(lr=0.1, momentum=0.9, dampening=0.3)),
    "nesterov": (optim.SGD, dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
    "Adam": (optim.Adam, dict(lr=0.01)),
    "Adam with L2": (optim.Adam, dict(lr=0.01, weight_decay=0.1, betas=(0.7, 0.9), eps=1e-3)),
    "amsgrad": (optim.Adam, dict(lr=0.01, amsgrad=True, maximize=True)),
    "AdamW": (optim.AdamW, dict(lr=0.01)),
    "AdamW, amsgrad": (optim.AdamW, dict(lr=0.01, weight_decay=0.3, amsgrad=True)),
}
CAPTURABLE = [name for name in RULES if "Adam" in name or name == "amsgrad"]


def make(where, dtype=torch.float64, shapes=SHAPES):
    random = np.random.default_rng(0)
    return [nn.Parameter(torch.tensor(random.normal(size=shape)).to(where, dtype)) for shape in shapes]


def give_gradients(parameters, seed, scale=1.0):
    random = np.random.default_rng(seed)
    for p in parameters:
        p.grad = torch.tensor(random.normal(size=tuple(p.shape)) * scale).to(p.device, p.dtype)


def close(a, b, tolerance):
    a, b = a.detach().cpu(), b.detach().cpu()
    assert a.dtype is b.dtype
    np.testing.assert_allclose(a.double().numpy(), b.double().numpy(), rtol=tolerance, atol=tolerance)


def agree(cuda, rule, options, dtype, on_device=None, parameters=SHAPES, steps=4):
    """Step here and there; return what one step there cost."""
    mine, theirs = make("cpu", dtype, parameters), make(cuda, dtype, parameters)
    here, there = rule(mine, **options), rule(theirs, **options, **(on_device or {}))
    for step in range(steps):
        give_gradients(mine, step)
        give_gradients(theirs, step)
        here.step()
        with counted() as found:
            there.step()
    tolerance = DTYPES[str(dtype).removeprefix("torch.")]
    for p, q in zip(mine, theirs, strict=True):
        close(q, p, tolerance)
        assert list(there.state[q]) == list(here.state[p])
        for name, value in here.state[p].items():
            close(there.state[q][name], value, tolerance)
    return found


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RULES)
def test_steps_are_the_cpus_in_one_launch(cuda, name, dtype):
    found = agree(cuda, *RULES[name], getattr(torch, dtype))
    assert found["launch"] <= 1
    assert not found["sync"] + found["copy"] + found["library"]


@pytest.mark.parametrize("name", CAPTURABLE)
def test_counts_on_the_device_cost_one_launch_more(cuda, name):
    found = agree(cuda, *RULES[name], torch.float32, dict(capturable=True))
    assert found["launch"] <= 2
    assert not found["sync"] + found["copy"]


def test_a_rate_on_the_device_is_read_there(cuda):
    rate = dict(lr=torch.tensor(0.01, dtype=torch.float64).to(cuda), capturable=True)
    mine, theirs = make("cpu"), make(cuda)
    here, there = optim.AdamW(mine, lr=0.01), optim.AdamW(theirs, **rate)
    for step, lr in enumerate([0.01, 0.5, 0.2]):
        here.param_groups[0]["lr"] = lr
        there.param_groups[0]["lr"].fill_(lr)
        give_gradients(mine, step)
        give_gradients(theirs, step)
        here.step()
        with counted() as found:
            there.step()
        assert not found["sync"]
    for p, q in zip(mine, theirs, strict=True):
        close(q, p, 1e-12)


@pytest.mark.parametrize("name", ["nesterov", "AdamW"])
@pytest.mark.parametrize(("n", "launches"), [(60, 1), (61, 1), (500, 1), (501, 2)])
def test_models_of_many_parameters(cuda, name, n, launches):
    found = agree(cuda, *RULES[name], torch.float32, parameters=[(3,)] * n, steps=2)
    assert found["launch"] <= launches


@pytest.mark.parametrize("name", ["momentum", "AdamW"])
def test_groups_of_any_kind(cuda, name):
    """Parameters of several dtypes, empty ones, transposed ones, and ones that join later or have no gradient."""
    rule, options = RULES[name]

    def parameters(where):
        made = [*make(where), *make(where, torch.float32), *make(where, torch.float64, [(0, 3), (2, 2)])]
        made.append(nn.Parameter(make(where, torch.float64, [(4, 6)])[0].detach().T))
        return made

    def run(where):
        made = parameters(where)
        made[-1].data = made[-1].data.clone(memory_format=torch.preserve_format)
        optimizer = rule(made, **options)
        for step in range(4):
            give_gradients(made, step)
            made[step].grad = None
            optimizer.step()
        return made, optimizer

    (mine, here), (theirs, there) = run("cpu"), run(cuda)
    for p, q in zip(mine, theirs, strict=True):
        close(q, p, 1e-5)
        for key, value in here.state[p].items():
            close(there.state[q][key], value, 1e-5)


@pytest.mark.parametrize("name", ["AdamW", "nesterov"])
def test_a_loaded_optimizer_goes_on(cuda, name):
    rule, options = RULES[name]
    mine, theirs = make("cpu"), make(cuda)
    here = rule(mine, **options)
    for step in range(2):
        give_gradients(mine, step)
        here.step()
    there = rule(theirs, **options)
    there.load_state_dict(copy.deepcopy(here.state_dict()))
    with torch.no_grad():
        for p, q in zip(mine, theirs, strict=True):
            q.copy_(p.to(cuda))
    give_gradients(mine, 5)
    give_gradients(theirs, 5)
    here.step()
    there.step()
    for p, q in zip(mine, theirs, strict=True):
        close(q, p, 1e-12)


def test_a_rule_of_ones_own_is_not_mistaken(cuda):
    class Fixed(optim.Adam):
        def _step(self, xp, p, g, t, state, group):
            p -= 1

    (p,) = make(cuda, shapes=[(3,)])
    before = p.detach().cpu().numpy().copy()
    give_gradients([p], 0)
    Fixed([p]).step()
    np.testing.assert_allclose(p.detach().cpu().numpy(), before - 1)


def test_writes_are_noticed(cuda):
    (p,) = make(cuda, shapes=[(3,)])
    loss = (p * p).sum()
    give_gradients([p], 0)
    optim.SGD([p], lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


# ---- gradients


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", [2.0, math.inf])
@pytest.mark.parametrize(("scale", "n"), [(1e-3, 1), (10.0, 1), (10.0, 84)])
def test_clipping(cuda, order, dtype, scale, n):
    tolerance = DTYPES[dtype]
    mine, theirs = make("cpu", getattr(torch, dtype), SHAPES * n), make(cuda, getattr(torch, dtype), SHAPES * n)
    give_gradients(mine, 1, scale)
    give_gradients(theirs, 1, scale)
    total = nn.utils.clip_grad_norm_(mine, 5.0, order)
    with counted() as found:
        got = nn.utils.clip_grad_norm_(theirs, 5.0, order)
    assert got.dtype is total.dtype
    np.testing.assert_allclose(got.cpu().double().numpy(), total.double().numpy(), rtol=tolerance)
    for p, q in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(
            q.grad.cpu().double().numpy(), p.grad.double().numpy(), rtol=4 * tolerance, atol=1e-7
        )
    assert found["launch"] <= (3 if n == 1 else 5)
    assert not found["sync"] + found["copy"]


def test_norms_of_what_is_not_finite(cuda):
    for value in (math.inf, math.nan):
        for order in (2.0, math.inf):
            parameters = make(cuda)
            give_gradients(parameters, 0)
            parameters[3].grad[5, 5] = value
            total = nn.utils.clip_grad_norm_(parameters, 1.0, order)
            np.testing.assert_equal(total.item(), value)
            wanted = 0.0 if value == math.inf else math.nan
            np.testing.assert_array_equal(parameters[0].grad.cpu().numpy(), np.full((3, 5), wanted))
            with pytest.raises(RuntimeError, match="is non-finite, so it cannot be clipped"):
                nn.utils.get_total_norm([torch.tensor([value]).to(cuda)], order, error_if_nonfinite=True)


def test_other_norms_take_the_plain_way(cuda):
    mine, theirs = make("cpu"), make(cuda)
    for order in (1.0, 3.0, 0.0, -math.inf):
        close(nn.utils.get_total_norm(theirs, order), nn.utils.get_total_norm(mine, order), 1e-12)
    mixed = [*make(cuda, torch.float32), *make(cuda)]
    want = nn.utils.get_total_norm([*make("cpu", torch.float32), *mine])
    close(nn.utils.get_total_norm(mixed), want, 1e-6)


@pytest.mark.parametrize("value", [1.0, math.inf, math.nan])
def test_unscaling(cuda, value):
    parameters = [*make(cuda), *make(cuda, torch.float32)]
    before = [p.detach().cpu().numpy().copy() for p in parameters]
    optimizer, scaler = optim.SGD(parameters, lr=1.0), torch.amp.GradScaler(cuda.partition(":")[0], init_scale=1024.0)
    scaler.scale(torch.zeros(()).to(cuda))
    for p in parameters:
        p.grad = p.detach() * 1024
    parameters[-1].grad[0, 0, 0] *= value
    with counted() as found:
        scaler.unscale_(optimizer)
    assert found["launch"] <= 3  # a flag, and one for each dtype
    scaler.step(optimizer)
    scaler.update()
    for p, old in zip(parameters, before, strict=True):
        np.testing.assert_allclose(p.detach().cpu().numpy(), 0 * old if value == 1.0 else old, atol=1e-12)
    assert scaler.get_scale() == (1024.0 if value == 1.0 else 512.0)
