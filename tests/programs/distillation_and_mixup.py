"""Tricks of training: mixup and cutmix with warm restarts, then a small network taught by a large one."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(5)
np.random.seed(5)
X = torch.tensor(load_digits().images, dtype=torch.float32)[:, None] / 16
Y = torch.tensor(load_digits().target)


def cnn(width):
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(width, width, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d((2, 2)),
        nn.Flatten(),
        nn.Linear(4 * width, 10),
    )


def mixup(x, y, alpha=1.0):
    lam = np.random.beta(alpha, alpha) if alpha > 0 else 1
    index = torch.randperm(x.size()[0])
    return lam * x + (1 - lam) * x[index, :], y, y[index], lam


def cutmix(x, y):
    width, height, lam = x.size(2), x.size(3), np.random.beta(1.0, 1.0)
    cut = np.sqrt(1.0 - lam)
    half_w, half_h = int(width * cut) // 2, int(height * cut) // 2
    cx, cy = np.random.randint(width), np.random.randint(height)
    x1, x2 = np.clip(cx - half_w, 0, width), np.clip(cx + half_w, 0, width)
    y1, y2 = np.clip(cy - half_h, 0, height), np.clip(cy + half_h, 0, height)
    index = torch.randperm(x.size(0))
    x = x.clone()
    x[:, :, x1:x2, y1:y2] = x[index, :, x1:x2, y1:y2]
    return x, y, y[index], 1 - (x2 - x1) * (y2 - y1) / (width * height)


class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0, alpha=None, reduction="mean"):
        super().__init__()
        self.gamma, self.reduction = gamma, reduction
        self.register_buffer("alpha", alpha)

    def forward(self, logits, target):
        log_p = F.log_softmax(logits, -1).gather(1, target.view(-1, 1)).view(-1)
        loss = -((1 - log_p.exp()) ** self.gamma) * log_p
        if self.alpha is not None:
            loss = self.alpha.gather(0, target) * loss
        return loss.mean() if self.reduction == "mean" else loss.sum()


class LabelSmoothing(nn.Module):
    def __init__(self, smoothing=0.1):
        super().__init__()
        self.smoothing = smoothing

    def forward(self, x, target):
        log_p = F.log_softmax(x, dim=-1)
        nll = -log_p.gather(dim=-1, index=target.unsqueeze(1)).squeeze(1)
        return ((1.0 - self.smoothing) * nll + self.smoothing * -log_p.mean(dim=-1)).mean()


teacher = cnn(16)
optimizer = torch.optim.SGD(teacher.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=4, T_mult=2)
criterion = nn.CrossEntropyLoss()
for step in range(10):
    i = torch.randint(len(X), (64,))
    x, a, b, lam = mixup(X[i], Y[i]) if step % 2 else cutmix(X[i], Y[i])
    output = teacher(x)
    loss = lam * criterion(output, a) + (1 - lam) * criterion(output, b)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step(step + 1)
    print(f"{step} {loss.item():.4f} lr {optimizer.param_groups[0]['lr']:.5f}")

student = cnn(4)
optimizer = torch.optim.Adam(student.parameters(), 1e-2, weight_decay=1e-4)
focal, smooth = FocalLoss(alpha=torch.linspace(0.5, 1, 10)), LabelSmoothing()
divergence = nn.KLDivLoss(reduction="batchmean")
temperature, share = 4.0, 0.7
teacher.eval()
for step in range(6):
    x, y = X[step * 64 : (step + 1) * 64], Y[step * 64 : (step + 1) * 64]
    with torch.no_grad():
        wise = teacher(x)
    said = student(x)
    soft = divergence(F.log_softmax(said / temperature, 1), F.softmax(wise / temperature, 1))
    loss = soft * (share * temperature**2) + F.cross_entropy(said, y, label_smoothing=0.1) * (1 - share)
    loss = loss + 0.1 * focal(said, y) + 0.1 * smooth(said, y) + 0.1 * criterion(said, F.one_hot(y, 10).float())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{step} soft {soft:.5f} focal {focal(said, y):.4f} smooth {smooth(said, y):.4f} all {loss.item():.4f}")

with torch.no_grad():
    predicted = student(X).argmax(1)
confusion = torch.zeros(10, 10, dtype=torch.int64)
for truth, guess in zip(Y.view(-1), predicted.view(-1)):
    confusion[truth.long(), guess.long()] += 1
print(torch.bincount(Y * 10 + predicted, minlength=100).reshape(10, 10).equal(confusion), confusion.sum(1))
