"""Views: what shares memory with what, and what in-place writes through them do to values and gradients."""

from __future__ import annotations

import math
import os
import random
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import edutorch
from tests.twins import Programs, first_sentence, same_on_both

torch = pytest.importorskip("torch")

EXAMPLES = int(os.environ.get("EDUTORCH_FUZZ", "300"))

# ---------------------------------------------------------------- memory

LOOKS = """
x[0]; x[1:3]; x[:, 1]; x[..., None]; x[None]; x[::2]; x[...]; x.view(6, 4); x.view(-1); x.view(2, 2, 3, 2); x.T; x.mT
x.reshape(6, 4); x.reshape(4, 3, 2); x.flatten(); x.flatten(1); x.ravel(); x.unflatten(0, (2, 2)); x.view_as(x)
x.transpose(0, 1); x.swapaxes(0, 2); x.permute(2, 0, 1); x.movedim(0, 2); x.squeeze(); x.unsqueeze(1); x.unsqueeze(-1)
x[:1].squeeze(0); x[:1].squeeze(); x.expand(5, 4, 3, 2); x[:, :1].expand(-1, 5, -1); x.expand_as(x); x.narrow(0, 1, 2)
x.select(1, 2); x.unbind(1)[2]; x.split(3)[1]; x.chunk(2, 1)[1]; x.tensor_split(3)[2]; x.hsplit(3)[1]; x.diagonal()
x.diagonal(1, 0, 2); x.unfold(0, 2, 1); x.unfold(1, 2, 1); x.as_strided((3, 2), (2, 5), 1); x.detach(); x.contiguous()
x.transpose(0, 2).reshape(-1); x.transpose(0, 1).contiguous(); x.T.flatten(); x.mT.ravel(); x[[0]]; x[x > 3]; x.clone()
x.repeat(1, 1, 1); x.tile(2); x.flip(0); x.roll(1, 0); x.tril(); torch.cat([x, x]); torch.stack([x, x])
torch.atleast_3d(x); torch.atleast_2d(x[0, 0]); torch.broadcast_tensors(x, x[:, :1])[1]; x.view(torch.int32); x.H
torch.meshgrid(x[0, 0], x[:, 0, 0], indexing="ij")[0]; x.swapdims(0, 1); x.adjoint(); x.T[0]; x.mT[0].T; x[:, 1].view(8)
x[:, ::2][1]; x.permute(1, 0, 2)[:, None]; x.t(); x[0].t(); x.data; torch.diag(x[0]); x.gather(0, x.long() * 0)
""".replace("\n", ";")


@pytest.mark.parametrize("expression", [e.strip() for e in LOOKS.split(";") if e.strip()])
@pytest.mark.parametrize("base", ["contiguous", "transposed", "sliced"])
def test_memory(expression, base):
    """Each shares memory exactly where PyTorch's does, from the same element on, with the same strides."""

    def program(t):
        x = t.arange(24.0).reshape(4, 3, 2).clone()
        if base == "transposed":
            x = t.arange(24.0).reshape(2, 3, 4).clone().transpose(0, 2)
        if base == "sliced":
            x = t.arange(60.0).reshape(5, 6, 2).clone()[1:, ::2]
        y = eval(expression, {"torch": t, "x": x})
        before = y.clone()
        seen = [y.stride(), y.is_contiguous()] if base == "contiguous" or y._is_view() else []
        seen += [before, y._is_view(), y is x]
        x.mul_(3)
        shared = bool((before != y).any())
        return [*seen, shared, y.data_ptr() - x.data_ptr() if shared else None]

    same_on_both(program)


# ---------------------------------------------------------------- programs

program = PROGRAMS = Programs()


def leaf(t, *shape):
    return (t.arange(float(math.prod(shape)), dtype=t.float64) / 7 - 0.4).reshape(shape).clone().requires_grad_()


@program
def a_write_through_a_view_reaches_the_base(t):
    x = leaf(t, 3, 2)
    y = x * 2
    y[1].mul_(3)
    (y * y).sum().backward()
    return y, y.grad_fn, x.grad


