"""Mini-batch descent with randperm: shuffles, splits, standardising, early stopping."""

import torch
from torch import nn

torch.manual_seed(123)
x = torch.randn(100, 4) * torch.tensor([1.0, 5.0, 0.1, 20.0]) + torch.tensor([0.0, 3.0, -1.0, 50.0])
y = (x * torch.tensor([2.0, -0.5, 10.0, 0.1])).sum(1, keepdim=True) + 0.3 * torch.randn(100, 1)
order = torch.randperm(len(x))
train, valid = order[:80], order[80:]
print(order[:10], len(train), len(valid))
mean, std = x[train].mean(0), x[train].std(0)
print(mean, std)
x = (x - mean) / std
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
best, patience = float("inf"), 0
for epoch in range(30):
    total = 0.0
    for batch in train[torch.randperm(len(train))].split(16):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    with torch.no_grad():
        error = nn.functional.mse_loss(model(x[valid]), y[valid]).item()
    if epoch % 5 == 0:
        print(f"{epoch:2d} train {total / len(train):.4f} valid {error:.4f}")
    if error < best - 1e-3:
        best, patience = error, 0
    else:
        patience += 1
        if patience == 3:
            print("stopped at", epoch)
            break
print(model.weight, model.bias)
print(
    [len(c) for c in torch.arange(10).chunk(4)],
    [c.tolist() for c in torch.arange(10).split(4)],
    torch.arange(10).tensor_split(3),
)
