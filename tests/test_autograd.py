"""The graph and the backward pass: the same programs on PyTorch and on edutorch."""

from __future__ import annotations

import gc
import sys
import threading
import weakref

import pytest

import edutorch
from tests.twins import Programs, same_on_both

pytest.importorskip("torch")
program = PROGRAMS = Programs()


def x_of(torch, *values, **options):
    return torch.tensor(list(values) or [1.0, 2.0, 3.0], requires_grad=True, **options)


# ---------------------------------------------------------------- backward


@program
def a_chain(torch):
    x = x_of(torch)
    (x.exp() * x).sum().backward()
    return x.grad


@program
def a_node_used_twice(torch):
    x = x_of(torch)
    y = x * x
    (y * y + y).sum().backward()
    return x.grad


@program
def gradients_add_up(torch):
    x = x_of(torch)
    for _ in range(3):
        (x * 2).sum().backward()
    return x.grad


@program
def a_gradient_that_was_kept_sees_the_next_one_added(torch):
    x = x_of(torch)
    (x * 2).sum().backward()
    first = x.grad
    (x * 2).sum().backward()
    return first, first is x.grad


@program
def two_leaves_do_not_share_a_gradient(torch):
    a, b = x_of(torch), x_of(torch)
    g = torch.ones(3)
    (a + b).backward(g)
    a.grad.mul_(5)
    return a.grad, b.grad, g


@program
def broadcasting_is_summed_back(torch):
    a, b = torch.ones(3, 1, requires_grad=True), torch.ones(2, 1, 4, requires_grad=True)
    (a * b * 3).sum().backward()
    return a.grad, b.grad


@program
def scalar_and_matrix(torch):
    a, b = torch.tensor(2.0, requires_grad=True), torch.ones(2, 2, requires_grad=True)
    (a * b).sum().backward()
    return a.grad, b.grad


@program
def mixed_dtypes(torch):
    a = torch.ones(2, requires_grad=True)
    b = torch.ones(2, dtype=torch.float64, requires_grad=True)
    c = torch.ones(2, dtype=torch.float16, requires_grad=True)
    y = a * b + c
    y.sum().backward()
    return y, a.grad, b.grad, c.grad


@program
def backward_on_a_vector(torch):
    (x_of(torch) * 2).backward()


@program
def backward_with_a_gradient(torch):
    x = x_of(torch)
    (x * x).backward(torch.tensor([1.0, 0.1, 0.01]))
    return x.grad


@program
def backward_with_a_gradient_of_the_wrong_shape(torch):
    (x_of(torch) * 2).backward(torch.ones(2))


@program
def backward_without_history(torch):
    torch.ones(3).sum().backward()


@program
def backward_of_a_leaf(torch):
    x = torch.tensor(2.0, requires_grad=True)
    x.backward()
    return x.grad


@program
def backward_twice(torch):
    y = x_of(torch).exp().sum()
    y.backward()
    y.backward()


@program
def backward_twice_where_nothing_was_saved(torch):
    x = x_of(torch)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    return x.grad


@program
def retain_graph(torch):
    x = x_of(torch)
    y = x.exp().sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad


@program
def backward_inputs(torch):
    x, w = x_of(torch), x_of(torch)
    (x * w).sum().backward(inputs=[x])
    return x.grad, w.grad


@program
def several_roots(torch):
    x = x_of(torch)
    torch.autograd.backward([x.sum(), (x * x).sum()])
    return x.grad


@program
def the_old_name_of_grad_tensors(torch):
    x = x_of(torch)
    torch.autograd.backward([x * 2], grad_variables=[torch.tensor([1.0, 0.5, 0.0])])
    return x.grad


@program
def both_names_of_grad_tensors(torch):
    g = torch.ones(3)
    torch.autograd.backward([x_of(torch) * 2], [g], grad_variables=[g])


@program
def notes_on_a_node(torch):
    node = (x_of(torch) * 2).grad_fn
    node.metadata["seen"] = 1
    return dict(node.metadata)


@program
def integers_cannot_require_grad(torch):
    torch.tensor([1, 2], requires_grad=True)


@program
def integers_cannot_be_made_to_require_grad(torch):
    torch.tensor([1, 2]).requires_grad_()


# ---------------------------------------------------------------- autograd.grad


@program
def grad_of_a_leaf(torch):
    x = x_of(torch)
    return torch.autograd.grad((x**3).sum(), x), x.grad


