"""PyTorch programs that cannot be edited: let every `import torch` in a process find edutorch.

    python -m edutorch run train.py --epochs 3

or, as the first lines of a program or a notebook,

    import edutorch
    edutorch.install_as_torch()

`torch.nn` is then the module `edutorch.nn` itself, under both names; `torchvision` is `edutorch.vision`.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec

__all__ = ["install_as_torch"]

STANDS_FOR = {"torch": "edutorch", "torchvision": "edutorch.vision"}


def install_as_torch():
    """Let every later `import torch…` and `import torchvision…` in this process find edutorch.

    Nothing else changes: other imports, NumPy's random state and files stay as they are. A second call does nothing.

    Raises:
        RuntimeError: if PyTorch itself is already imported: the two would be mixed.
    """
    if any(isinstance(finder, Finder) for finder in sys.meta_path):
        return
    for name in STANDS_FOR:
        if name in sys.modules:
            raise RuntimeError(
                f"{name} is already imported\nCall edutorch.install_as_torch() before anything imports {name}, in a "
                "fresh process; or import edutorch under its own name."
            )
    sys.meta_path.insert(0, Finder())


class Finder:
    """Finds edutorch's modules under PyTorch's names. It is both finder and loader, as `importlib` calls them."""

    def find_spec(self, name, path=None, target=None):
        """Claim PyTorch's names, and leave all others to the finders that follow."""
        if name.partition(".")[0] not in STANDS_FOR:
            return None
        return ModuleSpec(name, self, is_package=True)  # pyright: ignore[reportArgumentType]: it has the two methods

    def create_module(self, spec):
        """Let the import system make an empty module; `exec_module` replaces it."""

    def exec_module(self, module):
        """Put edutorch's own module under PyTorch's name.

        Raises:
            ModuleNotFoundError: if edutorch has no such module.
        """
        name = module.__name__
        try:
            sys.modules[name] = importlib.import_module(edutorch_name(name))
        except ModuleNotFoundError as error:
            if error.name is None or not edutorch_name(name).startswith(error.name):
                raise  # something that the module itself needs is not installed
            raise ModuleNotFoundError(f"edutorch has no module {name}", name=name) from None


def edutorch_name(name):
    """Return edutorch's name of one of PyTorch's modules."""
    top, dot, rest = name.partition(".")
    return STANDS_FOR[top] + dot + rest


def torch_name(name):
    """Return PyTorch's name of one of edutorch's modules."""
    for theirs, ours in sorted(STANDS_FOR.items(), key=lambda pair: -len(pair[1])):
        if name == ours or name.startswith(ours + "."):
            return theirs + name[len(ours) :]
    return name
