"""What people's own layers import from here: one number for all dimensions, and the names in a `state_dict`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat

__all__ = ["consume_prefix_in_state_dict_if_present"]


def _ntuple(n):
    def as_tuple(value):
        """Return what an iterable holds; anything else n times over."""
        return tuple(value) if isinstance(value, Iterable) else tuple(repeat(value, n))

    return as_tuple


_single, _pair, _triple, _quadruple = (_ntuple(n) for n in (1, 2, 3, 4))


def consume_prefix_in_state_dict_if_present(state_dict, prefix):
    """Take a prefix such as "module." off the names in a `state_dict`, in place: those of `DataParallel`, say.

    Example:
        >>> state = {"module.weight": 1.0, "bias": 2.0}
        >>> consume_prefix_in_state_dict_if_present(state, "module.")
        >>> sorted(state)
        ['bias', 'weight']
    """
    metadata = getattr(state_dict, "_metadata", {})
    for names, module in ((state_dict, None), (metadata, prefix.rstrip("."))):
        for name in list(names):
            if name.startswith(prefix) or name == module:
                names[name[len(prefix) :]] = names.pop(name)
