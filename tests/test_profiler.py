"""`torch.profiler`: what is counted, and what lies in what. The judge is PyTorch's own."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

import edutorch
from edutorch import nn
from edutorch.profiler import profile, record_function

BACKWARD = "autograd::engine::evaluate_function: "


def names(prof):
    return [event.name for event in prof.events()]


def tree(events, parent=None):
    """Return events as nested (name, [children])."""
    return [(e.name, tree(events, e)) for e in events if e.cpu_parent is parent]


def steps(torch):
    """A program with all that is watched: a loader, modules, losses, both passes, an optimizer, writes in place."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    data = torch.utils.data.TensorDataset(torch.randn(8, 6), torch.randint(3, (8,)))
    loader = torch.utils.data.DataLoader(data, batch_size=4)

    def run():
        for x, y in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                model[0].bias.mul_(0.5).add_(1.0)

    return run


# ---------------------------------------------------------------- what is counted


def test_calls_are_counted():
    x = edutorch.ones(3)
    with profile() as prof:
        for _ in range(5):
            x = x * 2
        for _ in range(3):
            edutorch.add(x, x).relu_()
        x.sum().item()
    assert Counter(names(prof)) == {"aten::mul": 5, "aten::add": 3, "aten::relu_": 3, "aten::sum": 1, "aten::item": 1}
    assert {e.key: e.count for e in prof.key_averages()} == Counter(names(prof))


def test_operands_that_are_converted_first_do_not_make_two_calls():
    x, n, h = edutorch.ones(3), edutorch.arange(3), edutorch.ones(3, dtype=edutorch.float16)
    with profile() as prof:
        x + n, h * h, 2 * h, n / 2
    counts = Counter(names(prof))
    assert {name: counts[f"aten::{name}"] for name in ("add", "mul", "div")} == {"add": 1, "mul": 2, "div": 1}


def test_counts_of_a_training_step_are_pytorchs(torch):
    counted = []
    for framework in (torch, edutorch):
        run = steps(framework)
        run()
        with framework.profiler.profile() as prof:
            run()
        counts = Counter(e.name for e in prof.events())
        optimizers = {n: k for n, k in counts.items() if n.startswith(("Optimizer.", "enumerate(DataLoader)"))}
        backward = {n: k for n, k in counts.items() if "Backward" in n or "AccumulateGrad" in n}
        forward = {n: counts[f"aten::{n}"] for n in ("linear", "relu", "cross_entropy_loss")}
        in_place = {n: sum(e.name == n and e.cpu_parent is None for e in prof.events()) for n in ("aten::mul_",)}
        counted.append((optimizers, backward, forward, in_place))
    theirs, ours = counted
    # PyTorch's loss is two operators with two nodes; ours is one.
    split = {f"{prefix}{node}" for prefix in ("", BACKWARD) for node in ("LogSoftmaxBackward0", "NllLossBackward0")}
    # PyTorch transposes the weight in a node of its own.
    split |= {f"{prefix}TBackward0" for prefix in ("", BACKWARD)}
    assert theirs[0] == ours[0]
    assert {n: k for n, k in theirs[1].items() if n not in split} == {
        n: k for n, k in ours[1].items() if n not in split
    }
    assert theirs[2:] == ours[2:]
    assert ours[0]["Optimizer.step#SGD.step"] == 2
    assert ours[0]["enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__"] == 3


def test_floating_point_operations_are_pytorchs(torch):
    def program(f):
        a, b, c = f.ones(3, 4), f.ones(4, 5), f.ones(2, 3, 4)
        f.mm(a, b), f.addmm(f.ones(5), a, b), f.bmm(c, f.ones(2, 4, 5)), f.baddbmm(f.ones(5), c, f.ones(2, 4, 5))
        a @ b, c @ b, a @ f.ones(4), f.nn.functional.linear(c, f.ones(6, 4))
        f.conv2d(f.ones(2, 4, 8, 9), f.ones(6, 2, 3, 3), f.ones(6), stride=2, padding=1, groups=2)
        a + f.ones(4), f.ones(4) * a, 2 * a, a - 1, a.mul_(2)

    totals = []
    for framework in (torch, edutorch):
        with framework.profiler.profile(with_flops=True) as prof:
            program(framework)
        totals.append(sum(e.flops or 0 for e in prof.events()))
    assert totals[0] == totals[1] > 0