@program
def grad_of_something_in_between(torch):
    x = x_of(torch)
    y = x * 2
    return torch.autograd.grad((y * y).sum(), [y, x])


@program
def grad_of_an_unused_input(torch):
    x, w = x_of(torch), x_of(torch)
    return torch.autograd.grad(x.sum(), [x, w])


@program
def grad_of_an_unused_input_allowed(torch):
    x, w = x_of(torch), x_of(torch)
    return torch.autograd.grad(x.sum(), [x, w], allow_unused=True)


@program
def grad_materialized(torch):
    x, w = x_of(torch), x_of(torch)
    return torch.autograd.grad(x.sum(), [x, w], materialize_grads=True)


@program
def grad_of_what_requires_none(torch):
    x = x_of(torch)
    return torch.autograd.grad(x.sum(), torch.ones(3))


@program
def grad_of_the_output_itself(torch):
    y = (x_of(torch) * 2).sum()
    return torch.autograd.grad(y, y)


@program
def grad_with_batched_vectors(torch):
    x = x_of(torch)
    return torch.autograd.grad(x * x, x, torch.eye(3), is_grads_batched=True)


@program
def higher_orders(torch):
    x = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    y, found = torch.sin(x) * torch.exp(x), []
    for _ in range(6):
        (y,) = torch.autograd.grad(y, x, create_graph=True)
        found.append(y)
    return found


@program
def gradient_penalty(torch):
    w = torch.arange(6.0, dtype=torch.float64).reshape(2, 3).requires_grad_()
    x = torch.ones(4, 2, dtype=torch.float64, requires_grad=True)
    out = torch.tanh(x @ w * 0.1).sum()
    (g,) = torch.autograd.grad(out, x, create_graph=True)
    ((g.norm(2, dim=1) - 1) ** 2).mean().backward()
    return w.grad


@program
def create_graph_in_backward(torch):
    x = x_of(torch)
    (x**3).sum().backward(create_graph=True)
    g = x.grad
    (h,) = torch.autograd.grad(g.sum(), x)
    return g, h


# ---------------------------------------------------------------- modes


@program
def no_grad_records_nothing(torch):
    x = x_of(torch)
    with torch.no_grad():
        y = x * 2
        inside = torch.is_grad_enabled()
    return y.requires_grad, y.grad_fn, inside, torch.is_grad_enabled()


@program
def modes_nest(torch):
    x, seen = x_of(torch), []
    with torch.no_grad():
        with torch.enable_grad():
            seen.append((x * 2).requires_grad)
        seen.append((x * 2).requires_grad)
        with torch.set_grad_enabled(True):
            seen.append((x * 2).requires_grad)
        seen.append(torch.is_grad_enabled())
    torch.set_grad_enabled(False)
    seen.append(torch.is_grad_enabled())
    torch.set_grad_enabled(True)
    return seen


@program
def modes_decorate(torch):
    @torch.no_grad()
    def f(x):
        return x * 2

    @torch.no_grad
    def g(x):
        return x * 2

    @torch.inference_mode()
    def h(x):
        return x * 2

    x = x_of(torch)
    return f(x).requires_grad, g(x).requires_grad, h(x).requires_grad, h(x).is_inference(), f.__name__


@program
def no_grad_decorates_a_generator(torch):
    @torch.no_grad()
    def steps():
        seen = yield torch.is_grad_enabled()
        yield seen, torch.is_grad_enabled()

    s = steps()
    return next(s), torch.is_grad_enabled(), s.send("sent"), torch.is_grad_enabled()


@program
def a_mode_ends_with_an_error(torch):
    try:
        with torch.no_grad():
            raise KeyError
    except KeyError:
        return torch.is_grad_enabled()


@program
def inference_tensors_cannot_be_saved(torch):
    with torch.inference_mode():
        c = torch.ones(3)
    return x_of(torch) * c


@program
def inference_tensors_may_be_added(torch):
    with torch.inference_mode():
        c = torch.ones(3) * 2
    return (x_of(torch) + c), c.is_inference()


@program
def inference_tensors_cannot_be_written_outside(torch):
    with torch.inference_mode():
        c = torch.ones(3)
    c.add_(1)


@program
def detach_shares_memory_and_forgets(torch):
    x = x_of(torch)
    y = (x * 2).detach()
    z = x.detach()
    z[0] = 9
    return y, z.requires_grad, x, z.data_ptr() == x.data_ptr()


