"""Schedulers: sixty steps of every kind against PyTorch to the last bit, state that crosses between the two, words."""

from __future__ import annotations

import copy
import math
import pickle

import pytest

import edutorch
from edutorch.optim import lr_scheduler
from tests.twins import Programs, plain, said, same_on_both

torch = pytest.importorskip("torch")


class Shrink:
    """A function with a memory: its attributes go into the scheduler's state."""

    def __init__(self, by):
        self.by = by

    def __call__(self, epoch):
        return self.by**epoch


# name -> (kind, options, optimizer)
KINDS = {
    "StepLR": [{"step_size": 7}, {"step_size": 1, "gamma": 0.9}, {"step_size": 70}],
    "MultiStepLR": [{"milestones": [3, 10, 30]}, {"milestones": [30, 3, 3, 59], "gamma": 0.5}, {"milestones": []}],
    "ExponentialLR": [{"gamma": 0.9}, {"gamma": 1.0}, {"gamma": 1.1}],
    "CosineAnnealingLR": [
        {"T_max": 60},
        {"T_max": 10},
        {"T_max": 7, "eta_min": 0.01},
        {"T_max": 1},
        {"T_max": 100, "eta_min": 0.2},
    ],
    "CosineAnnealingWarmRestarts": [
        {"T_0": 10},
        {"T_0": 5, "T_mult": 2},
        {"T_0": 3, "T_mult": 3, "eta_min": 0.01},
        {"T_0": 1},
    ],
    "LambdaLR": [
        {"lr_lambda": lambda epoch: 0.95**epoch},
        {"lr_lambda": [lambda epoch: 1 / (epoch + 1), lambda epoch: epoch]},
        {"lr_lambda": Shrink(0.9)},
    ],
    "MultiplicativeLR": [
        {"lr_lambda": lambda epoch: 0.95},
        {"lr_lambda": (lambda epoch: 0.9, lambda epoch: 1.1)},
        {"lr_lambda": [Shrink(0.999), Shrink(1.001)]},
    ],
    "LinearLR": [
        {},
        {"start_factor": 0.1, "total_iters": 20},
        {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 30},
        {"start_factor": 0.5, "end_factor": 0.5},
    ],
    "ConstantLR": [{}, {"factor": 0.5, "total_iters": 20}, {"factor": 1.0}, {"total_iters": 0}],
    "PolynomialLR": [{}, {"total_iters": 50, "power": 2.0}, {"total_iters": 60, "power": 0.5}],
    "CyclicLR": [
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 7},
        {"base_lr": [0.01, 0.02], "max_lr": (0.1, 0.3), "step_size_up": 5, "step_size_down": 11},
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4, "mode": "triangular2"},
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4, "mode": "exp_range", "gamma": 0.97},
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4, "cycle_momentum": False},
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4, "scale_fn": lambda x: 1 / x, "scale_mode": "cycle"},
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4, "scale_fn": Shrink(0.9), "scale_mode": "iterations"},
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 9, "base_momentum": 0.5, "max_momentum": [0.9, 0.99]},
    ],
    "OneCycleLR": [
        {"max_lr": 0.1, "total_steps": 61},
        {"max_lr": [0.1, 0.5], "total_steps": 80, "pct_start": 0.5, "anneal_strategy": "linear"},
        {"max_lr": 0.1, "epochs": 7, "steps_per_epoch": 10, "three_phase": True, "pct_start": 0.2},
        {"max_lr": 0.1, "total_steps": 70, "div_factor": 5.0, "final_div_factor": 10, "cycle_momentum": False},
        {"max_lr": 0.1, "total_steps": 70, "base_momentum": [0.5, 0.6], "max_momentum": 0.99, "three_phase": True},
        {"max_lr": 0.1, "total_steps": 60, "pct_start": 1.0},
    ],
    "ReduceLROnPlateau": [
        {},
        {"mode": "max", "patience": 2},
        {"factor": 0.5, "patience": 3, "cooldown": 4, "threshold": 0.1},
        {"factor": 0.5, "patience": 0, "threshold_mode": "abs", "threshold": 0.05},
        {"mode": "max", "patience": 1, "threshold_mode": "abs", "threshold": 0.2, "min_lr": [0.05, 0.3]},
        {"patience": 1, "min_lr": 0.04, "eps": 1e-2},
    ],
}
CASES = [(kind, options) for kind, several in KINDS.items() for options in several]


