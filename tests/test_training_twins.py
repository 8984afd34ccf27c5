"""Whole training runs are PyTorch's twins: the same seed gives the same losses, step by step, and no other help."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

import edutorch
from tests.streams_oracle import need_own_stream

torch = pytest.importorskip("torch")

IMAGES, LABELS = load_digits(return_X_y=True)


def digits(torch):
    """Return the digits as a dataset: pictures of 1 x 8 x 8 between 0 and 1, and their labels."""
    images = torch.tensor(IMAGES.tolist()).float().reshape(-1, 1, 8, 8) / 16
    return torch.utils.data.TensorDataset(images, torch.tensor(LABELS.tolist()))


def cnn(nn, norm=False):
    """Return two blocks of convolution, ReLU and pooling, and a classifier with dropout."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), *([nn.BatchNorm2d(16)] if norm else []), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), *([nn.BatchNorm2d(32)] if norm else []), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.3), nn.Linear(128, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 10)),
    )


def losses(torch, make_model, make_optimizer, make_scheduler=None, steps=100):
    """Train for a number of steps, and return the loss of each."""
    torch.manual_seed(0)
    loader = torch.utils.data.DataLoader(digits(torch), batch_size=64, shuffle=True)
    model = make_model(torch.nn)
    optimizer = make_optimizer(torch.optim, model.parameters())
    scheduler = make_scheduler(torch.optim.lr_scheduler, optimizer) if make_scheduler else None
    criterion = torch.nn.CrossEntropyLoss()
    found = []
    while len(found) < steps:
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            if scheduler:
                scheduler.step()
            found.append(loss.item())
    return found[:steps]


RUNS = {
    "adam": (cnn, lambda optim, p: optim.Adam(p, lr=1e-3)),
    "sgd with momentum": (cnn, lambda optim, p: optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=1e-4)),
    "batch norm, adamw, one cycle": (
        lambda nn: cnn(nn, norm=True),
        lambda optim, p: optim.AdamW(p, lr=1e-3),
        lambda schedulers, optimizer: schedulers.OneCycleLR(optimizer, max_lr=3e-3, total_steps=120),
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_cnn_on_digits_has_pytorchs_loss_at_each_of_100_steps(name):
    need_own_stream(torch, "bernoulli_")
    expected, got = losses(torch, *RUNS[name]), losses(edutorch, *RUNS[name])
    np.testing.assert_allclose(got, expected, rtol=1e-4)
    assert np.mean(expected[-10:]) < 0.75 * expected[0]  # it learned something