@program
def requires_grad_cannot_be_taken_from_a_result(torch):
    y = x_of(torch) * 2
    y.requires_grad = False


@program
def is_leaf(torch):
    x = x_of(torch)
    return (
        x.is_leaf,
        (x * 2).is_leaf,
        torch.ones(2).is_leaf,
        (torch.ones(2) * 2).is_leaf,
        (x * 2).detach().is_leaf,
    )


# ---------------------------------------------------------------- hooks


@program
def a_tensor_hook_sees_and_changes_the_gradient(torch):
    x, seen = x_of(torch), []
    y = x * 2
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 10)
    handle = x.register_hook(lambda g: g + 1)
    y.sum().backward()
    first = x.grad.clone()
    handle.remove()
    x.grad = None
    (x * 2).sum().backward()
    return seen, first, x.grad


@program
def a_leaf_hook_runs_once_with_the_whole_gradient(torch):
    x, seen = x_of(torch), []
    x.register_hook(lambda g: seen.append(g.tolist()))
    (x * 2 + x * 3 + x * x).sum().backward()
    return seen, x.grad


@program
def a_hook_that_changes_the_size(torch):
    x = x_of(torch)
    x.register_hook(lambda g: g[:2])
    x.sum().backward()


@program
def a_hook_on_what_needs_no_grad(torch):
    torch.ones(2).register_hook(print)


@program
def retain_grad(torch):
    x = x_of(torch)
    y = x * 2
    y.retain_grad()
    y.retain_grad()
    (y * y).sum().backward()
    return y.grad, y.retains_grad, x.retains_grad


@program
def retain_grad_after_a_hook(torch):
    y = x_of(torch) * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 3)
    y.sum().backward()
    return y.grad


@program
def retain_grad_of_what_needs_none(torch):
    torch.ones(2).retain_grad()


@program
def the_grad_of_a_result_is_not_kept(torch):
    y = x_of(torch) * 2
    y.sum().backward()
    return y.grad


@program
def node_hooks(torch):
    x, seen = x_of(torch), []
    y = x * x
    y.grad_fn.register_hook(lambda gi, go: seen.append([len(gi), gi[0].tolist(), go[0].tolist()]))
    y.grad_fn.register_prehook(lambda go: (go[0] * 2,))
    y.sum().backward()
    return seen, x.grad


@program
def a_hook_after_accumulation(torch):
    x, seen = x_of(torch), []
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.tolist()))
    (x * 2).sum().backward()
    return seen


@program
def hooks_of_a_many_output_operation(torch):
    x, seen = x_of(torch), []
    a, b, c = (x * 1.0).unbind()
    b.register_hook(lambda g: seen.append(g.item()))
    c.retain_grad()
    (a + b * 2 + c * 3).backward()
    return seen, c.grad, x.grad


# ---------------------------------------------------------------- the graph one can walk


@program
def next_functions(torch):
    x, w = x_of(torch), x_of(torch)
    y = torch.exp(x * w + 1)
    names, node = [], y.grad_fn
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    return names


@program
def a_leaf_is_found_in_the_graph(torch):
    x = x_of(torch)
    node = (x * 2).grad_fn.next_functions[0][0]
    return node.name(), node.variable is x, node.next_functions


@program
def constants_lead_nowhere(torch):
    return (x_of(torch) * torch.ones(3)).grad_fn.next_functions[1]


# ---------------------------------------------------------------- in place, and versions


@program
def writing_a_leaf(torch):
    x_of(torch).add_(1)


@program
def writing_a_view_of_a_leaf(torch):
    x_of(torch)[0].add_(1)


@program
def writing_a_leaf_under_no_grad(torch):
    x = x_of(torch)
    with torch.no_grad():
        x.sub_(1)
    return x, x.is_leaf


@program
def an_overwritten_input(torch):
    x = x_of(torch)
    y = x * 2
    z = y * y
    y.add_(1)
    z.sum().backward()


@program
def an_overwritten_output(torch):
    y = x_of(torch).exp()
    y.add_(1)
    y.sum().backward()


@program
def an_overwritten_leaf(torch):
    x, w = x_of(torch), x_of(torch)
    y = (x * w).sum()
    with torch.no_grad():
        w.mul_(2)
    y.backward()


