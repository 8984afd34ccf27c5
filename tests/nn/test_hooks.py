"""Hooks of one module and of all: when they run, what they see, what they change, how they go."""

from __future__ import annotations

import copy
import pickle
from collections import namedtuple

import pytest

from tests.twins import Programs, said, same_on_both

pytest.importorskip("torch")
program = PROGRAMS = Programs()


def model(torch):
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))


def everywhere(torch):
    return torch.nn.modules.module


def listed(values):
    return [None if v is None else v for v in values]


# ---------------------------------------------------------------- order and handles


@program
def the_order_of_hooks(torch):
    m, seen = torch.nn.ReLU(), []
    for name in "ab":
        m.register_forward_pre_hook(lambda module, args, name=name: seen.append(f"pre {name}"))
        m.register_forward_hook(lambda module, args, out, name=name: seen.append(f"post {name}"))
    m.register_forward_pre_hook(lambda module, args: seen.append("pre first"), prepend=True)
    m.register_forward_hook(lambda module, args, out: seen.append("post first"), prepend=True)
    everywhere_a = everywhere(torch).register_module_forward_pre_hook(lambda module, args: seen.append("pre all"))
    everywhere_b = everywhere(torch).register_module_forward_hook(lambda module, args, out: seen.append("post all"))
    m(torch.ones(1))
    everywhere_a.remove()
    everywhere_b.remove()
    m(torch.ones(1))
    return seen


@program
def handles(torch):
    m, seen = torch.nn.ReLU(), []
    hook = lambda module, args, out: seen.append("hook")  # noqa: E731
    first, second = m.register_forward_hook(hook), m.register_forward_hook(hook)
    first.remove()
    first.remove()
    m(torch.ones(1))
    with m.register_forward_hook(lambda module, args, out: seen.append("with")) as handle:
        m(torch.ones(1))
    m(torch.ones(1))
    return seen, len(m._forward_hooks), type(handle).__name__, second.id in m._forward_hooks, bool(m._forward_pre_hooks)


@program
def a_hook_that_removes_itself(torch):
    m, seen = torch.nn.ReLU(), []

    def once(module, args, out):
        seen.append("once")
        handle.remove()

    handle = m.register_forward_pre_hook(lambda module, args: seen.append("pre"))
    handle.remove()
    m.register_forward_hook(lambda module, args, out: seen.append("always"))
    m(torch.ones(1))
    return seen


@program
def clearing(torch):
    m, seen = torch.nn.ReLU(), []
    m.register_forward_hook(lambda module, args, out: seen.append(1))
    m._forward_hooks.clear()
    m(torch.ones(1))
    return seen


class Note:
    """A hook that can be pickled."""

    def __init__(self):
        self.seen = []

    def __call__(self, module, args, out):
        self.seen.append(tuple(out.shape))


