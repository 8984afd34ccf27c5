"""`nn.Module` and `Parameter`: the same programs on PyTorch and on edutorch, with the same words."""

from __future__ import annotations

import copy
import functools
import pickle
from collections import OrderedDict

import pytest

import edutorch
from tests import twins
from tests.twins import Programs, same_on_both

pytest.importorskip("torch")
program = PROGRAMS = Programs()


said = functools.partial(twins.said, words=lambda error: str(error).split("\nThis one is")[0])


def net(torch):
    """A model with nested, shared and missing parts, and buffers of both kinds."""

    class Block(torch.nn.Module):
        def __init__(self, n):
            super().__init__()
            self.linear = torch.nn.Linear(n, n)
            self.scale = torch.nn.Parameter(torch.ones(n))
            self.register_buffer("mean", torch.zeros(n))
            self.register_buffer("scratch", torch.zeros(1), persistent=False)
            self.register_buffer("nothing", None)
            self.register_parameter("absent", None)

        def forward(self, x):
            return self.linear(x - self.mean) * self.scale

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = Block(3)
            self.again = self.first
            self.act = torch.nn.ReLU()
            self.tail = torch.nn.Sequential(OrderedDict(a=torch.nn.Linear(3, 2), b=Block(2)))
            self.none = None
            self.tied = self.tail.a.weight

        def forward(self, x):
            return self.tail(self.act(self.again(self.first(x))))

    torch.manual_seed(3)
    return Net()


def wire(torch, **parts):
    """A module with the given attributes."""
    module = torch.nn.Module()
    for name, part in parts.items():
        setattr(module, name, part)
    return module


# ---------------------------------------------------------------- attributes


@program
def names_and_order(torch):
    m = net(torch)
    return [
        [name for name, _ in m.named_parameters()],
        [name for name, _ in m.named_parameters(remove_duplicate=False)],
        [name for name, _ in m.named_parameters(recurse=False)],
        [name for name, _ in m.named_parameters(prefix="net")],
        [name for name, _ in m.named_buffers()],
        [name for name, _ in m.named_buffers(remove_duplicate=False)],
        [name for name, _ in m.named_modules()],
        [name for name, _ in m.named_modules(prefix="net", remove_duplicate=False)],
        [name for name, _ in m.named_children()],
        len(list(m.modules())),
        len(list(m.children())),
        len(list(m.parameters())),
        len(list(m.buffers())),
        list(m.state_dict()),
        list(m.state_dict(prefix="x.")),
        [name for name in dir(m) if name in ("first", "again", "act", "tail", "tied")],
    ]


@program
def values_after_seeding(torch):
    return list(net(torch).parameters())


@program
def forward_and_backward(torch):
    m = net(torch)
    x = torch.arange(6.0).reshape(2, 3)
    y = m(x)
    y.sum().backward()
    return y, [p.grad for p in m.parameters()]


@program
def an_attribute_changes_its_kind(torch):
    seen = []
    m = wire(torch, a=torch.nn.Parameter(torch.ones(2)))

    def look():
        seen.append([list(m._parameters), list(m._buffers), list(m._modules), "a" in vars(m)])

    look()
    m.a = None
    look()
    seen.append(m.a)
    seen.append(said(lambda: setattr(m, "a", torch.nn.Identity())))
    look()
    seen.append(said(lambda: setattr(m, "a", torch.zeros(1))))
    del m.a
    m.a = torch.nn.ReLU()
    look()
    seen.append(said(lambda: setattr(m, "a", torch.nn.Buffer(torch.zeros(1)))))
    del m.a
    m.a = torch.nn.Buffer(torch.zeros(1))
    look()
    m.a = torch.ones(3)
    look()
    m.a = torch.nn.Parameter(torch.ones(2))
    look()
    del m.a
    look()
    m.a = 5
    look()
    m.a = torch.nn.Parameter(torch.ones(2))
    look()
    m.register_buffer("hidden", torch.zeros(1), persistent=False)
    m.hidden = torch.ones(1)
    seen.append(list(m.state_dict()))
    m.hidden = torch.nn.Buffer(torch.ones(1), persistent=True)
    seen.append(list(m.state_dict()))
    return seen


