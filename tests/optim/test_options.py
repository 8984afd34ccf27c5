"""The constructors: PyTorch's signatures, printed forms, refusals; Tensors as options; steps that are recorded."""

from __future__ import annotations

import importlib
import inspect

import pytest

import edutorch
from tests.optim.cases import RULES, network, train
from tests.twins import same_on_both

oracle = pytest.importorskip("torch")
TIERS = {
    "core": ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "NAdam", "RAdam", "Adamax"],
    "extended": ["ASGD", "Rprop", "LBFGS", "Adafactor", "Muon"],
}
ALL = [name for tier in TIERS.values() for name in tier]


@pytest.mark.parametrize("name", [*ALL, "Optimizer"])
def test_signature(name):
    ours, theirs = (
        [(p.name, p.kind, p.default) for p in inspect.signature(getattr(torch.optim, name)).parameters.values()]
        for torch in (edutorch, oracle)
    )
    assert ours == theirs


@pytest.mark.parametrize("name", ALL)
def test_it_is_found_where_pytorch_has_it(name):
    module = getattr(oracle.optim, name).__module__.removeprefix("torch.")
    assert getattr(importlib.import_module("edutorch." + module), name) is getattr(edutorch.optim, name)


def test_every_optimizer_is_tested():
    assert {*RULES, "LBFGS"} == set(ALL) == set(edutorch.optim.__all__) - {"Optimizer", "lr_scheduler", "swa_utils"}


@pytest.mark.parametrize("name", ALL)
def test_printed_form_and_defaults(name):
    def program(torch):
        p, q = (torch.ones(2, 2, requires_grad=True) for _ in range(2))
        kind = getattr(torch.optim, name)
        optimizer = kind([p])
        if name != "LBFGS":
            optimizer.add_param_group({"params": [q], "lr": 0.5})
        named = kind([("weight", q)])
        return repr(optimizer), optimizer.defaults, list(optimizer.defaults), repr(named), optimizer.state_dict()

    same_on_both(program)


