"""Gradient descent on a polynomial of one variable, by hand, with momentum, and from several starts at once."""

import torch


def f(x):
    return x**4 - 3 * x**3 + 2


x = torch.tensor(4.0, requires_grad=True)
for step in range(40):
    y = f(x)
    y.backward()
    with torch.no_grad():
        x -= 0.01 * x.grad
    x.grad.zero_()
    if step % 8 == 0:
        print(f"step {step:2d}  x = {x.item():.4f}  f = {y.item():.4f}")
print(x)

x = torch.tensor(4.0, requires_grad=True)
velocity = torch.zeros(())
for step in range(40):
    (slope,) = torch.autograd.grad(f(x), x)
    velocity = 0.8 * velocity + slope
    x = (x - 0.003 * velocity).detach().requires_grad_()
print(f"{x.item():.4f} {f(x):.4f}", x.requires_grad, x.is_leaf)

starts = torch.linspace(-1, 4, 6, requires_grad=True)
optimizer = torch.optim.SGD([starts], lr=0.01)
for step in range(60):
    optimizer.zero_grad()
    loss = f(starts).sum()
    loss.backward()
    optimizer.step()
print(starts)
print(f"{loss.item():.4f}", optimizer.param_groups[0]["lr"], len(optimizer.param_groups))
print(optimizer)