@program
def a_plain_tensor_is_no_parameter(torch):
    m = wire(torch, a=torch.ones(2), b=[torch.nn.Parameter(torch.ones(2))])
    return len(list(m.parameters())), list(m.state_dict())


@program
def refused_assignments(torch):
    m = net(torch)
    p = torch.nn.Parameter(torch.ones(2))
    leaf = torch.ones(2, requires_grad=True)
    return [
        said(lambda: setattr(m.first, "scale", torch.ones(3))),
        said(lambda: setattr(m.first, "scale", 3)),
        said(lambda: setattr(m, "act", torch.ones(3))),
        said(lambda: setattr(m, "act", "relu")),
        said(lambda: setattr(m.first, "mean", 3)),
        said(lambda: setattr(m.first, "mean", [1.0])),
        said(lambda: m.register_parameter("a.b", p)),
        said(lambda: m.register_parameter("", p)),
        said(lambda: m.register_parameter("act", p)),
        said(lambda: m.register_parameter("forward", p)),
        said(lambda: m.register_parameter(3, p)),
        said(lambda: m.register_parameter("q", torch.ones(2))),
        said(lambda: m.register_parameter("q", 3)),
        said(lambda: m.register_parameter("q", leaf * 2)),
        said(lambda: m.register_buffer("a.b", torch.ones(2))),
        said(lambda: m.register_buffer("", torch.ones(2))),
        said(lambda: m.register_buffer("tied", torch.ones(2))),
        said(lambda: m.register_buffer(None, torch.ones(2))),
        said(lambda: m.register_buffer("q", 3)),
        said(lambda: m.add_module("a.b", torch.nn.ReLU())),
        said(lambda: m.add_module("", torch.nn.ReLU())),
        said(lambda: m.add_module("tied", torch.nn.ReLU())),
        said(lambda: m.add_module(3, torch.nn.ReLU())),
        said(lambda: m.add_module("q", 3)),
        said(lambda: m.add_module("q", torch.ones(2))),
        said(lambda: m.add_module("q", torch.nn.Identity)),
        said(lambda: m.missing),
        said(lambda: m.first.missing),
        said(lambda: delattr(m, "missing")),
        said(lambda: torch.nn.Module(3)),
        said(lambda: torch.nn.Module(a=3)),
        said(lambda: torch.nn.Module()(3)),
        said(lambda: torch.nn.ReLU()(1, 2, 3))[0],
        said(lambda: m.train("yes")),
        said(lambda: m.to(torch.int64)),
    ]


@program
def before_init(torch):
    class Early(torch.nn.Module):
        def __init__(self, make):
            self.part = make()
            super().__init__()

    return [
        said(lambda: Early(lambda: torch.nn.Parameter(torch.ones(1)))),
        said(lambda: Early(lambda: torch.nn.ReLU())),
        said(lambda: type(Early(lambda: 3)).__name__),
        said(lambda: type(Early(lambda: torch.ones(2))).__name__),
        said(lambda: Early(lambda: torch.nn.Buffer(torch.ones(2)))),
    ]


@program
def reaching_by_path(torch):
    m = net(torch)
    return [
        type(m.get_submodule("tail.b.linear")).__name__,
        m.get_submodule("") is m,
        m.get_parameter("tail.b.scale"),
        m.get_buffer("tail.b.mean"),
        said(lambda: m.get_submodule("tail.c")),
        said(lambda: m.get_submodule("tied")),
        said(lambda: m.get_parameter("tail.b.mean")),
        said(lambda: m.get_parameter("tail.b.none")),
        said(lambda: m.get_buffer("tail.b.scale")),
        said(lambda: m.get_buffer("tail.b.none")),
        said(lambda: m.set_submodule("tail.b", torch.nn.ReLU())),
        repr(m.tail),
        said(lambda: m.set_submodule("", torch.nn.ReLU())),
        said(lambda: m.set_submodule("tail.b", 3)),
        said(lambda: m.set_submodule("tail.zzz.b", torch.nn.ReLU())),
    ]


# ---------------------------------------------------------------- for all parts at once


@program
def modes(torch):
    m = net(torch)
    flags = lambda: [part.training for part in m.modules()]  # noqa: E731
    return [
        flags(),
        m.eval() is m,
        flags(),
        m.first.train() is m.first,
        flags(),
        m.train(False) is m,
        flags(),
        m.train() is m,
        flags(),
    ]


