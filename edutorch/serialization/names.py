"""The list of what a file may name, and PyTorch's names for what we write.

A pickle names functions and classes: `torch._utils._rebuild_tensor_v2`, `collections.OrderedDict`. Python would import
whatever is named. Here a name leads to what this list has for it, or to an error. To be on the list is not enough to
be called: that takes an entry in `CALLS`, whose function checks what it is given.
"""

from __future__ import annotations

import collections
from pickle import UnpicklingError

from .. import dtypes
from ..backends import device
from ..nn.parameter import Parameter
from ..tensor import Size, Tensor
from . import numpy_values, tensors
from .modules import find_function, find_module_class
from .refusal import senseless, shown
from .storages import TYPED, UNTYPED

_PYTHON_2 = {"__builtin__": "builtins", "copy_reg": "copyreg"}
BLOCKED_MODULES = ("sys", "os", "posix", "nt", "subprocess")  # not even on request


def _encode(text, encoding="utf-8"):
    """Return the bytes that pickles of protocol 2 write as text."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1", "utf-8", "ascii"):
        raise senseless(f"bytes as text in the encoding {shown(encoding)}")
    return text.encode(encoding)


def hashable(value):
    """Return a dictionary's key, or an element of a set, if computing its hash takes no more than a moment.

    Tuples of tuples that share their parts can be small in a file and endless to walk through.
    """
    if type(value) is str:
        return value
    waiting, budget = [value], 250
    while waiting:
        part = waiting.pop()
        if type(part) in (tuple, Size, frozenset):
            waiting.extend(part)
        budget -= 1
        if budget < 0:
            raise senseless("a key of too many parts")
    hash(value)
    return value


def _set(elements=()):
    return set(map(hashable, elements))


def _frozenset(elements=()):
    return frozenset(map(hashable, elements))


def _ordered_dict(items=()):
    return collections.OrderedDict((hashable(key), value) for key, value in items)


def _counter(counts=None):
    if counts is not None and not isinstance(counts, dict):
        raise senseless(f"a Counter of {type(counts).__name__}")
    return collections.Counter(counts)


def _no_bytes():
    return b""


def _bytearray(content=b"", encoding="latin1"):
    if not isinstance(content, (bytes, str)):  # of a number it would make that many zeros
        raise senseless(f"a bytearray of {type(content).__name__}")
    return bytearray(content if isinstance(content, bytes) else _encode(content, encoding))


def _complex(real=0.0, imag=0.0):
    if not all(isinstance(part, (int, float)) for part in (real, imag)):
        raise senseless("a complex number of parts that are no numbers")
    return complex(real, imag)


def _size(sizes=()):
    if not isinstance(sizes, (tuple, list)) or not all(type(n) is int for n in sizes):
        raise senseless("a torch.Size of parts that are no whole numbers")
    return Size(sizes)


def _device(kind, index=None):
    if not isinstance(kind, str) or not isinstance(index, (int, type(None))):
        raise senseless("a torch.device without a name")
    return device(kind, index)


def _default_dict(factory=None, items=()):
    if factory is not None and factory not in (int, float, str, bool, list, dict, tuple, set):
        raise senseless(f"a defaultdict of {shown(factory)}")
    return collections.defaultdict(factory, _ordered_dict(items))


def encode_latin1(text, encoding):
    """Stands for `_codecs.encode`, which pickles of protocol 2 name for bytes."""
    return _encode(text, encoding)


# a full name as a pickle has it -> what it means here
PLAIN = {
    "torch._utils._rebuild_tensor_v2": tensors.rebuild_tensor,
    "torch._utils._rebuild_tensor_v3": tensors.rebuild_untyped,
    "torch._utils._rebuild_parameter": tensors.rebuild_parameter,
    "torch._utils._rebuild_parameter_with_state": tensors.rebuild_parameter_with_state,
    "torch._tensor._rebuild_from_type_v2": tensors.rebuild_with_state,
    "torch.nn.parameter.Parameter": Parameter,
    "torch.Tensor": Tensor,
    "torch.Size": Size,
    "torch.device": device,
    "torch.storage.UntypedStorage": UNTYPED,
    **{f"torch.{name}": kind for name, kind in TYPED.items()},
    **{f"torch.{d.name}": d for d in dtypes.ALL},
    "collections.OrderedDict": collections.OrderedDict,
    "collections.Counter": collections.Counter,
    "_codecs.encode": encode_latin1,
    "builtins.bytes": bytes,  # how protocol 2 writes b"", which PyTorch forgot
    "builtins.bytearray": bytearray,
    "builtins.set": set,
    "builtins.complex": complex,
}

# what is admitted besides, for weights_only=False
HARMLESS = {
    "builtins.frozenset": frozenset,
    "collections.defaultdict": collections.defaultdict,
    **{f"builtins.{kind.__name__}": kind for kind in (int, float, str, bool, list, dict, tuple)},
    **{
        f"{module}.{name}": function
        for module in ("numpy._core.multiarray", "numpy.core.multiarray")
        for name, function in (("scalar", numpy_values.scalar), ("_reconstruct", numpy_values.empty_array))
    },
    "numpy.dtype": numpy_values.element_type,
    "numpy.ndarray": numpy_values.ndarray,
}

_FUNCTIONS = (  # they check what they are given
    tensors.rebuild_tensor,
    tensors.rebuild_untyped,
    tensors.rebuild_parameter,
    tensors.rebuild_parameter_with_state,
    tensors.rebuild_with_state,
    encode_latin1,
    numpy_values.scalar,
    numpy_values.empty_array,
    numpy_values.element_type,
)
_CLASSES = (  # these have one that does
    (collections.OrderedDict, _ordered_dict),
    (collections.Counter, _counter),
    (collections.defaultdict, _default_dict),
    (set, _set),
    (frozenset, _frozenset),
    (bytes, _no_bytes),
    (bytearray, _bytearray),
    (complex, _complex),
    (Size, _size),
    (device, _device),
)
# what a file may call, by identity -> the function that does it
CALLS = {id(function): function for function in _FUNCTIONS} | {id(kind): make for kind, make in _CLASSES}

WRITTEN = {id(value): full.rpartition(".")[::2] for full, value in PLAIN.items()}  # how the pickler names what is ours


def full_name(module, name):
    """Return the name of something in a file in one piece, Python 2's names for modules replaced."""
    return f"{_PYTHON_2.get(module, module)}.{name}"


