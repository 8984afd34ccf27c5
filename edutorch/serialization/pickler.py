"""Writing a pickle as PyTorch writes it: its names for our functions and classes, and memory left out of it.

Where a tensor's memory would stand, the pickle has a persistent id, ("storage", type, number, location, elements); the
bytes go into the file beside the pickle, each piece of memory once.
"""

from __future__ import annotations

import copyreg
import io
import pickle

from ..backends import device
from ..nn.modules.module import Module
from ..tensor import Size, Tensor
from .modules import module_state, pytorch_name
from .names import WRITTEN
from .tensors import Place, reduce_tensor

_EVERYDAY = frozenset((int, float, str, bytes, bool, type(None), tuple, list, dict))  # Python knows how


class Pickler(pickle._Pickler):  # the one in Python: C's would import `torch` to see whether a name is right
    """Pickles an object; the memory of its tensors is collected on the way.

    Args:
        file: where to. protocol: the dialect.
        memory: collects what tensors lie in (`Memory`).
        more: what a storage's id has at its end, in the format before 1.6.
    """

    def __init__(self, file, protocol, memory, more=()):
        super().__init__(file, protocol)
        self.memory, self.more = memory, more

    def persistent_id(self, obj):
        """Name a tensor's memory."""
        return (*obj.id, *self.more) if isinstance(obj, Place) else None

    def reducer_override(self, obj):
        """Say how something of ours is made again, in PyTorch's words."""
        if type(obj) in _EVERYDAY:
            return NotImplemented
        if isinstance(obj, Tensor):
            return reduce_tensor(obj, self.memory)
        if id(obj) in WRITTEN or (callable(obj) and pytorch_name(obj)):
            return ""  # by name, see `save_global`
        if isinstance(obj, Size):
            return Size, (tuple(obj),)
        if isinstance(obj, device):
            return device, (obj.type,) if obj.index is None else (obj.type, obj.index)
        if isinstance(obj, Module):
            return copyreg.__newobj__, (type(obj),), module_state(obj)
        return NotImplemented

    def save_global(self, obj, name=None):
        """Write a function, class or constant by its name: PyTorch's if it is ours."""
        known = WRITTEN.get(id(obj)) or (pytorch_name(obj) if callable(obj) else None)
        if known is None:
            super().save_global(obj, name)
            return
        module, name = known
        if self.proto >= 4:
            self.save(module)
            self.save(name)
            self.write(pickle.STACK_GLOBAL)
        else:
            module = "__builtin__" if module == "builtins" and self.proto < 3 else module
            self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        self.memoize(obj)


def pickled(obj, protocol, memory, more=()):
    """Return the pickle of an object."""
    buffer = io.BytesIO()
    Pickler(buffer, protocol, memory, more).dump(obj)
    return buffer.getvalue()
