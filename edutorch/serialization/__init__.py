"""Saving and loading: files that PyTorch opens, and PyTorch's own files, without ever running what they contain.

    torch.save(model.state_dict(), "weights.pt")
    model.load_state_dict(torch.load("weights.pt"))

A file is a zip archive (`archive.py`): each tensor's memory as an entry of its own, and one pickle, a little program
that puts the saved object together. `pickler.py` writes that program, `unpickler.py` runs it, one harmless instruction
after another, and looks names up in a list (`names.py`): nothing else that a file names is ever imported or called.
"""

from __future__ import annotations

from ..later import load_later

__all__ = [
    "add_safe_globals",
    "clear_safe_globals",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "safe_globals",
    "save",
]

__getattr__, __dir__ = load_later(__name__, "safetensors")

_trusted: dict[int, object] = {}  # what `add_safe_globals` was given, by identity, in order


def save(obj, f, pickle_module=None, pickle_protocol=2, _use_new_zipfile_serialization=True):
    """Write an object to a file that `load` reads, here and in PyTorch.

    A file given by its path is complete or not there at all: the bytes go to a temporary file beside it, which takes
    its place at the end. If anything goes wrong before, the old file is as it was.

    Args:
        obj: tensors, parameters, numbers, texts, and lists, tuples, sets, dictionaries of them, such as a state_dict;
            or a whole module. Tensors that share memory share it again after loading; a view takes along the whole
            memory that it looks at.
        f: a path, or an object with `write`.
        pickle_module: accepted if it is Python's own `pickle`.
        pickle_protocol: the dialect of the pickle; PyTorch's default, 2, is what `load` reads everywhere.
        _use_new_zipfile_serialization: False writes the format of PyTorch before 1.6.

    Raises:
        RuntimeError: if the path's folder does not exist, or the path is itself a folder's.
        AttributeError: if `f` is neither a path nor has `write`. pickle.PicklingError: for an object without a name
            under which it could be found again, such as a lambda.

    Example:
        >>> import io
        >>> buffer = io.BytesIO()
        >>> torch.save({"epoch": 3, "weight": torch.ones(2)}, buffer)
        >>> _ = buffer.seek(0)
        >>> torch.load(buffer)
        {'epoch': 3, 'weight': tensor([1., 1.])}
    """
    from .files import save_file

    save_file(obj, f, pickle_module, pickle_protocol, _use_new_zipfile_serialization)


def load(f, map_location=None, pickle_module=None, *, weights_only=None, mmap=None, **pickle_load_args):
    """Read an object from a file that `save` wrote, here or in PyTorch.

    Nothing in a file is ever executed. By default it may hold tensors and plain data; `add_safe_globals` admits your
    own classes. `weights_only=False` also admits whole modules made of the library's layers and of the `nn.Module`
    subclasses that your program has defined, NumPy's numbers and arrays, and defaultdict and frozenset. Unlike in
    PyTorch, it does not open the door to anything else.

    Args:
        f: a path, or a file opened for reading bytes.
        map_location: where to put the tensors: a device, a dictionary from saved to new places, or a function
            `(storage, place) -> storage or None`.
        pickle_module: accepted if it is Python's own `pickle`, with `weights_only=False`.
        weights_only: True (the default) for tensors and plain data; False also admits what is listed above.
        mmap: let the tensors lie in the file, each page read when it is used; for large files, given by their path.
        pickle_load_args: `encoding=`, for texts written by Python 2.

    Raises:
        pickle.UnpicklingError: if the file holds something that is not admitted, naming it, or is no saved file.
        RuntimeError: if it is damaged, or its tensors lay on a device that is not here. EOFError: if it is empty.
    """
    from .files import load_file

    return load_file(f, map_location, pickle_module, weights_only, mmap, pickle_load_args)


def add_safe_globals(safe_globals):
    """Admit functions and classes, whose names a file may then use: functions are called with what the file says,
    classes are instantiated and given their state.

    Args:
        safe_globals: a list of functions and classes; or of pairs (function or class, full name in the file).
    """
    for entry in safe_globals:
        _trusted[_identity(entry)] = entry


def get_safe_globals():
    """Return the list of what `add_safe_globals` was given."""
    return list(_trusted.values())


def clear_safe_globals():
    """Forget what `add_safe_globals` was given."""
    _trusted.clear()


def _identity(entry):
    """Tell entries apart by identity: classes may define an equality of their own, as NumPy's do."""
    return hash((id(entry[0]), entry[1])) if isinstance(entry, tuple) and len(entry) == 2 else id(entry)


class safe_globals:
    """Admit functions and classes inside a `with` block, as `add_safe_globals` does for good.

    Args:
        safe_globals: as for `add_safe_globals`.
    """

    def __init__(self, safe_globals):
        self.safe_globals = safe_globals

    def __enter__(self):
        self.before = dict(_trusted)
        add_safe_globals(self.safe_globals)

    def __exit__(self, *exception):
        _trusted.clear()
        _trusted.update(self.before)


def get_unsafe_globals_in_checkpoint(f):
    """Return the names in a saved file that `load` would refuse, without loading it.

    Args:
        f: a path, or a file opened for reading bytes.
    """
    from .files import refused_names

    return refused_names(f)
