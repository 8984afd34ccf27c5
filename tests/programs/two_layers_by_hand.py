"""A network of two layers: forward and backward by hand, then the same gradients from autograd."""

import torch
from torch import nn

torch.manual_seed(0)
batch, d_in, hidden, d_out = 16, 10, 20, 3
x = torch.randn(batch, d_in)
y = torch.randn(batch, d_out)
w1 = torch.randn(d_in, hidden) / d_in**0.5
w2 = torch.randn(hidden, d_out) / hidden**0.5

v1, v2 = w1.clone().requires_grad_(), w2.clone().requires_grad_()
for step in range(30):
    h = x @ w1
    a = h.clamp(min=0)
    prediction = a @ w2
    loss = (prediction - y).pow(2).sum() / batch
    d_prediction = 2.0 * (prediction - y) / batch
    d_w2 = a.t().mm(d_prediction)
    d_a = d_prediction.mm(w2.t())
    d_h = d_a.clone()
    d_h[h < 0] = 0
    d_w1 = x.t().mm(d_h)

    other = (torch.relu(x @ v1) @ v2 - y).pow(2).sum() / batch
    other.backward()
    if step % 10 == 0:
        print(
            f"{step:2d} {loss.item():.4f} {other.item():.4f}",
            torch.allclose(v1.grad, d_w1, atol=1e-5),
            torch.allclose(v2.grad, d_w2, atol=1e-5),
        )
    w1 -= 0.05 * d_w1
    w2 -= 0.05 * d_w2
    with torch.no_grad():
        v1 -= 0.05 * v1.grad
        v2 -= 0.05 * v2.grad
    v1.grad, v2.grad = None, None
print(prediction[:2])

torch.manual_seed(5)
model = nn.Sequential(nn.Linear(d_in, hidden), nn.ReLU(), nn.Linear(hidden, d_out))
print(model)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
for step in range(30):
    loss = nn.MSELoss(reduction="sum")(model(x), y) / batch
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print(f"{step:2d} {loss.item():.4f}", f"{model[0].weight.grad.norm():.4f}")
for name, p in model.named_parameters():
    print(name, tuple(p.shape), f"{p.mean():.4f} {p.std():.4f}")
print(model[2].bias, model(x).argmax(1))
