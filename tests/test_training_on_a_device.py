"""Training on a CUDA device, real or the stand-in: the CPU's losses, no wait for the device, and few launches."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import edutorch as torch
from edutorch import nn, optim
from edutorch.text import GPT
from tests.fake_cuda import counted


class LSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.lstm = nn.Embedding(11, 6), nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.out = nn.Linear(10, 3)

    def forward(self, tokens):
        return self.out(self.lstm(self.table(tokens))[0][:, -1])


def mlp():
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 3)), (torch.randn(6, 8),), 3


def cnn():
    model = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
                          nn.Flatten(), nn.Linear(4 * 4 * 4, 3))  # fmt: skip
    return model, (torch.randn(6, 2, 8, 8),), 3


def lstm():
    return LSTM(), (torch.randint(11, (6, 7)),), 3


def gpt():
    model = GPT(vocab_size=13, context_length=8, layers=2, heads=2, width=8)
    return model, (torch.randint(13, (2, 8)),), 13


MODELS = {"mlp": mlp, "cnn": cnn, "lstm": lstm, "gpt": gpt}
OPTIMIZERS = {
    "SGD": lambda parameters: optim.SGD(parameters, lr=0.1, momentum=0.9),
    "AdamW": lambda parameters: optim.AdamW(parameters, lr=0.01),
}


LAUNCHES = {  # in one step, gradient clipping included: reached so far, by plain operators; less is better
    ("mlp", "SGD"): 87,
    ("mlp", "AdamW"): 123,
    ("cnn", "SGD"): 207,
    ("cnn", "AdamW"): 261,
    ("lstm", "SGD"): 1975,
    ("lstm", "AdamW"): 2146,
    ("gpt", "SGD"): 559,
    ("gpt", "AdamW"): 811,
}


def loss_of(model, inputs, target, classes):
    scores = model(*inputs)
    scores = scores[0] if isinstance(scores, tuple) else scores
    return nn.functional.cross_entropy(scores.reshape(-1, classes), target)


def step(model, optimizer, inputs, target, classes):
    optimizer.zero_grad()
    loss = loss_of(model, inputs, target, classes)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss


def train(model, make, inputs, target, classes, where, steps):
    model, inputs, target = copy.deepcopy(model).to(where), [t.to(where) for t in inputs], target.to(where)
    optimizer = make(model.parameters())
    torch.manual_seed(1)
    losses = [step(model, optimizer, inputs, target, classes).detach() for _ in range(steps - 1)]
    with counted() as found:
        losses.append(step(model, optimizer, inputs, target, classes).detach())
    return torch.stack(losses).cpu().numpy(), [p.detach().cpu().numpy() for p in model.parameters()], found


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", MODELS)
def test_steps_are_the_cpus_and_wait_for_nothing(name, optimizer, cuda):
    torch.manual_seed(0)
    model, inputs, classes = MODELS[name]()
    target = torch.randint(classes, (inputs[0].numel(),) if name == "gpt" else (6,))
    model.double()
    inputs = [t.double() if t.is_floating_point() else t for t in inputs]
    arguments = model, OPTIMIZERS[optimizer], inputs, target, classes
    losses, parameters, _ = train(*arguments, "cpu", 20)
    got, found_parameters, found = train(*arguments, cuda, 20)
    np.testing.assert_allclose(got, losses, rtol=1e-6)
    for a, b in zip(parameters, found_parameters, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-5)
    assert found["sync"] == 0
    assert found["launch"] + found["library"] <= LAUNCHES[name, optimizer]
