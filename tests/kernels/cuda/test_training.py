"""Training by our own kernels: the CPU's losses, no wait for the device, and few launches."""

from __future__ import annotations

import numpy as np
import pytest

import edutorch as torch
from edutorch import nn
from edutorch.text import GPT
from tests.test_training_on_a_device import MODELS as SMALL
from tests.test_training_on_a_device import OPTIMIZERS, train

# In one step, clipping and cuBLAS's included; behind it what a step of AdamW takes by plain operators. Less is better.
LAUNCHES = {
    "mlp": 21,  # 123
    "cnn": 34,  # 261
    "lstm": 202,  # 2,146
    "gpt": 128,  # 811
    "gpt of 6 layers": 332,  # 2,135
}


def gpt_of_6_layers():
    model = GPT(vocab_size=13, context_length=8, layers=6, heads=2, width=8)
    return model, (torch.randint(13, (2, 8)),), 13


MODELS = {**SMALL, "gpt of 6 layers": gpt_of_6_layers}


def prepare(name, dtype, dropout):
    torch.manual_seed(0)
    model, inputs, classes = MODELS[name]()
    target = torch.randint(classes, (inputs[0].numel(),) if name.startswith("gpt") else (6,))
    for module in model.modules():
        if isinstance(module, nn.Dropout) and not dropout:
            module.p = 0.0
    return model.to(dtype), [t.to(dtype) if t.is_floating_point() else t for t in inputs], target, classes


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", SMALL)
def test_losses_are_the_cpus(name, optimizer, dtype, cuda):
    """Without dropout: a device draws other random numbers than the CPU."""
    model, *rest = prepare(name, getattr(torch, dtype), dropout=False)
    losses, parameters, _ = train(model, OPTIMIZERS[optimizer], *rest, "cpu", 20)
    got, found_parameters, _ = train(model, OPTIMIZERS[optimizer], *rest, cuda, 20)
    np.testing.assert_allclose(got, losses, rtol=1e-6 if dtype == "float64" else 2e-3)
    if dtype == "float64":  # in float32 rounding moves a bias before a batch norm: Adam steps by lr, however small g is
        for a, b in zip(parameters, found_parameters, strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", MODELS)
def test_a_step_takes_few_launches_and_waits_for_nothing(name, optimizer, dtype, cuda):
    model, *rest = prepare(name, getattr(torch, dtype), dropout=True)
    _, _, found = train(model, OPTIMIZERS[optimizer], *rest, cuda, 3)
    assert found["sync"] + found["copy"] == 0
    assert found["launch"] + found["library"] <= LAUNCHES[name]
