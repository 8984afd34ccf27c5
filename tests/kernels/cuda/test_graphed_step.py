"""Whole training steps in one CUDA graph, with our kernels: products, dropout, clipping and the optimizer's step."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import edutorch as torch
from edutorch import nn, optim
from tests.fake_cuda import counted
from tests.test_training_on_a_device import MODELS, OPTIMIZERS

STEPS = 20


def problem(name):
    torch.manual_seed(0)
    model, inputs, classes = MODELS[name]()
    target = torch.randint(classes, (inputs[0].numel(),) if name == "gpt" else (6,))

    def loss_fn(scores, target):
        scores = scores[0] if isinstance(scores, tuple) else scores
        return nn.functional.cross_entropy(scores.reshape(-1, classes), target)

    return model, (*inputs, target), loss_fn


def plain_step(model, loss_fn, optimizer, inputs, scaler, autocast):
    optimizer.zero_grad()
    with torch.autocast("cuda", autocast or torch.bfloat16, enabled=autocast is not None):
        loss = loss_fn(model(*inputs[:-1]), inputs[-1])
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
    return loss.detach()


def train(name, optimizer, device, captured, autocast=None, scaled=False):
    """Train with a schedule and clipping; return losses, parameters, what the last step asked for, and the step."""
    model, inputs, loss_fn = problem(name)
    model, inputs = model.to(device), [t.to(device) for t in inputs]
    optimizer = OPTIMIZERS[optimizer](model.parameters())
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.95)
    scaler = torch.amp.GradScaler("cuda", enabled=scaled, growth_interval=7)
    torch.manual_seed(1)
    step = None
    if captured:
        step = torch.cuda.make_graphed_step(
            model, loss_fn, optimizer, inputs, max_norm=1.0, autocast=autocast, scaler=scaler
        )
    losses = []
    for _ in range(STEPS):
        with counted() as found:
            if captured:
                losses.append(step(*inputs))
            else:
                losses.append(plain_step(model, loss_fn, optimizer, inputs, scaler, autocast))
        scheduler.step()
    return torch.stack(losses).cpu().numpy(), [p.detach().cpu().numpy() for p in model.parameters()], found, step


def same(a, b):
    np.testing.assert_array_equal(a[0], b[0])
    for p, q in zip(a[1], b[1], strict=True):
        np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", MODELS)
def test_twenty_steps_are_those_of_python_bit_by_bit(name, optimizer, cuda):
    expected = train(name, optimizer, cuda, captured=False)
    got = train(name, optimizer, cuda, captured=True)
    same(got, expected)
    *_, found, step = got
    assert step.notes == []
    inputs = len(problem(name)[1])
    draws = name == "mlp"  # dropout: where to draw from is told
    assert found == {"launch": inputs + 3 + draws}  # inputs in, the rate told, one replay, the loss out


@pytest.mark.parametrize("lower", [torch.bfloat16, torch.float16])
def test_mixed_precision(lower, cuda):
    scaled = lower is torch.float16
    expected = train("mlp", "AdamW", cuda, False, lower, scaled)
    got = train("mlp", "AdamW", cuda, True, lower, scaled)
    same(got, expected)
    assert [note.split(":")[0] for note in got[-1].notes] == (["looking for overflow"] if scaled else [])


def test_dropout_draws_what_it_would_have_drawn(cuda):
    torch.manual_seed(0)
    x, y = torch.ones(64, device=cuda), torch.empty(64, device=cuda)
    drop = nn.Dropout(0.5)
    drop(x)
    graph = torch.cuda.CUDAGraph()
    torch.manual_seed(7)
    with torch.cuda.graph(graph):
        y.copy_(drop(x))
    got = []
    for i in range(4):
        if i == 2:
            torch.manual_seed(8)  # a new sequence, for the graph too
        graph.replay()
        got.append(y.tolist())
    after = torch.rand(4, device=cuda).tolist()
    expected = []
    for seed in (7, 8):
        torch.manual_seed(seed)
        expected += [drop(x).tolist() for _ in range(2)]
    assert got == expected
    assert after == torch.rand(4, device=cuda).tolist()


def test_a_generator_is_seeded_before_the_capture_and_not_in_it(cuda):
    x, y = torch.ones(64, device=cuda), torch.empty(64, device=cuda)
    drop = nn.Dropout(0.5)
    drop(x)
    torch.cuda.manual_seed(7)
    expected = [drop(x).tolist() for _ in range(2)]
    torch.cuda.manual_seed(7)  # the same generator goes on, and so does its place in the device's memory
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        y.copy_(drop(x))
    got = []
    for _ in range(2):
        graph.replay()
        got.append(y.tolist())
    assert got == expected
    with pytest.raises(RuntimeError, match="A new seed cannot be captured"), torch.cuda.graph(torch.cuda.CUDAGraph()):
        torch.cuda.manual_seed(7)
        drop(x)


def test_a_generator_of_ones_own_is_refused(cuda):
    generator, graph = torch.Generator(device=cuda), torch.cuda.CUDAGraph()
    with (
        pytest.raises(RuntimeError, match="Only random numbers of the device's own generator"),
        torch.cuda.graph(graph),
    ):
        torch.rand(3, device=cuda, generator=generator)


def test_products_are_asked_of_cublas_itself(cuda):
    a, b, graph = torch.randn(2, 3, 4, device=cuda), torch.randn(2, 4, 5, device=cuda), torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        c, d = a @ b, a[0] @ b[1]
    a.mul_(2)
    graph.replay()
    np.testing.assert_allclose(c.cpu().numpy(), (a.cpu() @ b.cpu()).numpy(), rtol=1e-5)
    np.testing.assert_allclose(d.cpu().numpy(), (a[0].cpu() @ b[1].cpu()).numpy(), rtol=1e-5)
    assert (a @ b).allclose(c)  # CuPy's binding goes on as before


def test_a_model_trained_by_graphs_is_copied_and_goes_on(cuda):
    model, inputs, loss_fn = problem("mlp")
    model = model.to(cuda).eval()
    inputs = [t.to(cuda) for t in inputs]
    optimizer = optim.AdamW(model.parameters(), lr=0.01)
    step = torch.cuda.make_graphed_step(model, loss_fn, optimizer, inputs)
    losses = [step(*inputs).item() for _ in range(6)]
    twin = copy.deepcopy(model)
    saved = optimizer.state_dict()
    other = optim.AdamW(twin.parameters(), lr=0.01)
    other.load_state_dict(copy.deepcopy(saved))
    again = torch.cuda.make_graphed_step(twin, loss_fn, other, inputs)
    assert losses == sorted(losses, reverse=True)
    for _ in range(6):
        assert step(*inputs).item() == again(*inputs).item()