NAN = float("nan")
BETAS = ["Adam", "AdamW", "Adamax", "NAdam", "RAdam"]
REFUSED = [
    *[(name, dict(lr=lr)) for name in ALL for lr in (-0.1, -1)],
    *[(name, dict(lr=NAN)) for name in ALL if name != "SGD"],
    *[(name, dict(weight_decay=-0.1)) for name in ALL if name not in ("Rprop", "LBFGS")],
    *[(name, dict(eps=-1e-3)) for name in [*BETAS, "RMSprop", "Adagrad", "Adadelta"]],
    *[(name, dict(betas=b)) for name in BETAS for b in ((-0.1, 0.9), (1.0, 0.9), (0.9, 1.0), (0.9, -0.1))],
    *[(name, dict(fused=True, **{o: True})) for name in ("SGD", "Adam", "AdamW", "Adagrad") for o in
      ("foreach", "differentiable")],
    *[(name, dict(betas=b)) for name in ("Adam", "AdamW") for b in ((0, 0.9), (0.9, 0))],
    ("SGD", dict(momentum=-0.1)),
    ("SGD", dict(nesterov=True)),
    ("SGD", dict(nesterov=True, momentum=0.9, dampening=0.1)),
    ("RMSprop", dict(momentum=-0.1)),
    ("RMSprop", dict(alpha=-0.1)),
    ("Adagrad", dict(lr_decay=-0.1)),
    ("Adagrad", dict(initial_accumulator_value=-0.1)),
    ("Adadelta", dict(rho=1.1)),
    ("Adadelta", dict(rho=-0.1)),
    ("NAdam", dict(momentum_decay=-0.1)),
    ("Rprop", dict(etas=(1.0, 1.2))),
    ("Rprop", dict(etas=(0.5, 1.0))),
    ("Rprop", dict(etas=(0.0, 1.2))),
    ("Adafactor", dict(beta2_decay=0.1)),
    ("Adafactor", dict(eps=(-1.0, 1.0))),
    ("Adafactor", dict(eps=(None, -1.0))),
    ("Adafactor", dict(d=0.5)),
    ("Muon", dict(momentum=-0.1)),
    ("Muon", dict(adjust_lr_fn="mine")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options"), REFUSED, ids=str)
def test_refused_options(name, options):
    def program(torch):
        getattr(torch.optim, name)([torch.ones(2, 2, requires_grad=True)], **options)

    same_on_both(program)
    with pytest.raises((ValueError, RuntimeError)):
        program(edutorch)


@pytest.mark.parametrize("name", ALL)
def test_a_tensor_of_rates_is_refused(name):
    def program(torch):
        getattr(torch.optim, name)([torch.ones(2, 2, requires_grad=True)], lr=torch.tensor([0.1, 0.2]))

    same_on_both(program)
    with pytest.raises(ValueError, match="1-element"):
        program(edutorch)


@pytest.mark.parametrize(
    "make",
    [
        lambda torch, p: torch.optim.Adam([p], lr=torch.tensor(0.1), foreach=True),
        lambda torch, p: torch.optim.Adam([p], betas=(torch.tensor(0.9), torch.tensor(0.9)), foreach=True),
        lambda torch, p: torch.optim.Adam([p], betas=(torch.tensor([0.9, 0.8]), torch.tensor(0.9))),
        lambda torch, p: torch.optim.Adam([p], betas=(torch.tensor(0.9), torch.tensor([0.9, 0.9]))),
        lambda torch, p: torch.optim.Adam([p], betas=(torch.tensor(0.9), 0.9)),
        lambda torch, p: torch.optim.Muon([p[0].detach()]),
        lambda torch, p: torch.optim.Muon([p], ns_steps=100).step(),
        lambda torch, p: torch.optim.Muon([p], ns_coefficients=(1.0, 2.0)).step(),
        lambda torch, p: torch.optim.SGD([p * 1]),
        lambda torch, p: torch.optim.SGD([("a", p)]).add_param_group({"params": [torch.ones(1)]}),
        lambda torch, p: torch.optim.SGD([p]).add_param_group({"params": [("a", torch.ones(1))]}),
    ],
)
def test_refused_combinations(make):
    def program(torch):
        p = torch.ones(2, 2, requires_grad=True)
        p.grad = torch.ones(2, 2)
        make(torch, p)

    same_on_both(program)
    with pytest.raises((ValueError, RuntimeError)):
        program(edutorch)


@pytest.mark.parametrize("name", [name for name in RULES if name not in ("SGD", "Adagrad", "Adafactor", "Muon")])
def test_capturable_is_for_the_gpu(name):
    messages = []
    for torch in (edutorch, oracle):
        p = torch.ones(2, 2, requires_grad=True)
        p.grad = torch.ones(2, 2)
        with pytest.raises(AssertionError) as refusal:
            getattr(torch.optim, name)([p], capturable=True).step()
        messages.append(str(refusal.value).partition(":")[0])
    assert messages[0] == messages[1]


# ---------------------------------------------------------------- options that are Tensors


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("shape", [(), (1,)])
def test_a_tensor_as_learning_rate(name, shape):
    def program(torch):
        params, loss, _ = network(torch, name)
        params = [p for p in params if p.ndim == 2]
        optimizer = getattr(torch.optim, name)(params, lr=torch.full(shape, 0.01))
        for step in range(4):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()
            if step == 1:
                optimizer.param_groups[0]["lr"].fill_(0.02)
        return params, optimizer.state_dict()

    same_on_both(program, rtol=1e-3)


def test_tensors_as_betas_and_weight_decay():
    def program(torch):
        params, loss, _ = network(torch, "Adam")
        adam = torch.optim.Adam(params, betas=(torch.tensor(0.5), torch.tensor([0.6])))
        train(adam, loss, 3)
        sgd = torch.optim.SGD(params, lr=0.1, weight_decay=torch.tensor(0.1))
        train(sgd, loss, 3)
        return params, repr(adam), adam.state_dict()

    same_on_both(program, rtol=1e-4)


@pytest.mark.parametrize("name", ["SGD", "Adam", "NAdam", "ASGD", "Adagrad"])
def test_counts_follow_the_default_dtype(name):
    def program(torch):
        torch.set_default_dtype(torch.float64)
        try:
            p = torch.ones(2, 2, requires_grad=True)
            optimizer = getattr(torch.optim, name)([p], lr=0.1)
            train(optimizer, lambda: p.square().sum(), 2)
        finally:
            torch.set_default_dtype(torch.float32)
        return p, optimizer.state_dict()

    same_on_both(program)


@pytest.mark.parametrize("name", [name for name in RULES if name != "Muon"])
@pytest.mark.parametrize("options", [dict(foreach=True), dict(foreach=False)], ids=str)
def test_foreach_makes_no_difference(name, options):
    def program(torch):
        params, loss, make = network(torch, name)
        optimizer = make(**options)
        train(optimizer, loss, 3)
        return params, optimizer.state_dict()

    same_on_both(program, rtol=1e-3)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Adagrad"])
def test_fused_makes_no_difference(name):
    def program(torch):
        params, loss, make = network(torch, name)
        optimizer = make(fused=True)
        train(optimizer, loss, 3)
        return params, optimizer.state_dict()

    same_on_both(program, rtol=1e-3)


# ---------------------------------------------------------------- steps that are recorded

DIFFERENTIABLE = [name for name in RULES if name not in ("Adafactor", "Muon")]


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_flow_through_steps(name, steps):
    """The final parameters have gradients with respect to the first ones, to the gradients and to the rate."""

    def program(torch):
        start = torch.tensor([[0.5, -1.0], [2.0, 0.3]], dtype=torch.float64, requires_grad=True)
        slopes = torch.tensor([[1.0, -2.0], [0.5, 0.1]], dtype=torch.float64, requires_grad=True)
        p = start.clone()
        optimizer = getattr(torch.optim, name)([p], lr=0.1, differentiable=True)
        for step in range(steps):
            p.grad = slopes * (step + 1)
            optimizer.step()
        p.sin().sum().backward()
        # what is remembered is part of the graph too; but Rprop's step sizes depend on the gradient's sign alone
        return p, start.grad, slopes.grad, None if name == "Rprop" else optimizer.state_dict()

    same_on_both(program, rtol=1e-3 if "Adam" in name else 1e-6)  # PyTorch's Adam corrects in float32 then


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "NAdam", "RAdam"])
def test_the_rate_has_a_gradient(name):
    def program(torch):
        rate = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
        p = torch.tensor([0.5, -1.0], dtype=torch.float64, requires_grad=True).clone()
        optimizer = getattr(torch.optim, name)([p], lr=rate, weight_decay=0.1, differentiable=True)
        p.grad = torch.tensor([1.0, -2.0], dtype=torch.float64)
        with torch.no_grad():  # recorded all the same
            optimizer.step()
        p.square().sum().backward()
        return p, rate.grad

    same_on_both(program, rtol=1e-5)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_a_recorded_step_refuses_leaves(name):
    def program(torch):
        p = torch.ones(2, requires_grad=True)
        p.grad = torch.ones(2)
        getattr(torch.optim, name)([p], differentiable=True).step()

    same_on_both(program)


