"""The part of edutorch.text that computes, run on PyTorch itself: the same source, with another import."""

import re
import sys
from pathlib import Path
from types import ModuleType

import edutorch.text

PARTS = ("sampling", "cache", "gpt", "generation")


def on_pytorch():
    """Return a module with the public names of these files, whose `import edutorch as torch` imported torch."""
    package = ModuleType("text_on_pytorch")
    package.__path__ = []
    sys.modules[package.__name__] = package
    for name in PARTS:
        path = Path(edutorch.text.__file__).with_name(f"{name}.py")
        source = re.sub(r"^(import|from) edutorch\b", r"\1 torch", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        part = ModuleType(f"{package.__name__}.{name}")
        part.__package__ = package.__name__
        sys.modules[part.__name__] = part
        exec(compile(source, f"{name}.py on PyTorch", "exec"), vars(part))
        vars(package).update({public: vars(part)[public] for public in part.__all__})
    return package