@program
def apply_goes_from_the_leaves_up(torch):
    m, seen = net(torch), []
    returned = m.apply(lambda part: seen.append(type(part).__name__))
    return seen, returned is m


@program
def conversions(torch):
    m = net(torch)
    m(torch.ones(1, 3)).sum().backward()
    m.register_buffer("count", torch.tensor(3))
    weight = m.first.linear.weight
    seen = []
    for change in (
        lambda: m.double(),
        lambda: m.half(),
        lambda: m.bfloat16(),
        lambda: m.float(),
        lambda: m.to(torch.float64),
        lambda: m.to(dtype=torch.float32),
        lambda: m.to("cpu"),
        lambda: m.to("cpu", torch.float64),
        lambda: m.cpu(),
        lambda: m.to(torch.ones(1)),
        lambda: m.to(device="cpu", dtype=torch.float64, non_blocking=True),
    ):
        returned = change()
        seen.append(
            [
                returned is m,
                m.first.linear.weight is weight,
                m.tied is m.tail.a.weight,
                str(weight.dtype),
                str(weight.grad.dtype),
                str(m.count.dtype),
                str(m.first.mean.dtype),
                weight.is_leaf,
                weight.requires_grad,
            ]
        )
    return seen


@program
def an_optimizer_survives_a_conversion(torch):
    m = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(m.parameters(), lr=0.5)
    m.double()
    m(torch.ones(1, 2, dtype=torch.float64)).sum().backward()
    before = m.weight.detach().clone()
    optimizer.step()
    return before - m.weight.detach()


@program
def freezing(torch):
    m = net(torch)
    returned = m.first.requires_grad_(False)
    flags = [p.requires_grad for p in m.parameters()]
    m.requires_grad_()
    return flags, returned is m.first, [p.requires_grad for p in m.parameters()]


@program
def zeroing(torch):
    m = net(torch)
    m(torch.ones(1, 3)).sum().backward()
    kept = m.first.scale.grad
    m.zero_grad(set_to_none=False)
    first = [p.grad for p in m.parameters()], kept is m.first.scale.grad
    m.zero_grad()
    return first, [p.grad for p in m.parameters()], kept


# ---------------------------------------------------------------- state


@program
def a_state_dict_shares_memory(torch):
    m = torch.nn.Linear(2, 2)
    state = m.state_dict()
    state["weight"].zero_()
    kept = m.state_dict(keep_vars=True)
    return (
        m.weight,
        state["weight"].requires_grad,
        kept["weight"] is m.weight,
        type(state).__name__,
        list(state._metadata.items()),
        state["weight"].data_ptr() == m.weight.data_ptr(),
    )


@program
def loading(torch):
    m, other = net(torch), net(torch)
    with torch.no_grad():
        for p in other.parameters():
            p.add_(1)
    weight = m.first.linear.weight
    keys = m.load_state_dict(other.state_dict())
    return repr(keys), keys.missing_keys, m.first.linear.weight is weight, list(m.parameters())


@program
def what_does_not_fit(torch):
    m = net(torch)
    state = m.state_dict()
    del state["first.scale"], state["tail.a.bias"]
    state["extra"] = torch.ones(1)
    state["tail.zzz.weight"] = torch.ones(1)
    state["first.linear.weight"] = torch.ones(2, 2)
    state["first.mean"] = 3
    shapes = {"first.linear.bias": torch.ones(4), "tied": torch.ones(3, 3)}
    loose = m.state_dict()
    del loose["first.scale"]
    loose["zzz"] = torch.ones(1)
    return [
        said(lambda: m.load_state_dict(state)),
        said(lambda: m.load_state_dict(state, strict=False)),
        said(lambda: m.load_state_dict(shapes)),
        said(lambda: m.load_state_dict({})),
        said(lambda: m.load_state_dict(3)),
        said(lambda: m.load_state_dict([("a", 1)])),
        said(lambda: repr(m.load_state_dict(loose, strict=False))),
        said(lambda: torch.nn.ReLU().load_state_dict({"a": torch.ones(1)})),
        said(lambda: torch.nn.Linear(2, 2).load_state_dict({"weight": torch.ones(2, 2, 1), "bias": torch.ones(2)})),
    ]


