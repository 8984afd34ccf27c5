"""Whole modules cross between the frameworks: `torch.save(model, path)`, loaded with `weights_only=False`."""

import pickle
import sys

import numpy as np
import pytest

import edutorch
from edutorch.serialization.modules import pytorch_name, restore_module
from tests.nn.layers import all_layers
from tests.nn.test_layers import floats, tensors
from tests.serialization.helpers import loaded, saved, zipped

MODELS = {
    "Linear": lambda nn: nn.Linear(3, 2),
    "without bias": lambda nn: nn.Linear(3, 2, bias=False),
    "Sequential": lambda nn: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Sequential(nn.Linear(4, 2), nn.Identity())),
}
LAYERS = [case for case in all_layers() if not case.name.startswith("Lazy")]  # these have hooks until they are called


@pytest.mark.filterwarnings("ignore")  # the layers' own, which `tests/nn/test_layers.py` compares
@pytest.mark.parametrize("case", LAYERS, ids=[f"{i}-{c.name}" for i, c in enumerate(LAYERS)])
def test_every_layer(torch, case):
    for giver, taker in ((torch, edutorch), (edutorch, torch)):
        model = case.build(giver).eval()
        copy = loaded(taker, saved(giver, model), weights_only=False)
        assert repr(copy) == repr(model)
        outputs = []
        for t, layer in ((giver, model), (taker, copy)):
            t.manual_seed(1)
            outputs.append(floats(layer(*tensors(t, case), **case.call)))
        for a, b in zip(*outputs, strict=True):
            np.testing.assert_allclose(b.detach().numpy(), a.detach().numpy(), 1e-4, 1e-5)


def test_every_layer_has_pytorchs_name(torch):
    """A file names a class by the file it stands in: `_OUR_FILES` says where ours are cut differently."""
    mine = {name: kind for name, kind in vars(edutorch.nn).items() if isinstance(kind, type)}
    for name, kind in mine.items():
        if issubclass(kind, edutorch.nn.Module):
            theirs = getattr(torch.nn, name)
            assert pytorch_name(kind) == (theirs.__module__, theirs.__qualname__)