@program
def a_write_to_the_base_reaches_the_view(t):
    x = leaf(t, 3, 2)
    y = x * 2
    v = y[1]
    y.mul_(3)
    (v * v).sum().backward()
    return v, v.grad_fn, x.grad


@program
def a_written_view_takes_its_history_from_the_base(t):
    x = leaf(t, 3, 2)
    y = x * 2
    v = y.view(-1)[1:4]
    v.add_(1)
    return v, v.grad_fn, v.grad_fn.next_functions[0][0], y.grad_fn, v._base is y


@program
def a_view_of_a_view_and_its_sister(t):
    x = leaf(t, 4, 3)
    y = x.exp()
    rows, columns = y[1:3], y.T[1]
    rows[:, 1:].mul_(columns[0])
    (rows.sum() * columns).sum().backward()
    return y, rows, columns, x.grad


@program
def a_tracked_value_into_an_untracked_base(t):
    x, y = leaf(t, 2), t.zeros(3, 2, dtype=t.float64)
    before = y.requires_grad
    y[1] = x
    y[2].copy_(x * 3)
    (y * y).sum().backward()
    return before, y, y.requires_grad, y.is_leaf, x.grad


@program
def a_view_that_was_taken_before_its_base_was_tracked(t):
    x, y = leaf(t, 2), t.zeros(3, 2, dtype=t.float64)
    v = y[1]
    y.add_(x)
    (v * v).sum().backward()
    return v, v.requires_grad, x.grad


@program
def a_base_that_lies_transposed_in_memory(t):
    x = leaf(t, 3, 4)
    y = x.t() * 2
    v = y.t().view(-1)
    v[::2].mul_(3)
    (v * v).sum().backward()
    return v, y, x.grad, y.is_contiguous()


@program
def second_derivatives_through_a_write(t):
    x = leaf(t, 3, 2)
    y = x * x
    y[1].mul_(x[0])
    y.t()[0].exp_()
    (g,) = t.autograd.grad((y * y).sum(), x, create_graph=True)
    (h,) = t.autograd.grad((g * g).sum(), x)
    return g, h


@program
def second_derivatives_through_a_view_of_a_transposed_base(t):
    x = leaf(t, 2, 3)
    y = x.t() ** 3
    y.t().view(-1)[1:3].mul_(x.sum())
    (g,) = t.autograd.grad((y * y).sum(), x, create_graph=True)
    (h,) = t.autograd.grad((g * g).sum(), x)
    return g, h


@program
def a_tensor_times_itself_in_place(t):
    x = leaf(t, 3)
    y = x * 2
    y.mul_(y)
    y.sum().backward()


@program
def a_sum_with_itself_in_place(t):
    x = leaf(t, 3)
    y = x * 2
    y.add_(y)
    (y * y).sum().backward()
    return y, x.grad


@program
def a_chain_of_in_place_operators(t):
    x = leaf(t, 3)
    y = (x * 2).sin_().exp_().mul_(3).tanh_()
    y.sum().backward()
    return y, y.grad_fn, x.grad


@program
def an_output_that_its_own_gradient_needs(t):
    x = leaf(t, 3)
    y = x.exp()
    y.add_(1)
    y.sum().backward()


@program
def an_input_that_the_gradient_needs(t):
    x = leaf(t, 3)
    y = x * 2
    z = y * y
    y[0] = 5
    z.sum().backward()


@program
def an_input_that_the_gradient_does_not_need(t):
    x = leaf(t, 3)
    y = x * 2
    z = y + y
    y[0] = 5
    z.sum().backward()
    return x.grad


@program
def a_write_through_detach_is_noticed(t):
    x = leaf(t, 3)
    y = x.exp()
    y.detach().zero_()
    y.sum().backward()


@program
def a_write_through_a_view_of_a_saved_tensor(t):
    x = leaf(t, 3, 2)
    y = x * 2
    v = y[0]
    z = v * v
    y[1].add_(1)
    z.sum().backward()


@program
def a_leaf(t):
    leaf(t, 3).add_(1)


