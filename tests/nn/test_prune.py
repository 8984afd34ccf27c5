"""`nn.utils.prune`: masks, hooks, several prunings of one tensor, and undoing them."""

from __future__ import annotations

import copy
import importlib

import pytest

from tests.twins import Programs, said, same_on_both

pytest.importorskip("torch")
program = PROGRAMS = Programs()


def tools(torch):
    return importlib.import_module(f"{torch.__name__}.nn.utils.prune")


def layer(torch, *sizes):
    torch.manual_seed(1)
    return torch.nn.Linear(*sizes)


def seen_of(m):
    return (
        list(m.state_dict()),
        m.weight,
        m.weight_mask,
        len(m._forward_pre_hooks),
        [n for n, _ in m.named_parameters()],
    )


@program
def every_method(torch):
    prune, seen = tools(torch), []
    for do in (
        lambda m: prune.identity(m, "weight"),
        lambda m: prune.random_unstructured(m, "weight", 0.3),
        lambda m: prune.random_unstructured(m, "weight", amount=5),
        lambda m: prune.l1_unstructured(m, "weight", amount=0.5),
        lambda m: prune.l1_unstructured(m, "weight", 3, importance_scores=torch.arange(12.0).reshape(4, 3)),
        lambda m: prune.random_structured(m, "weight", 2, dim=0),
        lambda m: prune.random_structured(m, "weight", 0.5, dim=1),
        lambda m: prune.ln_structured(m, "weight", 1, n=2, dim=0),
        lambda m: prune.ln_structured(m, "weight", 0.34, n=1, dim=-1),
        lambda m: prune.ln_structured(m, "weight", 0.5, n=float("inf"), dim=0),
        lambda m: prune.l1_unstructured(m, "weight", 0),
        lambda m: prune.l1_unstructured(m, "weight", 1.0),
        lambda m: prune.random_structured(m, "weight", 0, dim=0),
        lambda m: prune.custom_from_mask(m, "weight", torch.eye(4, 3)),
    ):
        m = layer(torch, 3, 4)
        assert do(m) is m
        seen.append((seen_of(m), m(torch.ones(1, 3)), torch.rand(1)))
    return seen


@program
def training_goes_on(torch):
    prune = tools(torch)
    m = prune.l1_unstructured(layer(torch, 3, 4), "weight", 6)
    optimizer = torch.optim.SGD(m.parameters(), lr=0.1)
    losses = []
    for _ in range(4):
        optimizer.zero_grad()
        loss = m(torch.ones(2, 3)).square().sum()
        loss.backward()
        optimizer.step()
        losses.append(loss)
    gradient = m.weight_orig.grad
    return losses, gradient, m.weight_orig, m.weight, prune.is_pruned(m)


@program
def one_after_another(torch):
    prune = tools(torch)
    m = layer(torch, 3, 4)
    prune.l1_unstructured(m, "weight", 3)
    first = seen_of(m)
    prune.ln_structured(m, "weight", 1, n=2, dim=0)
    second = seen_of(m)
    prune.random_unstructured(m, "weight", 0.5)
    prune.random_structured(m, "weight", 1, dim=1)
    (hook,) = m._forward_pre_hooks.values()
    return first, second, seen_of(m), type(hook).__name__, len(hook), [type(h).__name__ for h in hook], hook[0].amount


@program
def undoing(torch):
    prune = tools(torch)
    m = layer(torch, 3, 4)
    weight = m.weight
    prune.l1_unstructured(m, "weight", 0.5)
    prune.l1_unstructured(m, "bias", 2)
    twin = copy.deepcopy(m.state_dict())
    same = prune.remove(m, "weight") is m
    middle = list(m.state_dict()), prune.is_pruned(m)
    prune.remove(m, "bias")
    return (
        list(twin),
        same,
        middle,
        m.weight,
        m.weight is weight,
        list(m.state_dict()),
        prune.is_pruned(m),
        prune.is_pruned(torch.nn.Sequential(m, prune.identity(layer(torch, 1, 1), "bias"))),
    )


@program
def several_tensors_as_one(torch):
    prune = tools(torch)
    m = torch.nn.Sequential(layer(torch, 3, 4), torch.nn.ReLU(), layer(torch, 4, 2))
    pairs = [(m[0], "weight"), (m[2], "weight"), (m[0], "bias")]
    prune.global_unstructured(pairs, pruning_method=prune.L1Unstructured, amount=0.4)
    first = m.state_dict()
    prune.global_unstructured(
        pairs,
        pruning_method=prune.L1Unstructured,
        amount=3,
        importance_scores={(m[0], "weight"): torch.arange(12.0).reshape(4, 3)},
    )
    return first, m.state_dict(), m(torch.ones(1, 3))


@program
def without_a_module(torch):
    prune = tools(torch)
    t = torch.tensor([[1.0, -3.0], [0.5, 2.0]])
    return (
        prune.L1Unstructured(2).prune(t),
        prune.L1Unstructured(1).prune(t, default_mask=torch.tensor([[1.0, 0.0], [1.0, 1.0]])),
        prune.L1Unstructured(2).prune(t, importance_scores=-t.abs() + 9),
        prune.LnStructured(1, n=2, dim=1).prune(t),
    )


@program
def a_method_of_ones_own(torch):
    prune = tools(torch)

    class EveryOther(prune.BasePruningMethod):
        PRUNING_TYPE = "unstructured"

        def compute_mask(self, t, default_mask):
            mask = default_mask.clone()
            mask.view(-1)[::2] = 0
            return mask

    m = layer(torch, 3, 4)
    EveryOther.apply(m, "weight")
    EveryOther.apply(m, "weight")
    return seen_of(m)


@program
def refusals(torch):
    prune = tools(torch)

    class Odd(prune.BasePruningMethod):
        PRUNING_TYPE = "odd"

        def compute_mask(self, t, default_mask):
            return default_mask

    def twice():
        m = prune.identity(layer(torch, 2, 2), "weight")
        Odd.apply(m, "weight")

    m = layer(torch, 3, 4)
    a, b = prune.Identity(), prune.Identity()
    a._tensor_name, b._tensor_name = "a", "b"
    outcomes = [
        said(lambda: prune.l1_unstructured(m, "weight", "half")),
        said(lambda: prune.l1_unstructured(m, "weight", 1.5)),
        said(lambda: prune.l1_unstructured(m, "weight", -1)),
        said(lambda: prune.l1_unstructured(m, "weight", 99)),
        said(lambda: prune.l1_unstructured(m, "weight", 1, importance_scores=torch.ones(2))),
        said(lambda: prune.random_structured(m, "bias", 1, dim=0)),
        said(lambda: prune.random_structured(m, "weight", 1, dim=2)),
        said(lambda: prune.ln_structured(m, "weight", 99, n=2, dim=0)),
        said(lambda: prune.custom_from_mask(m, "weight", torch.ones(2))),
        said(lambda: prune.remove(m, "weight")),
        said(lambda: prune.l1_unstructured(m, "nothing", 1))[0],
        said(lambda: prune.global_unstructured(3, prune.L1Unstructured, amount=1)),
        said(lambda: prune.global_unstructured([(m, "weight")], prune.L1Unstructured, 3, amount=1)),
        said(lambda: prune.global_unstructured([(m, "weight")], prune.RandomStructured, amount=1))[0],
        said(twice),
        said(lambda: prune.PruningContainer(a).add_pruning_method(3)),
        said(lambda: prune.PruningContainer(a).add_pruning_method(b))[0],
    ]
    return outcomes, sorted(m.state_dict()), m.weight


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    same_on_both(PROGRAMS[name])
