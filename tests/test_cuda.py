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
    edutorch.cuda.empty_cache()
    assert edutorch.cuda.memory_allocated() == edutorch.cuda.max_memory_allocated() == 0
    assert not edutorch.backends.mps.is_available()


def test_switches_that_programs_set_before_they_start():
    import edutorch.backends.cudnn as cudnn

    assert (cudnn.enabled, cudnn.benchmark, cudnn.deterministic) == (True, False, False)
    try:
        cudnn.deterministic = True
        edutorch.use_deterministic_algorithms(True)
        edutorch.set_float32_matmul_precision("high")
        assert edutorch.backends.cudnn.deterministic
        assert edutorch.are_deterministic_algorithms_enabled()
        assert edutorch.get_float32_matmul_precision() == "high"
        with pytest.warns(UserWarning, match="^low is not one of 'highest'"):
            edutorch.set_float32_matmul_precision("low")
        assert edutorch.get_float32_matmul_precision() == "high"
    finally:
        cudnn.deterministic = False
        edutorch.use_deterministic_algorithms(False)
        edutorch.set_float32_matmul_precision("highest")


@pytest.mark.parametrize("call", ["current_device", "synchronize", "get_device_name"])
def test_what_needs_a_device_says_so(call):
    with pytest.raises(AssertionError, match=r"^Torch not compiled with CUDA enabled\n"):
        getattr(edutorch.cuda, call)()
