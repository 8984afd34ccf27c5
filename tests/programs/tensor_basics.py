"""A first walk: making tensors, looking at them, computing with them."""

import torch

x = torch.tensor([[1, 2, 3], [4, 5, 6]])
print(x)
print(x.shape, x.size(), x.size(0), x.ndim, x.dim(), x.numel(), len(x))
print(x.dtype, x.device, x.layout, x.is_contiguous(), x.stride(), x.storage_offset())
print(type(x).__name__, x.type(), isinstance(x, torch.Tensor), torch.is_tensor(x), torch.is_tensor([1]))

print(torch.zeros(2, 3), torch.ones(2, dtype=torch.int32), torch.full((2, 2), 7), torch.full((2,), 0.5))
print(torch.empty(0), torch.eye(3), torch.arange(5), torch.arange(1, 2, 0.25), torch.arange(10, 0, -3))
print(torch.linspace(0, 1, 5), torch.logspace(0, 2, 3), torch.zeros_like(x), torch.ones_like(x, dtype=torch.float))
print(torch.full_like(x, 9), torch.tensor(3.5), torch.tensor([]), torch.tensor([[]]), torch.tensor([True, False]))

a = torch.tensor([1.0, 2.0, 3.0])
b = torch.tensor([4.0, 5.0, 6.0])
print(a + b, a - b, a * b, a / b, a**2, b % 2, b // 2, -a)
print(a @ b, torch.dot(a, b), a.sum(), a.mean(), a.std(), a.var(), a.max(), a.min(), a.prod(), a.norm())
print(a.add(b), torch.add(a, b, alpha=10), torch.sub(a, b), torch.mul(a, 2), torch.div(a, b), a.pow(3), a.sqrt())
print(a.exp(), a.log(), a.sin(), a.tanh(), a.sigmoid(), a.abs(), a.neg(), a.reciprocal(), a.rsqrt())
print(a > 2, a == b, (a < b).all(), (a > 2).any(), a.eq(2), torch.equal(a, a.clone()), torch.allclose(a, a + 1e-9))

m = torch.arange(12).reshape(3, 4)
print(m, m.T, m.t(), m.view(2, 6), m.view(-1), m.flatten(), m.reshape(4, -1))
print(
    m.sum(),
    m.sum(0),
    m.sum(dim=1),
    m.sum(dim=1, keepdim=True),
    m.float().mean(dim=0),
    m.max(dim=1),
    m.argmax(),
    m.argmin(dim=0),
)
print(
    m.unsqueeze(0).shape, m.unsqueeze(-1).shape, m[None].squeeze().shape, m.permute(1, 0).shape, m.transpose(0, 1).shape
)
print(m.cumsum(0), m.cumprod(1), m.diff(), m.flip(0), m.roll(1, 1))

print(torch.cat([a, b]), torch.stack([a, b]), torch.stack([a, b], dim=1), torch.cat((m, m), dim=1).shape)
print(torch.chunk(m, 2), torch.split(m, [1, 3], dim=1), m.unbind())
print(a[0].item(), a.tolist(), m.tolist(), int(m[1, 2]), float(a[1]), bool(a[0]))
print(f"{a[0]:.3f} {m[0, 1]:>4d} {a[1].item():.1e} {a.sum()}", str(a[2]))

for row in m:
    print(row, row.sum().item())
print([v.item() for v in a], list(a), 2 in m, 99 in m)
print(sum(a), max(a), min(a), sorted(a, reverse=True), abs(-a), round(a[0].item()), pow(a, 2), divmod(7, 2))
print(
    torch.tensor([1.5, -2.5]).round(),
    torch.tensor([1.7, -1.7]).trunc(),
    torch.tensor([1.2, -1.2]).ceil(),
    torch.tensor([1.2, -1.2]).floor(),
)
print(torch.clamp(a, 1.5, 2.5), a.clamp(min=2), a.clamp(max=2), torch.where(a > 1.5, a, -a), torch.maximum(a, b - 3))

u = a.numpy()
u[0] = 100
print(a, torch.from_numpy(u), torch.as_tensor(u) is a, a.data_ptr() == torch.from_numpy(u).data_ptr())
c = a.clone()
c[0] = -1
print(a, c)
print(
    repr(torch.Size([2, 3])),
    torch.Size([2, 3]) == (2, 3),
    x.shape[0],
    x.shape[-1],
    x.shape[:1],
    tuple(x.shape),
    x.shape.numel(),
)
print(torch.pi, torch.e, torch.inf, -torch.inf, torch.nan)
