"""Averages of models, and the schedule that goes with them, as PyTorch computes them."""

from __future__ import annotations

import inspect

import pytest

import edutorch
from tests.twins import Programs, same_on_both

oracle = pytest.importorskip("torch")
program = PROGRAMS = Programs()


def network(torch, batch_norm=True):
    torch.manual_seed(0)
    nn = torch.nn
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4) if batch_norm else nn.Tanh(), nn.Linear(4, 1))


def train(torch, model, average, steps=5):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.linspace(-1, 1, 24).reshape(8, 3)
    for _ in range(steps):
        optimizer.zero_grad()
        (model(x) - 1).square().mean().backward()
        optimizer.step()
        average.update_parameters(model)
    return [average.state_dict(), average(x)]


def make_averages(torch):
    utils = torch.optim.swa_utils
    return {
        "default": {},
        "buffers": dict(use_buffers=True),
        "swa": dict(avg_fn=utils.get_swa_avg_fn()),
        "swa, buffers": dict(avg_fn=utils.get_swa_avg_fn(), use_buffers=True),
        "ema": dict(avg_fn=utils.get_ema_avg_fn(0.7)),
        "ema, buffers": dict(avg_fn=utils.get_ema_avg_fn(0.7), use_buffers=True),
        "swa of all": dict(multi_avg_fn=utils.get_swa_multi_avg_fn()),
        "ema of all": dict(multi_avg_fn=utils.get_ema_multi_avg_fn(0.7), use_buffers=True),
        "own": dict(avg_fn=lambda average, value, n: average * 0.5 + value * 0.5 / (n + 1)),
    }


@pytest.mark.parametrize("kind", make_averages(edutorch))
def test_averages(kind):
    def program(torch):
        model = network(torch)
        average = torch.optim.swa_utils.AveragedModel(model, **make_averages(torch)[kind])
        return train(torch, model, average)

    same_on_both(program, rtol=1e-4)


@program
def the_copy_stands_alone(torch):
    model = network(torch)
    average = torch.optim.swa_utils.AveragedModel(model, device="cpu")
    first = average.state_dict()
    with torch.no_grad():
        for p in model.parameters():
            p.fill_(7)
    return first, repr(average), [p.requires_grad for p in average.parameters()], average.n_averaged


@program
def statistics_are_measured_anew(torch):
    model = network(torch)
    model[1].momentum = 0.3
    average = torch.optim.swa_utils.AveragedModel(model)
    train(torch, model, average)
    average.eval()
    batches = torch.linspace(-2, 3, 36).reshape(3, 4, 3)
    torch.optim.swa_utils.update_bn([(b, 0) for b in batches], average, device="cpu")
    pairs = average.state_dict()
    torch.optim.swa_utils.update_bn(batches, average)
    bn = average.module[1]
    return pairs, average.state_dict(), bn.momentum, average.training, bn.training


@program
def without_batch_norm_there_is_nothing_to_measure(torch):
    def never():
        raise AssertionError("a batch was asked for")
        yield

    return torch.optim.swa_utils.update_bn(never(), network(torch, batch_norm=False))


@program
def both_functions(torch):
    torch.optim.swa_utils.AveragedModel(network(torch), avg_fn=max, multi_avg_fn=max)


@program
def decay_out_of_range(torch):
    torch.optim.swa_utils.get_ema_avg_fn(1.1)


@program
def decay_of_all_out_of_range(torch):
    torch.optim.swa_utils.get_ema_multi_avg_fn(-0.1)


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    same_on_both(PROGRAMS[name], rtol=1e-4)


def schedule(torch, lr=0.1, steps=8, with_other=False, **options):
    a, b = (torch.ones(1, requires_grad=True) for _ in range(2))
    optimizer = torch.optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.3}], lr=lr)
    other = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    swa = torch.optim.swa_utils.SWALR(optimizer, **options)
    seen = []
    for step in range(steps):
        optimizer.step()
        (other if with_other and step < 3 else swa).step()
        seen.append([group["lr"] for group in optimizer.param_groups])
    again = torch.optim.swa_utils.SWALR(optimizer, 0.5, anneal_strategy="linear")
    state = swa.state_dict()
    again.load_state_dict(state)
    again.step()
    return seen, state, swa.get_last_lr(), again.get_last_lr(), optimizer.state_dict()


@pytest.mark.parametrize("anneal_strategy", ["cos", "linear"])
@pytest.mark.parametrize(
    "options",
    [
        dict(swa_lr=0.05),
        dict(swa_lr=0.05, anneal_epochs=3),
        dict(swa_lr=[0.05, 0.5], anneal_epochs=4),
        dict(swa_lr=0.05, anneal_epochs=0),
        dict(swa_lr=0.05, anneal_epochs=1),
        dict(swa_lr=0.05, anneal_epochs=4, with_other=True),
    ],
    ids=str,
)
def test_schedule(options, anneal_strategy):
    same_on_both(lambda torch: schedule(torch, anneal_strategy=anneal_strategy, **options), rtol=1e-9)


@pytest.mark.parametrize(
    "options",
    [
        dict(swa_lr=[0.1, 0.2, 0.3]),
        dict(swa_lr=0.1, anneal_strategy="square"),
        dict(swa_lr=0.1, anneal_epochs=-1),
        dict(swa_lr=0.1, anneal_epochs=1.5),
    ],
    ids=str,
)
def test_refused_schedules(options):
    same_on_both(lambda torch: schedule(torch, **options))
    with pytest.raises(ValueError):
        schedule(edutorch, **options)


@pytest.mark.parametrize("name", oracle.optim.swa_utils.__all__)
def test_signature(name):
    ours, theirs = (
        [(p.name, p.kind, p.default) for p in inspect.signature(getattr(utils, name)).parameters.values()]
        for utils in (edutorch.optim.swa_utils, oracle.optim.swa_utils)
    )
    assert ours == theirs