@program
def copies_and_pickles(torch):
    m = model(torch)
    note = Note()
    handle = m[0].register_forward_hook(note)
    m[1].register_forward_hook(note, with_kwargs=False, always_call=True)
    seen = []
    for twin in (copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        twin(torch.ones(1, 2))
        ((_, its),) = twin[0]._forward_hooks.items()
        seen.append((its.seen, its is note, len(twin[1]._forward_hooks)))
    handle.remove()
    m.kept = m[0].register_forward_hook(note)
    twin = copy.deepcopy(m)
    twin.kept.remove()
    return seen, note.seen, len(m[0]._forward_hooks), len(twin[0]._forward_hooks)


@program
def features_of_a_layer(torch):
    """What a lesson does with a forward hook: keep an inner layer's output."""
    m, kept = model(torch), {}
    m[1].register_forward_hook(lambda module, args, out: kept.setdefault("relu", out.detach()))
    m(torch.ones(2, 2))
    return kept["relu"], kept["relu"].requires_grad


# ---------------------------------------------------------------- hooks of all modules


@program
def hooks_of_all_modules(torch):
    m, seen = model(torch), []
    handles = [
        everywhere(torch).register_module_forward_pre_hook(lambda module, args: seen.append(type(module).__name__)),
        everywhere(torch).register_module_forward_hook(lambda module, args, out: out * 2),
        everywhere(torch).register_module_forward_hook(
            lambda module, args, kwargs, out: seen.append(sorted(kwargs)), with_kwargs=True
        ),
        everywhere(torch).register_module_full_backward_hook(
            lambda module, into, out: seen.append((type(module).__name__, listed(into), listed(out)))
        ),
        everywhere(torch).register_module_full_backward_pre_hook(lambda module, out: (out[0] * 3,)),
    ]
    x = torch.ones(1, 2, requires_grad=True)
    try:
        y = m(x)
        y.sum().backward()
    finally:
        for handle in handles:
            handle.remove()
    return seen, y, m(x), [p.grad for p in m.parameters()], x.grad


@program
def registrations_of_all_modules(torch):
    seen = []
    where = everywhere(torch)
    handles = [
        where.register_module_parameter_registration_hook(lambda m, name, p: seen.append((name, p is None))),
        where.register_module_buffer_registration_hook(lambda m, name, b: seen.append((name, b is None))),
        where.register_module_module_registration_hook(
            lambda m, name, part: torch.nn.Identity() if name == "swap" else seen.append((name, part is None))
        ),
    ]
    try:
        m = torch.nn.Module()
        m.a = torch.nn.Parameter(torch.ones(1))
        m.register_parameter("none", None)
        m.register_buffer("b", torch.ones(1))
        m.b = torch.zeros(1)
        m.part = torch.nn.Linear(1, 1, bias=False)
        m.swap = torch.nn.ReLU()
        m.add_module("more", torch.nn.ReLU())
    finally:
        for handle in handles:
            handle.remove()
    m.quiet = torch.nn.ReLU()
    return seen, repr(m)


@program
def mixing_kinds(torch):
    m = torch.nn.ReLU()
    m.register_full_backward_hook(lambda *_: None)
    old = torch.nn.ReLU()
    old.register_backward_hook(lambda *_: None)
    return [
        said(lambda: m.register_backward_hook(lambda *_: None)),
        said(lambda: old.register_full_backward_hook(lambda *_: None)),
    ]


# ---------------------------------------------------------------- errors in hooks


@program
def hooks_that_are_always_called(torch):
    class Failing(torch.nn.Module):
        def forward(self, x):
            raise ValueError("no")

    def failing_hook(module, args, out):
        raise KeyError("hook")

    seen = []
    m = Failing()
    m.register_forward_hook(lambda module, args, out: seen.append(("a", out)) or "changed", always_call=True)
    m.register_forward_hook(
        lambda module, args, kwargs, out: seen.append(("b", out)), always_call=True, with_kwargs=True
    )
    m.register_forward_hook(lambda module, args, out: seen.append("never"))
    first = said(lambda: m(torch.ones(1)))
    fine = torch.nn.ReLU()
    fine.register_forward_hook(lambda module, args, out: seen.append("before"), always_call=True)
    fine.register_forward_hook(failing_hook)
    fine.register_forward_hook(lambda module, args, out: seen.append("after"), always_call=True)
    return first, said(lambda: fine(torch.ones(1)))[0], seen


def test_errors_in_a_hook_that_is_always_called_are_warned_of():
    def program(torch):
        class Failing(torch.nn.Module):
            def forward(self, x):
                raise ValueError("no")

        def failing_hook(module, args, out):
            raise KeyError("hook")

        m = Failing()
        m.register_forward_hook(failing_hook, always_call=True)
        everyone = everywhere(torch).register_module_forward_hook(failing_hook, always_call=True)
        try:
            return said(lambda: m(torch.ones(1)))
        finally:
            everyone.remove()

    same_on_both(program, compare_warnings=True)


@program
def wrong_numbers_of_gradients(torch):
    x = torch.ones(2, requires_grad=True)
    a, b = torch.nn.ReLU(), torch.nn.ReLU()
    a.register_full_backward_hook(lambda module, into, out: (into[0], into[0]))
    b.register_full_backward_pre_hook(lambda module, out: ())
    return said(lambda: a(x).sum().backward()), said(lambda: b(x).sum().backward())


# ---------------------------------------------------------------- backward hooks


@program
def in_place_on_the_output_is_refused(torch):
    x = torch.ones(2, requires_grad=True)
    m, inner = torch.nn.Identity(), torch.nn.ReLU()
    m.register_full_backward_hook(lambda *_: None)
    inner.register_full_backward_hook(lambda *_: None)
    y = m(x)
    chain = torch.nn.Sequential(inner, torch.nn.ReLU(inplace=True))
    with torch.no_grad():
        quiet = m(x)
        quiet.add_(1)
    return [
        said(lambda: y.add_(1)),
        said(lambda: y[0].mul_(2)),
        said(lambda: chain(x)),
        said(lambda: inner(torch.ones(2)).add_(1)),
        m(x).clone().add_(1),
        quiet,
        x,
    ]


@program
def an_input_that_a_function_returns(torch):
    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 10

    x = torch.ones(2, requires_grad=True)
    y = Same.apply(x)
    outcome = said(lambda: y.mul_(2))
    z = Same.apply(x)
    (z * 3).sum().backward()
    plain = torch.ones(2)
    same = Same.apply(plain)
    same.add_(1)
    return outcome, x.grad, z.data_ptr() == x.data_ptr(), plain, same.requires_grad


@program
def named_tuples_keep_their_class(torch):
    Pair = namedtuple("Pair", ["left", "right"])

    class Split(torch.nn.Module):
        def forward(self, x):
            return Pair(x * 2, x * 3)

    m, seen = Split(), []
    m.register_full_backward_hook(lambda module, into, out: seen.append((listed(into), listed(out))))
    y = m(torch.ones(2, requires_grad=True))
    (y.left + y.right).sum().backward()
    return type(y).__name__, seen


@program
def nothing_is_recorded(torch):
    m, seen = torch.nn.ReLU(), []
    m.register_full_backward_hook(lambda *_: seen.append("hook"))
    with torch.no_grad():
        y = m(torch.ones(2, requires_grad=True))
    return y.requires_grad, seen


@program
def gradients_of_gradients(torch):
    m, seen = torch.nn.Linear(2, 1, bias=False), []
    with torch.no_grad():
        m.weight.fill_(0.5)
    m.register_full_backward_hook(lambda module, into, out: seen.append((listed(into), listed(out))))
    x = torch.ones(1, 2, requires_grad=True)
    (g,) = torch.autograd.grad(m(x).square().sum(), x, create_graph=True)
    g.square().sum().backward()
    return seen[0], x.grad, m.weight.grad


@program
def the_old_kind(torch):
    seen = []
    for m in (torch.nn.ReLU(), torch.nn.Identity()):
        m.register_backward_hook(
            lambda module, into, out: seen.append((type(module).__name__, listed(into), listed(out)))
        )
        x = torch.ones(2, requires_grad=True) * 2
        m(x).sum().backward()
    m = torch.nn.ReLU()
    m.register_backward_hook(lambda module, into, out: (into[0] * 10,))
    x = torch.ones(2, requires_grad=True)
    m(x * 1).sum().backward()
    return seen, x.grad, m(torch.ones(1))


WARNED = {
    "no input requires grad": lambda torch: _full(torch, torch.nn.Linear(1, 1), torch.ones(1, 1)),
    "a list comes out": lambda torch: _full(torch, _Lists.of(torch), torch.ones(1, requires_grad=True)),
    "old: several nodes": lambda torch: _old(torch, model(torch), torch.ones(1, 2, requires_grad=True)),
    "old: a dictionary comes out": lambda torch: _old(torch, _Dicts.of(torch), torch.ones(1, requires_grad=True)),
    "old: a number goes in": lambda torch: _old(torch, _Times.of(torch), torch.ones(1, requires_grad=True), 2.0),
    "old: two nodes come out": lambda torch: _old(torch, _Two.of(torch), torch.ones(1, requires_grad=True)),
}


class _Kind:
    @classmethod
    def of(cls, torch):
        return type(cls.__name__, (torch.nn.Module,), {"forward": cls.forward})()


class _Lists(_Kind):
    def forward(self, x):
        return [x * 2]


class _Dicts(_Kind):
    def forward(self, x):
        return {"a": x * 2}


class _Times(_Kind):
    def forward(self, x, factor):
        return x * factor


class _Two(_Kind):
    def forward(self, x):
        return x * 2, x + 1


def _full(torch, m, *args):
    seen = []
    m.register_full_backward_hook(lambda module, into, out: seen.append((listed(into), listed(out))))
    y = m(*args)
    (y[0] if isinstance(y, list) else y).sum().backward()
    return seen


def _old(torch, m, *args):
    m.register_backward_hook(lambda module, into, out: None)
    m(*args)


@pytest.mark.parametrize("name", WARNED)
def test_warnings(name):
    same_on_both(WARNED[name], compare_warnings=True)


@program
def hooks_without_inputs_must_return_nothing(torch):
    m = torch.nn.Linear(1, 1)
    m.register_full_backward_hook(lambda module, into, out: (torch.ones(1, 1),))
    return said(lambda: m(torch.ones(1, 1)).sum().backward())


# ---------------------------------------------------------------- state


@program
def private_names_of_state_hooks(torch):
    m = torch.nn.Sequential(torch.nn.Linear(1, 1))
    seen = []
    m._register_state_dict_hook(lambda module, state, prefix, meta: {f"new.{k}": v for k, v in state.items()})
    a = m[0]._register_load_state_dict_pre_hook(lambda state, prefix, *rest: seen.append((prefix, sorted(state))))
    m[0]._register_load_state_dict_pre_hook(
        lambda module, state, prefix, *rest: seen.append(type(module).__name__), with_module=True
    )
    state = m.state_dict()
    other = torch.nn.Sequential(torch.nn.Linear(1, 1)).state_dict()
    m.load_state_dict(other)
    a.remove()
    m.load_state_dict(other)
    bad = torch.nn.ReLU()
    bad.register_state_dict_post_hook(lambda *_: 3)
    return sorted(state), seen, said(lambda: bad.state_dict())


@program
def old_names_in_a_checkpoint(torch):
    """A layer that renames what older files call otherwise."""

    class Renamed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(2))

        def _load_from_state_dict(self, state_dict, prefix, *args):
            if prefix + "w" in state_dict:
                state_dict[prefix + "weight"] = state_dict.pop(prefix + "w")
            super()._load_from_state_dict(state_dict, prefix, *args)

    m = torch.nn.Sequential(Renamed())
    return repr(m.load_state_dict({"0.w": torch.ones(2)})), m[0].weight


@program
def loading_less_strictly_in_one_part(torch):
    class Loose(torch.nn.Linear):
        def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, *rest):
            super()._load_from_state_dict(state_dict, prefix, local_metadata, False, *rest)

    m = torch.nn.Sequential(Loose(1, 1), torch.nn.Linear(1, 1))
    return said(lambda: repr(m.load_state_dict({"1.weight": torch.ones(1, 1), "0.more": torch.ones(1)}, strict=False)))


@program
def copying_that_fails(torch):
    m = torch.nn.Module()
    m.register_buffer("wide", torch.zeros(1).expand(3))
    try:
        m.load_state_dict({"wide": torch.ones(3)})
    except RuntimeError as error:
        return str(error)[:140]


def test_positional_arguments_of_state_dict_are_deprecated():
    def program(torch):
        m = torch.nn.Linear(1, 1)
        return list(m.state_dict({}, "a.")), m.state_dict({}, "", True)["weight"] is m.weight

    same_on_both(program, compare_warnings=True)


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    same_on_both(PROGRAMS[name])
