"""Every optimizer with the options that change its steps: (class name, options). All tests of rules go through them."""

from __future__ import annotations

import itertools


def crossed(name, **choices):
    """Return a case for each combination of the choices."""
    for values in itertools.product(*choices.values()):
        yield name, dict(zip(choices, values, strict=True))


DECAYS = (0, 0.1)
CASES = [
    *crossed("SGD", momentum=(0, 0.9), dampening=(0, 0.3), weight_decay=DECAYS, maximize=(False, True)),
    *crossed("SGD", momentum=(0.9,), nesterov=(True,), weight_decay=DECAYS, maximize=(False, True)),
    *crossed("Adam", weight_decay=DECAYS, amsgrad=(False, True), maximize=(False, True)),
    ("Adam", dict(weight_decay=0.1, decoupled_weight_decay=True, betas=(0.8, 0.9), eps=1e-3)),
    *crossed("AdamW", weight_decay=(0, 0.3), amsgrad=(False, True), maximize=(False, True)),
    *crossed("RMSprop", momentum=(0, 0.9), centered=(False, True), weight_decay=DECAYS, maximize=(False, True)),
    ("RMSprop", dict(alpha=0.3, eps=1e-2)),
    *crossed("Adagrad", lr_decay=(0, 0.1), initial_accumulator_value=(0, 0.5), weight_decay=DECAYS),
    ("Adagrad", dict(maximize=True, eps=1e-3)),
    *crossed("Adadelta", rho=(0.9, 0.5), weight_decay=DECAYS, maximize=(False, True)),
    *crossed("Adamax", betas=((0.9, 0.999), (0.5, 0.6)), weight_decay=DECAYS, maximize=(False, True)),
    *crossed("NAdam", weight_decay=DECAYS, decoupled_weight_decay=(False, True), momentum_decay=(4e-3, 0.5)),
    ("NAdam", dict(maximize=True)),
    *crossed("RAdam", weight_decay=DECAYS, decoupled_weight_decay=(False, True), betas=((0.9, 0.999), (0.9, 0.5))),
    ("RAdam", dict(maximize=True)),
    *crossed("ASGD", weight_decay=DECAYS, t0=(1e6, 5), lambd=(1e-4, 0.5), maximize=(False, True)),
    *crossed("Rprop", etas=((0.5, 1.2), (0.3, 2.0)), step_sizes=((1e-6, 50), (1e-3, 0.02)), maximize=(False, True)),
    *crossed("Adafactor", weight_decay=DECAYS, d=(1.0, 2.0), eps=((None, 1e-3), (0.1, 0.5)), maximize=(False, True)),
    ("Adafactor", dict(beta2_decay=-0.3)),
    *crossed("Muon", nesterov=(True, False), adjust_lr_fn=(None, "match_rms_adamw")),
    ("Muon", dict(ns_steps=3, ns_coefficients=(2.0, -1.5, 0.5), momentum=0.5, weight_decay=0.5)),
]
RULES = sorted({name for name, _ in CASES})


def label(case):
    """Return a case's name in the tests' output."""
    name, options = case
    return "-".join([name, *(f"{k}={v}" for k, v in options.items() if v)])


def network(torch, name, dtype="float32", sign=1):
    """Return a small network's parameters, its loss as a function, and an optimizer with two groups.

    One parameter gets no gradient. Muon takes matrices only.
    """
    d = getattr(torch, dtype)
    w = torch.linspace(-1, 1, 12, dtype=d).reshape(4, 3).requires_grad_()
    b = torch.tensor([0.5, -0.5, 0.25, 0.0], dtype=d, requires_grad=True)
    u = torch.linspace(0.5, -0.5, 8, dtype=d).reshape(2, 4).requires_grad_()
    idle = torch.ones(2, 2, dtype=d, requires_grad=True)
    x = torch.linspace(0, 2, 15, dtype=d).reshape(5, 3)

    def loss():
        return sign * (((x @ w.T + b).tanh() @ u.T) - 0.3).square().mean()

    first = [w, idle] if name == "Muon" else [w, b, idle]
    return (
        [w, b, u, idle],
        loss,
        lambda **options: getattr(torch.optim, name)(
            [{"params": first}, {"params": [u], "lr": 0.01}], lr=0.02, **options
        ),
    )


def train(optimizer, loss, steps, see=lambda: None):
    """Go some steps, change the rates after each, and return what was seen."""
    seen = []
    for step in range(steps):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        seen.append(see())
        for group in optimizer.param_groups:
            group["lr"] *= 0.97 if step % 2 else 1.05
    return seen
