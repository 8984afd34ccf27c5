"""One step of meta-learning: the gradient of the loss after a step of descent goes through that step."""

import torch

torch.manual_seed(0)


def model(w, x):
    return torch.tanh(x @ w[0]) @ w[1]


weights = [(0.5 * torch.randn(1, 8)).requires_grad_(), (0.5 * torch.randn(8, 1)).requires_grad_()]
rate = torch.tensor(0.1, requires_grad=True)


def task(phase):
    x = torch.linspace(-2, 2, 10)[:, None]
    return x, torch.sin(x + phase)


for outer in range(15):
    meta_loss = 0
    for phase in (0.0, 0.5, 1.0):
        x, y = task(phase)
        inner = (model(weights, x) - y).square().mean()
        gradients = torch.autograd.grad(inner, weights, create_graph=True)
        adapted = [w - rate * g for w, g in zip(weights, gradients)]
        meta_loss = meta_loss + (model(adapted, x) - y).square().mean()
    found = torch.autograd.grad(meta_loss, [*weights, rate])
    with torch.no_grad():
        for t, g in zip([*weights, rate], found):
            t -= 0.05 * g
    if outer % 5 == 0:
        print(f"{outer:2d} meta-loss {meta_loss.item():.4f} rate {rate.item():.4f}")
print(weights[1].T, rate)

x = torch.tensor([0.5, -1.0], requires_grad=True)
penalty = torch.autograd.grad((x**3).sum(), x, create_graph=True)[0].norm()
penalty.backward()
print(penalty, x.grad)
y = x
for _ in range(3):
    (g,) = torch.autograd.grad((y**2).sum() + (y * x).sum(), y, create_graph=True)
    y = y - 0.1 * g
print(y, torch.autograd.grad(y.sum(), x))
