"""What print shows: precision, width, long tensors, options, special values, gradients."""

import torch

print(
    torch.tensor([0.1, 22.22, -333.333]),
    torch.tensor([1e-5, 1.0]),
    torch.tensor([123456.789, 0.001]),
    torch.tensor([1.0, 2.0, 3.0]),
)
print(torch.arange(1001), torch.arange(2000.0).view(2, 1000), torch.zeros(3, 0, 2), torch.zeros(1, 1, 1))
print(
    torch.arange(40.0),
    torch.rand(2, 2) > 2,
    torch.tensor([float("nan"), 1.0, -float("inf")]),
    torch.tensor(True),
    torch.tensor(-0.0),
)
print(
    torch.arange(24).view(2, 3, 4),
    torch.full((2, 3), 1e6),
    torch.full((2,), 1e9),
    torch.tensor([[1.5, float("inf")], [0, 2]]),
)
torch.set_printoptions(precision=2)
print(torch.tensor([1 / 3, 100.0]), torch.tensor(1 / 7))
torch.set_printoptions(sci_mode=True)
print(torch.tensor([1 / 3, 100.0]))
torch.set_printoptions(profile="default", sci_mode=None)
torch.set_printoptions(threshold=5, edgeitems=1)
print(torch.arange(10), torch.arange(36).view(6, 6))
torch.set_printoptions(linewidth=40, threshold=1000)
print(torch.arange(30))
torch.set_printoptions(profile="default")
x = torch.ones(2, requires_grad=True)
print(x, x * 2, x.sum(), (x * 2).detach(), x[0], x.view(2, 1), [x, x * 2], {"a": x.exp()}, (x, 1))
print(
    f"{x}",
    f"{x.detach()[0]}",
    f"{x.detach()[0]:.2f}",
    f"{x.sum():8.3f}",
    str(x),
    repr(x.double() * 2),
    f"{x.shape} {x.dtype} {x.device}",
)
print(
    torch.tensor([1, 2], dtype=torch.int8),
    torch.tensor([1.0], dtype=torch.half),
    torch.tensor([1.0], dtype=torch.float64),
    torch.tensor([2], dtype=torch.int32),
)
print(
    torch.max(torch.tensor([[1, 5], [7, 2]]), 1),
    torch.tensor([3, 1, 2]).sort(),
    torch.tensor([3, 1, 2]).topk(2),
    torch.tensor([1.0, 3.0]).median(0),
)
print(torch.device("cpu"), repr(torch.device("cuda:1")), torch.float32, torch.Size([1, 2]), torch.Size([]))
