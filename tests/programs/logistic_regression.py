"""Logistic regression by hand: sigmoid, cross-entropy, descent; then accuracy."""

import torch

torch.manual_seed(1)
n = 60
centres = torch.tensor([[2.0, 2.0], [-1.0, -2.0]])
labels = torch.randint(0, 2, (n,))
points = centres[labels] + torch.randn(n, 2)
print(points[:3], labels[:8], labels.bincount())

w = torch.zeros(2, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
target = labels.float()
for epoch in range(50):
    p = torch.sigmoid(points @ w + b)
    loss = -(target * p.log() + (1 - target) * torch.log(1 - p)).mean()
    loss.backward()
    with torch.no_grad():
        for parameter in (w, b):
            parameter -= 0.5 * parameter.grad
            parameter.grad = None
    if epoch % 10 == 0:
        print(f"epoch {epoch:2d}: loss {loss.item():.4f}")
print(w, b)
with torch.no_grad():
    predicted = (torch.sigmoid(points @ w + b) > 0.5).long()
print("accuracy", (predicted == labels).float().mean().item(), f"{(predicted == labels).sum().item()}/{n}")
confusion = torch.zeros(2, 2, dtype=torch.long)
for t, p in zip(labels, predicted):
    confusion[t, p] += 1
print(confusion, confusion.diag() / confusion.sum(1))
