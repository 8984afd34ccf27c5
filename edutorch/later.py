"""Parts of a package that are loaded when they are first asked for: programs that do without do not wait for them.

    __getattr__, __dir__ = load_later(__name__, "data")

Python calls a module's `__getattr__` for names that the module does not hold. Once loaded, a part is held.
"""

from __future__ import annotations

import sys
from importlib import import_module


def load_later(package, *parts):
    """Return the `__getattr__` and `__dir__` of a package that loads these submodules when they are asked for."""

    def load(name):
        if name not in parts:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return import_module(f"{package}.{name}")

    def names():
        return sorted({*vars(sys.modules[package]), *parts})

    return load, names
