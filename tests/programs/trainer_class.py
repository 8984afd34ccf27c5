"""Training in the style of a framework: a module that knows its steps, a trainer that knows the loop."""

import logging
import math
import sys
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, TensorDataset, random_split

log = logging.getLogger("fit")
log.handlers = [logging.StreamHandler(sys.stdout)]
log.setLevel(logging.INFO)


class Classifier(nn.Module):
    def __init__(self, channels: int = 8, classes: int = 10):
        super().__init__()
        self.history = defaultdict(list)
        self.net = nn.Sequential(
            OrderedDict(
                [
                    ("stem", nn.Conv2d(1, channels, 3, padding="same", bias=False)),
                    ("norm", nn.GroupNorm(4, channels)),
                    ("act", nn.GELU()),
                    ("down", nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1, bias=False)),
                    ("norm2", nn.BatchNorm2d(2 * channels, momentum=0.05)),
                    ("act2", nn.SiLU(inplace=True)),
                    ("pool", nn.AdaptiveAvgPool2d(1)),
                    ("flat", nn.Flatten()),
                    ("head", nn.Linear(2 * channels, classes)),
                ]
            )
        )
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)

    def training_step(self, batch, index) -> Tensor:
        x, y = batch
        self.steps += 1
        loss = F.cross_entropy(self(x), y, label_smoothing=0.1)
        self.history["train"].append(loss.item())
        return loss

    @torch.no_grad()
    def validation_step(self, batch):
        x, y = batch
        out = self(x)
        return F.cross_entropy(out, y), (out.argmax(-1) == y).float().mean()

    def configure_optimizers(self):
        decay = [p for p in self.parameters() if p.ndim > 1]
        plain = [p for p in self.parameters() if p.ndim <= 1]
        groups = [{"params": decay, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0, "lr": 2e-2}]

        def warm_up_then_cosine(step, warm=5, total=60):
            return step / warm if step < warm else 0.5 * (1 + math.cos(math.pi * (step - warm) / (total - warm)))

        optimizer = torch.optim.AdamW(groups, lr=1e-2)
        return optimizer, LambdaLR(optimizer, warm_up_then_cosine)


@dataclass
class Trainer:
    max_epochs: int = 2
    accumulate: int = 2
    clip: float | None = 1.0
    rates: list = field(default_factory=list)

    def fit(self, model: Classifier, train: DataLoader, val: DataLoader):
        optimizer, scheduler = model.configure_optimizers()
        assert isinstance(optimizer, Optimizer)
        for epoch in range(self.max_epochs):
            model.train()
            for i, batch in enumerate(train):
                batch = [part.to(model.device, non_blocking=True) for part in batch]
                (model.training_step(batch, i) / self.accumulate).backward()
                if (i + 1) % self.accumulate == 0 or i + 1 == len(train):
                    norm = nn.utils.clip_grad_norm_(model.parameters(), self.clip, norm_type=2.0)
                    optimizer.step()
                    scheduler.step()
                    optimizer.zero_grad(set_to_none=True)
                    self.rates.append(scheduler.get_last_lr())
            model.eval()
            loss, accuracy = (torch.stack(t).mean() for t in zip(*[model.validation_step(b) for b in val]))
            log.info("epoch %d train %.4f val %.3f %.2f", epoch, model.history["train"][-1], loss, accuracy)
            log.info("norm %.4f lr %s", norm, [round(rate, 6) for rate in self.rates[-1]])


torch.manual_seed(7)
images, labels = load_digits(return_X_y=True)
pictures = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
full = TensorDataset(pictures[:900], torch.as_tensor(labels[:900]))
train, val = random_split(full, [0.8, 0.2], generator=torch.Generator().manual_seed(3))
print(len(train), len(val), train.indices[:5])
model = Classifier()
print(model)
print(sum(p.numel() for p in model.parameters() if p.requires_grad))
Trainer().fit(model, DataLoader(train, 64, shuffle=True), DataLoader(val, 128))
print(model.steps, model.net.norm2.num_batches_tracked, list(model.state_dict())[:4])
