"""Fine-tuning: a network learns one task, its last layer is replaced, and first only that layer learns another."""

import copy
import io

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
features = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(8 * 3 * 3, 16), nn.Tanh()
)
model = nn.Sequential()
model.add_module("features", features)
model.add_module("fc", nn.Linear(16, 4))

x = torch.rand(128, 1, 8, 8)
y = (x[:, 0, :4].mean((1, 2)) > x[:, 0, 4:].mean((1, 2))).long() * 2 + (x[:, 0, :, :4].sum((1, 2)) > 16).long()
loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)


def train_model(model, optimizer, scheduler, criterion, loader, epochs):
    best_wts = copy.deepcopy(model.state_dict())
    best_acc = 0.0
    for epoch in range(epochs):
        model.train()
        running_loss, running_corrects = 0.0, 0
        for inputs, labels in loader:
            optimizer.zero_grad()
            with torch.set_grad_enabled(True):
                outputs = model(inputs)
                _, preds = torch.max(outputs, 1)
                loss = criterion(outputs, labels)
                loss.backward()
                optimizer.step()
            running_loss += loss.item() * inputs.size(0)
            running_corrects += torch.sum(preds == labels.data)
        scheduler.step()
        epoch_loss = running_loss / len(loader.dataset)
        epoch_acc = running_corrects.double() / len(loader.dataset)
        print(f"{epoch}: Loss {epoch_loss:.4f} Acc {epoch_acc:.2f}")
        if epoch_acc > best_acc:
            best_acc = epoch_acc
            best_wts = copy.deepcopy(model.state_dict())
    model.load_state_dict(best_wts)
    return model


optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
model = train_model(model, optimizer, scheduler, nn.CrossEntropyLoss(), loader, 3)
buffer = io.BytesIO()
torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}, buffer)

buffer.seek(0)
checkpoint = torch.load(buffer, weights_only=True)
print(sorted(checkpoint), checkpoint["epoch"], list(checkpoint["model"]))
for param in model.parameters():
    param.requires_grad = False
num_ftrs = model.fc.in_features
model.fc = nn.Linear(num_ftrs, 2)
print([name for name, p in model.named_parameters() if p.requires_grad])
before = model.features[0].weight.clone()
loader = DataLoader(TensorDataset(x, (y > 1).long()), batch_size=32, shuffle=True)
optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.1, momentum=0.9)
model = train_model(
    model, optimizer, torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9), nn.CrossEntropyLoss(), loader, 2
)
print(torch.equal(before, model.features[0].weight))
for param in model.features.parameters():
    param.requires_grad_(True)
optimizer = torch.optim.SGD(
    [{"params": model.features.parameters(), "lr": 1e-3}, {"params": model.fc.parameters()}], lr=1e-1
)
model = train_model(
    model, optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10), nn.CrossEntropyLoss(), loader, 2
)
print(torch.equal(before, model.features[0].weight), [round(g["lr"], 6) for g in optimizer.param_groups])
