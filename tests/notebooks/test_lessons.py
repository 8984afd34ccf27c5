"""The lessons elsewhere: on real PyTorch, and with the linear algebra kernels of another processor.

nbval itself runs them here and now: `pytest --nbval lessons`, a part of `make test`.
"""

import pytest

from scripts.run_notebooks import lessons
from tests.notebooks import harness

each_lesson = pytest.mark.parametrize("path", lessons(), ids=lambda path: path.name)


@each_lesson
@pytest.mark.usefixtures("torch")
def test_prints_the_same_on_pytorch(path):
    done = harness.run_notebooks("--on", "torch", path)
    assert done.returncode == 0, done.stdout + done.stderr


@each_lesson
def test_prints_the_same_with_another_blas_kernel(path):
    done = harness.nbval(path, OPENBLAS_CORETYPE="Haswell")
    assert done.returncode == 0, done.stdout + done.stderr