@program
def a_view_of_a_leaf(t):
    leaf(t, 3)[0].add_(1)


@program
def a_leaf_by_assignment(t):
    leaf(t, 3)[0] = 1


@program
def a_leaf_under_no_grad(t):
    x = leaf(t, 3)
    with t.no_grad():
        x[0] = 1
        x.mul_(2)
        x[1:] -= 0.5
    (x * x).sum().backward()
    return x, x.is_leaf, x.grad


@program
def a_view_made_under_no_grad(t):
    x = leaf(t, 3)
    with t.no_grad():
        v = x[0]
        seen = repr(x[1]), v.requires_grad, v.is_leaf
        v.mul_(2)
    return x, v, seen


@program
def a_view_made_under_no_grad_and_written_outside(t):
    y = leaf(t, 3) * 1
    with t.no_grad():
        v = y[0]
    v.mul_(2)


@program
def a_view_made_under_no_grad_whose_base_is_written(t):
    y = leaf(t, 3) * 1
    with t.no_grad():
        v = y[0]
    y.mul_(2)
    return v * 2


@program
def one_of_several_views(t):
    y = leaf(t, 4) * 1
    y.chunk(2)[0].mul_(2)


@program
def one_of_several_views_by_unbind(t):
    for row in leaf(t, 2, 2) * 1:
        row.zero_()


@program
def a_view_of_one_of_several_views(t):
    y = leaf(t, 4) * 1
    y.split(2)[0][1:].mul_(2)


@program
def one_of_several_views_whose_base_is_written(t):
    y = leaf(t, 4) * 1
    a, b = y.chunk(2)
    y.mul_(2)
    return a + b


@program
def one_of_several_views_without_history(t):
    y = t.zeros(4)
    for i, part in enumerate(y.chunk(2)):
        part.fill_(i + 1)
    return y


@program
def an_expanded_tensor(t):
    t.zeros(3).expand(2, 3).add_(1)


@program
def a_row_of_an_expanded_tensor(t):
    y = t.zeros(3).expand(2, 3)
    y[0].add_(1)
    return y


@program
def an_expanded_tensor_of_its_own_shape(t):
    y = t.zeros(3)
    y.expand(3).add_(1)
    return y


@program
def parts_that_overlap(t):
    y = t.arange(5.0)
    y[1:].add_(y[:-1])


@program
def parts_that_do_not_overlap(t):
    y = t.arange(6.0)
    y[3:].add_(y[:3])
    return y


@program
def a_wider_result(t):
    t.zeros(3).add_(t.zeros(2, 3))


@program
def a_float_into_an_integer(t):
    t.zeros(3, dtype=t.long).add_(0.5)


@program
def versions(t):
    y = leaf(t, 3) * 1
    v, d = y[0], y.detach()
    counts = [y._version]
    v.mul_(2)
    counts += [y._version, v._version, d._version]
    d.add_(1)
    counts += [y._version, v._version]
    return counts


@program
def a_saved_version_in_the_message(t):
    x = leaf(t, 2, 2)
    y = x.sigmoid()
    y[0].mul_(2)
    y[1].mul_(2)
    try:
        y.sum().backward()
    except RuntimeError as error:
        return str(error).split("Hint")[0]


@program
def shapes_in_place(t):
    x = leaf(t, 3, 2)
    y = x * 2
    same = y.unsqueeze_(0).squeeze_(0).transpose_(0, 1).t_().swapaxes_(0, 1)
    (y * y).sum().backward()
    return y, same is y, y.stride(), x.grad


@program
def shapes_of_a_view_in_place(t):
    x = leaf(t, 3, 2)
    y = x * 2
    v = y[1:]
    v.t_().mul_(3)
    (y * y).sum().backward()
    return v, y, x.grad


@program
def a_shape_of_a_leaf_in_place(t):
    leaf(t, 3, 2).unsqueeze_(0)


@program
def detaching_a_view_in_place(t):
    (leaf(t, 3) * 2)[0].detach_()