def named(case):
    return f"{case[0]}-{CASES.index(case)}"


class Idle:
    """An optimizer that does nothing, made for each framework."""

    def __new__(cls, framework, params, **defaults):
        made = type("Idle", (framework.optim.Optimizer,), {"step": lambda self: None})
        return made(params, {"lr": 0.1, **defaults})


def optimizer_of(framework, beta=False, rate=0.1):
    """An optimizer with two groups, of momentum or of betas."""
    params = [framework.nn.Parameter(framework.ones(2)) for _ in range(2)]
    groups = [{"params": params[:1]}, {"params": params[1:], "lr": 0.5}]
    if beta:
        return Idle(framework, groups, lr=rate, betas=(0.9, 0.999))
    return framework.optim.SGD(groups, lr=rate, momentum=0.9)


def measure(epoch):
    """A loss that falls, stalls and jumps."""
    return math.exp(-epoch / 10) + 0.05 * math.sin(epoch * 1.7) + (0.5 if epoch % 17 == 0 else 0)


def walk(scheduler, epochs):
    """Step through epochs, and return all there is to see at each."""
    seen = []
    for epoch in epochs:
        scheduler.optimizer.step()
        scheduler.step(measure(epoch)) if hasattr(scheduler, "patience") else scheduler.step()
        groups = [{k: v for k, v in group.items() if k != "params"} for group in scheduler.optimizer.param_groups]
        seen.append((scheduler.get_last_lr(), scheduler.last_epoch, groups))
    return seen


@pytest.mark.parametrize("beta", [False, True], ids=["momentum", "betas"])
@pytest.mark.parametrize("case", CASES, ids=named)
def test_sixty_steps(case, beta):
    kind, options = case

    def program(torch):
        scheduler = getattr(torch.optim.lr_scheduler, kind)(optimizer_of(torch, beta), **options)
        state = scheduler.state_dict()
        start = {k: v for k, v in state.items() if k != "_scale_fn_ref"}
        return start, scheduler.get_last_lr(), walk(scheduler, range(60)), scheduler.state_dict()

    same_on_both(program, rtol=0)


@pytest.mark.parametrize("home", [torch, edutorch], ids=["from PyTorch", "to PyTorch"])
@pytest.mark.parametrize("case", CASES, ids=named)
def test_state_crosses_in_mid_run(case, home):
    kind, options = case
    away = edutorch if home is torch else torch

    def make(framework):
        return getattr(framework.optim.lr_scheduler, kind)(optimizer_of(framework), **copy.deepcopy(options))

    first, second = make(home), make(away)
    walk(first, range(23))
    state = pickle.loads(pickle.dumps(first.state_dict()))
    second.load_state_dict(state)
    second.optimizer.load_state_dict(first.optimizer.state_dict())
    assert plain(walk(first, range(23, 50))) == plain(walk(second, range(23, 50)))


TOGETHER = {
    "sequential": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, total_iters=2), s.ExponentialLR(o, 0.9), s.CosineAnnealingLR(o, 10)], [2, 20]
    ),
    "warm up": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.01, total_iters=10), s.CosineAnnealingLR(o, T_max=50)], milestones=[10]
    ),
    "warm up and restarts": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, total_iters=4), s.CosineAnnealingWarmRestarts(o, 8, 2)], milestones=[4]
    ),
    "at once": lambda s, o: s.SequentialLR(o, [s.StepLR(o, 5), s.PolynomialLR(o, 30)], milestones=[0]),
    "chained": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, total_iters=2), s.ExponentialLR(o, 0.9)]),
    "chained three": lambda s, o: s.ChainedScheduler(
        [s.LinearLR(o, 0.2, total_iters=10), s.StepLR(o, 9, 0.7), s.MultiplicativeLR(o, lambda e: 0.99)], optimizer=o
    ),
    "a chain in a sequence": lambda s, o: s.SequentialLR(
        o,
        [s.ChainedScheduler([s.LinearLR(o), s.ExponentialLR(o, 0.95)]), s.StepLR(o, 3)],
        milestones=[12],
    ),
    "a sequence in a sequence": lambda s, o: s.SequentialLR(
        o,
        [s.SequentialLR(o, [s.LinearLR(o), s.ExponentialLR(o, 0.95)], [6]), s.StepLR(o, 3)],
        milestones=[12],
    ),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_together(name):
    def program(torch):
        scheduler = TOGETHER[name](torch.optim.lr_scheduler, optimizer_of(torch))
        start = scheduler.get_last_lr(), scheduler.state_dict()
        seen = [
            (scheduler.optimizer.step(), scheduler.step(), scheduler.get_last_lr(), scheduler._last_lr)
            for _ in range(60)
        ]
        return start, seen, scheduler.state_dict()

    same_on_both(program, rtol=0)


