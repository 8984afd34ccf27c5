"""Lazy layers: what can be done with them before their first call, and what they are after it."""

from __future__ import annotations

import copy
import pickle

import pytest

import edutorch
from tests.twins import same_on_both

pytest.importorskip("torch")


def test_before_and_after_the_first_call():
    def program(torch):
        torch.manual_seed(0)
        layer = torch.nn.LazyLinear(4)
        before = [repr(layer), repr(layer.weight), repr(layer.state_dict()), layer.has_uninitialized_params()]
        y = layer(torch.ones(2, 3))
        return before, y, repr(layer), type(layer).__name__, type(layer.weight).__name__, layer.weight, torch.rand(1)

    same_on_both(program)


@pytest.mark.parametrize(
    "use",
    [
        lambda torch, layer: layer.weight.shape,
        lambda torch, layer: layer.weight + 1,
        lambda torch, layer: layer.weight.sum(),
        lambda torch, layer: layer.weight.numel(),
        lambda torch, layer: len(layer.weight),
        lambda torch, layer: torch.nn.Linear(3, 4).load_state_dict(layer.state_dict()),
        lambda torch, layer: layer.load_state_dict({}),
        lambda torch, layer: layer(torch.zeros(2, 3), 5),
    ],
)
def test_what_needs_values_is_refused(use):
    def error(torch):
        with pytest.raises(Exception) as caught:
            use(torch, torch.nn.LazyLinear(4))
        return type(caught.value).__name__, str(caught.value).split(" in <")[0].split(".")[0]

    same_on_both(error)


def test_what_is_converted_before_is_made_so():
    def program(torch):
        torch.manual_seed(0)
        layer = torch.nn.Sequential(torch.nn.LazyLinear(4)).double()
        layer.zero_grad()
        kind = [layer[0].weight.dtype, layer[0].weight.is_leaf, layer[0].weight.requires_grad]
        return [str(k) for k in kind], layer(torch.ones(2, 3, dtype=torch.float64))

    same_on_both(program)


@pytest.mark.parametrize("assign", [False, True])
def test_weights_can_be_loaded_first(assign):
    def program(torch):
        torch.manual_seed(0)
        source, layer = torch.nn.Linear(3, 4), torch.nn.LazyLinear(4)
        keys = layer.load_state_dict(source.state_dict(), assign=assign)
        again = torch.nn.LazyLinear(4).load_state_dict(torch.nn.LazyLinear(4).state_dict())
        return repr(keys), repr(again), layer.weight, repr(layer), layer(torch.ones(2, 3)), repr(layer)

    same_on_both(program)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copy_made_before_is_lazy_too(duplicate):
    layer = edutorch.nn.LazyLinear(4)
    twin = duplicate(layer)
    assert twin(edutorch.zeros(2, 3)).shape == (2, 4)
    assert type(twin) is edutorch.nn.Linear
    assert repr(layer) == "LazyLinear(in_features=0, out_features=4, bias=True)"
    assert layer(edutorch.zeros(2, 5)).shape == (2, 4)


def test_a_lazy_layer_of_ones_own():
    def program(torch):
        nn = torch.nn

        class Scale(nn.modules.lazy.LazyModuleMixin, nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.UninitializedParameter()
                self.register_buffer("seen", nn.UninitializedBuffer())

            def initialize_parameters(self, x):
                self.weight.materialize((x.shape[-1],))
                self.seen.materialize((1,))
                nn.init.ones_(self.weight)
                self.seen.fill_(len(x))

            def forward(self, x):
                return x * self.weight

        layer = Scale()
        said = [repr(layer), repr(layer.seen)]
        layer.register_forward_pre_hook(lambda module, args: said.append(repr(module.weight)))
        y = layer(torch.ones(2, 3))
        return said, y, layer(y), layer.seen, list(layer.state_dict())

    same_on_both(program)


def test_what_is_left_open_is_refused():
    def program(torch):
        class Lazy(torch.nn.modules.lazy.LazyModuleMixin, torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = torch.nn.UninitializedParameter()

        with pytest.raises(NotImplementedError, match="initialize_parameters is not implemented for Lazy"):
            Lazy()(1)
        Lazy.initialize_parameters = lambda self, x: None
        return Lazy()(1)

    same_on_both(program)
