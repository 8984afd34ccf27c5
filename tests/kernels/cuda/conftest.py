"""A CUDA device with our own kernels: the stand-in with the emulator, and a real one where there is one."""

import contextlib

import pytest

import edutorch
from tests.fake_cuda import fake_cuda

DEVICES = ["emulator", *(["cuda"] if edutorch.cuda.is_available() else [])]


@pytest.fixture(scope="module", params=DEVICES)
def cuda(request):
    """A CUDA device whose operators run by the kernels of `edutorch/kernels/cuda/`."""
    with fake_cuda(kernels=True) if request.param == "emulator" else contextlib.nullcontext():
        yield "cuda:0"