def test_memory_of_results():
    with profile(profile_memory=True) as prof, record_function("block"):
        x = edutorch.ones(10)
        y = x[2:].view(4, 2)
        y.mul_(2)
        x.detach()
        edutorch.from_numpy(x.numpy())
        z = x + 1
        z.std()
    used = {e.key: e.cpu_memory_usage for e in prof.key_averages()}
    assert (used["aten::ones"], used["aten::add"], used["aten::std"]) == (40, 40, 4)
    assert {n: b for n, b in used.items() if b and n not in ("aten::ones", "aten::add", "aten::std")} == {"block": 84}
    assert sum(e.self_cpu_memory_usage for e in prof.events()) == 84


def test_shapes_and_values_of_arguments():
    x = edutorch.ones(2, 3)
    with profile(record_shapes=True) as prof:
        edutorch.add(x, edutorch.ones(3), alpha=2)
        x.mul(2), x.mul(2.0), x.mul(True)
        edutorch.cat([x, x])
        x.T.mul(2)
    given = [(e.name, e.input_shapes, e.concrete_inputs) for e in prof.events() if e.name != "aten::ones"]
    assert given[:5] == [
        ("aten::add", [[2, 3], [3], []], [None, None, 2]),
        *[("aten::mul", [[2, 3], []], [None, number]) for number in (2, 2.0, True)],
        ("aten::cat", [[]], [None]),
    ]
    assert [type(values[1]) for _, _, values in given[1:4]] == [int, float, bool]
    grouped = prof.key_averages(group_by_input_shape=True)
    assert {str(e.input_shapes): e.count for e in grouped if e.key == "aten::mul"} == {
        "[[2, 3], []]": 3,
        "[[3, 2], []]": 1,
    }


def test_places_in_the_program(tmp_path):
    def inner(x):
        return x * 2

    with profile(with_stack=True) as prof:
        inner(edutorch.ones(2))
    (event,) = [e for e in prof.events() if e.name == "aten::mul"]
    line = inner.__code__.co_firstlineno
    assert event.stack[0] == f"{__file__}({line + 1}): inner"
    assert event.stack[1].endswith(": test_places_in_the_program")
    assert not [place for place in event.stack if "/edutorch/" in place.replace("\\", "/")]
    table = prof.key_averages(group_by_stack_n=2).table()
    assert "Source Location" in table
    assert f"test_profiler.py({line + 1}): inner" in table
    prof.export_stacks(tmp_path / "stacks.txt", "self_cpu_time_total")
    *_, (stack, time) = [row.rsplit(" ", 1) for row in (tmp_path / "stacks.txt").read_text().splitlines()]
    assert stack.split(";")[-1].endswith("inner")
    assert int(time) > 0


def test_modules():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    with profile(with_modules=True) as prof:
        model(model(edutorch.ones(1, 2)))
    called = [n for n in names(prof) if n.startswith("nn.Module")]
    assert called == ["nn.Module: Sequential_0", "nn.Module: Linear_0", "nn.Module: Linear_1"] * 2


# ---------------------------------------------------------------- what lies in what


def test_times_nest():
    run = steps(edutorch)
    with profile(with_modules=True) as prof, record_function("all"):
        run()
    events = prof.events()
    assert [e.name for e in events if e.cpu_parent is None] == ["all"]
    for event in events:
        for child in event.cpu_children:
            assert event.time_range.start <= child.time_range.start
            assert child.time_range.end <= event.time_range.end
        assert event.self_cpu_time_total >= 0
        assert event.self_cpu_time_total + sum(c.cpu_time_total for c in event.cpu_children) == pytest.approx(
            event.cpu_time_total
        )
    assert events.self_cpu_time_total == pytest.approx(events[0].cpu_time_total)
    assert prof.key_averages().self_cpu_time_total == pytest.approx(events[0].cpu_time_total)
    assert events.total_average().self_cpu_time_total == pytest.approx(events[0].cpu_time_total)


def test_function_of_others_holds_them():
    with profile() as prof:
        edutorch.conv2d(edutorch.ones(1, 1, 3, 3), edutorch.ones(1, 1, 2, 2))
    assert tree(prof.events())[-1] == ("aten::conv2d", [("aten::convolution", [])])


