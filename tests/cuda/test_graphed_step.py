"""A captured training step: losses and parameters are those of the plain step, whatever could be captured of it.

Products are refused here, as the plain operators ask CuPy for them; whole steps with products are captured in
`tests/kernels/cuda/test_graphed_step.py`.
"""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest

import edutorch as torch
from edutorch import nn, optim
from tests.fake_cuda import counted, fake_cuda

STEPS = 8


@pytest.fixture
def stand_in():
    with fake_cuda():
        yield


class Scale(nn.Module):
    """A model without products of matrices."""

    def __init__(self):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.linspace(-1, 1, 5)), nn.Parameter(torch.zeros(5))

    def forward(self, x):
        return torch.tanh(x * self.weight + self.bias)


def batches(steps=STEPS, rows=6):
    draw = np.random.default_rng(0)
    return [[torch.from_numpy(draw.standard_normal((rows, 5))).float() for _ in "xy"] for _ in range(steps)]


OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.2, weight_decay=0.01),
    "AdamW": lambda p: optim.AdamW(p, lr=0.05),
    "Adam": lambda p: optim.Adam(p, lr=0.05, amsgrad=True, weight_decay=0.1),
    "Adamax": lambda p: optim.Adamax(p, lr=0.05),
    "NAdam": lambda p: optim.NAdam(p, lr=0.05),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.05, momentum=0.5, centered=True),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.05, lr_decay=0.1),
    "Adadelta": lambda p: optim.Adadelta(p, lr=0.5),
    "Rprop": lambda p: optim.Rprop(p, lr=0.05),
}


def plainly(model, optimizer, scheduler, data, max_norm=None):
    losses = []
    for x, y in data:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        if max_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses


def graphed(model, optimizer, scheduler, data, device, **options):
    step = torch.cuda.make_graphed_step(model, nn.functional.mse_loss, optimizer, data[0], **options)
    losses = []
    for x, y in data:
        losses.append(step(x.to(device), y.to(device)))
        scheduler.step()
    return step, [loss.item() for loss in losses]


def both(make, device, model=None, data=None, **options):
    """Return a captured step, and check that training by it is training."""
    data = batches() if data is None else data
    model = Scale() if model is None else model
    twin = copy.deepcopy(model).to(device)
    optimizers = make(model.parameters()), make(twin.parameters())
    one, two = (optim.lr_scheduler.ExponentialLR(o, 0.9) for o in optimizers)
    expected = plainly(model, optimizers[0], one, data, options.get("max_norm"))
    step, got = graphed(twin, optimizers[1], two, data, device, **options)
    np.testing.assert_allclose(got, expected, rtol=1e-5)
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        np.testing.assert_allclose(q.detach().cpu(), p.detach(), rtol=1e-4, atol=1e-6)
    return step


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_whole_step_in_one_graph(name, cuda):
    step = both(OPTIMIZERS[name], cuda)
    assert step.notes == []
    assert "the forward and backward pass, the optimizer's step: one CUDA graph" in repr(step)


@pytest.mark.parametrize("name", ["RAdam", "ASGD"])
def test_an_optimizer_that_decides_by_its_count_is_left_to_python(name, cuda):
    step = both(lambda p: getattr(optim, name)(p, lr=0.05), cuda)
    (note,) = step.notes
    assert note.startswith("the optimizer's step: by Python, as")
    assert "the forward and backward pass: one CUDA graph" in repr(step)


def test_on_the_cpu_the_step_is_the_plain_one():
    step = both(OPTIMIZERS["AdamW"], "cpu", max_norm=0.1)
    assert repr(step) == "GraphedStep(on the CPU, every step is done by Python)"


def test_a_replay_is_one_launch_and_what_comes_in_is_copied(stand_in):
    model = Scale().to("cuda")
    x, y = (t.to("cuda") for t in batches(1)[0])
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    step = torch.cuda.make_graphed_step(model, nn.functional.mse_loss, optimizer, (x, y), num_warmup_iters=1)
    assert repr(step) == "GraphedStep(to be captured after 1 more steps)"
    for _ in range(2):
        step(x, y)
    with counted() as found:
        step(x, y)
    assert found == {"launch": 4}  # two inputs are copied, the graph is launched, the loss is copied
    optimizer.param_groups[0]["lr"] = 0.2
    with counted() as found:
        step(x, y)
    assert found == {"launch": 5}  # and the new rate is told


