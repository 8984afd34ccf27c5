"""`torch.func.functional_call`: a module with other weights than its own."""

import pytest

from tests.twins import same_on_both

CALLS = {
    "all weights": lambda t, m: t.func.functional_call(m, {"weight": t.eye(2), "bias": t.zeros(2)}, t.ones(1, 2)),
    "strict": lambda t, m: t.func.functional_call(m, {"weight": t.eye(2)}, t.ones(1, 2), strict=True),
    "unknown": lambda t, m: t.func.functional_call(m, {"w": t.eye(2), "a": t.eye(2)}, t.ones(1, 2), strict=True),
    "unknown child": lambda t, m: t.func.functional_call(m, {"w.a": t.eye(2)}, t.ones(1, 2)),
    "twice": lambda t, m: t.func.functional_call(m, [{"bias": t.ones(2)}, {"bias": t.ones(2)}], t.ones(1, 2)),
    "two": lambda t, m: t.func.functional_call(m, ({"bias": t.ones(2)}, {"weight": t.eye(2)}), (t.ones(1, 2),)),
    "no dict": lambda t, m: t.func.functional_call(m, 5, t.ones(1, 2)),
    "no dicts": lambda t, m: t.func.functional_call(m, [5], t.ones(1, 2)),
    "no tensor": lambda t, m: t.func.functional_call(m, {"weight": 5}, t.ones(1, 2)),
    "no bias": lambda t, m: t.func.functional_call(m, {"bias": None, "weight": t.eye(2)}, t.ones(1, 2)),
    "no arguments": lambda t, m: t.func.functional_call(m, {}),
    "by name": lambda t, m: t.func.functional_call(m, {"bias": t.ones(2)}, kwargs={"input": t.ones(2)}),
    "wrong shape": lambda t, m: t.func.functional_call(m, {"weight": t.ones(3, 3)}, t.ones(1, 2)),
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_calls(call):
    same_on_both(lambda torch: call(torch, torch.nn.Linear(2, 2).requires_grad_(False)) if torch.manual_seed(0) else 0)


def test_the_module_is_as_it_was():
    def program(torch):
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
        before = [(name, id(p)) for name, p in model.named_parameters()]
        weights = {"1.running_mean": torch.ones(2), "0.weight": torch.eye(2), "1.extra": torch.ones(1)}
        torch.func.functional_call(model, weights, torch.randn(3, 2))
        with pytest.raises(RuntimeError):
            torch.func.functional_call(model, weights, torch.randn(3, 5))
        same = before == [(name, id(p)) for name, p in model.named_parameters()]
        return same, list(model.state_dict()), hasattr(model[1], "extra"), weights, model[1].running_mean

    same_on_both(program)


def test_gradients_flow_through_computed_weights():
    def program(torch):
        torch.manual_seed(0)
        model = torch.nn.Sequential(
            torch.nn.Conv2d(1, 2, 3), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.Linear(8, 1)
        )
        x, names = torch.randn(3, 1, 4, 4), [name for name, _ in model.named_parameters()]
        weights = dict(model.named_parameters())
        losses = []
        for _ in range(3):
            loss = torch.func.functional_call(model, weights, x).square().mean()
            gradients = torch.autograd.grad(loss, list(weights.values()), create_graph=True)
            weights = {n: p - 0.1 * g for n, p, g in zip(names, weights.values(), gradients, strict=True)}
            losses.append(loss)
        sum(losses).backward()
        return losses, [p.grad for p in model.parameters()]

    same_on_both(program, rtol=1e-4)


@pytest.mark.parametrize("tie", [True, False])
def test_tied_weights(tie):
    def program(torch):
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
        model[1].weight = model[0].weight
        call = torch.func.functional_call
        one = call(model, {"0.weight": torch.eye(2)}, torch.ones(2), tie_weights=tie)
        return one, call(
            model, {"0.weight": torch.eye(2), "1.weight": torch.zeros(2, 2)}, torch.ones(2), tie_weights=tie
        )

    same_on_both(program)