@program
def written_through_a_detached_alias(torch):
    x, w = x_of(torch), x_of(torch)
    y = (x * w).sum()
    w.detach().mul_(2)
    y.backward()


@program
def written_through_data_goes_unnoticed(torch):
    x, w = x_of(torch), x_of(torch)
    y = (x * w).sum()
    w.data.mul_(2)
    y.backward()
    return x.grad


@program
def overwritten_where_nobody_needs_it(torch):
    x = x_of(torch)
    y = x + 1
    y.mul_(2)
    y.sum().backward()
    return x.grad


@program
def in_place_chain(torch):
    x = x_of(torch)
    y = x * 2
    y.exp_()
    y.mul_(x)
    y.sub_(1)
    y.sum().backward()
    return y, x.grad


@program
def versions_count_writes(torch):
    x = torch.ones(3)
    v = x[:2]
    before = x._version
    x.add_(1)
    v.mul_(2)
    return before, x._version, v._version


@program
def in_place_growth(torch):
    torch.ones(2).add_(torch.ones(3, 2))


@program
def in_place_cast(torch):
    torch.ones(2, dtype=torch.int64).add_(1.5)


@program
def a_result_in_out_has_no_gradient(torch):
    torch.add(x_of(torch), 1, out=torch.empty(3))


@program
def optimizer_before_backward(torch):
    w = torch.ones(3, requires_grad=True)
    loss = (w.exp() * w).sum()
    loss.backward(retain_graph=True)
    torch.optim.SGD([w], lr=0.1).step()
    loss.backward()


# ---------------------------------------------------------------- anomalies


@program
def anomaly_mode_stops_at_nan(torch):
    x = torch.tensor([0.0], requires_grad=True)
    with torch.autograd.detect_anomaly():
        (torch.sqrt(x) * 0).sum().backward()


@program
def without_anomaly_mode_nan_goes_through(torch):
    x = torch.tensor([0.0], requires_grad=True)
    (torch.sqrt(x) * 0).sum().backward()
    return x.grad


@program
def assigning_a_gradient(torch):
    x = x_of(torch)
    x.grad = torch.ones(3)
    (x * 2).sum().backward()
    return x.grad


@program
def assigning_a_gradient_of_the_wrong_size(torch):
    x_of(torch).grad = torch.ones(2)


@program
def assigning_a_gradient_of_the_wrong_type(torch):
    x_of(torch).grad = 3


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_pytorch(name):
    same_on_both(PROGRAMS[name])


# ---------------------------------------------------------------- what PyTorch cannot tell us


def test_anomaly_mode_shows_where_the_node_was_made():
    x = edutorch.tensor([0.0], requires_grad=True)
    with pytest.warns(UserWarning, match="Anomaly Detection has been enabled"):
        mode = edutorch.autograd.detect_anomaly()
    with mode:
        y = edutorch.sqrt(x)
        loss = (y * 0).sum()
        made_here = pytest.warns(UserWarning, match=r"Error detected in SqrtBackward0(.|\n)*y = edutorch.sqrt\(x\)")
        with made_here, pytest.raises(RuntimeError, match="returned nan values"):
            loss.backward()


def test_depth_is_no_limit():
    x = edutorch.ones(1, requires_grad=True)
    y = x
    for _ in range(50_000):
        y = y + 1
    assert sys.getrecursionlimit() < 50_000
    y.backward()
    assert x.grad.item() == 1


def test_a_big_graph_is_freed_by_reference_counting():
    """No ring holds a graph together: it goes with its last tensor, the garbage collector switched off."""
    x = edutorch.ones(1, requires_grad=True)
    y, first = x, None
    for k in range(200_000):
        y = y.exp() if k % 1000 == 999 else y * 0.5
        if k == 0:
            first = weakref.ref(y.grad_fn)
    gc.collect()
    gc.disable()
    try:
        assert first() is not None
        del y
        assert first() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("make", [
    lambda x: x.exp(), lambda x: x.tanh() * x, lambda x: x.max(dim=0)[0], lambda x: edutorch.stack([x, x]),
    lambda x: x.unbind()[1], lambda x: x.softmax(0), lambda x: (x * 1).add_(1), lambda x: x[1:].clone(),
])  # fmt: skip
def test_no_operation_makes_a_ring(make):
    x = edutorch.ones(3, requires_grad=True)
    y = make(x)
    node = weakref.ref(y.grad_fn)
    gc.disable()
    try:
        del y
        assert node() is None
    finally:
        gc.enable()


