"""Of the layers, losses and functions that teaching code uses, none is left out, and none is left untested."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import edutorch
from tests.nn.layers import all_layers
from tests.samples import all_samples

HERE = Path(__file__).parent
LAYERS = HERE.joinpath("layer_names.txt").read_text().split()
FUNCTIONS = HERE.joinpath("function_names.txt").read_text().split()
SCHEDULERS = [
    *("StepLR", "MultiStepLR", "ExponentialLR", "LinearLR", "ConstantLR", "PolynomialLR", "LambdaLR"),
    *("MultiplicativeLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR", "OneCycleLR"),
    *("ReduceLROnPlateau", "SequentialLR", "ChainedScheduler"),
]


@pytest.mark.parametrize("name", LAYERS)
def test_layer_is_tested_and_takes_what_pytorchs_takes(name, torch):
    assert any(case.name == name for case in all_layers())
    if not name.startswith("Lazy"):  # these hand on what they are given to the layer they become
        assert arguments(getattr(edutorch.nn, name)) == arguments(getattr(torch.nn, name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_is_tested(name):
    assert callable(getattr(edutorch.nn.functional, name))
    names = {s.name.rpartition(".")[2] for s in all_samples()}
    random = {"dropout", "dropout2d", "dropout3d", "alpha_dropout"}  # tests/nn/test_dropout.py
    assert name in names | random


@pytest.mark.parametrize("name", SCHEDULERS)
def test_scheduler_takes_what_pytorchs_takes(name, torch):
    ours, theirs = (getattr(framework.optim.lr_scheduler, name) for framework in (edutorch, torch))
    assert arguments(ours) == arguments(theirs)


def arguments(function):
    """Return the names and defaults of what a function takes."""
    return [
        (p.name, getattr(p.default, "__name__", str(p.default)))
        for p in inspect.signature(function).parameters.values()
    ]
