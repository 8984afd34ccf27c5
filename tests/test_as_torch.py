"""`install_as_torch` and `python -m edutorch run`: `import torch` finds edutorch. A process for each case."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


def python(*arguments):
    done = subprocess.run([sys.executable, "-W", "error", *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def run(tmp_path, source, *arguments):
    """Run a program by `python -m edutorch run`; returns status, output and errors, its folder's name left out."""
    path = tmp_path / "program.py"
    path.write_text(source, encoding="utf-8")
    status, out, err = python("-m", "edutorch", "run", str(path), *arguments)
    return status, out, err.replace(str(tmp_path) + "/", "")


def test_one_module_under_both_names(tmp_path):
    status, out, err = run(
        tmp_path,
        """
import edutorch, torch
import torch.nn as nn, torch.nn.functional as F, torch.optim.lr_scheduler, torch.utils.data
from torch import nn as again
from torch.autograd import Variable
from torch.nn.modules.module import Module
assert torch is edutorch and nn is edutorch.nn is again and F is edutorch.nn.functional
assert torch.optim.lr_scheduler is edutorch.optim.lr_scheduler
assert Module is nn.Module and isinstance(torch.ones(2), Variable)
assert torch.__spec__.name == "edutorch" and nn.__name__ == "edutorch.nn"
print("done")
""",
    )
    assert (status, out, err) == (0, "done\n", "")


def test_arguments_folder_and_status(tmp_path):
    (tmp_path / "beside.py").write_text("import torch\nvalue = torch.ones(2).sum().item()\n")
    source = """
import sys
from beside import value
print(sys.argv[1:], value, __name__, __file__ == sys.argv[0])
sys.exit(3)
"""
    assert run(tmp_path, source, "--epochs", "2")[:2] == (3, "['--epochs', '2'] 2.0 __main__ True\n")


@pytest.mark.parametrize(
    ("source", "line", "name", "nearest"),
    [
        ("import torch\ntorch.no_such_thing(1)", 2, "torch.no_such_thing", None),
        ("import torch\ntorch.nn.Liner(1, 2)", 2, "torch.nn.Liner", "torch.nn.Linear"),
        ("from torch.nn import Liner", 1, "torch.nn.Liner", "torch.nn.Linear"),
        ("import torch\ntorch.Linear(1, 2)", 2, "torch.Linear", "torch.nn.Linear"),
        ("import torch.fft", 1, "torch.fft", None),
        ("from torch.utils.tensorboard import SummaryWriter", 1, "torch.utils.tensorboard", None),
        ("import torch\nx = torch.ones(2)\nx.squeese()", 3, "torch.Tensor.squeese", "torch.Tensor.squeeze"),
    ],
)
def test_a_missing_name_is_one_clear_line(tmp_path, source, line, name, nearest):
    said = f"program.py, line {line}: edutorch has no {name}" + (f"; nearest is {nearest}" if nearest else "")
    assert run(tmp_path, source) == (1, "", said + "\n")


def test_other_errors_keep_their_traceback(tmp_path):
    status, _, err = run(tmp_path, "import torch\nclass A: pass\nA().missing")
    assert status == 1
    assert err.startswith("Traceback (most recent call last):\n  File ")
    assert "runpy" not in err
    assert err.endswith("AttributeError: 'A' object has no attribute 'missing'\n")
    assert "No module named 'missing_module'" in run(tmp_path, "import missing_module")[2]


def test_a_missing_file_is_said():
    assert python("-m", "edutorch", "run", "nowhere.py") == (2, "", "edutorch: there is no file nowhere.py\n")


def test_pytorch_that_is_there_already_is_refused():
    pytest.importorskip("torch")
    status, _, err = python("-W", "ignore", "-c", "import torch, edutorch; edutorch.install_as_torch()")
    assert status == 1
    assert "RuntimeError: torch is already imported" in err


def test_nothing_else_is_touched(tmp_path):
    source = """
import sys
import numpy as np
np.random.seed(7)
before = np.random.get_state()[1].tolist(), np.geterr(), sys.path[1:]
import torch
torch.manual_seed(0)
torch.nn.Linear(3, 4)(torch.randn(2, 3)).sum().backward()
assert (np.random.get_state()[1].tolist(), np.geterr(), sys.path[1:]) == before
import json.decoder, torchlike
"""
    (tmp_path / "torchlike.py").write_text("print(__name__)")
    assert run(tmp_path, source) == (0, "torchlike\n", "")


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_unmodified_programs_print_what_they_print_on_pytorch(path):
    """`test_programs.py` compares the printed text; here the same files run as they stand."""
    from tests.twins import on_edutorch, printed

    status, out, err = python("-m", "edutorch", "run", str(path))
    assert (status, err) == (0, "")
    lines = re.sub(r"0x[0-9a-f]+", "0x…", out.replace("edutorch.", "torch.")).splitlines()
    assert lines == printed(on_edutorch(path.read_text(encoding="utf-8")), str(path))
