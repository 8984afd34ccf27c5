"""Settings that programs make, and ask for: threads, exactness, the version."""

import os
import subprocess
import sys

import pytest

import edutorch
from tests.twins import same_on_both


@pytest.mark.parametrize("count", [0, -1, 1.5, "a", True, None])
def test_no_number_of_threads(count):
    same_on_both(lambda torch: torch.set_num_threads(count))


def test_threads_are_kept():
    def program(torch):
        before = torch.get_num_threads()
        torch.set_num_threads(3)
        now = torch.get_num_threads()
        torch.set_num_threads(before)
        return now, before > 0, torch.get_num_threads() == before

    same_on_both(program)


@pytest.mark.parametrize("count", ["1", "3"])
def test_threads_come_from_the_environment(count):
    code = "import edutorch; print(edutorch.get_num_threads())"
    ran = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "OMP_NUM_THREADS": count}, capture_output=True, text=True
    )
    assert ran.stdout.strip() == count


def test_version():
    import edutorch.version as version

    assert version is edutorch.version
    assert version.cuda is version.hip is None
    assert edutorch.__version__ == version.__version__
