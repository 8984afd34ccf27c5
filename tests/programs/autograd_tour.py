"""Gradients, from one number to hooks, Jacobians and Hessians."""

import torch

x = torch.tensor(2.0, requires_grad=True)
y = x**3 + 2 * x
print(x, y, y.grad_fn, x.grad_fn, x.is_leaf, y.is_leaf, y.requires_grad, x.grad)
y.backward()
print(x.grad)
(x**2).backward()
print(x.grad)
x.grad.zero_()
print(x.grad)
x.grad = None

v = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
u = v * v
print(u, u.grad_fn.next_functions, u.grad_fn.name())
u.backward(torch.tensor([1.0, 10.0, 100.0]))
print(v.grad)
try:
    (v * 2).backward()
except RuntimeError as error:
    print(str(error).splitlines()[0])

z = (v**2).sum()
z.backward(retain_graph=True)
z.backward()
print(v.grad)
try:
    z.backward()
except RuntimeError as error:
    print(str(error)[:57])

with torch.no_grad():
    print((v * 2).requires_grad, torch.is_grad_enabled())
with torch.enable_grad():
    print((v * 2).requires_grad)
print((v.detach() * 2).requires_grad, v.detach(), v.data, v.requires_grad_(False), v.requires_grad_())


@torch.no_grad()
def evaluate(t):
    return t * 2


print(evaluate(v).requires_grad)
with torch.inference_mode():
    frozen = v * 2
print(frozen.is_inference(), frozen.requires_grad)
with torch.set_grad_enabled(False):
    print((v + 1).grad_fn)

middle = v * 3
middle.retain_grad()
seen = []
handle = middle.register_hook(lambda g: seen.append(g.clone()))
v.grad = None
doubled = v.register_hook(lambda g: g * 2)
middle.pow(2).sum().backward()
print(middle.grad, seen, v.grad, middle.is_leaf)
handle.remove()
doubled.remove()

g = torch.autograd.grad((v**3).sum(), v, create_graph=True)[0]
print(g)
print(torch.autograd.grad(g.sum(), v))
a, b = torch.tensor(1.0, requires_grad=True), torch.tensor(2.0, requires_grad=True)
print(torch.autograd.grad(a * b, (a, b)), torch.autograd.grad(a * 2, (a, b), allow_unused=True))
try:
    torch.autograd.grad(a * 2, (a, b))
except RuntimeError as error:
    print(str(error).splitlines()[0][:70])


def f(t):
    return torch.stack([t[0] * t[1], t[1].sin() + t[2] ** 2])


point = torch.tensor([1.0, 0.0, 3.0])
print(torch.autograd.functional.jacobian(f, point))
print(torch.autograd.functional.hessian(lambda t: (t[0] * t[1] * t[2]) + t[0] ** 3, point))
print(torch.autograd.functional.vjp(f, point, torch.ones(2)), torch.autograd.functional.jvp(f, point, torch.ones(3)))
print(torch.autograd.functional.hvp(lambda t: (t**3).sum(), point, torch.ones(3)))
print(torch.autograd.gradcheck(lambda t: t.sin() * t, torch.ones(3, dtype=torch.double, requires_grad=True)))

for name in ["abs", "relu", "sqrt", "sign", "floor", "clone", "mean", "prod", "norm", "max", "std", "logsumexp"]:
    t = torch.tensor([0.0, 1.0, -2.0, 4.0], requires_grad=True)
    out = getattr(t, name)(0) if name == "logsumexp" else getattr(t, name)()
    out.sum().backward()
    print(name, out.grad_fn, t.grad)

k = torch.tensor(0.5, requires_grad=True)
print(
    torch.where(k > 0, k, k * 0),
    k.clamp(0, 1),
    torch.stack([k, k]),
    torch.cat([k[None], k[None]]),
    k.expand(2),
    k[None].repeat(2),
    k.view(1),
    k.double(),
    k.item(),
)
print(repr(torch.nn.Parameter(torch.ones(2))), torch.ones(1, requires_grad=True) + torch.ones(1))
loss = 0
for n in range(4):
    if n % 2:
        loss = loss + k**n
loss.backward()
print(k.grad)