@program
def a_gradient_that_sums_over_windows(t):
    x = leaf(t, 6)
    y = x * 1
    windows = y.unfold(0, 3, 1)
    y.mul_(2)
    (windows * windows).sum().backward()
    return windows, windows.grad_fn, x.grad


@program
def numbers_written_in_a_loop(t):
    x, y = leaf(t, 4), t.zeros(4, dtype=t.float64)
    for i in range(4):
        y[i] = x[i] * y[i - 1] + x[i]
    y.sum().backward()
    return y, x.grad


@program
def rows_filled_in_a_loop(t):
    x, y = leaf(t, 3), t.empty(2, 3, dtype=t.float64)
    for i in range(2):
        y[i] = x * (i + 1)
    y.prod().backward()
    return y, x.grad


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    same_on_both(PROGRAMS[name], rtol=1e-9)


# ---------------------------------------------------------------- at random


class Machine:
    """Runs steps on one framework's pool of tensors."""

    def __init__(self, t):
        self.t, self.pool, self.leaves = t, [], []

    def start(self, shape, tracked):
        made = leaf(self.t, *shape)
        if tracked:
            self.leaves.append(made)
        self.pool.append(made if tracked else made.detach().clone())

    def step(self, kind, i, *rest):
        x = self.pool[i]
        if kind == "write":
            method, j = rest
            getattr(x, method)(*([] if j is None else [self.pool[j] if isinstance(j, int) else j]))
        elif kind == "assign":
            place, j = rest
            place = (x.detach() > 0) if place == "mask" else self.t.tensor([0, -1]) if place == "list" else place
            # a copy: what PyTorch makes of values that overlap the place is its own affair
            x[place] = self.pool[j].clone() if isinstance(j, int) else j
        elif kind == "quietly":
            with self.t.no_grad():
                x.mul_(0.5)
        else:
            made = getattr(self, kind)(x, *rest)
            self.pool.append(made)

    def compute(self, x, method, j):
        return getattr(x, method)(*([] if j is None else [self.pool[j]]))

    def look(self, x, method, *arguments):
        return getattr(x, method)(*arguments)

    def part(self, x, place):
        return x[place]

    def one_of(self, x, method, k, *arguments):
        parts = getattr(x, method)(*arguments)
        return parts[k % len(parts)]

    def look_quietly(self, x):
        with self.t.no_grad():
            return x[0]


def draw_look(r, shape):
    """Draw a view. (Not `view`: it depends on how results of mixed layouts lie in memory, and there NumPy differs.)"""
    n = len(shape)
    looks = [
        ("look", "unsqueeze", r.randrange(n + 1)),
        ("look", "reshape", (-1,)),
        ("look", "detach"),
    ]
    if n:
        d = r.randrange(n)
        looks += [("look", "transpose", d, r.randrange(n)), ("look", "permute", tuple(r.sample(range(n), n)))] * 2
        if shape[d]:
            looks += [("one_of", "unbind", r.randrange(4), d), ("one_of", "chunk", r.randrange(2), 2, d)]
            looks += [("look_quietly",)]
            a = r.randrange(shape[d])
            entry = r.choice([a, a - shape[d], slice(a, None), slice(a, a + 2), slice(None, None, 2)])
            looks += [("part", (*[slice(None)] * d, entry))] * 4
    if n > 1:
        looks += [("look", "diagonal", r.choice([0, 1]), *r.sample(range(n), 2))]
    return r.choice(looks)


