"""Every way to read and write parts of a tensor."""

import torch

x = torch.arange(24).reshape(2, 3, 4)
print(x[0], x[0, 1], x[0, 1, 2], x[-1, -1, -1])
print(x[:, 1], x[..., 0], x[0, ..., 0], x[:, :, ::2], x[1:, 1:, 1:], x[:, -2:], x[0, :, 1:3])
print(x[None].shape, x[:, None].shape, x[..., None].shape, x[0, None, :, None].shape, x[()].shape, x[...].shape)
print(x[[0, 1]].shape, x[[0, 1], [2, 0]], x[:, [2, 0]].shape, x[[0, 1], :, [1, 2]], x[0, [0, 2], 1:3])
print(
    x[torch.tensor([1, 0, 1])].shape,
    x[torch.tensor([[0], [1]]), torch.tensor([0, 2])].shape,
    x[..., torch.tensor([0, -1])],
)
print(x[x > 20], x[x % 5 == 0], x[torch.tensor([True, False])].shape, x[:, torch.tensor([True, False, True])].shape)
print(x[0][1][2], x[(0, 1)], x[0, torch.tensor(1)], x[torch.tensor(0)].shape, x[True].shape, x[False].shape)
print((x > 20).nonzero(), torch.nonzero(x > 21, as_tuple=True), torch.argwhere(x == 23), torch.where(x > 21))
print(x.take(torch.tensor([0, 5, -1])), torch.masked_select(x, x < 3), x.index_select(2, torch.tensor([3, 0])))
print(x[0].gather(1, torch.tensor([[0], [1], [2]])), torch.take_along_dim(x[0], torch.tensor([[3], [2], [1]]), dim=1))
print(
    x.select(1, 2),
    x.narrow(2, 1, 2),
    x[0].diagonal(),
    x[0, :, :3].diag(),
    x[0].triu(),
    x[0].tril(-1),
    x.unfold(2, 2, 2).shape,
)

y = torch.zeros(3, 4)
y[0] = 1
y[1, 2] = 5
y[:, 3] = torch.tensor([7.0, 8.0, 9.0])
y[2, :2] = torch.tensor(-1)
print(y)
y[y > 6] = 0
y[[0, 1], [0, 1]] = torch.tensor([10.0, 20.0])
y[..., -1] += 3
y[torch.tensor([2, 2])] *= 2
print(y)
y[y < 0] = y[y < 0] * -10
y[None, 1] = 4
y[:2] = y[1:].clone()
print(y)
y[1:2, :] = torch.arange(4)
y[0, 1:3].fill_(0.5)
y[:, 0].zero_()
print(y)
y[torch.tensor([True, False, True])] = torch.tensor([1.0, 2.0, 3.0, 4.0])
y[1][2] = 42
print(y)

z = torch.zeros(5, dtype=torch.long)
z[[1, 1, 3]] += 1
print(z, z.index_add(0, torch.tensor([1, 1, 3]), torch.tensor([1, 1, 1])), z.scatter(0, torch.tensor([0, 4]), 9))
print(z.scatter_add(0, torch.tensor([1, 1, 3]), torch.ones(3, dtype=torch.long)), z.index_fill(0, torch.tensor([0]), 8))
print(
    z.masked_fill(z == 0, -1),
    z.index_put((torch.tensor([0, 0]),), torch.tensor([2, 3]), accumulate=True),
    z.index_copy(0, torch.tensor([4]), torch.tensor([6])),
)
one_hot = torch.zeros(3, 4).scatter_(1, torch.tensor([[2], [0], [3]]), 1.0)
print(one_hot, torch.eye(4)[[2, 0, 3]])

v = x[0]
v[0, 0] = 100
w = x[[0]]
w[0, 0, 0] = -100
print(x[0, 0, 0], w[0, 0, 0], v._is_view(), w._is_view(), x[0].data_ptr() == x.data_ptr())

for bad in """
x[2]
x[0, 3]
x[0, 0, 0, 0]
x[5:7].shape
x[0, -4]
x[torch.tensor([3])]
x[1.5]
x['a']
x[torch.tensor([True])]
x[::-1]
x[[0, 1], [0, 1, 2]]
x[torch.tensor([0.5])]
x[..., ...]
""".strip().splitlines():
    try:
        print(bad, eval(bad))
    except (IndexError, TypeError, ValueError, RuntimeError) as error:
        print(bad, type(error).__name__, str(error).splitlines()[0].split(". ")[0].split(";")[0])
