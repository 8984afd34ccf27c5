"""The pictures draw the tensors of either framework: a test that takes `torch` runs on both."""

import importlib

import pytest


@pytest.fixture(params=["edutorch", "torch"])
def torch(request):
    if request.param == "torch":
        return pytest.importorskip("torch")
    return importlib.import_module("edutorch")
