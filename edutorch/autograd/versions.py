"""Was a saved value overwritten? One clock answers for every tensor, at no cost to the forward pass.

The clock stamps each node at birth and each storage when it is written. A value saved for the backward pass is
still good if its storage was last written before the node was born. Only tensors that share memory or were
written in place ever own a `Storage` record.
"""

from __future__ import annotations

import itertools
import re
from collections import deque

tick = itertools.count(1).__next__


class Storage:
    """What aliases of one memory share: when it was last written (`stamp`) and how often (`version`).

    `watched` is False once the memory was handed out, as `.data` or an array, for writes that nobody notes.
    """

    __slots__ = ("stamp", "version", "recent", "watched")

    def __init__(self):
        self.stamp = self.version = 0
        self.watched = True
        self.recent = None  # stamps of the last writes, from which an error message tells the expected version

    def write(self, stamp):
        """Note a write to the memory."""
        self.stamp = stamp
        self.version += 1
        if self.recent is None:
            self.recent = deque(maxlen=64)
        self.recent.append(stamp)

    def version_at(self, stamp):
        """Return the version the memory had at a time."""
        return self.version - sum(s > stamp for s in self.recent or ())


def storage_of(tensor):
    """Return the tensor's storage record, made on first need. A view has its base's."""
    owner = tensor if tensor.base is None else tensor.base
    if owner.storage is None:
        owner.storage = Storage()
    return owner.storage


def bump(tensor):
    """Note that the tensor's memory was written: called by everything that writes in place."""
    storage_of(tensor).write(tick())


def modified(tensor, node, producer):
    """Build PyTorch's error for a saved tensor that was overwritten before the backward pass."""
    storage = storage_of(tensor)
    kind = f"torch.{tensor.dtype.legacy}Tensor {list(tensor.shape)}"
    origin = "" if producer is None else f", which is output 0 of {re.sub(r'Backward[0-9]*$', '', producer)},"
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace operation:"
        f" [{kind}]{origin} is at version {storage.version}; expected version {storage.version_at(node.stamp)} instead."
        f" Hint: the value was saved for the gradient of {node.name()}; use the out-of-place form (y = y + 1, not y +="
        " 1), or write to a clone()."
    )
