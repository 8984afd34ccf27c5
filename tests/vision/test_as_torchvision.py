"""A program that imports torchvision runs on edutorch, by the paths that programs use."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import torch
import torchvision
import torchvision.transforms as transforms
import torchvision.transforms.functional as TF
from torchvision import datasets, models, utils
from torchvision.datasets.utils import download_url
from torchvision.models.resnet import BasicBlock, ResNet
from torchvision.transforms import Compose, InterpolationMode, Normalize, ToTensor
from torchvision.utils import make_grid

augment = Compose([transforms.RandomCrop(8, padding=1), ToTensor(), Normalize((0.5,), (0.5,))])
data = datasets.FakeData(6, (1, 8, 8), transform=augment)
torch.manual_seed(0)
for x, y in torch.utils.data.DataLoader(data, batch_size=3, shuffle=True):
    print(x.shape, y.tolist(), f"{x.mean():.4f}")
print(make_grid(x).shape, TF.hflip(x).shape, models.ResNet is ResNet)
torchvision.models.resnext
"""


OUTPUT = """\
torch.Size([3, 1, 8, 8]) [5, 3, 4] -0.0660
torch.Size([3, 1, 8, 8]) [5, 6, 3] -0.1984
torch.Size([3, 12, 32]) torch.Size([3, 1, 8, 8]) True
"""  # torchvision's own


def test_program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "edutorch", "run", str(path)], capture_output=True, text=True)
    assert done.stdout == OUTPUT
    place = f"{path}, line {PROGRAM.count(chr(10))}"
    assert done.stderr == f"{place}: edutorch has no torchvision.models.resnext; nearest is torchvision.models.resnet\n"
    assert done.returncode == 1