def test_products_are_named_and_the_rest_is_captured(stand_in):
    model = nn.Sequential(nn.Linear(5, 5))
    step = both(OPTIMIZERS["AdamW"], "cuda", model)
    assert step.notes == [
        "the forward and backward pass: by Python, as operator linear cannot be captured: NotImplementedError: "
        "calling cuBLAS API during stream capture is currently unsupported"
    ]
    assert "the optimizer's step: one CUDA graph" in repr(step)


class Waits(Scale):
    def forward(self, x):
        if x.sum() > 1e9:  # the program waits for the device here
            return x
        return super().forward(x)


def test_a_wait_is_named_with_the_line_of_the_program(stand_in):
    step = both(OPTIMIZERS["SGD"], "cuda", Waits())
    (note,) = step.notes
    assert "in test_graphed_step.py, line" in note
    assert "`if x.sum() > 1e9:  # the program waits for the device here` cannot be captured: RuntimeError" in note


def test_random_numbers_of_the_processor_are_named(stand_in):
    model = nn.Sequential(Scale(), nn.Dropout(0.5)).to("cuda")
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    data = batches()
    step = torch.cuda.make_graphed_step(model, nn.functional.mse_loss, optimizer, data[0])
    losses = {round(step(*data[0]).item(), 6) for _ in range(STEPS)}
    assert len(losses) == STEPS  # another mask each time
    (note,) = step.notes
    assert "as dropout cannot be captured" in note
    assert "random numbers of the device's own generator" in note


@pytest.mark.parametrize("kind", ["forward", "backward", "parameter", "optimizer"])
def test_hooks_are_run_at_each_step(kind, cuda):
    model, calls = nn.Sequential(Scale(), Scale()).to(cuda), []
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def note(*_):
        calls.append(1)

    {
        "forward": model[1].register_forward_hook,
        "backward": model[1].register_full_backward_hook,
        "parameter": model[1].weight.register_hook,
        "optimizer": optimizer.register_step_post_hook,
    }[kind](note)
    data = batches()
    step, _ = graphed(model, optimizer, optim.lr_scheduler.ConstantLR(optimizer), data, cuda)
    assert len(calls) == STEPS
    assert "has hooks, which are Python" in step.notes[0]


def test_other_shapes_are_done_by_python_and_said_once(cuda):
    data = batches(6) + batches(2, rows=3) + batches(2)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        both(OPTIMIZERS["AdamW"], cuda, data=data)
    assert [str(w.message).splitlines()[0] for w in seen] == [
        "This step is done by Python, as it was made for (6, 5) torch.float32, (6, 5) torch.float32, and got (3, 5) "
        "torch.float32, (3, 5) torch.float32."
    ]


def test_the_loss_of_a_step_stays(cuda):
    model, data = Scale().to(cuda), batches()
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    step = torch.cuda.make_graphed_step(model, nn.functional.mse_loss, optimizer, data[0])
    losses = [step(*data[0]) for _ in range(STEPS)]
    assert len({loss.item() for loss in losses}) == STEPS
    assert not losses[-1].requires_grad


def changed(cuda, change):
    """Train, change something in the middle, and train on; plainly and captured."""
    ends = []
    for where in ("cpu", cuda):
        torch.manual_seed(0)
        model = Scale().to(where)
        optimizer = optim.AdamW(model.parameters(), lr=0.05)
        data = [(x.to(where), y.to(where)) for x, y in batches()]
        step = torch.cuda.make_graphed_step(model, nn.functional.mse_loss, optimizer, data[0])
        for i, (x, y) in enumerate(data):
            if i == 5:
                change(model, optimizer)
            step(x, y)
        ends.append([p.detach().cpu().numpy() for p in model.parameters()])
    for p, q in zip(*ends, strict=True):
        np.testing.assert_allclose(q, p, rtol=1e-5)
    return step


def test_a_parameter_that_was_replaced_is_captured_again(cuda):
    def replace(model, optimizer):
        model.weight.data = torch.ones_like(model.weight.data)

    assert changed(cuda, replace).notes == ["captured again, as tensors were replaced"]


