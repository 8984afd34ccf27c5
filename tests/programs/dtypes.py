"""Which type a result has, and what conversions do."""

import torch

names = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"]
for a in names:
    row = [torch.promote_types(getattr(torch, a), getattr(torch, b)) for b in names]
    print(f"{a:9}", *(str(d).removeprefix("torch.") for d in row))

print(torch.tensor([1, 2.5]).dtype, torch.tensor([True, 2]).dtype, torch.tensor(3).dtype, torch.tensor([]).dtype)
print(torch.float is torch.float32, torch.long is torch.int64, torch.double, torch.half, torch.short, torch.int)
print((torch.tensor([1, 2]) / 2).dtype, (torch.tensor([1, 2]) // 2).dtype, (torch.tensor([1, 2]) * 2.0).dtype)
print((torch.ones(2) * torch.tensor(2.0, dtype=torch.float64)).dtype, (torch.ones(2) * torch.ones(2).double()).dtype)
print(
    (torch.ones(2, dtype=torch.half) + 1).dtype,
    (torch.ones(2, dtype=torch.int8) + 1).dtype,
    (torch.ones(2, dtype=torch.uint8) + 1.5).dtype,
)
print(
    torch.ones(3, dtype=torch.bool).sum().dtype,
    torch.ones(3, dtype=torch.int8).sum(),
    torch.ones(3, dtype=torch.int32).cumsum(0).dtype,
)
print(
    torch.result_type(torch.ones(1, dtype=torch.int8), 1.0),
    torch.can_cast(torch.float, torch.int),
    torch.can_cast(torch.int, torch.float),
    torch.is_floating_point(torch.ones(1)),
)

x = torch.tensor([-1.7, 0.0, 2.9])
print(
    x.int(),
    x.long(),
    x.bool(),
    x.half(),
    x.double(),
    x.to(torch.int16),
    x.type(torch.int8),
    x.to("cpu"),
    x.bfloat16(),
    x.float() is x,
)
print(
    torch.tensor([250, 300]).to(torch.uint8),
    torch.tensor([127], dtype=torch.int8) + 1,
    torch.tensor([200], dtype=torch.uint8) + torch.tensor([100], dtype=torch.uint8),
)
print(
    x.type(),
    x.int().type(),
    x.bool().type(),
    x.to(torch.float64).type(),
    x.type_as(torch.ones(1).long()),
    x.to(torch.ones(1).half()).dtype,
)
print(
    torch.finfo(torch.float32).eps,
    torch.finfo(torch.float16).max,
    torch.iinfo(torch.int8).min,
    torch.iinfo(torch.int64).max,
    torch.finfo(torch.bfloat16).tiny,
)
print(
    torch.float32.is_floating_point,
    torch.int32.is_floating_point,
    torch.int8.is_signed,
    torch.uint8.is_signed,
    torch.float16.itemsize,
    torch.tensor(1.0).element_size(),
)
print(
    torch.tensor([0.1], dtype=torch.float64),
    torch.tensor([0.1]).double(),
    torch.tensor([0.1]).double().item(),
    torch.tensor(0.1).item(),
)
print(
    torch.tensor([1.0, 1e-8, 1e8]),
    torch.tensor([1e10, 1.0]),
    torch.tensor([float("inf"), float("nan"), 1.0]),
    torch.tensor([1.0, 100000.0, 0.0001]),
)
print(
    torch.tensor([1 / 3, 2 / 3], dtype=torch.float16),
    torch.tensor([1 / 3, 1000.5], dtype=torch.bfloat16),
    torch.tensor([1 / 3], dtype=torch.float64),
)
print(
    torch.tensor(2**24, dtype=torch.float32) + 1,
    torch.tensor(2048.0, dtype=torch.float16) + 1,
    torch.tensor(256.0, dtype=torch.bfloat16) + 1,
)
print(
    torch.tensor([65504.0], dtype=torch.half) * 2,
    torch.tensor([1e-8], dtype=torch.half),
    torch.tensor(0.1) + torch.tensor(0.2) == 0.3,
)

print(torch.get_default_dtype())
torch.set_default_dtype(torch.float64)
print(torch.ones(2), torch.tensor(1.5).dtype, torch.tensor([1, 2]) / 3)
torch.set_default_dtype(torch.float32)

for text in """
torch.ones(2) @ torch.ones(2).double()
torch.ones(2, 2).long() @ torch.ones(2, 2)
torch.tensor([1, 2]).mean()
torch.ones(2).long().add_(0.5)
torch.ones(2).bool() - torch.ones(2).bool()
torch.tensor([1, 2], requires_grad=True)
~torch.ones(2)
torch.ones(2) & torch.ones(2)
torch.tensor([1, 2]).softmax(0)
torch.arange(3).sqrt()
torch.ones(2).bool() + True
-torch.tensor([1], dtype=torch.uint8)
-torch.tensor([True])
torch.ones(3).long().std()
torch.tensor([3, 4]).norm()
torch.tensor(['a'])
torch.tensor([[1, 2], [3]])
torch.tensor([None])
""".strip().splitlines():
    try:
        print(text, eval(text))
    except (RuntimeError, TypeError, ValueError) as error:
        print(text, type(error).__name__, str(error).splitlines()[0])