@program
def loading_casts_and_old_scalars(torch):
    m = torch.nn.Linear(2, 1)
    m.load_state_dict({"weight": torch.ones(1, 2, dtype=torch.float64), "bias": torch.tensor([3])})
    scalar = wire(torch, a=torch.nn.Parameter(torch.tensor(1.0)))
    scalar.load_state_dict({"a": torch.tensor([5.0])})
    return list(m.parameters()), scalar.a


@program
def loading_by_assignment(torch):
    m = torch.nn.Linear(2, 1)
    m.bias.requires_grad_(False)
    state = {"weight": torch.ones(1, 2, dtype=torch.float64), "bias": torch.nn.Parameter(torch.zeros(1))}
    m.load_state_dict(state, assign=True)
    return (
        m.weight,
        m.bias,
        type(m.weight).__name__,
        m.bias is state["bias"],
        m.weight.data_ptr() == state["weight"].data_ptr(),
    )


@program
def extra_state(torch):
    class Counted(torch.nn.Module):
        def __init__(self, count):
            super().__init__()
            self.count = count

        def get_extra_state(self):
            return {"count": self.count}

        def set_extra_state(self, state):
            self.count = state["count"]

    m, other = wire(torch, a=Counted(3)), wire(torch, a=Counted(5))
    state = m.state_dict()
    other.load_state_dict(state)
    return (
        dict(state),
        other.a.count,
        said(lambda: other.load_state_dict({})),
        said(lambda: torch.nn.ReLU().load_state_dict({"_extra_state": 1})),
    )


@program
def state_hooks(torch):
    m, seen = wire(torch, a=torch.nn.Linear(1, 1), b=torch.nn.Linear(1, 1)), []
    handles = [
        m.register_state_dict_pre_hook(lambda module, prefix, keep_vars: seen.append(("pre", prefix, keep_vars))),
        m.a.register_state_dict_pre_hook(lambda module, prefix, keep_vars: seen.append(("pre a", prefix, keep_vars))),
        m.a.register_state_dict_post_hook(
            lambda module, state, prefix, meta: seen.append(("post a", list(state), prefix, dict(meta)))
        ),
        m.register_state_dict_post_hook(lambda module, state, prefix, meta: state.pop("b.bias")),
        m.register_load_state_dict_pre_hook(
            lambda module, state, prefix, meta, strict, missing, unexpected, errors: seen.append(
                ("load", prefix, sorted(state), strict)
            )
        ),
        m.a.register_load_state_dict_pre_hook(
            lambda module, state, prefix, meta, strict, missing, unexpected, errors: seen.append(
                ("load a", prefix, sorted(state), strict)
            )
        ),
        m.register_load_state_dict_post_hook(lambda module, keys: seen.append(("loaded", list(keys.missing_keys)))),
        m.b.register_load_state_dict_post_hook(
            lambda module, keys: (seen.append("loaded b"), keys.missing_keys.clear())[2:] or None
        ),
    ]
    said_first = said(lambda: list(m.state_dict()))
    handles[3].remove()
    state = m.state_dict()
    del state["b.bias"]
    outcome = said(lambda: repr(m.load_state_dict(state)))
    for handle in handles:
        handle.remove()
    m.load_state_dict(m.state_dict())
    return seen, said_first[0], outcome


# ---------------------------------------------------------------- hooks


@program
def forward_hooks_in_order(torch):
    m, seen = torch.nn.Linear(2, 1, bias=False), []
    x = torch.ones(1, 2)
    handles = [
        m.register_forward_pre_hook(lambda module, args: seen.append(("pre 1", len(args)))),
        m.register_forward_pre_hook(lambda module, args: seen.append("pre 0"), prepend=True),
        m.register_forward_hook(lambda module, args, out: seen.append(("post 1", tuple(out.shape)))),
        m.register_forward_hook(lambda module, args, out: seen.append("post 0"), prepend=True),
        m.register_forward_pre_hook(lambda module, args, kwargs: seen.append(("kw", sorted(kwargs))), with_kwargs=True),
        m.register_forward_hook(
            lambda module, args, kwargs, out: seen.append(("kw post", sorted(kwargs))), with_kwargs=True
        ),
    ]
    m(x)
    m(input=x)
    for handle in handles[::2]:
        handle.remove()
    seen.append("removed")
    m(x)
    with m.register_forward_hook(lambda *_: seen.append("inside")):
        m(x)
    m(x)
    return seen