def test_backward_pass():
    w = edutorch.ones(3, requires_grad=True)
    with profile() as prof:
        (w * 2).exp().sum().backward()
    nodes = ["SumBackward0", "ExpBackward0", "MulBackward0", "torch::autograd::AccumulateGrad"]
    forward = [("aten::mul", []), ("aten::exp", []), ("aten::sum", [])]
    assert tree(prof.events()) == forward + [(BACKWARD + node, [(node, [])]) for node in nodes]
    numbers = {e.name: e.sequence_nr for e in prof.events()}
    assert numbers["aten::exp"] == numbers["ExpBackward0"] > numbers["aten::mul"] == numbers["MulBackward0"] >= 0


def test_backward_of_a_backward():
    x = edutorch.tensor(3.0, requires_grad=True)
    y = x * x
    with profile() as prof:
        (slope,) = edutorch.autograd.grad(y, x, create_graph=True)
        slope.backward()
    first = tree(prof.events())[0]
    assert first[0] == BACKWARD + "MulBackward0"
    assert first[1][0] == ("MulBackward0", [("aten::mul", []), ("aten::mul", [])])
    assert names(prof).count(BACKWARD + "MulBackward0") == 3


def test_own_function_and_hooks_lie_where_they_run():
    class Cube(edutorch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.pow(3)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * x.square()

    x = edutorch.ones(2, requires_grad=True)
    with profile() as prof:
        y = x.exp()
        y.register_hook(lambda g: g.neg())
        Cube.apply(y).sum().backward()
    found = dict(tree(prof.events()))
    assert found["Cube"] == [("aten::pow", [])]
    assert ("CubeBackward", [("aten::square", []), ("aten::mul", [])]) in [
        (name, [(n, []) for n, _ in children]) for name, children in found[BACKWARD + "CubeBackward"]
    ]
    assert found[BACKWARD + "ExpBackward0"] == [("aten::neg", []), ("ExpBackward0", [])]


def test_nothing_is_recorded_of_gradients_under_no_grad():
    w = edutorch.ones(2, requires_grad=True)
    with profile() as prof, edutorch.no_grad():
        w * 2
    assert [(e.name, e.sequence_nr) for e in prof.events()] == [("aten::mul", -1)]


def test_blocks_decorators_and_generators():
    x = edutorch.ones(2)

    @record_function("decorated")
    def twice(x, depth=0):
        return twice(x, depth - 1) if depth else x * 2

    def generator():
        with record_function("generator"):
            x.exp()
            yield 1
            x.log()

    with profile() as prof:
        twice(x, depth=2)
        for _ in generator():
            with record_function("body"):
                x.neg()
        late = generator()
        with record_function("opened before the generator's"):
            next(late)
        list(late)
    nested = ("decorated", [("decorated", [("decorated", [("aten::mul", [])])])])
    found = tree(prof.events())
    assert found[0] == nested
    assert found[1] == ("generator", [("aten::exp", []), ("body", [("aten::neg", [])]), ("aten::log", [])])
    assert [name for name, _ in found[2:]] == ["opened before the generator's", "generator"]
    assert prof.events().self_cpu_time_total == pytest.approx(
        sum(e.cpu_time_total for e in prof.events() if not e.cpu_parent)
    )


def test_depth_is_no_limit():
    def down(n):
        if n:
            with record_function(f"level {n}"):
                down(n - 1)
        else:
            edutorch.ones(1)

    limit = sys.getrecursionlimit()
    with profile(profile_memory=True) as prof:
        sys.setrecursionlimit(6000)
        try:
            down(2000)
        finally:
            sys.setrecursionlimit(limit)
    assert len(prof.events()) == 2001
    assert prof.events()[0].cpu_memory_usage == 4
    assert prof.key_averages().table(row_limit=3)

    x = z = edutorch.ones(1, requires_grad=True)
    with profile() as prof:
        for _ in range(3000):
            z = z * 1.0
        z.backward()
    assert Counter(names(prof))["MulBackward0"] == 3000
    assert x.grad.item() == 1.0


def test_block_that_is_still_open_ends_with_the_profile():
    block = record_function("open")
    with profile() as prof:
        block.__enter__()
        edutorch.ones(1)
    block.__exit__(None, None, None)
    assert tree(prof.events()) == [("open", [("aten::ones", [])])]
