"""What `import edutorch` leaves for later is there in whatever way a program asks for it."""

import subprocess
import sys

import pytest

from edutorch.later import load_later

WAYS = ["edutorch.{part}", "from edutorch import {part}", "import edutorch.{part}", "import torch.{part}"]
TOP = ["accelerator", "hub", "optim", "testing"]


@pytest.mark.parametrize("way", WAYS)
def test_ways_to_ask(way):
    asked = "\n".join(
        f"assert 'edutorch.{part}' not in sys.modules and '{part}' in dir(edutorch)\n{way.format(part=part)}\n"
        f"assert sys.modules['edutorch.{part}'] is edutorch.{part}"
        for part in TOP
    )
    code = f"import sys, edutorch; edutorch.install_as_torch()\n{asked}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_other_names_are_refused():
    load, names = load_later("edutorch.utils", "data")
    with pytest.raises(AttributeError, match=r"^module 'edutorch\.utils' has no attribute 'date'$"):
        load("date")
    assert {"__doc__", "data"} <= {*names()}
