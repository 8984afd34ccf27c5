"""A run that stops and is resumed: model, optimizer, schedules and random states continue as if it had not stopped."""

import os
import random
import tempfile

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

images, labels = load_digits(return_X_y=True)
dataset = TensorDataset(torch.as_tensor(images[:500], dtype=torch.float32) / 16, torch.as_tensor(labels[:500]).long())


class Run:
    def __init__(self):
        self.model = nn.Sequential(
            nn.Linear(64, 32, bias=False), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 10)
        )
        self.optimizer = optim.Adam(self.model.parameters(), lr=3e-3, amsgrad=True)
        warm = optim.lr_scheduler.LinearLR(self.optimizer, 0.1, total_iters=3)
        decay = optim.lr_scheduler.ExponentialLR(self.optimizer, 0.9)
        self.scheduler = optim.lr_scheduler.SequentialLR(self.optimizer, [warm, decay], milestones=[3])
        self.plateau = optim.lr_scheduler.ReduceLROnPlateau(self.optimizer, mode="min", factor=0.5, patience=0)

    def parts(self):
        return {name: part for name, part in vars(self).items() if hasattr(part, "state_dict")}

    def train(self, epoch):
        self.model.train()
        total = 0.0
        for x, y in DataLoader(dataset, batch_size=100, shuffle=True):
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.model(x + 0.1 * torch.randn_like(x)), y)
            loss.backward()
            self.optimizer.step()
            total += loss.item()
        self.scheduler.step()
        self.plateau.step(total)
        rate = self.optimizer.param_groups[0]["lr"]
        return f"{epoch} {total:.4f} lr {rate:.6f} random {random.random():.4f} {np.random.rand():.4f}"

    def save(self, path, epoch):
        state = {name: part.state_dict() for name, part in self.parts().items()}
        state["random"] = torch.get_rng_state(), np.random.get_state(), random.getstate()
        torch.save({"epoch": epoch, **state}, path)

    def resume(self, path):
        checkpoint = torch.load(path, map_location="cpu", weights_only=False)
        for name, part in self.parts().items():
            print(name, part.load_state_dict(checkpoint[name]))
        for restore, state in zip((torch.set_rng_state, np.random.set_state, random.setstate), checkpoint["random"]):
            restore(state)
        print(sorted(checkpoint["optimizer"]["state"][0]), checkpoint["optimizer"]["param_groups"][0]["betas"])
        return checkpoint["epoch"]


torch.manual_seed(0)
random.seed(0)
np.random.seed(0)
run, lines = Run(), []
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "checkpoint.pth.tar")
    for epoch in range(5):
        lines.append(run.train(epoch))
        if epoch == 1:
            run.save(path, epoch)
    torch.manual_seed(99)  # another day
    random.seed(5)
    resumed = Run()
    first = resumed.resume(path) + 1
again = [resumed.train(epoch) for epoch in range(first, 5)]
print("\n".join(lines))
print("the same continuation:", lines[first:] == again)
print(all(torch.equal(a, b) for a, b in zip(run.model.state_dict().values(), resumed.model.state_dict().values())))
