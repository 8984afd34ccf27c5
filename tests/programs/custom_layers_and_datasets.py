"""A data set, a layer, a loss and a schedule of one's own, put together in the usual training loop."""

import math

import torch
from torch import nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, Dataset, Subset, WeightedRandomSampler


class Spirals(Dataset):
    def __init__(self, n=90, classes=3, transform=None):
        self.n, self.classes, self.transform = n, classes, transform

    def __len__(self):
        return self.n

    def __getitem__(self, idx):
        k, r = idx % self.classes, (idx // self.classes) / (self.n // self.classes)
        angle = 4 * r + 2 * math.pi * k / self.classes
        sample = {"x": torch.tensor([r * math.sin(angle), r * math.cos(angle)]), "label": k, "name": f"point {idx}"}
        return self.transform(sample) if self.transform else sample


class Scale(object):
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, sample):
        return {**sample, "x": sample["x"] * self.factor}


class RBF(nn.Module):
    def __init__(self, in_features, centres):
        super().__init__()
        self.centres = nn.Parameter(torch.randn(centres, in_features))
        self.log_width = nn.Parameter(torch.zeros(centres))
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))

    def forward(self, x):
        self.calls += 1
        return torch.exp(-torch.cdist(x, self.centres).pow(2) * self.log_width.exp())

    def extra_repr(self):
        return f"centres={len(self.centres)}"


class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0):
        super().__init__()
        self.gamma = gamma

    def forward(self, logits, target):
        ce = nn.functional.cross_entropy(logits, target, reduction="none")
        return ((1 - torch.exp(-ce)) ** self.gamma * ce).mean()


torch.manual_seed(5)
dataset = Spirals(transform=Scale(2.0))
print(len(dataset), dataset[4])
first = next(iter(DataLoader(dataset, batch_size=4)))
print(first["x"].shape, first["label"], first["name"])

weights = torch.tensor([1.0, 2.0, 3.0])[torch.tensor([dataset[i]["label"] for i in range(len(dataset))])]
sampler = WeightedRandomSampler(weights, num_samples=60, replacement=True)
loader = DataLoader(dataset, batch_size=16, sampler=sampler, drop_last=True)
model = nn.Sequential(RBF(2, 12), nn.Linear(12, 3))
print(model)
optimizer = torch.optim.AdamW(
    [{"params": model[0].parameters(), "lr": 0.05, "weight_decay": 0.0}, {"params": model[1].parameters()}], lr=0.01
)
scheduler = lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 5))
plateau = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5)
criterion = FocalLoss()
for epoch in range(3):
    total = 0.0
    for batch in loader:
        optimizer.zero_grad()
        loss = criterion(model(batch["x"]), batch["label"])
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item()
    print(f"epoch {epoch}: {total / len(loader):.4f}, lr {[round(g['lr'], 5) for g in optimizer.param_groups]}")
plateau.step(1.0)
plateau.step(2.0)
print([round(g["lr"], 5) for g in optimizer.param_groups])
print({k: tuple(v.shape) for k, v in model.state_dict().items()}, model[0].calls)
held_out = Subset(dataset, range(0, 90, 7))
with torch.no_grad():
    hits = [model(d["x"][None]).argmax(1).item() == d["label"] for d in (held_out[i] for i in range(len(held_out)))]
print(len(held_out), sum(hits) > len(hits) / 3)
