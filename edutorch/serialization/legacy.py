"""The format of PyTorch before 1.6: five pickles in a row, then the memory of the tensors.

The pickles: a magic number, the version of the format, sizes of C's types, the object, the list of storages. Behind
them each storage: its number of elements in 8 bytes, then the elements.
"""

from __future__ import annotations

import struct

import numpy as np

from ..backends import like
from .pickler import pickled
from .refusal import damaged, senseless
from .storages import Storage, storage_id, storage_of
from .tensors import Memory
from .unpickler import Unpickler

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001
BEGINNING = (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.",)  # the magic number, pickled


def pickles(obj, protocol, memory):
    """Return (the first four pickles, the last one)."""
    system = {
        "protocol_version": PROTOCOL_VERSION,
        "little_endian": np.little_endian,
        "type_sizes": {"short": 2, "int": 4, "long": 4},
    }
    head = [pickled(part, 2, Memory()) for part in (MAGIC_NUMBER, PROTOCOL_VERSION, system)]
    head.append(pickled(obj, protocol, memory, more=(None,)))
    return b"".join(head), pickled(list(memory.pieces), 2, Memory())


def write(file, first, last, memory):
    """Write the pickles and the memory."""
    file.write(first + last)
    for piece, dtype in memory.pieces.values():
        itemsize = 1 if dtype.name in ("uint16", "uint32", "uint64") else dtype.itemsize
        file.write(struct.pack("<q", piece.nbytes // itemsize))
        file.write(memoryview(piece))


def load(file, names, place, encoding):
    """Read an object from a file in this format.

    Raises:
        UnpicklingError, RuntimeError: if it is not in order.
    """
    data = file.read()
    storages, room = {}, len(data)

    def find_storage(saved_id):
        nonlocal room
        kind, key, location, numel = storage_id(saved_id, 6)
        if saved_id[5] is not None:
            raise senseless("a view of a storage, as PyTorch 0.1 saved them: save it again in PyTorch")
        if key not in storages:
            room -= numel * kind.itemsize
            if room < 0:
                raise damaged("its storages are larger than the file")
            empty = Storage(np.zeros(numel * kind.itemsize, np.uint8), kind.dtype)
            storages[key] = kind, place(empty, location)
        return storages[key][1]

    machine = Unpickler(data, names, find_storage, encoding)
    machine.load()  # the magic number, which the file begins with
    if machine.load() != PROTOCOL_VERSION:
        raise RuntimeError("Invalid protocol version: the file is damaged")
    system = machine.load()
    if not isinstance(system, dict):
        raise senseless("the sizes of C's types are missing")
    result, keys = machine.load(), machine.load()
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys) or {*keys} != {*storages}:
        raise senseless("the list of storages is not that of the object")
    for key in keys:
        kind, storage = storages[key]
        (count,) = struct.unpack("<q", machine.take(8))
        if count * kind.itemsize != storage.nbytes():
            raise damaged(f"its storage {key!r} has {count} elements instead of {storage.nbytes() // kind.itemsize}")
        content = np.frombuffer(machine.take(storage.nbytes()), np.uint8).copy()
        content = storage_of(content, kind, little=system.get("little_endian") is not False).bytes
        storage.bytes[:] = like(content, storage.bytes)
    return result
