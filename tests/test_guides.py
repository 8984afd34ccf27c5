"""Every code block of five public guides to PyTorch does on edutorch what it does on PyTorch.

The guides are other people's texts and lie outside the repository, in `../shared/seeds` or in the folder that
EDUTORCH_GUIDES names. Where they are not at hand this file says so; `test_seeds.py` has programs in their style.

A block is run as it stands, after the blocks above it in the same guide; only what it leaves undefined is supplied.
Some fail on PyTorch too (a convolution is handed a table): then edutorch fails with the same error.
Blocks that need torchvision, which may not be installed, run on edutorch alone.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import edutorch
from tests.twins import first_sentence, on_edutorch

torch = pytest.importorskip("torch")

FOLDER = Path(os.environ.get("EDUTORCH_GUIDES", Path(__file__).parents[2] / "shared" / "seeds"))
GUIDES = sorted(FOLDER.glob("*.txt"))
WAITING = {
    "torch.distributed": "distributed training comes with its own chapter",
}
SUPPLIED = {
    "F": "import torch.nn.functional as F",
    "nn": "import torch.nn as nn",
    "net": "net = torch.nn.Linear(784, 10)",
    "x": "x = torch.randn(4, 784)",
    "model": "model = MyModel()",
    "num_epochs": "num_epochs = 3",
    "train_loader": "train_loader = [(torch.randn(8, 10), torch.randn(8, 30)) for _ in range(4)]",
    "input_data": "input_data = torch.randn(16, 784)",
    "labels": "labels = torch.randint(0, 10, (16,))",
    "num_classes": "num_classes = 7",
    "torchvision": "import edutorch.vision as torchvision",
}


def blocks(text):
    """Return the Python blocks of a guide, without their indentation."""
    found = re.findall(r"^( *)```python\n(.*?)^ *```", text, flags=re.MULTILINE | re.DOTALL)
    return ["\n".join(line.removeprefix(indent) for line in code.splitlines()) for indent, code in found]


def undefined(code, namespace):
    """Return the names that a block uses and that nothing has defined."""
    needed = compile(code, "<block>", "exec").co_names
    assigned = set(re.findall(r"^\s*(?:class|def|import|for|from .* import)?\s*([A-Za-z_]\w*)", code, re.MULTILINE))
    return [n for n in SUPPLIED if re.search(rf"(?<![\w.]){n}\b", code) and n not in namespace and (n in needed)
            and n not in assigned]  # fmt: skip


def run(code, namespace, rewrite):
    """Run a block in a namespace; return what it printed and, if it fails, its error."""
    out, error = io.StringIO(), None
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in undefined(code, namespace):
            exec(rewrite(SUPPLIED[name]), namespace)
        try:
            exec(compile(rewrite(code), "<block>", "exec"), namespace)
        except Exception as raised:  # compared with the other framework's
            error = type(raised).__name__, first_sentence(raised)
    return out.getvalue().replace("edutorch.", "torch."), error


NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]\d+)?")


def numbers(text):
    """Return the fractional numbers in a text."""
    return [float(n) for n in NUMBER.findall(text)]


def every_block(needs_torchvision):
    cases = []
    for guide in GUIDES:
        for i, code in enumerate(blocks(guide.read_text(encoding="utf-8"))):
            if ("torchvision" in code) is not needs_torchvision:
                continue
            reason = next((why for sign, why in WAITING.items() if sign in code), None)
            marks = [pytest.mark.skip(reason)] if reason else []
            cases.append(pytest.param(guide, i, id=f"{guide.stem[:3]}-{i}", marks=marks))
    absent = pytest.mark.skip(f"no guides in {FOLDER.name}/: set EDUTORCH_GUIDES to their folder")
    return cases or [pytest.param(None, None, marks=absent)]


@pytest.mark.parametrize(("guide", "number"), every_block(needs_torchvision=False))
def test_block_does_what_it_does_on_pytorch(guide, number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some blocks write files
    outcomes = []
    for rewrite in (str, on_edutorch):
        namespace = {"__name__": "__main__"}
        exec(rewrite("import torch\ntorch.manual_seed(0)"), namespace)
        for code in blocks(guide.read_text(encoding="utf-8"))[:number]:
            if not any(sign in code for sign in (*WAITING, "torchvision")):
                run(code, namespace, rewrite)
        outcomes.append(run(blocks(guide.read_text(encoding="utf-8"))[number], namespace, rewrite))
    (expected, error), (got, our_error) = outcomes
    assert our_error == error
    assert NUMBER.sub("#", got) == NUMBER.sub("#", expected)
    np.testing.assert_allclose(numbers(got), numbers(expected), rtol=1e-5)  # losses are printed with all their digits


@pytest.mark.parametrize(("guide", "number"), every_block(needs_torchvision=True))
def test_block_that_needs_torchvision(guide, number, tmp_path, monkeypatch):
    """It finds its model's weights in the folder where PyTorch keeps them."""
    from edutorch.vision import models

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    edutorch.manual_seed(0)
    weights = models.resnet18().state_dict()
    edutorch.save(weights, folder / "resnet18-f37072fd.pth")
    namespace = {"__name__": "__main__"}
    _, error = run(blocks(guide.read_text(encoding="utf-8"))[number], namespace, on_edutorch)
    assert error is None
    net = namespace["net"]
    assert net.fc.out_features == namespace["num_classes"] == 7
    assert net.fc.in_features == 512
    assert edutorch.equal(net.layer4[1].conv2.weight, weights["layer4.1.conv2.weight"])
