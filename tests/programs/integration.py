"""Integrals: sums, the trapezoid rule, Simpson's, Monte Carlo; and sums of series."""

import torch

x = torch.linspace(0, torch.pi, 1001, dtype=torch.float64)
y = torch.sin(x)
h = x[1] - x[0]
print(f"{(y[:-1] * h).sum():.8f} {torch.trapezoid(y, x):.8f} {torch.trapz(y, dx=h.item()):.8f}")
print(f"{h / 3 * (y[0] + 4 * y[1:-1:2].sum() + 2 * y[2:-2:2].sum() + y[-1]):.8f}")
running = torch.cumsum((y[1:] + y[:-1]) / 2 * h, 0)
print(running[::200], (running - (1 - x[1:].cos())).abs().max() < 1e-5)
torch.manual_seed(0)
dots = torch.rand(20000, 2)
inside = dots.square().sum(1) <= 1
print(4 * inside.float().mean(), f"{4 * inside.double().mean().item():.4f}", inside.sum())
estimates = 4 * inside.view(20, 1000).float().mean(1)
print(estimates.mean(), estimates.std(), torch.std_mean(estimates), torch.var_mean(estimates, correction=0))
n = torch.arange(1, 11)
print(
    (1 / n).sum(),
    (1.0 / n**2).cumsum(0),
    (-1.0) ** n,
    n.cumprod(0),
    torch.tensor(2) ** n,
    2.0**-n,
    n.double().log().sum().exp(),
)
print(torch.lgamma(torch.tensor(5.0)).exp(), torch.erf(torch.tensor([0.0, 0.5, 1.0])))
t = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
grid = torch.linspace(0, 1, 101, dtype=torch.float64)
integral = torch.trapezoid(torch.exp(-t * grid**2), grid)
integral.backward()
print(integral.detach(), t.grad)
normal = torch.randn(10000)
edges = torch.linspace(-3, 3, 7)
print(
    normal.mean(),
    normal.var(),
    torch.histc(normal, 6, -3, 3),
    torch.histogram(normal, edges).hist,
    normal[normal.abs() < 1].numel(),
)