def draw_step(r, pool):
    """Draw a step that makes sense for the shapes in the pool."""
    i = r.randrange(len(pool))
    shape = tuple(pool[i].shape)
    alike = [k for k, p in enumerate(pool) if tuple(p.shape) == shape]
    j = r.choice(alike)
    kind = r.choices(["look", "compute", "write", "assign", "quietly"], [35, 15, 30, 15, 5])[0]
    if kind == "look":
        look, *rest = draw_look(r, shape)
        return look, i, *rest
    if kind == "compute":
        return (
            kind,
            i,
            *r.choice([("sin", None), ("clone", None), ("square", None), ("mul", j), ("add", j), ("sub", j)]),
        )
    if kind == "write":
        if not any(pool[i].data_ptr() == pool[k].data_ptr() and i != k for k in (j,)):
            writes = [("mul_", j), ("add_", j), ("copy_", j), ("sub_", j)] if i != j else [("mul_", j), ("add_", j)]
        else:
            writes = []
        return (
            kind,
            i,
            *r.choice([("mul_", 0.5), ("add_", 1.0), ("zero_", None), ("sin_", None), ("tanh_", None), *writes]),
        )
    places = [Ellipsis, *([0, -1, slice(1, None), "mask", "list", slice(None, None, 2)] if shape else [])]
    place = r.choice(places)
    return (kind, i, place, r.randrange(len(pool)) if r.random() < 0.5 else 2.5) if kind == "assign" else (kind, i)


def state(machine):
    """Return what can be seen of the pool."""
    seen = []
    for p in machine.pool:
        try:
            is_leaf = p.is_leaf
        except RuntimeError as error:
            is_leaf = first_sentence(error)
        seen.append((tuple(p.shape), p.requires_grad, is_leaf, p._version))
    return seen


def gradients(machine):
    t, total = machine.t, 0.0
    try:
        for k, p in enumerate(machine.pool):
            if p.requires_grad:
                weights = (t.arange(float(p.numel()), dtype=t.float64) * (k + 1)).cos().reshape(p.shape)
                total = total + (p * weights).sum()
        if not isinstance(total, float):
            total.backward()
    except RuntimeError as error:
        return first_sentence(error).partition(": [")[0]
    return [None if x.grad is None or not x.grad.any() else x.grad.tolist() for x in machine.leaves]


def run_program(seed):
    """Run a random program on both frameworks, and compare after each step."""
    r = random.Random(seed)
    machines = theirs, ours = Machine(torch), Machine(edutorch)
    for _ in range(2):
        shape, tracked = r.choice([(4, 3), (2, 3, 2), (5,), (3, 1)]), r.random() < 0.8
        for machine in machines:
            machine.start(shape, tracked)
    steps = [("compute", 0, "mul", 0)]
    for _ in range(12):
        errors = []
        for machine in machines:
            count, error = len(machine.pool), None
            try:
                machine.step(*steps[-1])
            except (RuntimeError, IndexError) as raised:
                del machine.pool[count:]
                error = type(raised).__name__, first_sentence(raised)
            errors.append(error)
        if errors[0] and "memory location" in errors[0][1]:
            return  # which overlaps PyTorch refuses depends on its loops
        assert errors[1] == errors[0], steps
        if errors[0] and steps[-1][0] == "assign":
            return  # PyTorch may have written a part before it raised
        assert state(ours) == state(theirs), steps
        for n, (a, b) in enumerate(zip(theirs.pool, ours.pool, strict=True)):
            assert torch.allclose(a.detach(), as_torch(b), rtol=1e-8, atol=1e-10), (n, steps)
        steps.append(draw_step(r, theirs.pool))
    expected, got = gradients(theirs), gradients(ours)
    if isinstance(expected, str) or isinstance(got, str):
        assert got == expected, steps
        return
    for a, b in zip(expected, got, strict=True):
        assert (a is None) == (b is None), steps
        if a is not None:
            assert torch.allclose(torch.tensor(a), torch.tensor(b), rtol=1e-6, atol=1e-9), steps


def as_torch(tensor):
    return torch.tensor(tensor.detach().tolist(), dtype=torch.float64).reshape(tuple(tensor.shape))


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_random_program(seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run_program(seed)


def test_a_view_older_than_its_bases_shape_cannot_follow_a_write():
    """PyTorch can; here it is refused, before anything is written, rather than wrong."""
    x = edutorch.arange(9.0).reshape(3, 3).requires_grad_()
    y = x * 1
    old = y[0]
    y.t_()
    with pytest.raises(RuntimeError, match="before its base changed its shape in place"):
        old.mul_(2)
    assert y.tolist() == x.t().tolist()
    y.mul_(2)
    with pytest.raises(RuntimeError, match="before its base changed its shape in place"):
        old.sum()