@program
def forward_hooks_that_replace(torch):
    m = torch.nn.Identity()
    x = torch.ones(2)
    m.register_forward_pre_hook(lambda module, args: args[0] + 1)
    first = m(x)
    m.register_forward_pre_hook(lambda module, args: (args[0] * 10,))
    second = m(x)
    m.register_forward_pre_hook(lambda module, args, kwargs: ((args[0] * 2,), {}), with_kwargs=True)
    third = m(x)
    m.register_forward_hook(lambda module, args, out: out - 1)
    fourth = m(x)
    m.register_forward_hook(lambda module, args, out: (out, args[0]))
    return first, second, third, fourth, m(x)


@program
def hooks_that_are_wrong(torch):
    m = torch.nn.Identity()
    m.register_forward_pre_hook(lambda module, args, kwargs: 3, with_kwargs=True)
    return said(lambda: m(torch.ones(2)))


@program
def hooks_that_always_run(torch):
    class Failing(torch.nn.Module):
        def forward(self, x):
            raise ValueError("no")

    m, seen = Failing(), []
    m.register_forward_hook(lambda module, args, out: seen.append(("always", out)), always_call=True)
    m.register_forward_hook(lambda module, args, out: seen.append("never"))
    outcome = said(lambda: m(torch.ones(1)))
    fine = torch.nn.ReLU()
    fine.register_forward_hook(lambda module, args, out: seen.append("once"), always_call=True)
    fine(torch.ones(1))
    return outcome, seen


@program
def backward_hooks(torch):
    torch.manual_seed(0)
    m, seen = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1)), []
    for i, part in enumerate(m):
        part.register_full_backward_hook(lambda module, into, out, i=i: seen.append((i, list(into), list(out))))
        part.register_full_backward_pre_hook(lambda module, out, i=i: seen.append((i, "pre", list(out))))
    m.register_full_backward_hook(lambda module, into, out: seen.append(("whole", list(into), list(out))))
    x = torch.ones(1, 2)
    m(x).sum().backward()
    seen.append("with a gradient for the input")
    x.requires_grad_()
    m(x).sum().backward()
    return seen, [p.grad for p in m.parameters()], x.grad


@program
def backward_hooks_that_replace(torch):
    m = torch.nn.Linear(2, 1, bias=False)
    x = torch.ones(1, 2, requires_grad=True)
    a = m.register_full_backward_hook(lambda module, into, out: (into[0] * 10,))
    m(x).sum().backward()
    first = x.grad, m.weight.grad
    a.remove()
    x.grad = m.weight.grad = None
    m.register_full_backward_pre_hook(lambda module, out: (out[0] * 3,))
    m.register_full_backward_pre_hook(lambda module, out: (out[0] * 2,))
    m(x).sum().backward()
    return first, x.grad, m.weight.grad


@program
def backward_hooks_with_several_tensors(torch):
    class Both(torch.nn.Module):
        def forward(self, x, factor, y):
            return x * factor, "word", y * x

    m, seen = Both(), []
    m.register_full_backward_hook(lambda module, into, out: seen.append((list(into), list(out))))
    x, y = torch.ones(2, requires_grad=True), torch.full((2,), 3.0)
    a, _, b = m(x, 2.0, y)
    (a.sum() + 5 * b.sum()).backward()
    a, _, b = m(x, 2.0, y)
    b.sum().backward()
    return seen, x.grad


@program
def the_graph_of_a_hooked_module(torch):
    m = torch.nn.ReLU()
    m.register_full_backward_hook(lambda *_: None)
    y = m(torch.ones(2, requires_grad=True))
    return y.grad_fn.name(), [node and node.name() for node, _ in y.grad_fn.next_functions]


# ---------------------------------------------------------------- printing, copying


