"""One straight line, five ways: closed form, gradient by hand, autograd, an optimiser, and layers."""

import torch
from torch import nn

torch.manual_seed(42)
x = torch.rand(40, 1) * 10
y = 3 * x + 4 + torch.randn(40, 1)

design = torch.cat([x, torch.ones_like(x)], dim=1)
solution = torch.linalg.lstsq(design, y).solution
print("closed form", solution.flatten(), torch.linalg.solve(design.T @ design, design.T @ y).flatten())

w, b = torch.zeros(1), torch.zeros(1)
for _ in range(200):
    error = x * w + b - y
    w = w - 0.02 * 2 * (error * x).mean()
    b = b - 0.02 * 2 * error.mean()
print("by hand", w, b)

w, b = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
for _ in range(200):
    loss = ((x * w + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= 0.02 * w.grad
        b -= 0.02 * b.grad
    w.grad.zero_()
    b.grad.zero_()
print("autograd", w, b, f"{loss.item():.4f}")

w, b = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([{"params": [w]}, {"params": [b], "lr": 0.05}], lr=0.01, momentum=0.5)
for _ in range(200):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(x * w + b, y)
    loss.backward()
    optimizer.step()
print("optimiser", w.data, b.data, f"{loss:.4f}")

model = nn.Linear(1, 1)
print(model, model.weight, model.bias, [(n, p.shape) for n, p in model.named_parameters()])
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
for epoch in range(100):
    prediction = model(x)
    loss = criterion(prediction, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if (epoch + 1) % 20 == 0:
        print(f"Epoch [{epoch + 1}/100], Loss: {loss.item():.4f}")
print("layers", model.state_dict())
model.eval()
with torch.no_grad():
    print(model(torch.tensor([[5.0]])), model.training, sum(p.numel() for p in model.parameters()))
print(criterion, prediction.grad_fn, loss)


class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.randn(1))
        self.offset = nn.Parameter(torch.zeros(1))
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, x):
        self.calls += 1
        return x * self.slope + self.offset


line = Line()
optimizer = torch.optim.SGD(line.parameters(), lr=0.02)
for _ in range(150):
    loss = criterion(line(x), y)
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
print("own module", line.slope, line.calls, line, list(line.state_dict()))
copy = Line()
print(copy.load_state_dict(line.state_dict()), torch.equal(copy.slope, line.slope))
