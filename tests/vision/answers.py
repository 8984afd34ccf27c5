"""torchvision's answers, as `golden/make.py` wrote them."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).with_name("golden")


class Answers:
    """The answers of one golden file: {name: (result, warnings)}, arrays in place of their addresses."""

    def __init__(self, name):
        self.listed = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
        self.content = lzma.decompress((GOLDEN / f"{name}.bin.xz").read_bytes())

    def __getitem__(self, name):
        result, warned = self.listed[name]
        return [self._part(part) for part in result], warned

    def _part(self, part):
        if not isinstance(part, dict):
            return part
        count = int(np.prod(part["shape"]))
        return np.frombuffer(self.content, part["dtype"], count, part["start"]).reshape(part["shape"])
