"""The profiler under its old name: what `torch.profiler` grew out of, and programs still use.

It watches optimizers and modules, which stand above this package: its names are fetched when they are asked for.
"""

from importlib import import_module
from typing import Any

profile: Any
record_function: Any
emit_nvtx: Any
EventList: Any
FunctionEvent: Any

__all__ = ["profile", "record_function", "emit_nvtx", "EventList", "FunctionEvent"]


def __getattr__(name):
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("edutorch.profiler.legacy"), name)


def __dir__():
    return sorted({*globals(), *__all__})