@pytest.mark.parametrize("home", [torch, edutorch], ids=["from PyTorch", "to PyTorch"])
@pytest.mark.parametrize("name", [n for n in TOGETHER if n != "at once" and not n.startswith("a ")])
def test_states_of_several_cross(name, home):
    away = edutorch if home is torch else torch
    first, second = (TOGETHER[name](f.optim.lr_scheduler, optimizer_of(f)) for f in (home, away))
    chained = "chain" in name.split()[0]

    def rates(scheduler, steps):
        return [(scheduler.optimizer.step(), scheduler.step(), scheduler.get_last_lr())[2] for _ in range(steps)]

    rates(first, 11)
    state = first.state_dict()
    second.load_state_dict(copy.deepcopy(state))
    second.optimizer.load_state_dict(first.optimizer.state_dict())
    assert rates(first, 20) == rates(second, 20)
    assert chained or second.last_epoch == first.last_epoch


program = PROGRAMS = Programs()


@program
def two_on_one_optimizer(torch):
    optimizer = optimizer_of(torch)
    a = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    b = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    seen = []
    for _ in range(10):
        optimizer.step()
        a.step()
        b.step()
        seen.append((a.get_last_lr(), b.get_last_lr(), [g["initial_lr"] for g in optimizer.param_groups]))
    return seen


@program
def a_rate_changed_by_hand(torch):
    seen = []
    for kind, options in CASES:
        if kind in ("OneCycleLR", "ReduceLROnPlateau"):
            continue
        scheduler = getattr(torch.optim.lr_scheduler, kind)(optimizer_of(torch), **options)
        walk(scheduler, range(5))
        scheduler.optimizer.param_groups[0]["lr"] = 0.07
        seen.append(walk(scheduler, range(5)))
    return seen


@program
def tensors_as_rates(torch):
    seen = []
    for kind, options in CASES:
        if kind in ("CyclicLR", "OneCycleLR"):
            continue
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=torch.tensor(0.1, dtype=torch.float64))
        rate = optimizer.param_groups[0]["lr"]
        if any(isinstance(v, (list, tuple)) and kind != "MultiStepLR" for v in options.values()):
            continue
        scheduler = getattr(torch.optim.lr_scheduler, kind)(optimizer, **options)
        first = scheduler.get_last_lr()
        for epoch in range(12):
            optimizer.step()
            scheduler.step(measure(epoch)) if kind == "ReduceLROnPlateau" else scheduler.step()
        seen.append((kind, first, scheduler.get_last_lr(), optimizer.param_groups[0]["lr"] is rate, rate))
    return seen


@program
def going_on_from_an_epoch(torch):
    seen = []
    for kind, options in CASES:
        if kind in ("ReduceLROnPlateau", "CosineAnnealingWarmRestarts"):
            continue
        optimizer = optimizer_of(torch)
        walk(getattr(torch.optim.lr_scheduler, kind)(optimizer, **options), range(7))
        again = getattr(torch.optim.lr_scheduler, kind)(optimizer, **options, last_epoch=7)
        seen.append((again.get_last_lr(), walk(again, range(5))))
    return seen


@program
def fractions_of_an_epoch(torch):
    seen = []
    for options in ({"T_0": 3}, {"T_0": 2, "T_mult": 2}, {"T_0": 1, "T_mult": 3}):
        scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer_of(torch), **options)
        for batch in range(40):
            scheduler.optimizer.step()
            scheduler.step(batch / 4)
            seen.append((scheduler.get_last_lr(), scheduler.last_epoch, scheduler.T_cur, scheduler.T_i))
        scheduler.step(1)
        seen.append(scheduler.get_last_lr())
    return seen


@program
def a_scheduler_of_ones_own(torch):
    class Halving(torch.optim.lr_scheduler.LRScheduler):
        def get_lr(self):
            return [rate / 2**self.last_epoch for rate in self.base_lrs]

    class Old(torch.optim.lr_scheduler._LRScheduler):
        def get_lr(self):
            return [group["lr"] / 2 for group in self.optimizer.param_groups]

    class Slower(torch.optim.lr_scheduler.StepLR):
        def get_lr(self):
            return [rate * 0.99 for rate in super().get_lr()]

    made = [Halving(optimizer_of(torch)), Old(optimizer_of(torch)), Slower(optimizer_of(torch), 3)]
    return [walk(scheduler, range(10)) for scheduler in made], [s.state_dict() for s in made]