@program
def printed(torch):
    class Odd(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Sequential())
            self.none = None

        def extra_repr(self):
            return "first line\nsecond line"

    class One(torch.nn.Module):
        def extra_repr(self):
            return "a=1, b=2"

    class Lines(torch.nn.Module):
        def extra_repr(self):
            return "a=1\nb=2"

    class Both(torch.nn.Sequential):
        def extra_repr(self):
            return "a=1"

    class Renamed(torch.nn.Module):
        def _get_name(self):
            return "Other"

    empty = torch.nn.Module()
    empty.register_module("missing", None)
    return [
        repr(m)
        for m in (
            net(torch),
            Odd(),
            One(),
            Lines(),
            Both(torch.nn.ReLU(True)),
            Renamed(),
            empty,
            torch.nn.Module(),
            torch.nn.Identity(1, a=2),
            torch.nn.MSELoss(),
            torch.nn.Linear(2, 3, bias=False),
        )
    ], str(net(torch))


@program
def deep_copies(torch):
    m = net(torch)
    m(torch.ones(1, 3)).sum().backward()
    m.seen = []
    m.first.register_forward_hook(lambda module, args, out: m.seen.append(1))
    twin = copy.deepcopy(m)
    with torch.no_grad():
        twin.first.scale.add_(1)
    twin(torch.ones(1, 3))
    return (
        [name for name, _ in twin.named_parameters()],
        twin.tied is twin.tail.a.weight,
        twin.again is twin.first,
        type(twin.first.scale).__name__,
        twin.first.scale,
        m.first.scale,
        [p.grad for p in twin.parameters()],
        twin.first.scale.requires_grad,
        len(m.seen),
        repr(twin) == repr(m),
    )


@program
def pickles(torch):
    m = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
    m[0].requires_grad_(False)
    m.tied = m[0].weight
    again = pickle.loads(pickle.dumps(m))
    with torch.no_grad():
        again[0].weight.add_(1)
    return (
        repr(again),
        [p.requires_grad for p in again.parameters()],
        again.tied is again[0].weight,
        again.training,
        type(again[0].weight).__name__,
        again[0].weight - m[0].weight,
        again(torch.ones(1, 2)).shape == (1, 1),
    )


# ---------------------------------------------------------------- Parameter


@program
def parameters_are_tensors(torch):
    data = torch.tensor([1.0, 2.0])
    p = torch.nn.Parameter(data)
    frozen = torch.nn.Parameter(data, requires_grad=False)
    twin = copy.deepcopy(p)
    empty = torch.nn.Parameter()
    return [
        repr(p),
        repr(frozen),
        str(p),
        type(p * 2).__name__,
        type(p.detach()).__name__,
        type(p.data).__name__,
        type(p.clone()).__name__,
        isinstance(p, torch.Tensor),
        p.is_leaf,
        p.requires_grad,
        frozen.requires_grad,
        p.data_ptr() == data.data_ptr(),
        type(twin).__name__,
        twin.data_ptr() != p.data_ptr(),
        tuple(empty.shape),
        type(pickle.loads(pickle.dumps(p))).__name__,
        type(p[0]).__name__,
        type(torch.nn.Parameter(p)).__name__,
        repr(torch.nn.Parameter(torch.ones(2, 2, dtype=torch.float64))),
        isinstance(data, torch.nn.Parameter),
        isinstance(p, torch.nn.Parameter),
        p.grad_fn,
        repr(torch.nn.Buffer(data)),
        said(lambda: torch.nn.Parameter(torch.tensor([1, 2]))),
        said(lambda: torch.nn.Parameter(torch.tensor([1, 2]), requires_grad=False)),
        p in {p},
        p == p,
    ]


@program
def a_parameter_from_a_result(torch):
    x = torch.ones(2, requires_grad=True)
    p = torch.nn.Parameter(x * 3)
    (p * 2).sum().backward()
    return p.is_leaf, p.grad, x.grad


@program
def writing_a_parameter(torch):
    p = torch.nn.Parameter(torch.ones(2))
    outcome = said(lambda: p.add_(1))
    with torch.no_grad():
        p.mul_(5)
    p.data = torch.zeros(3)
    p.data += 1
    return outcome[0], p, type(p).__name__


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    same_on_both(PROGRAMS[name])


def test_a_module_dies_with_its_last_name():
    """No cycle keeps a module and its parameters alive."""
    import gc
    import weakref

    gc.disable()
    try:
        m = edutorch.nn.Sequential(edutorch.nn.Linear(2, 2), edutorch.nn.ReLU())
        m(edutorch.ones(1, 2)).sum().backward()
        weight = weakref.ref(m[0].weight)
        del m
        assert weight() is None
    finally:
        gc.enable()