def _is_blocked(full):
    return full.partition(".")[0] in BLOCKED_MODULES


class Names:
    """What one file may name: the list above, and what the user trusts.

    Args:
        trusted: what `add_safe_globals` was given.
        whole_modules: admit modules too, and what stands in HARMLESS.
    """

    def __init__(self, trusted, whole_modules):
        self.whole_modules = whole_modules
        self.trusted = {}
        for entry in trusted:
            value, *names = entry if isinstance(entry, tuple) else (entry, *_names_of(entry))
            if len(names) > 2 or not names or not all(isinstance(name, str) for name in names):
                raise ValueError(f"Expected tuple of length 2 (global, str of callable full path), but got: {entry!r}")
            self.trusted.update(dict.fromkeys(names, value))
        self.trusted_ids = {id(value) for value in self.trusted.values()}

    def lookup(self, module, name):
        """Return what a name in the file means, or None if it is not admitted."""
        full = full_name(module, name)
        if full in PLAIN:
            return PLAIN[full]
        if _is_blocked(full):
            return None
        if full in self.trusted:
            return self.trusted[full]
        if self.whole_modules:
            return HARMLESS.get(full) or find_module_class(full) or find_function(full)
        return None

    def find(self, module, name):
        """Return what a name in the file means.

        Raises:
            UnpicklingError: if it is not admitted.
        """
        found = self.lookup(module, name)
        if found is None:
            raise UnpicklingError(self._refusal(full_name(module, name)))
        return found

    def _refusal(self, full):
        full = ascii(full)[1:-1][:200]  # from a stranger: nothing that a terminal might obey
        if _is_blocked(full):
            return (
                f"Trying to load unsupported GLOBAL {full} whose module {full.partition('.')[0]} is blocked. A file of "
                "tensors has no use for it: it may have been made to do harm."
            )
        name = full.removeprefix("builtins.")
        sentence = f"Unsupported global: GLOBAL {name} was not an allowed global by default. "
        if full.startswith("torch.optim."):
            return f"{sentence}Save the optimizer's or scheduler's state_dict(), and load that."
        if full.startswith("torch."):
            if not self.whole_modules and find_module_class(full):
                return (
                    f"{sentence}The file holds a whole module: load it with weights_only=False (here, that runs no "
                    "code from the file either), or save and load its state_dict()."
                )
            return f"{sentence}edutorch has nothing that corresponds to it: save tensors and plain data, in PyTorch."
        if full in HARMLESS and not self.whole_modules:
            sentence += "Loading with weights_only=False allows it (here, that runs no code from the file either). "
        return (
            f"{sentence}If you know what it is and trust it, allow it: torch.serialization.add_safe_globals([{name}]),"
            f" or `with torch.serialization.safe_globals([{name}]):` for one load."
        )

    def may_make(self, kind):
        """Whether objects of a class the user trusts may be made and given their state."""
        return id(kind) in self.trusted_ids

    def call(self, function, arguments):
        """Call a function from the list."""
        if not isinstance(arguments, tuple):
            raise senseless("a call with arguments that are no tuple")
        if id(function) in CALLS:
            return CALLS[id(function)](*arguments)
        if id(function) in self.trusted_ids:
            return function(*arguments)
        raise UnpicklingError(f"Trying to call reduce for unrecognized function {shown(function)}")


def _names_of(value):
    """Return the names under which a trusted function or class may stand in a file: its own, and PyTorch's."""
    own = f"{value.__module__}.{value.__qualname__}"
    return (own, "torch" + own.removeprefix("edutorch")) if own.startswith("edutorch.") else (own,)