def test_a_state_that_was_loaded_is_captured_again(cuda):
    step = changed(cuda, lambda model, optimizer: optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict())))
    assert step.notes == ["captured again, as tensors were replaced"]


def test_a_model_that_was_loaded_needs_no_new_capture(cuda):
    def load(model, optimizer):
        model.load_state_dict({"weight": torch.ones(5), "bias": torch.ones(5)})

    assert changed(cuda, load).notes == []


def test_a_frozen_parameter_is_captured_again(cuda):
    def freeze(model, optimizer):
        model.bias.requires_grad_(False)

    assert changed(cuda, freeze).notes == ["captured again, as layers were frozen, or put into another mode"]


def test_a_parameter_that_thaws_begins_to_be_remembered(cuda):
    ends = []
    for where in ("cpu", cuda):
        model = nn.Sequential(Scale(), Scale()).to(where)
        model[0].requires_grad_(False)
        optimizer = optim.AdamW(model.parameters(), lr=0.05)
        step = torch.cuda.make_graphed_step(model, nn.functional.mse_loss, optimizer, batches()[0])
        for i, (x, y) in enumerate(batches()):
            if i == 5:
                model[0].requires_grad_(True)
            step(x.to(where), y.to(where))
        ends.append([p.detach().cpu().numpy() for p in model.parameters()])
    for p, q in zip(*ends, strict=True):
        np.testing.assert_allclose(q, p, rtol=1e-5)


def test_gradients_that_were_dropped_come_back(cuda):
    step = changed(cuda, lambda model, optimizer: optimizer.zero_grad())
    assert step.notes == []
    assert all(p.grad.shape == p.shape for p in step.model.parameters())


def test_the_optimizer_can_be_used_without_it(cuda):
    data, ends = batches(), []
    for where in ("cpu", cuda):
        model = Scale().to(where)
        optimizer = optim.AdamW(model.parameters(), lr=0.05)
        step = torch.cuda.make_graphed_step(model, nn.functional.mse_loss, optimizer, data[0])
        for i, (x, y) in enumerate(data):
            if i < 5:
                step(x.to(where), y.to(where))
            else:
                optimizer.param_groups[0]["lr"] /= 2
                plainly(model, optimizer, optim.lr_scheduler.ConstantLR(optimizer, 1.0), [(x.to(where), y.to(where))])
        step(*data[0])
        ends.append([p.detach().cpu().numpy() for p in model.parameters()])
    for p, q in zip(*ends, strict=True):
        np.testing.assert_allclose(q, p, rtol=1e-5)


def test_a_group_that_was_added_is_trained_too(cuda):
    ends = []
    for where in ("cpu", cuda):
        model = nn.Sequential(Scale(), Scale()).to(where)
        optimizer = optim.AdamW(model[0].parameters(), lr=0.05)
        step = torch.cuda.make_graphed_step(model, nn.functional.mse_loss, optimizer, batches()[0])
        for i, (x, y) in enumerate(batches()):
            if i == 5:
                optimizer.add_param_group({"params": list(model[1].parameters()), "lr": 0.01})
            step(x, y)
        ends.append([p.detach().cpu().numpy() for p in model.parameters()])
    for p, q in zip(*ends, strict=True):
        np.testing.assert_allclose(q, p, rtol=1e-5)


def test_options_that_change_at_each_step_are_left_to_python(cuda):
    model, data = Scale().to(cuda), batches(6)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    step = torch.cuda.make_graphed_step(model, nn.functional.mse_loss, optimizer, data[0], num_warmup_iters=1)
    for x, y in data:
        step(x, y)
        optimizer.param_groups[0]["momentum"] *= 0.9
    assert step.notes[0] == "the optimizer's step: by Python, as its options change again and again"


def test_an_optimizer_of_ones_own_is_left_to_python(cuda):
    class Plain(optim.Optimizer):
        @torch.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p -= group["lr"] * p.grad

    step = both(lambda p: Plain(list(p), {"lr": 0.1}), cuda)
    assert step.notes == ["the optimizer's step: by Python, as Plain keeps its numbers in Python"]


def test_writing_parameters_is_noted(cuda):
    model, data = Scale().to(cuda), batches()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    step, _ = graphed(model, optimizer, optim.lr_scheduler.ConstantLR(optimizer), data, cuda)
    kept = model(data[0][0].to(cuda).requires_grad_()).sum()
    step(*data[0])
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        kept.backward()


