"""A program written for any machine finds out that there is no CUDA device, and goes on."""

from __future__ import annotations

import pytest

import edutorch


def test_the_line_that_chooses_a_device():
    device = edutorch.device("cuda" if edutorch.cuda.is_available() else "cpu")
    edutorch.cuda.manual_seed(0)
    edutorch.cuda.manual_seed_all(0)
    model = edutorch.nn.Linear(2, 1).to(device)
    x = edutorch.ones(3, 2).to(device)
    assert str(device) == "cpu"
    assert model(x).device == device
    assert edutorch.cuda.device_count() == 0


@pytest.mark.parametrize("call", ["current_device", "synchronize"])
def test_what_needs_a_device_says_so(call):
    with pytest.raises(AssertionError, match=r"^Torch not compiled with CUDA enabled\n"):
        getattr(edutorch.cuda, call)()
