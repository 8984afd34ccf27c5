"""How shapes meet: aligned from the right, ones stretch."""

import torch

column = torch.arange(3).reshape(3, 1)
row = torch.arange(4)
print(column + row)
print((column + row).shape, torch.broadcast_shapes((3, 1), (4,)), torch.broadcast_shapes((5, 1, 4), (3, 1), ()))
print(column.expand(3, 4), column.expand(-1, 2).stride(), row.expand(2, 4).stride())
print(torch.broadcast_to(row, (2, 4)), [t.shape for t in torch.broadcast_tensors(column, row)])
a, b = torch.meshgrid(torch.arange(2), torch.arange(3), indexing="ij")
print(a, b)
print(torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([3, 4])), torch.outer(row, row))

for left, right in [
    ((2, 3), (3,)),
    ((2, 3), (2,)),
    ((4, 1, 3), (2, 1)),
    ((3,), (4,)),
    ((2, 3), (3, 2)),
    ((0, 3), (3,)),
    ((1,), (0,)),
]:
    try:
        print(left, right, (torch.zeros(left) + torch.zeros(right)).shape)
    except RuntimeError as error:
        print(left, right, str(error).splitlines()[0])

data = torch.tensor([[1.0, 200.0], [2.0, 400.0], [3.0, 600.0]])
standard = (data - data.mean(0)) / data.std(0)
print(standard, standard.mean(0).abs() < 1e-6, standard.std(0))
print(data / data.sum(1, keepdim=True))
try:
    print(data / data.sum(1))
except RuntimeError as error:
    print(str(error).splitlines()[0])

points = torch.tensor([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
gaps = points[:, None, :] - points[None, :, :]
print(gaps.shape, (gaps**2).sum(-1).sqrt())
print(
    row.repeat(2),
    row.repeat(2, 2),
    row.tile(2),
    row.repeat_interleave(2),
    torch.tensor([1, 2]).repeat_interleave(torch.tensor([3, 1])),
)
image = torch.ones(2, 3, 2, 2)
print((image * torch.tensor([1.0, 10.0, 100.0]).view(1, 3, 1, 1))[0])

w = torch.ones(3, 1, requires_grad=True)
v = torch.ones(4, requires_grad=True)
(w * v * torch.arange(12.0).view(3, 4)).sum().backward()
print(w.grad, v.grad)
x = torch.zeros(2, 3)
x += torch.tensor([1.0, 2.0, 3.0])
print(x)
try:
    torch.zeros(3).add_(torch.zeros(2, 3))
except RuntimeError as error:
    print(str(error).splitlines()[0])
print(torch.where(torch.tensor([[True], [False]]), torch.tensor([1, 2, 3]), torch.tensor(0)))
print(torch.tensor([[1], [2]]) == torch.tensor([1, 2]), torch.maximum(column, row))
