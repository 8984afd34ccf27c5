"""Storages: the memory behind tensors, as files name it; and where it goes when a file is read."""

from __future__ import annotations

import re
from pickle import UnpicklingError

import numpy as np

from .. import dtypes
from ..backends import CPU, device, on_host, place, to_host
from .refusal import senseless, shown


class StorageType:
    """What a file calls the memory of tensors of one dtype, such as `torch.FloatStorage`.

    Attributes:
        dtype: of the elements; None for `torch.storage.UntypedStorage`, which is counted in bytes.
    """

    def __init__(self, dtype):
        self.dtype = dtype
        self.itemsize = 1 if dtype is None else dtype.itemsize


class Storage:
    """Memory read from a file.

    Attributes:
        bytes: an array of uint8.
        dtype: of the tensors that lie in it, or None if the file does not say.
        device: where it lies.
    """

    def __init__(self, bytes, dtype, device=CPU):
        self.bytes, self.dtype, self.device = bytes, dtype, device

    def nbytes(self):
        """Return its size in bytes."""
        return self.bytes.nbytes

    def cpu(self):
        """Return the storage on the CPU: itself, if it lies there."""
        return self if on_host(self.bytes) else Storage(to_host(self.bytes), self.dtype)

    def cuda(self, index=None):
        """Return the storage on a CUDA device."""
        where = device("cuda", index)
        backend, number = place(where)
        return Storage(backend.put(self.bytes, number), self.dtype, where)


def storage_id(saved_id, length):
    """Return (type, key, location, number of elements) from the id of a storage.

    Raises:
        UnpicklingError: if it is none.
    """
    if not isinstance(saved_id, tuple) or len(saved_id) != length or saved_id[0] not in ("storage", b"storage"):
        raise UnpicklingError("Only persistent_load of storage is allowed")
    kind, key, location, numel = saved_id[1:5]
    key, location = (s.decode("latin1") if isinstance(s, bytes) else s for s in (key, location))
    if not (isinstance(kind, StorageType) and isinstance(key, str) and isinstance(location, str)):
        raise senseless("a storage without its type, name or location")
    if type(numel) is not int or numel < 0:
        raise senseless(f"a storage of {shown(numel)} elements")
    return kind, key, location, numel


def storage_of(content, kind, little):
    """Return the storage of some bytes, in this machine's order."""
    _in_native_order(content, kind.itemsize, little)
    if kind.dtype is not None and kind.dtype is dtypes.bool:
        np.not_equal(content, 0, out=content.view(np.bool_))  # NumPy counts on a boolean being 0 or 1
    return Storage(content, kind.dtype)


def _in_native_order(array, itemsize, little):
    """Turn the elements of an array of uint8 round, in place, if the file has them in another order."""
    if little != np.little_endian and itemsize > 1:
        array.view(f"u{itemsize}").byteswap(inplace=True)


def placing(map_location):
    """Return the function (storage, saved location) -> storage that `map_location` asks for."""
    if map_location is None:
        return default_restore_location
    if isinstance(map_location, dict):
        return lambda storage, location: default_restore_location(storage, map_location.get(location, location))
    if isinstance(map_location, (str, device)):
        return lambda storage, location: default_restore_location(storage, str(map_location))
    if not callable(map_location):
        raise TypeError(
            f"map_location must be a device, its name, a dictionary or a function, not {type(map_location).__name__}"
        )

    def place(storage, location):
        placed = map_location(storage, location)
        if placed is None:
            return default_restore_location(storage, location)
        if not isinstance(placed, Storage):
            raise TypeError(f"map_location must return the storage, moved or not, or None, not {placed!r}")
        return placed

    return place


def default_restore_location(storage, location):
    """Put a storage where its location says.

    Raises:
        RuntimeError: if that device is not at hand, or no device at all.
    """
    location = str(location)
    if location == "cpu":
        return storage.cpu()
    if re.fullmatch(r"cuda(:\d+)?", location):
        try:
            return storage.cuda(device(location).index)
        except AssertionError:
            raise RuntimeError(
                "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are "
                "running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map "
                "your storages to the CPU."
            ) from None
    raise RuntimeError(
        "don't know how to restore data location of torch.storage.UntypedStorage (tagged with "
        f"{ascii(location)[1:-1]}). Say where the tensors shall go: torch.load(f, map_location='cpu')."
    )


TYPED = {f"{d.legacy}Storage": StorageType(d) for d in dtypes.ALL if d.name not in ("uint16", "uint32", "uint64")}
UNTYPED = StorageType(None)
