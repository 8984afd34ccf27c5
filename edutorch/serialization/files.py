"""From an object to a file and back: what `save` and `load` do, step by step."""

from __future__ import annotations

import io
import os
import pickle
import warnings
from contextlib import contextmanager
from pickle import UnpicklingError

import numpy as np

from . import get_safe_globals, legacy, safetensors
from .archive import Reader, Writer
from .atomic import replacing
from .foreign import describe
from .names import Names, full_name
from .pickler import pickled
from .refusal import damaged, senseless
from .storages import placing, storage_id, storage_of
from .tensors import Memory
from .unpickler import Unpickler

# ---- saving


def save_file(obj, f, pickle_module, pickle_protocol, as_zip):
    """See `save`."""
    _only_pickle(pickle_module)
    if not isinstance(f, (str, os.PathLike)) and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    _check_path(f)
    memory = Memory()
    if not as_zip:
        first, last = legacy.pickles(obj, pickle_protocol, memory)
    else:
        first = pickled(obj, pickle_protocol, memory)
    with _writing(f) as file:  # only now: what cannot be pickled leaves the old file as it was
        if as_zip:
            _write_archive(file, _folder(f), first, memory)
        else:
            legacy.write(file, first, last, memory)


def _check_path(f):
    """Raise unless a path names a file in a folder that exists: a mistake shows before anything is packed."""
    if not isinstance(f, (str, os.PathLike)):
        return
    parent, name = os.path.split(f)
    if parent and not os.path.isdir(parent):
        raise RuntimeError(f"Parent directory {parent} does not exist.\nMake it first: os.makedirs('{parent}').")
    if not name or os.path.isdir(f):
        raise RuntimeError(f"'{f}' is a folder's name: add that of a file, such as model.pt")


@contextmanager
def _writing(f):
    if isinstance(f, (str, os.PathLike)):
        with replacing(f) as file:
            yield file
    else:
        yield f
        if hasattr(f, "flush"):
            f.flush()


def _folder(f):
    """Return the folder that PyTorch gives the entries: the file's name without its ending."""
    if not isinstance(f, (str, os.PathLike)):
        return "archive"
    name = os.path.basename(os.fsdecode(f)).rpartition(".")[0] or os.path.basename(os.fsdecode(f))
    return name.replace("\\", "_") if name.strip(".") else "archive"


def _write_archive(file, folder, program, memory):
    archive = Writer(file, folder)
    archive.add("data.pkl", program)
    archive.add(".format_version", b"1")
    archive.add(".storage_alignment", b"64")
    archive.add("byteorder", b"little" if np.little_endian else b"big")
    for name, (piece, _) in memory.pieces.items():
        archive.add(f"data/{name}", piece)
    archive.add("version", b"3\n")
    archive.add(".data/serialization_id", archive.fingerprint())
    archive.finish()


def _only_pickle(module):
    if module is not None and module is not pickle:
        raise ValueError(
            f"edutorch reads and writes pickles itself, and cannot use {module.__name__}: leave pickle_module out."
        )


# ---- loading


def load_file(f, map_location, pickle_module, weights_only, mmap, pickle_load_args):
    """See `load`."""
    if weights_only is None:
        weights_only = pickle_module is None
    if weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    _only_pickle(pickle_module)
    if weights_only and pickle_load_args:
        warnings.warn("pickle_load_args only works if `weights_only=False`.", stacklevel=3)
    encoding = pickle_load_args.get("encoding", "utf-8")
    if isinstance(f, (str, os.PathLike)) and os.fspath(f).endswith(".safetensors"):
        return safetensors.load_file(f, device="cpu" if map_location is None else map_location)
    names = Names(get_safe_globals(), whole_modules=not weights_only)
    with _reading(f) as file:
        kind, beginning = _kind(file)
        if mmap and not isinstance(f, (str, os.PathLike)):
            raise ValueError("f must be a file path in order to use the mmap argument")
        if mmap and kind != "zip":
            raise RuntimeError(
                "mmap can only be used with files saved with `torch.save(_use_new_zipfile_serialization=True)`, please "
                "torch.save your checkpoint with this option in order to use mmap."
            )
        try:
            if kind == "zip":
                return _load_archive(Reader(file), names, placing(map_location), encoding, f if mmap else None)
            if kind == "legacy":
                return legacy.load(file, names, placing(map_location), encoding)
            raise UnpicklingError(describe(beginning))
        except UnpicklingError as error:
            first = "Weights only load failed. " if weights_only else "Load failed. "
            raise UnpicklingError(first + str(error)) from error.__cause__