@program
def functions_stay_objects_take_their_memory(torch):
    schedulers = torch.optim.lr_scheduler
    a = schedulers.LambdaLR(optimizer_of(torch), [Shrink(0.5), lambda epoch: 1.0])
    b = schedulers.LambdaLR(optimizer_of(torch), [Shrink(0.9), lambda epoch: 2.0])
    state = a.state_dict()
    b.load_state_dict(state)
    return state["lr_lambdas"], b.lr_lambdas[0].by, b.lr_lambdas[1](0), sorted(state)


@program
def plateaus_with_a_group_more(torch):
    seen = []
    for lowest in (0.01, [0.01, 0.02]):
        optimizer = optimizer_of(torch)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=lowest)
        optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))]})
        scheduler.step(1.0)
        seen.append(said(lambda s=scheduler: [s.step(torch.tensor(1.0)) for _ in range(3)]))
        seen.append((scheduler.get_last_lr(), scheduler.in_cooldown, scheduler.num_bad_epochs, scheduler.min_lrs))
    return seen


@program
def a_group_more(torch):
    schedulers = torch.optim.lr_scheduler
    seen = []
    for scheduler in (schedulers.StepLR(optimizer_of(torch), 2), schedulers.LambdaLR(optimizer_of(torch), Shrink(0.5))):
        scheduler.optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "lr": 1.0})
        seen.append(said(lambda s=scheduler: walk(s, range(4))))
    return seen


@program
def names(torch):
    schedulers = torch.optim.lr_scheduler
    scheduler = schedulers.StepLR(optimizer_of(torch), 2)
    return (
        sorted(schedulers.__all__),
        isinstance(scheduler, schedulers.LRScheduler),
        isinstance(schedulers.ReduceLROnPlateau(optimizer_of(torch)), schedulers.LRScheduler),
        issubclass(schedulers._LRScheduler, schedulers.LRScheduler),
        schedulers._LRScheduler.__name__,
        [scheduler.optimizer.param_groups[i]["initial_lr"] for i in range(2)],
        scheduler.base_lrs,
    )