# ---------------------------------------------------------------- what all optimizers share


def test_parameters_given_twice_have_pytorchs_numbers():
    def program(torch):
        p, q = (torch.ones(1, requires_grad=True) for _ in range(2))
        return torch.optim.SGD([{"params": [p, p]}, {"params": [q]}], lr=0.1).state_dict()

    same_on_both(program, compare_warnings=True)


def test_a_parameter_that_keeps_its_gradient_may_be_no_leaf():
    def program(torch):
        p = torch.ones(2, requires_grad=True) * 2
        p.retain_grad()
        optimizer = torch.optim.SGD([p], lr=0.1)
        p.sum().backward()
        optimizer.step()
        return p

    same_on_both(program)


def test_an_optimizer_of_ones_own():
    def program(torch):
        class SignDescent(torch.optim.Optimizer):
            def __init__(self, params, lr):
                super().__init__(params, dict(lr=lr))

            @torch.no_grad()
            def step(self, closure=None):
                for group in self.param_groups:
                    for p in group["params"]:
                        self.state[p]["calls"] = self.state[p].get("calls", 0) + 1
                        p -= group["lr"] * p.grad.sign()

        p = torch.tensor([1.0, -2.0], requires_grad=True)
        optimizer, seen = SignDescent([p], lr=0.5), []
        optimizer.register_step_post_hook(lambda *_: seen.append(p.tolist()))
        train(optimizer, lambda: p.square().sum(), 2)
        return p, seen, repr(optimizer), optimizer.state_dict()

    same_on_both(program)


def test_threads_step_at_the_same_time():
    """Warnings are off in a context that only one thread can use at a time; the others manage without."""
    from concurrent.futures import ThreadPoolExecutor

    def run(seed):
        p = edutorch.full((200_000,), float(seed)).requires_grad_()
        optimizer = edutorch.optim.Adam([p], lr=0.1)
        for _ in range(20):
            p.grad = edutorch.ones(200_000)
            optimizer.step()
        return p[0].item()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(8))) == pytest.approx([seed - 2 for seed in range(8)], abs=1e-4)


@pytest.mark.parametrize("name", RULES)
def test_steps_to_infinity_make_no_noise(name):
    p = edutorch.full((2, 2), 1e38).requires_grad_()
    p.grad = edutorch.tensor([[3e38, -3e38], [float("inf"), float("nan")]])
    optimizer = getattr(edutorch.optim, name)([p], lr=1e30)
    optimizer.step()
    optimizer.step()


@pytest.mark.parametrize("name", RULES)
def test_a_step_is_a_write(name):
    """A graph that saved the old weights refuses to go backward after the step."""

    p = edutorch.ones(2, 2, requires_grad=True)
    y = (p * p).sum()
    y.backward(retain_graph=True)
    getattr(edutorch.optim, name)([p]).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_a_required_option_must_be_given():
    def program(torch):
        from importlib import import_module

        required = import_module(torch.__name__ + ".optim.optimizer").required
        w = torch.nn.Parameter(torch.ones(2))
        given = torch.optim.Optimizer([{"params": [w], "lr": 0.5}], {"lr": required, "momentum": 0})
        shown = repr(required), given.param_groups[0]["lr"], given.defaults["momentum"]
        torch.optim.Optimizer([w], {"lr": required})
        return shown

    same_on_both(program)


def test_the_required_options_sign():
    from edutorch.optim.optimizer import required

    assert repr(required) == "<required parameter>"
