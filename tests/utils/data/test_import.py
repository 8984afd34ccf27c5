"""`edutorch.utils.data` is loaded when a program asks for it, in whatever way."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "way",
    [
        "edutorch.utils.data.DataLoader",
        "from edutorch.utils import data",
        "from edutorch.utils import *; data.DataLoader",
        "import edutorch.utils.data as data",
        "from edutorch.utils.data.dataloader import DataLoader",
        "from edutorch.utils.data import DataLoader, TensorDataset",
        "assert 'data' in dir(edutorch.utils)",
    ],
)
def test_ways_to_ask(way):
    code = f"""
import sys, edutorch
assert "edutorch.utils.data" not in sys.modules
assert not hasattr(edutorch.utils, "date")
{way}
edutorch.utils.data.Dataset
assert "multiprocessing" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
