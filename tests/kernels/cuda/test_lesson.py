"""The CUDA C++ that lesson 07 shows: it compiles, and computes what the lesson's own kernel computes."""

import nbformat
import numpy as np
import pytest

from scripts.run_notebooks import ROOT
from tests.fake_cuda import FakeArray
from tests.fake_cuda.raw import RawModule
from tests.kernels.cuda import nvrtc


def source():
    cells = nbformat.read(ROOT / "lessons" / "07_gpu.ipynb", as_version=4).cells
    shown = next(cell.source for cell in cells if "RawKernel(source" in cell.source)
    return shown.split('"""')[1]


@pytest.mark.parametrize("architecture", [75, 90])
def test_it_compiles(architecture):
    assert nvrtc.compile(source(), [], architecture, ["--std=c++17"]) == ""


def test_it_computes():
    x, w, b, out = np.random.default_rng(0).standard_normal((4, 60)).astype(np.float32)
    text = source().replace('extern "C" ', "")  # the emulator finds kernels by name expressions
    kernel = RawModule(code=text, options=("--std=c++17",), name_expressions=("all_in_one",)).get_function("all_in_one")
    kernel((2,), (32,), (*map(FakeArray, (x, w, b, out)), np.int32(60)))
    np.testing.assert_allclose(out, np.maximum(x * w + b, 0), atol=1e-6)