@contextmanager
def _reading(f):
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb", buffering=0) as file:
            yield file
        return
    try:
        f.seek(f.tell())
    except (io.UnsupportedOperation, AttributeError) as error:
        raise type(error)(
            f"{error}. You can only torch.load from a file that is seekable. Please pre-load the data into a buffer "
            "like io.BytesIO and try to load from it instead."
        ) from None
    yield f


def _kind(file):
    """Return ("zip", "legacy" or "foreign", the file's first bytes)."""
    start = file.tell()
    beginning = file.read(512)
    file.seek(start)
    if not isinstance(beginning, bytes):
        raise TypeError("The file was opened for text: open it for bytes, open(path, 'rb').")
    if not beginning:
        raise EOFError("Ran out of input: the file is empty. Was saving interrupted, or the file not closed?")
    if beginning.startswith(b"PK\3\4"):
        return "zip", beginning
    return ("legacy" if beginning.startswith(legacy.BEGINNING) else "foreign"), beginning


def _load_archive(archive, names, place, encoding, mapped_path):
    if "constants.pkl" in archive.entries:
        raise RuntimeError(
            "Cannot use ``weights_only=True`` with TorchScript archives passed to ``torch.load``. Such a file holds "
            "compiled code: load it in PyTorch, and save its state_dict()."
        )
    little = _byte_order(archive)
    mapped = _map(mapped_path) if mapped_path else None
    storages = {}

    def find_storage(saved_id):
        kind, key, location, numel = storage_id(saved_id, 5)
        if key not in storages:
            name = f"data/{key}"
            size = archive.entry(name).size
            if size != numel * kind.itemsize:
                raise damaged(f"its entry {name!r} has {size} bytes instead of {numel * kind.itemsize}")
            if mapped is None:
                content = archive.array(name)
            else:
                start = archive.locate(name)
                content = mapped[start : start + size]
            storages[key] = place(storage_of(content, kind, little), location)
        return storages[key]

    return Unpickler(archive.read("data.pkl"), names, find_storage, encoding).load()


def _byte_order(archive):
    """Return whether the file has the lowest byte of a number first."""
    if "byteorder" not in archive.entries:
        return True
    order = archive.read("byteorder")
    if order not in (b"little", b"big"):
        raise ValueError(f"Unknown endianness type: {order[:20]!r}")
    return order == b"little"


def _map(path):
    """Return the bytes of a file as an array whose pages are read when they are used, and copied when written."""
    import mmap

    with open(path, "rb") as file:
        return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY), np.uint8)


def refused_names(f):
    """See `get_unsafe_globals_in_checkpoint`."""
    import pickletools

    names = Names(get_safe_globals(), whole_modules=False)
    with _reading(f) as file:
        if _kind(file)[0] != "zip":
            raise ValueError("Expected input to be a checkpoint returned by torch.save")
        program = Reader(file).read("data.pkl")
    refused = {}
    try:
        for instruction, argument, _ in pickletools.genops(program):
            if instruction.name == "GLOBAL":
                module, _, name = str(argument).partition(" ")
                if names.lookup(module, name) is None:
                    refused[full_name(module, name)] = None
    except (ValueError, IndexError) as error:
        raise senseless(str(error)) from None
    return list(refused)
