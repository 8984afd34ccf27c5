"""Programs in the style of beginners' guides to PyTorch print the same on edutorch, to the letter.

They cover what such guides say of tensors, automatic differentiation and the training of linear layers.
"""

from __future__ import annotations

import pytest

from tests.twins import on_edutorch, printed

pytest.importorskip("torch")

A_MATRIX = """
import torch

matrix = torch.tensor([[5, 6], [7, 8]])
print(matrix)
print(matrix.shape, matrix.dtype, matrix[0], matrix[:, 1], matrix.T)
print(matrix + 10, matrix * matrix, matrix @ matrix, matrix.float() / 2, matrix.sum())
"""

A_SLOPE = """
import torch

x = torch.tensor(3.0, requires_grad=True)
y = x ** 2
print(y)
y.backward()
print(x.grad)
"""

A_LINE_OF_SCALARS = """
import torch

w = torch.tensor(2.0)
b = torch.tensor(0.5)

x = torch.tensor([1.0])
y = torch.tensor([3.0])

output = w * x + b
print(output, output.shape, y - output, (y - output).abs().item())
"""

A_LINE_WITH_GRADIENTS = """
import torch

w = torch.tensor(1.0, requires_grad=True)
b = torch.tensor(0.0, requires_grad=True)
x = torch.tensor([1.0, 2.0, 3.0, 4.0])
y = torch.tensor([3.0, 5.0, 7.0, 9.0])

for step in range(5):
    loss = ((w * x + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= 0.05 * w.grad
        b -= 0.05 * b.grad
    w.grad.zero_()
    b.grad.zero_()
    print(f"Step {step + 1}, Loss: {loss.item():.4f}, w: {w.item():.4f}, b: {b.item():.4f}")
print(w, b, loss)
"""

THE_CHAIN_RULE_FOR_A_LAYER = """
import torch

torch.manual_seed(0)
W = torch.randn(2, 3, requires_grad=True)
b = torch.zeros(2, requires_grad=True)
x = torch.tensor([1.0, -1.0, 0.5])
y = W @ x + b
loss = (y ** 2).sum()
loss.backward()
print(y, loss)
print(W.grad, torch.allclose(W.grad, torch.outer(2 * y, x)))
print(b.grad, torch.equal(b.grad, 2 * y.detach()))
"""

A_NETWORK = """
import torch
import torch.nn as nn


class MyNetwork(nn.Module):
    def __init__(self):
        super(MyNetwork, self).__init__()
        self.fc1 = nn.Linear(784, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = self.fc2(x)
        return x


torch.manual_seed(0)
net = MyNetwork()
print(net)
print([(name, tuple(p.shape)) for name, p in net.named_parameters()], sum(p.numel() for p in net.parameters()))
print(net.fc1.weight[0, :4], net.fc2.bias)

images = torch.randn(5, 784)
labels = torch.randint(0, 10, (5,))
print(images.mean(), labels)
outputs = net(images)
print(outputs.shape, outputs[0], outputs.argmax(dim=1))
"""

A_NETWORK_WITHOUT_ACTIVATIONS = """
import torch
import torch.nn as nn


class MyModel(nn.Module):
    def __init__(self):
        super(MyModel, self).__init__()
        self.layer1 = nn.Linear(10, 20)
        self.layer2 = nn.Linear(20, 30)

    def forward(self, x):
        x = self.layer1(x)
        x = self.layer2(x)
        return x


torch.manual_seed(1)
model = MyModel()
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
inputs, targets = torch.randn(8, 10), torch.randn(8, 30)
num_epochs = 5
for epoch in range(num_epochs):
    for i in range(0, 8, 4):
        optimizer.zero_grad()
        outputs = model(inputs[i : i + 4])
        loss = criterion(outputs, targets[i : i + 4])
        loss.backward()
        optimizer.step()
    print(f"Epoch {epoch + 1}, Loss: {loss.item():.4f}")
print(model, criterion, optimizer, model.layer2.bias.grad[:5])
"""

A_TRAINING_LOOP_WITH_MOMENTUM = """
import torch
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(2)
x = torch.randn(100, 3)
y = x @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.1 * torch.randn(100, 1)

net = nn.Linear(3, 1)
criterion = nn.MSELoss()
optimizer = optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
for epoch in range(50):
    outputs = net(x)
    loss = criterion(outputs, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if (epoch + 1) % 10 == 0:
        print(f'Epoch {epoch + 1}, Loss: {loss.item():.4f}')
print(net.weight, net.bias)
net.eval()
with torch.no_grad():
    print(net(torch.ones(2, 3)), net.training)
"""

A_DATA_SET = """
import torch


class CustomDataset:
    def __init__(self, data, labels):
        self.data = data
        self.labels = labels

    def __len__(self):
        return len(self.data)

    def __getitem__(self, idx):
        return self.data[idx], self.labels[idx]


torch.manual_seed(3)
data = torch.randn(1000, 3)
labels = torch.randint(0, 10, (1000,))
dataset = CustomDataset(data, labels)
print(len(dataset), dataset[0], dataset[-1][1].item(), dataset[torch.tensor([1, 2])][0].shape)
print(labels.bincount(), data.mean(0), data.std(0), data.view(-1, 30).shape, data[:2])
print(torch.device("cpu"), data.to(torch.device("cpu")).device)
"""

PROGRAMS = {name: value for name, value in globals().items() if name.isupper()}


@pytest.mark.parametrize("name", PROGRAMS)
def test_prints_the_same(name):
    expected = printed(PROGRAMS[name])
    assert expected
    assert printed(on_edutorch(PROGRAMS[name])) == expected