def test_what_nobody_needs_is_freed_early():
    """A sum needs no saved operand: what went into it is gone while the graph lives."""
    x = edutorch.ones(3, requires_grad=True)
    y = x + 1
    alive = weakref.ref(y)
    z = y + 1
    del y
    assert alive() is None
    z.sum().backward()


def test_a_detached_loss_does_not_hold_the_graph():
    x = edutorch.ones(3, requires_grad=True)
    y = x.exp().sum()
    node, kept = weakref.ref(y.grad_fn), y.detach()
    del y
    assert node() is None
    assert kept.item() == pytest.approx(3 * 2.718281828)


def test_grad_mode_is_per_thread():
    seen = []
    with edutorch.no_grad():
        thread = threading.Thread(target=lambda: seen.append(edutorch.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_threads_compute_at_the_same_time():
    """The quiet context is shared by all threads, and one that finds it busy must get the same result."""
    x = edutorch.ones(400, 400)
    failures = []

    def work():
        try:
            for _ in range(50):
                assert (x @ x / 0).isinf().all()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures


def test_a_leaf_keeps_the_array_that_was_computed_for_it():
    """No copy where nobody else holds the gradient."""
    w = edutorch.ones(4, 3, requires_grad=True)
    y = edutorch.ones(2, 4) @ w
    inner, addresses = type(y.grad_fn).gradients, []

    def spy(node, g, create):
        result = inner(node, g, create)
        addresses.extend(d.__array_interface__["data"][0] for d in result if d is not None)
        return result

    try:
        type(y.grad_fn).gradients = spy
        y.backward(edutorch.ones(2, 3))
    finally:
        type(y.grad_fn).gradients = inner
    assert w.grad.data_ptr() in addresses


@pytest.mark.parametrize("held", ["nobody", "hook", "retained", "twice", "seed", "view", "captured"])
def test_large_gradients_meet_in_place_only_where_nobody_else_holds_them(held):
    """The second gradient to arrive is added to the first, which may be seen elsewhere too."""
    n = 200  # n * n is more than MANY
    seed = edutorch.ones(n, n)
    x = edutorch.ones(n, n, requires_grad=True)
    h = x * 2
    late = h * 3  # its gradient, the same array as h's first, is looked at
    y = h.expand(n, n) + late if held == "view" else h + h + late if held == "twice" else h + late
    seen = []
    if held == "hook":
        late.register_hook(seen.append)
    if held == "retained":
        late.retain_grad()
    if held == "captured":
        gradients = edutorch.autograd.grad(y, (late, h, x), seed)
        assert [g[0, 0].item() for g in gradients] == [1, 4, 8]
        return
    y.backward(seed)
    assert (x.grad == (10 if held == "twice" else 8)).all()
    assert (seed == 1).all()
    assert all((g == 1).all() for g in [*seen, *([late.grad] if held == "retained" else [])])


def test_large_gradients_meet_in_place():
    """As after a residual connection: nothing is allocated for their sum."""
    x = edutorch.ones(200, 200, requires_grad=True)
    h = x * 2
    y = h.exp() + h.sin()
    inner, made, used = edutorch.autograd.engine.add_to, [], []

    def spy(arrived, edge, d):
        made.append(arrived[edge].__array_interface__["data"][0])
        inner(arrived, edge, d)
        used.append(arrived[edge].__array_interface__["data"][0])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edutorch.autograd.engine, "add_to", spy)
        y.sum().backward()
    assert made == used
    assert len(made) == 1
    assert edutorch.allclose(x.grad, 2 * (h.detach().exp() + h.detach().cos()))


def test_a_gradient_that_only_changed_its_shape_is_kept_without_a_copy():
    x = edutorch.zeros(6, requires_grad=True)
    (x.view(2, 3) * 2).sum().backward()
    assert x.grad.array.base is not None
    assert x.grad.tolist() == [2.0] * 6


def test_gradients_in_the_same_memory_are_parted():
    a, b = (edutorch.zeros(6, requires_grad=True) for _ in range(2))
    given = edutorch.ones(2, 3)
    (a.view(2, 3) + b.view(2, 3)).backward(given)
    a.grad += 1
    assert b.grad.tolist() == [1.0] * 6
    b.grad += 2
    assert (a.grad + given.sum()).tolist() == [8.0] * 6
