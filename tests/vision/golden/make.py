"""Run what the tests ask on torchvision itself, and write its answers beside this file.

python tests/vision/golden/make.py        # in an environment that has torchvision 0.28 and PyTorch 2.13
"""

from __future__ import annotations

import hashlib
import json
import lzma
import sys
from pathlib import Path

import numpy as np
import torch
import torchvision
from torchvision import transforms
from torchvision.transforms import functional

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import cases  # noqa: E402


class Store:
    """Answers as one JSON file, and the bytes of their arrays, each once, in one compressed file beside it."""

    def __init__(self):
        self.answers, self.content, self.places = {}, bytearray(), {}

    def keep(self, name, outcome):
        result, warned = outcome
        self.answers[name] = [[self._part(part) for part in result], warned]

    def _part(self, part):
        if not isinstance(part, np.ndarray):
            return part
        content = part.tobytes()
        if content not in self.places:
            self.places[content] = len(self.content)
            self.content += content
        return {"dtype": str(part.dtype), "shape": part.shape, "start": self.places[content]}

    def write(self, name):
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(answer)}" for key, answer in self.answers.items())
        (HERE / f"{name}.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
        (HERE / f"{name}.bin.xz").write_bytes(lzma.compress(bytes(self.content), preset=9))


def main():
    torch.set_num_threads(1)
    store = Store()
    for name, program in cases.function_cases().items():
        store.keep(name, cases.outcome(program, torch, functional, cases.Given(torch)))
    store.write("functional")

    store = Store()
    for source, kinds in cases.TRANSFORMS:
        store.keep(source, cases.outcome(cases.run_repr, torch, transforms, source))
        for kind in kinds:
            given = cases.Given(torch)
            store.keep(f"{source} {kind}", cases.outcome(cases.run_transform, torch, transforms, given, source, kind))
    store.write("transforms")
    store = Store()
    for name, program in cases.grid_cases().items():
        store.keep(name, cases.outcome(program, torch, torchvision.utils))
    store.write("grids")

    made = {}
    for name, options, size in cases.MODELS:
        answer = cases.run_model(torch, torchvision.models, name, options, size)
        answer |= {part: hashlib.sha256(answer[part].encode()).hexdigest() for part in ("repr", "keys")}
        made[f"{name} {options} {size}"] = answer
    (HERE / "models.json").write_text(json.dumps(made, indent=0) + "\n", encoding="utf-8")
    print("torchvision", torchvision.__version__)


if __name__ == "__main__":
    main()