@program
def refusals(torch):
    s, o = torch.optim.lr_scheduler, optimizer_of(torch)
    plain = Idle(torch, [torch.nn.Parameter(torch.ones(1))])
    other = s.StepLR(optimizer_of(torch), 1)
    step, plateau = s.StepLR(o, 1), s.ReduceLROnPlateau(o)
    one_cycle = s.OneCycleLR(optimizer_of(torch), 0.1, total_steps=3)
    return [
        said(lambda: s.StepLR(3, 1)),
        said(lambda: s.StepLR(plain, 1, last_epoch=3)),
        said(lambda: s.LRScheduler(o)),
        said(lambda: s.ConstantLR(o, factor=1.5)),
        said(lambda: s.ConstantLR(o, factor=-0.1)),
        said(lambda: s.LinearLR(o, start_factor=0)),
        said(lambda: s.LinearLR(o, start_factor=1.1)),
        said(lambda: s.LinearLR(o, end_factor=-1)),
        said(lambda: s.LinearLR(o, end_factor=1.1)),
        said(lambda: s.LambdaLR(o, [Shrink(1)])),
        said(lambda: s.MultiplicativeLR(o, [Shrink(1)] * 3)),
        said(lambda: s.MultiplicativeLR(o, 0.5)),
        said(lambda: s.CosineAnnealingWarmRestarts(o, 0)),
        said(lambda: s.CosineAnnealingWarmRestarts(o, 1.5)),
        said(lambda: s.CosineAnnealingWarmRestarts(o, 2, 0)),
        said(lambda: s.CosineAnnealingWarmRestarts(o, 2, 1.5)),
        said(lambda: s.CosineAnnealingWarmRestarts(o, 2, eta_min="0")),
        said(lambda: s.CosineAnnealingWarmRestarts(o, 2).step(-1)),
        said(lambda: s.CyclicLR(3, 0.1, 0.2)),
        said(lambda: s.CyclicLR(o, [0.1], 0.2)),
        said(lambda: s.CyclicLR(o, 0.1, (0.2, 0.3, 0.4))),
        said(lambda: s.CyclicLR(o, 0.1, 0.2, mode="square")),
        said(lambda: s.CyclicLR(plain, 0.1, 0.2)),
        said(lambda: s.CyclicLR(o, 0.1, 0.2, base_momentum=[0.1])),
        said(lambda: s.OneCycleLR(3, 0.1, 10)),
        said(lambda: s.OneCycleLR(o, 0.1)),
        said(lambda: s.OneCycleLR(o, 0.1, epochs=3)),
        said(lambda: s.OneCycleLR(o, 0.1, total_steps=0)),
        said(lambda: s.OneCycleLR(o, 0.1, total_steps=1.5)),
        said(lambda: s.OneCycleLR(o, 0.1, epochs=-1, steps_per_epoch=3)),
        said(lambda: s.OneCycleLR(o, 0.1, epochs=3, steps_per_epoch=2.5)),
        said(lambda: s.OneCycleLR(o, 0.1, 10, pct_start=2.0)),
        said(lambda: s.OneCycleLR(o, 0.1, 10, pct_start=1)),
        said(lambda: s.OneCycleLR(o, 0.1, 10, anneal_strategy="cubic")),
        said(lambda: s.OneCycleLR(o, [0.1], 10)),
        said(lambda: s.OneCycleLR(plain, 0.1, 10)),
        said(lambda: walk(one_cycle, range(5))),
        said(lambda: s.ReduceLROnPlateau(o, factor=1.0)),
        said(lambda: s.ReduceLROnPlateau(3)),
        said(lambda: s.ReduceLROnPlateau(o, min_lr=[0.1])),
        said(lambda: s.ReduceLROnPlateau(o, mode="low")),
        said(lambda: s.ReduceLROnPlateau(o, threshold_mode="low")),
        said(lambda: s.SequentialLR(o, [], [])),
        said(lambda: s.SequentialLR(o, [step, 3], [1])),
        said(lambda: s.SequentialLR(o, [step, plateau], [1])),
        said(lambda: s.SequentialLR(o, [step, step], [1, 2])),
        said(lambda: s.SequentialLR(o, [step, other], [1]))[0],
        said(lambda: s.ChainedScheduler([])),
        said(lambda: s.ChainedScheduler([3], o)),
        said(lambda: s.ChainedScheduler([plateau])),
        said(lambda: s.ChainedScheduler([step, other]))[0],
    ]


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    same_on_both(PROGRAMS[name], rtol=0)


warned = WARNED = Programs()


@warned
def the_wrong_order(torch):
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer_of(torch), 2)
    scheduler.step()
    scheduler.step()


@warned
def a_step_put_in_the_optimizers_place(torch):
    optimizer = optimizer_of(torch)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    optimizer.step = lambda: None
    scheduler.step()


@warned
def asking_for_the_next_rate(torch):
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer_of(torch), 2)
    return scheduler.get_lr()


@warned
def steps_to_an_epoch(torch):
    seen = []
    for kind, options in CASES:
        scheduler = getattr(torch.optim.lr_scheduler, kind)(optimizer_of(torch), **options)
        scheduler.optimizer.step()
        for epoch in (4, 5, 12, 2):
            if kind == "ReduceLROnPlateau":
                scheduler.step(1.0, epoch)
            else:
                scheduler.step(epoch)
            seen.append((scheduler.get_last_lr(), scheduler.last_epoch))
    return seen


@warned
def nothing_to_warn_of(torch):
    optimizer = optimizer_of(torch)
    a = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    b = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    a.step()
    b.step()


@pytest.mark.parametrize("name", WARNED)
def test_warnings(name):
    same_on_both(WARNED[name], rtol=0, compare_warnings=True)


def test_an_optimizer_with_a_scheduler_dies_with_its_last_name():
    """No ring keeps it alive."""
    import gc
    import weakref

    gc.disable()
    try:
        optimizer = optimizer_of(edutorch)
        scheduler = lr_scheduler.StepLR(optimizer, 2)
        alive = weakref.ref(optimizer)
        del optimizer, scheduler
        assert alive() is None
    finally:
        gc.enable()


def test_loading_leaves_the_given_state_as_it_was():
    for kind, options in CASES:
        scheduler = getattr(lr_scheduler, kind)(optimizer_of(edutorch), **options)
        state = scheduler.state_dict()
        before = dict(state)
        scheduler.load_state_dict(state)
        assert state == before
