"""`Sequential` and the lists and dictionaries of modules and of parameters."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict

import pytest

from tests import twins
from tests.twins import Programs, same_on_both

pytest.importorskip("torch")
program = PROGRAMS = Programs()


def model(torch):
    torch.manual_seed(0)
    nn = torch.nn
    return nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))


def said(action):
    return twins.said(action, lambda error: str(error).split(" Open an issue")[0].split(" Parameters go by")[0])


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


# ---------------------------------------------------------------- ModuleList


def layers(torch, *sizes):
    torch.manual_seed(0)
    return torch.nn.ModuleList([torch.nn.Linear(n, n) for n in sizes])


@program
def reading_a_list(torch):
    m = layers(torch, 1, 2, 3)
    return [
        len(m),
        m[-1] is m[2],
        m[torch.tensor(1)] is m[1],
        repr(m[1:]),
        type(m[:2]).__name__,
        m[::2][1] is m[2],
        [part.in_features for part in m],
        m[0] in m,
        list(m.state_dict()),
        [name for name in dir(m) if name.isdigit()],
        said(lambda: m[3]),
        said(lambda: m[-4]),
        said(lambda: m["0"])[0],
        said(lambda: m(torch.ones(1))),
    ]


@program
def writing_a_list(torch):
    nn = torch.nn
    m, seen = layers(torch, 1, 1, 2), []
    same = m
    m[0] = nn.ReLU()
    m[-1] = nn.Identity()
    seen.append(repr(m))
    seen.append(m.append(nn.ReLU()) is m)
    seen.append(m.extend([nn.ReLU()]) is m)
    seen.append((repr(m), m.insert(1, nn.Identity()), repr(m)))
    m.insert(len(m), nn.Linear(3, 3))
    m += [nn.ReLU()]
    seen.append((repr(m), same is m, list(m._modules)))
    del m[0]
    del m[1:3]
    del m[-1]
    seen.append((repr(m), list(m._modules)))
    seen.append((repr(m.pop(0)), repr(m.pop(-1)), repr(m)))
    seen.append(repr(m + layers(torch, 4, 4)))
    seen.append(repr(m + [nn.ReLU()]))
    return seen


@program
def printing_lists(torch):
    nn = torch.nn
    return [
        repr(nn.ModuleList()),
        repr(layers(torch, 1)),
        repr(layers(torch, 1, 1, 2, 1)),
        repr(nn.ModuleList([nn.Sequential(nn.ReLU(), nn.ReLU()) for _ in range(12)])),
        repr(nn.ModuleList([layers(torch, 2, 2), layers(torch, 2, 2), nn.ModuleList()])),
        repr(nn.Sequential(nn.ReLU(), layers(torch, 2, 2))),
    ]


@program
def refusals_of_lists(torch):
    m = layers(torch, 1)
    return [
        said(lambda: torch.nn.ModuleList(3)),
        said(lambda: torch.nn.ModuleList([3])),
        said(lambda: torch.nn.ModuleList(torch.nn.ReLU()))[0],
        said(lambda: m.append(3)),
        said(lambda: m.extend(3)),
        said(lambda: m.__setitem__(0, 3)),
        said(lambda: m.__setitem__(9, torch.nn.ReLU())),
        said(lambda: m.__delitem__(9)),
        said(lambda: m.pop(9)),
    ]


@program
def a_network_of_lists(torch):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.ModuleList([torch.nn.Linear(2, 2) for _ in range(3)])
            self.heads = torch.nn.ModuleDict({"a": torch.nn.Linear(2, 1), "b": torch.nn.Linear(2, 3)})

        def forward(self, x, head):
            for layer in self.layers:
                x = layer(x).relu()
            return self.heads[head](x)

    torch.manual_seed(1)
    net, other = Net(), Net()
    other.load_state_dict(net.state_dict())
    other(torch.ones(1, 2), "b").sum().backward()
    twin = copy.deepcopy(other)
    again = pickle.loads(pickle.dumps(net.layers))
    return (
        list(net.state_dict()),
        net(torch.ones(1, 2), "a"),
        other(torch.ones(1, 2), "a"),
        [p.grad for p in other.parameters()],
        repr(twin),
        repr(again),
        twin.layers[0].weight.data_ptr() != other.layers[0].weight.data_ptr(),
    )


# ---------------------------------------------------------------- ModuleDict


def named_layers(torch):
    nn = torch.nn
    return nn.ModuleDict({"conv": nn.Linear(1, 2), "pool": nn.ReLU(), "act": nn.Identity()})


@program
def module_dicts(torch):
    nn = torch.nn
    m = named_layers(torch)
    seen = [repr(m), len(m), list(m), list(m.keys()), [repr(v) for v in m.values()], "conv" in m, "x" in m]
    seen.append([(k, repr(v)) for k, v in m.items()])
    m["more"] = nn.ReLU()
    m["pool"] = nn.Identity()
    del m["act"]
    seen += [repr(m), repr(m.pop("conv")), repr(m)]
    seen.append(m.update({"b": nn.ReLU(), "a": nn.Identity()}))
    m.update([("z", nn.ReLU()), ["y", nn.ReLU()]])
    m.update(named_layers(torch))
    m.update(OrderedDict(q=nn.ReLU()))
    seen += [repr(m), list(m.state_dict()), m.conv is m["conv"]]
    m.clear()
    return [
        *seen,
        repr(m),
        len(m),
        repr(nn.ModuleDict([["lrelu", nn.ReLU()]])),
        said(lambda: m["missing"]),
        said(lambda: m.pop("missing")),
        said(lambda: m.__delitem__("missing")),
        said(lambda: m.update(3)),
        said(lambda: m.update([3])),
        said(lambda: m.update([(1, 2, 3)])),
        said(lambda: m.update({"a": 3})),
        said(lambda: m.update({3: nn.ReLU()})),
        said(lambda: m.update({"a.b": nn.ReLU()})),
        said(lambda: m.update({"keys": nn.ReLU()})),
        said(lambda: m(3)),
    ]


# ---------------------------------------------------------------- ParameterList


@program
def parameter_lists(torch):
    nn = torch.nn
    m = nn.ParameterList([nn.Parameter(torch.ones(2, 3)), torch.zeros(2), 3, "word"])
    seen = [
        repr(m),
        len(m),
        [type(v).__name__ for v in m],
        [name for name, _ in m.named_parameters()],
        list(m.state_dict()),
        m[-1],
        m[0] is m[-4],
        repr(m[1:]),
        type(m[::2]).__name__,
        [name for name in dir(m) if name.isdigit()],
    ]
    m[1] = torch.full((1,), 2.0)
    m[2] = 4
    seen += [m.append(torch.ones(1)) is m, m.extend([nn.Parameter(torch.tensor(1.0)), None]) is m]
    same = m
    m += [torch.ones(2, dtype=torch.float64)]
    inner = nn.Module()
    inner.weights, inner.act = m, nn.ReLU()
    return [
        *seen,
        repr(m),
        same is m,
        repr(inner),
        list(inner.state_dict()),
        repr(nn.ParameterList()),
        repr(nn.ParameterList(p for p in [torch.ones(1)])),
        repr(pickle.loads(pickle.dumps(m))),
        repr(copy.deepcopy(m)),
        said(lambda: m[99]),
        said(lambda: m["0"])[0],
        said(lambda: m.__setitem__(99, 1)),
        said(lambda: m.__setitem__(0, 1)),
        said(lambda: m.extend(3)),
        said(lambda: m.extend(torch.ones(2))),
        said(lambda: m.append(torch.tensor([1])))[0],
        said(lambda: m(1)),
    ]


@program
def a_polynomial_of_parameters(torch):
    class Polynomial(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = torch.nn.ParameterList([torch.nn.Parameter(torch.tensor(float(i))) for i in range(4)])

        def forward(self, x):
            return sum(a * x**i for i, a in enumerate(self.a))

    m = Polynomial()
    m(torch.tensor(2.0)).backward()
    return [p.grad for p in m.parameters()], len(list(m.double().parameters())), m.a[0].dtype == torch.float64


# ---------------------------------------------------------------- ParameterDict


@program
def parameter_dicts(torch):
    nn = torch.nn
    m = nn.ParameterDict({"left": nn.Parameter(torch.ones(2, 3)), "right": torch.zeros(2), "note": "word"})
    seen = [
        repr(m),
        len(m),
        list(m),
        list(reversed(m)),
        list(m.keys()),
        [type(v).__name__ for v in m.values()],
        [k for k, _ in m.items()],
        [name for name, _ in m.named_parameters()],
        list(m.state_dict()),
        "left" in m,
        "up" in m,
        m.get("up"),
        m.get("up", 3),
        m.get("left") is m.left,
        m.setdefault("left", 3) is m["left"],
        m.setdefault("up", torch.ones(1)),
        m.setdefault("none"),
    ]
    m["right"] = torch.full((1,), 2.0)
    del m["none"]
    other = nn.ParameterDict(OrderedDict(z=torch.ones(1), a=torch.ones(2)))
    both, kept = m | other, m
    m |= other
    return [
        *seen,
        repr(m),
        list(both),
        kept is m,
        list(nn.ParameterDict([("b", torch.ones(1)), ["a", torch.ones(1)]])),
        list(m.copy()) == list(m),
        m.copy()["left"] is m["left"],
        repr(m.pop("left")),
        m.popitem()[0],
        list(m),
        list(m.fromkeys(["p", "q"], torch.ones(1)).keys()),
        repr(pickle.loads(pickle.dumps(m))),
        repr(copy.deepcopy(m)),
        m.clear(),
        repr(m),
        len(m),
        said(lambda: m.popitem()),
        said(lambda: m["missing"]),
        said(lambda: m[3]),
        said(lambda: m.pop("missing")),
        said(lambda: m.__delitem__("missing")),
        said(lambda: m.__setitem__(3, torch.ones(1))),
        said(lambda: m.__setitem__("a.b", torch.ones(1))),
        said(lambda: m.__setitem__("values", torch.ones(1))),
        said(lambda: m.update(3)),
        said(lambda: m.update([3])),
        said(lambda: m.update([(1, 2, 3)])),
        said(lambda: m(3)),
        said(lambda: m.forward(3)),
    ]


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    same_on_both(PROGRAMS[name])
