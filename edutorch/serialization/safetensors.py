"""The safetensors format: a header in JSON, then the tensors' bytes. Nothing in it could be executed.

    from edutorch.serialization.safetensors import load_file, save_file

A file begins with the header's length in 8 bytes. The header says, for each name, dtype, shape and the range of bytes
after the header; `__metadata__` holds texts. The ranges leave no holes and do not overlap.

The format: https://github.com/huggingface/safetensors, whose `safetensors.torch` has the same functions.
"""

from __future__ import annotations

import math
import os
from itertools import pairwise

import numpy as np

from .. import dtypes
from ..tensor import Tensor, wrap
from .archive import filling
from .atomic import replacing
from .refusal import shown
from .storages import StorageType, placing, storage_of

__all__ = ["SafetensorError", "load", "load_file", "safe_open", "save", "save_file"]

LONGEST_HEADER = 100_000_000

# The format's names; in a file, tensors of the later dtypes come first, so that all are aligned.
_DTYPES = {
    "BOOL": dtypes.bool,
    "U8": dtypes.uint8,
    "I8": dtypes.int8,
    "I16": dtypes.int16,
    "U16": dtypes.uint16,
    "F16": dtypes.float16,
    "BF16": dtypes.bfloat16,
    "I32": dtypes.int32,
    "U32": dtypes.uint32,
    "F32": dtypes.float32,
    "F64": dtypes.float64,
    "I64": dtypes.int64,
    "U64": dtypes.uint64,
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_ORDER = {name: place for place, name in enumerate(_DTYPES)}


class SafetensorError(Exception):
    """A file that is not in the safetensors format."""


# ---- saving


def save_file(tensors, filename, metadata=None):
    """Write tensors to a file; it is complete or not there at all.

    Args:
        tensors: a dictionary of contiguous tensors that share no memory.
        filename: a path.
        metadata: a dictionary of texts.

    Raises:
        ValueError, RuntimeError: if something in the dictionary is no tensor, not contiguous, or shares memory.
    """
    header, arrays = _prepared(tensors, metadata)
    with replacing(filename) as file:
        file.write(header)
        for array in arrays:
            file.write(_bytes(array))


def save(tensors, metadata=None):
    """Return the bytes of a file with these tensors; arguments as for `save_file`.

    Example:
        >>> from edutorch.serialization import safetensors
        >>> data = safetensors.save({"weight": torch.ones(2)})
        >>> safetensors.load(data)
        {'weight': tensor([1., 1.])}
    """
    header, arrays = _prepared(tensors, metadata)
    return b"".join([header, *map(_bytes, arrays)])


def _bytes(array):
    return memoryview(array.reshape(-1).view(np.uint8))


def _prepared(tensors, metadata):
    """Return (header, arrays in the order of the file)."""
    import json

    _check(tensors, metadata)
    arrays = {name: t.detach().cpu().array for name, t in tensors.items()}
    kinds = {name: _NAMES[t.dtype] for name, t in tensors.items()}
    header, end = {} if metadata is None else {"__metadata__": metadata}, 0
    ordered = sorted(arrays, key=lambda name: (-_ORDER[kinds[name]], name))
    for name in ordered:
        start, end = end, end + arrays[name].nbytes
        header[name] = {"dtype": kinds[name], "shape": list(arrays[name].shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text, [arrays[name] for name in ordered]


def _check(tensors, metadata):
    if not isinstance(tensors, dict):
        raise ValueError(f"Expected a dict of [str, torch.Tensor] but received {type(tensors)}")
    for name, t in tensors.items():
        if not isinstance(t, Tensor):
            raise ValueError(f"Key `{name}` is invalid, expected torch.Tensor but received {type(t)}")
    for text in (*tensors, *(metadata or {}), *(metadata or {}).values()):
        if not isinstance(text, str):
            raise TypeError(f"Names and metadata are texts, and {text!r} is none")
    _refuse_shared_memory(tensors)
    for name, t in tensors.items():
        if not t.is_contiguous():
            raise ValueError(
                f"You are trying to save a non contiguous tensor: `{name}` which is not allowed. Save "
                "tensor.contiguous(), which packs it."
            )


def _refuse_shared_memory(tensors):
    spans = sorted((str(t.device), *_span(t), name) for name, t in tensors.items() if t.numel())
    for (where, _, end, one), (there, start, _, other) in pairwise(spans):
        if where == there and start < end:
            raise RuntimeError(
                "Some tensors share memory, this will lead to duplicate memory on disk and potential differences when "
                f"loading them again: {one!r} and {other!r}. Save one of them, or clone() the other; torch.save keeps "
                "what is shared."
            )


def _span(t):
    """Return where a tensor's memory begins and ends."""
    reach = sum((n - 1) * step for n, step in zip(t.array.shape, t.array.strides, strict=True))
    return t.data_ptr(), t.data_ptr() + reach + t.itemsize


# ---- loading


def load_file(filename, device="cpu"):
    """Return the dictionary of tensors in a file.

    Args:
        filename: a path. device: where to put them.

    Raises:
        SafetensorError: if the file is not in order.
    """
    with safe_open(filename, "pt", device) as file:
        return {name: file.get_tensor(name) for name in file.offset_keys()}


def load(data):
    """Return the dictionary of tensors in the bytes of a file.

    Raises:
        SafetensorError: if they are not in order.
    """
    header, _ = _read_header(data[:8], lambda size: data[8 : 8 + size], len(data))
    body = memoryview(data)[8 + int.from_bytes(data[:8], "little") :]
    return {
        name: _tensor(np.frombuffer(body[start:end], np.uint8).copy(), kind, shape)
        for name, (kind, shape, start, end) in header.items()
    }


class safe_open:
    """Open a file to look at its names and to read single tensors; to be used with `with`.

    Args:
        filename: a path. framework: accepted. device: where to put the tensors.

    Raises:
        SafetensorError: if the file is not in order.
    """

    def __init__(self, filename, framework="pt", device="cpu"):
        self._place, self._device = placing(device), device
        self._file = open(filename, "rb")  # noqa: SIM115 (closed by __exit__)
        try:
            beginning, total = self._file.read(8), os.fstat(self._file.fileno()).st_size
            self._header, self._metadata = _read_header(beginning, self._file.read, total)
            self._body = self._file.tell()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._file.close()

    def keys(self):
        """Return the names, in alphabetical order."""
        return sorted(self._header)

    def offset_keys(self):
        """Return the names in the order of the file."""
        return list(self._header)

    def metadata(self):
        """Return the dictionary of texts, or None."""
        return self._metadata

    def get_tensor(self, name):
        """Return a tensor by its name."""
        if name not in self._header:
            raise SafetensorError(f"File does not contain tensor {name}. It has {', '.join(self.keys()) or 'none'}.")
        kind, shape, start, end = self._header[name]
        content = np.empty(end - start, np.uint8)
        self._file.seek(self._body + start)
        for _ in filling(self._file, content):
            pass
        return _tensor(content, kind, shape, self._place)


def _tensor(content, kind, shape, place=None):
    storage = storage_of(content, StorageType(kind), little=True)
    storage = storage if place is None else place(storage, "cpu")
    return wrap(storage.bytes.view(kind.numpy).reshape(shape))


def _wrong(what):
    return SafetensorError(f"Error while deserializing: {what}")


def _read_header(beginning, read, total):
    """Return (name -> (dtype, shape, start, end) in the order of the file, metadata), everything checked.

    Args:
        beginning: the file's first 8 bytes. read: returns so many bytes after them. total: the file's size.
    """
    import json

    size = int.from_bytes(beginning, "little")
    if len(beginning) < 8:
        raise _wrong("header too small. The file is empty or incomplete.")
    if size > LONGEST_HEADER:
        raise _wrong(f"header too large: {size} bytes. The file is not in the safetensors format, or damaged.")
    if size > total - 8:
        raise _wrong(f"invalid header length: the file ends within the header of {size} bytes.")
    text = bytes(read(size))
    if text[:1] != b"{":
        raise _wrong("invalid start character in header: it must be '{'. The file is not in the safetensors format.")
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise _wrong(f"invalid JSON in header: {error}") from None
    metadata = header.pop("__metadata__", None)
    if metadata is not None and not _is_texts(metadata):
        raise _wrong("invalid JSON in header: __metadata__ is no dictionary of texts")
    entries = {name: _entry(name, entry) for name, entry in header.items()}
    return _covering(entries, total - 8 - size), metadata


def _without_repetition(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _is_texts(value):
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _entry(name, entry):
    """Return (dtype, shape, start, end) of a tensor's entry."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise _wrong(f"invalid JSON in header: {name!r} needs dtype, shape and data_offsets, and nothing else")
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    for numbers in (shape, offsets):
        if not isinstance(numbers, list) or not all(type(n) is int and 0 <= n < 1 << 63 for n in numbers):
            raise _wrong(f"invalid JSON in header: {name!r} has sizes or offsets that are no counts")
    if kind not in _DTYPES if isinstance(kind, str) else True:
        raise _wrong(f"unknown variant {shown(kind)} for {name!r}: edutorch has {', '.join(_DTYPES)}")
    if len(offsets) != 2 or len(shape) > 64:
        raise _wrong(f"invalid offset or shape for tensor {name!r}")
    dtype = _DTYPES[kind]
    if math.prod(shape) * dtype.itemsize != offsets[1] - offsets[0]:
        raise _wrong(
            f"invalid shape, data type, or offset for tensor {name!r}: {shape} of {kind} are not "
            f"{offsets[1] - offsets[0]} bytes"
        )
    return dtype, shape, *offsets


def _covering(entries, size):
    """Return the entries in the order of their bytes, which must follow one another and fill the file."""
    ordered = dict(sorted(entries.items(), key=lambda item: item[1][2:]))
    at = 0
    for name, (_, _, start, end) in ordered.items():
        if start != at:
            raise _wrong(f"invalid offset for tensor {name!r}: its bytes overlap with others or leave a hole")
        at = end
    if at != size:
        raise _wrong(f"incomplete metadata, file not fully covered: the tensors take {at} bytes, the file has {size}")
    return ordered
