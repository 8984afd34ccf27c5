"""Newton's method: roots by one derivative, minima by the Hessian."""

import torch
from torch.autograd.functional import hessian, jacobian

x = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
for step in range(6):
    value = x**3 - 2 * x - 5
    (slope,) = torch.autograd.grad(value, x)
    with torch.no_grad():
        x -= value / slope
    print(step, f"{x.item():.10f} {value.item():.3e}")
print(x)


def rosenbrock(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


p = torch.tensor([-1.2, 1.0], dtype=torch.float64)
for step in range(8):
    g, h = jacobian(rosenbrock, p), hessian(rosenbrock, p)
    p = p - torch.linalg.solve(h, g)
    print(step, [f"{v:.4f}" for v in p.tolist()], f"{rosenbrock(p):.4e}", torch.linalg.eigvalsh(h).gt(0).all().item())
print(hessian(rosenbrock, torch.tensor([1.0, 1.0])))


def system(v):
    a, b = v
    return torch.stack((a**2 + b**2 - 4, a * b - 1))


v = torch.tensor([2.0, 0.0])
for _ in range(6):
    v = v - torch.linalg.solve(jacobian(system, v), system(v))
print(v, system(v).abs().max() < 1e-5)

t = torch.tensor(0.3, requires_grad=True)
derivatives, current = [], t.sin()
for _ in range(5):
    derivatives.append(current.item())
    (current,) = torch.autograd.grad(current, t, create_graph=True)
print([f"{d:.4f}" for d in derivatives], current.grad_fn is not None)
