"""Parts of a package that are loaded when they are first asked for: programs that do without do not wait for them.

    __getattr__, __dir__ = load_later(__name__, "data")
    __getattr__, __dir__ = load_later(__name__, "amp", make_graphed_step="graphed_step")    # a name of a submodule

Python calls a module's `__getattr__` for names that the module does not hold. Once loaded, a part is held.
"""

from __future__ import annotations

import sys
from importlib import import_module


def load_later(package, *parts, **holders):
    """Return the `__getattr__` and `__dir__` of a package that loads these submodules when they are asked for.

    Args:
        holders: for further names of the package, the submodule that holds each.
    """

    def load(name):
        if name in parts:
            return import_module(f"{package}.{name}")
        if name in holders:
            found = getattr(import_module(f"{package}.{holders[name]}"), name)
            setattr(sys.modules[package], name, found)
            return found
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def names():
        return sorted({*vars(sys.modules[package]), *parts, *holders})

    return load, names