def test_what_is_no_sample():
    model = Scale()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for samples in ((torch.ones(5),), (torch.ones(5), 3)):
        with pytest.raises(TypeError, match="sample_inputs should be a tuple of tensors"):
            torch.cuda.make_graphed_step(model, nn.functional.mse_loss, optimizer, samples)
    with pytest.raises(ValueError, match="num_warmup_iters must be at least 1"):
        torch.cuda.make_graphed_step(model, nn.functional.mse_loss, optimizer, (torch.ones(5),) * 2, num_warmup_iters=0)


# ---- GradScaler


def test_scaling_on_the_cpu_is_the_plain_steps():
    model = Scale()
    optimizer, scaler = optim.SGD(model.parameters(), lr=0.1), torch.amp.GradScaler("cpu", growth_interval=2)
    step = torch.cuda.make_graphed_step(
        model, nn.functional.mse_loss, optimizer, batches()[0], scaler=scaler, autocast=torch.bfloat16
    )
    losses = [step(*batches()[0]).item() for _ in range(4)]
    assert losses == sorted(losses, reverse=True)
    assert scaler.get_scale() == 2.0**18


@pytest.mark.parametrize(("overflow_at", "scale"), [((), 4096.0), ((5,), 1024.0), ((4, 6), 512.0)])
def test_gradients_are_scaled_and_steps_with_overflow_left_out(overflow_at, scale, cuda):
    ends = []
    for captured in (False, True):
        model = Scale().to(cuda)
        optimizer = optim.AdamW(model.parameters(), lr=0.05)
        scaler = torch.amp.GradScaler("cuda", init_scale=1024.0, growth_interval=3)
        data = [(x.to(cuda), y.to(cuda)) for x, y in batches()]
        step = torch.cuda.make_graphed_step(
            model, nn.functional.mse_loss, optimizer, data[0], scaler=scaler,
            num_warmup_iters=3 if captured else 100,
        )  # fmt: skip
        for i, (x, y) in enumerate(data):
            step(x * float("inf") if i in overflow_at else x, y)
        ends.append([p.detach().cpu().numpy() for p in model.parameters()] + [scaler.get_scale()])
    for p, q in zip(*ends, strict=True):
        np.testing.assert_allclose(q, p, rtol=1e-6)
    assert ends[1][-1] == scale
    assert step.notes == ["looking for overflow: by Python, as it decides by values on the device"]
    assert "the forward and backward pass, unscaling: one CUDA graph" in repr(step)


# ---- capturable=True


@pytest.mark.parametrize("name", ["Adam", "AdamW", "Adamax", "NAdam", "RMSprop", "Adadelta", "Rprop"])
def test_capturable_steps_wait_for_nothing(name, cuda):
    ends = []
    for where, capturable in (("cpu", False), (cuda, True)):
        model = Scale().to(where)
        rate = torch.tensor(0.05, device=where) if capturable and name != "Rprop" else 0.05
        optimizer = getattr(optim, name)(model.parameters(), lr=rate, capturable=capturable)
        data = [(x.to(where), y.to(where)) for x, y in batches()]
        for i, (x, y) in enumerate(data):
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x), y).backward()
            with counted() as found:
                optimizer.step()
            assert not found["sync"] or i == 0
        ends.append([p.detach().cpu().numpy() for p in model.parameters()])
    assert optimizer.state[model.weight]["step"].device == torch.device(cuda)
    assert optimizer.state[model.weight]["step"].item() == STEPS
    for p, q in zip(*ends, strict=True):
        np.testing.assert_allclose(q, p, rtol=1e-5)


@pytest.mark.parametrize("name", ["RAdam", "ASGD"])
def test_capturable_steps_that_wait(name, cuda):
    ends = []
    for where, capturable in (("cpu", False), (cuda, True)):
        model = Scale().to(where)
        optimizer = getattr(optim, name)(model.parameters(), lr=0.05, capturable=capturable)
        for x, y in batches():
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x.to(where)), y.to(where)).backward()
            optimizer.step()
        ends.append([p.detach().cpu().numpy() for p in model.parameters()])
    for p, q in zip(*ends, strict=True):
        np.testing.assert_allclose(q, p, rtol=1e-5)
