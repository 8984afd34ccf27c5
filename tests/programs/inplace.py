"""Writing in place: who sees it, and when autograd objects."""

import torch

x = torch.ones(2, 3)
y = x
z = x.view(3, 2)
x.add_(1)
print(y, z, x is y, x._version)
x = x + 1
print(x, y)
x += 1
print(
    x.mul_(2).sub_(1),
    x.zero_(),
    x.fill_(3),
    x.clamp_(0, 2),
    x.uniform_(1, 1 + 1e-9).round_(),
    x.sqrt_(),
    x.neg_(),
    x.abs_(),
)
x.copy_(torch.arange(3))
print(
    x,
    x.t_().shape,
    x.unsqueeze_(0).shape,
    x.squeeze_().shape,
    x.transpose_(0, 1).shape,
    x.relu_(),
    x.pow_(2),
    x.div_(2),
)
x.masked_fill_(x > 1, -1).index_fill_(1, torch.tensor([0]), 9)
print(
    x,
    x.exp_().log_().round_(),
    x.add_(torch.ones(3), alpha=2),
    x.addcmul_(x, x, value=0.1),
    x.lerp_(torch.zeros(3), 0.5),
)
i = torch.arange(4)
i //= 2
i %= 2
i |= 4
i ^= 1
i <<= 1
print(i, i.bitwise_and_(6), i.remainder_(4), i.view(2, 2).fill_diagonal_(0))
try:
    i /= 2
except RuntimeError as error:
    print(str(error).splitlines()[0])


def tries(name, action):
    try:
        print(name, action())
    except RuntimeError as error:
        print(name, str(error).splitlines()[0].split(". ")[0].split(" [torch")[0])


w = torch.ones(3, requires_grad=True)


def write_leaf():
    w.add_(1)


def write_view_of_leaf():
    w[0] = 5


def write_saved():
    y = w.exp()
    y += 1
    y.sum().backward()


def write_not_saved():
    y = w * 2
    y += 1
    y.sum().backward()
    return w.grad


def write_data():
    w.data[0] = 7
    with torch.no_grad():
        w[1] = 8
    return w


def write_detached():
    y = w.sigmoid()
    y.detach().zero_()
    y.sum().backward()


def write_base_then_view():
    base = w * 1
    part = base[1:]
    base.mul_(10)
    w.grad = None
    part.sum().backward()
    return w.grad, part.grad_fn, base.grad_fn


def write_view_then_base():
    base = torch.zeros(3)
    base[1] = w[1] * 3
    w.grad = None
    (base * 2).sum().backward()
    return base, w.grad, base.requires_grad


def running_product():
    y = w * 1
    total = torch.zeros(())
    for k in range(3):
        total += y[k] ** 2
    w.grad = None
    total.backward()
    return total, w.grad


for action in (write_leaf, write_view_of_leaf, write_saved, write_not_saved, write_data, write_detached,
               write_base_then_view, write_view_then_base, running_product):  # fmt: skip
    tries(action.__name__, action)

a = torch.zeros(2, 2)
a[0], a[1] = a[1].clone() + 1, a[0].clone() + 2
print(a)
a[:, [0, 1]] = a[:, [1, 0]] * torch.tensor([1.0, 3.0])
print(a, a.expand(2, 2, 2).shape)
tries("expanded", lambda: torch.zeros(1).expand(3).add_(1))
b = torch.arange(6.0).view(2, 3)
b.t()[0] = 50
b.flatten()[0] = -1
b.T.flatten()[0] = -2
print(b, torch.add(b, 1, out=torch.empty(0)), torch.ones(3, out=torch.empty(3)))