def define(t):
    """A class of the program's, defined once for each framework under the same name."""

    class Net(t.nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.act = t.nn.Linear(3, 4), t.nn.ReLU()
            self.second = t.nn.Linear(4, 2)
            self.second.weight = t.nn.Parameter(t.ones(2, 4))
            self.register_buffer("mean", t.zeros(3))
            self.register_buffer("scratch", t.ones(1), persistent=False)
            self.note = {"classes": ["a", "b"]}
            self.train(False)

        def forward(self, x):
            return self.second(self.act(self.first(x - self.mean)))

    Net.__qualname__ = "Net"
    Net.__module__ = "program_with_net"
    return Net


@pytest.fixture(params=["PyTorch to edutorch", "edutorch to PyTorch", "edutorch to edutorch"])
def crossing(request, torch):
    """(who saves, who loads)"""
    names = {"PyTorch": torch, "edutorch": edutorch}
    giver, _, taker = request.param.partition(" to ")
    return names[giver], names[taker]


def same_outputs(giver, model, taker, copy):
    x = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    a, b = (m(t.from_numpy(x)).detach().numpy() for t, m in ((giver, model), (taker, copy)))
    np.testing.assert_allclose(a, b, 1e-5, 1e-6)
    assert repr(model) == repr(copy)
    assert list(model.state_dict()) == list(copy.state_dict())


@pytest.mark.parametrize("name", MODELS)
def test_library_modules(crossing, name):
    giver, taker = crossing
    model = MODELS[name](giver.nn)
    copy = loaded(taker, saved(giver, model), weights_only=False)
    same_outputs(giver, model, taker, copy)
    loss = copy(taker.ones(2, 3)).sum()  # and it can be trained
    loss.backward()
    assert all(p.grad is not None for p in copy.parameters())
    copy.train().eval().to(taker.float64)
    copy.register_forward_hook(lambda *a: None)
    assert copy(taker.ones(2, 3, dtype=taker.float64)).dtype == taker.float64


def test_the_programs_own_modules(crossing, monkeypatch):
    giver, taker = crossing
    classes = {t: define(t) for t in {giver, taker}}
    program = type(sys)("program_with_net")
    monkeypatch.setitem(sys.modules, "program_with_net", program)
    model = classes[giver]()
    program.Net = classes[giver]
    data = saved(giver, {"model": model, "epoch": 3})
    program.Net = classes[taker]
    copy = loaded(taker, data, weights_only=False)["model"]
    assert type(copy) is classes[taker]
    same_outputs(giver, model, taker, copy)
    assert (copy.training, copy.note, copy._non_persistent_buffers_set) == (False, {"classes": ["a", "b"]}, {"scratch"})


def test_weights_only_refuses_modules_and_says_what_to_do():
    data = saved(edutorch, edutorch.nn.Linear(1, 1))
    with pytest.raises(
        pickle.UnpicklingError, match=r"GLOBAL torch\.nn\.modules\.linear\.Linear was .*weights_only=Fa"
    ):
        loaded(edutorch, data)
    with edutorch.serialization.safe_globals([edutorch.nn.Linear]):
        assert repr(loaded(edutorch, data)) == "Linear(in_features=1, out_features=1, bias=True)"


def test_a_class_that_the_program_does_not_have():
    with pytest.raises(pickle.UnpicklingError, match=r"GLOBAL program_without_net\.Net was not an allowed global"):
        loaded(edutorch, zipped(b"\x80\x02cprogram_without_net\nNet\n)\x81."), weights_only=False)
    assert "program_without_net" not in sys.modules


def test_modules_with_hooks_are_not_saved():
    model = edutorch.nn.Linear(1, 1)
    model.register_forward_hook(lambda *a: None)
    with pytest.raises(pickle.PicklingError, match=r"This Linear has hooks, .* save its state_dict\(\)"):
        saved(edutorch, model)


def test_shared_parameters_stay_shared(crossing):
    giver, taker = crossing
    model = giver.nn.Sequential(giver.nn.Linear(2, 2), giver.nn.Linear(2, 2))
    model[1].weight = model[0].weight
    copy = loaded(taker, saved(giver, model), weights_only=False)
    assert copy[1].weight is copy[0].weight


def state(**changes):
    module = edutorch.nn.Linear(1, 1)
    good = {"training": True, "_parameters": {}, "_buffers": {}, "_modules": {}, "in_features": 1, **changes}
    return module, {name: value for name, value in good.items() if value is not Ellipsis}


@pytest.mark.parametrize(
    "changes",
    [
        {"_parameters": ...},
        {"_modules": []},
        {"_modules": {"a": edutorch.ones(1)}},
        {"_parameters": {"weight": edutorch.ones(1)}},
        {"_parameters": {1: None}},
        {"_buffers": {"b": 3}},
        {"forward": 3},
        {"to": None},
        {"__class__": 3},
        {"_forward_hooks": {1: 2}},
        {"_load_state_dict_post_hooks": {1: 2}},
        {1: 2},
    ],
)
def test_states_that_no_module_has(changes):
    module, wrong = state(**{k: v for k, v in changes.items() if isinstance(k, str)})
    wrong.update(changes if 1 in changes else {})
    with pytest.raises(pickle.UnpicklingError):
        restore_module(module, wrong)


def test_a_module_of_a_function_of_the_library():
    """A layer may hold a function of nn.functional: a file may name it, and not call it."""
    module = edutorch.nn.Identity()
    module.activation = edutorch.nn.functional.relu
    copy = loaded(edutorch, saved(edutorch, module), weights_only=False)
    assert copy.activation is edutorch.nn.functional.relu
