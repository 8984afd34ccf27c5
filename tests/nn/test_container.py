"""`Sequential`: a list of modules that is a module."""

from __future__ import annotations

from collections import OrderedDict

import pytest

from tests.twins import same_on_both

pytest.importorskip("torch")
PROGRAMS = {}


def program(function):
    PROGRAMS[function.__name__] = function
    return function


def model(torch):
    torch.manual_seed(0)
    nn = torch.nn
    return nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))


def said(action):
    try:
        return "returned", action()
    except Exception as error:  # compared
        return type(error).__name__, str(error).replace("edutorch.", "torch.")


@program
def computing(torch):
    return model(torch)(torch.ones(1, 2)), torch.nn.Sequential()(torch.ones(1))


@program
def reading(torch):
    m = model(torch)
    return [
        repr(m[0]),
        repr(m[-1]),
        repr(m[1:]),
        repr(m[::2]),
        type(m[:2]).__name__,
        len(m),
        [repr(part) for part in m],
        said(lambda: m[3]),
        said(lambda: m[-4]),
        said(lambda: m["0"])[0],
        m[torch.tensor(1)] is m[1],
        m[0] in m,
        list(m.state_dict()),
        m[1:][0] is m[1],
    ]


@program
def named(torch):
    nn = torch.nn
    m = nn.Sequential(OrderedDict([("first", nn.Linear(1, 1)), ("act", nn.ReLU())]))
    m.add_module("last", nn.Linear(1, 2))
    return repr(m), m.first is m[0], list(m.state_dict()), repr(m[1:]), m(torch.ones(1)).shape == (2,)


@program
def writing(torch):
    m, seen = model(torch), []
    m[1] = torch.nn.Identity()
    seen.append(repr(m))
    m[-1] = torch.nn.Linear(3, 3)
    seen.append(repr(m))
    m.append(torch.nn.ReLU()).append(torch.nn.Identity())
    seen.append(repr(m))
    del m[0]
    seen.append((repr(m), list(m._modules)))
    del m[1:3]
    seen.append((repr(m), list(m._modules)))
    seen.append(repr(m.insert(0, torch.nn.ReLU())))
    seen.append(repr(m.insert(-1, torch.nn.Linear(1, 1))))
    seen.append(repr(m.insert(len(m), torch.nn.Linear(2, 2))))
    seen.append((repr(m.pop(1)), repr(m), repr(m.pop(-1)), list(m._modules)))
    seen.append(repr(m.extend([torch.nn.ReLU(), torch.nn.Identity()])))
    return seen


@program
def adding(torch):
    a, b = model(torch), torch.nn.Sequential(torch.nn.ReLU())
    both = a + b
    c = torch.nn.Sequential(torch.nn.ReLU())
    same = c
    c += b
    return repr(both), len(a), both[0] is a[0], repr(c), same is c, repr(b * 2), repr(3 * b), (b * 2)[0] is b[0]


@program
def multiplying_in_place(torch):
    m = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Identity())
    same = m
    m *= 2
    return repr(m), same is m


@program
def refusals(torch):
    m = model(torch)
    return [
        said(lambda: m + [torch.nn.ReLU()]),
        said(lambda: m * 2.0),
        said(lambda: m * 0),
        said(lambda: m * -1),
        said(lambda: m.insert(7, torch.nn.ReLU())),
        said(lambda: m.insert(0, 3)),
        said(lambda: m.append(3)),
        said(lambda: torch.nn.Sequential(3)),
        said(lambda: torch.nn.Sequential([torch.nn.ReLU()])),
        said(lambda: m.pop(9)),
        said(lambda: m.__setitem__(9, torch.nn.ReLU())),
        said(lambda: m.__delitem__(9)),
    ]


@program
def a_subclass_keeps_its_class(torch):
    class Net(torch.nn.Sequential):
        pass

    m = Net(torch.nn.ReLU(), torch.nn.Identity())
    return repr(m), repr(m[:1]), repr(m + m), type(m * 2).__name__


@program
def hooks_run_for_each_part(torch):
    m, seen = model(torch), []
    for part in m:
        part.register_forward_hook(lambda module, args, out: seen.append((type(module).__name__, tuple(out.shape))))
    m(torch.ones(4, 2))
    return seen


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    same_on_both(PROGRAMS[name])
